/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers to a request for keys, in due form and with hostile contents. */
#include <string.h>

#include "tests/lab/answer.h"
#include "data/lib/prng.h"
#include "tests/lab/node.h"
#include "tests/lab/hostile.h"

#define KNOWN		31	/* neighbours it looks at */
#define FRAMED_KEYS	40
#define BYSTANDER	UINT32_C(0x7e090909)	/* 126.9.9.9, where no node lives */

/* ---- one answer ---------------------------------------------------------------- */

struct lie {
	struct peer	*to;
	struct wire_out	 w;
	struct answer_query a;
};

/* Under the name of another node, if via is given. */
static void
begin_as(struct lie *l, struct peer *to, const struct endpoint *via)
{
	struct stage *s = to->host->stage;
	struct query q = { .spread = 1, .downstream = !to->upstream,
	    .nvia = via != NULL || to->upstream, .id = to->host->query_id };

	l->to = to;
	l->w = wire_out_of(s->plain, sizeof(s->plain));
	answer_query_begin(&l->a, &l->w, &q, via != NULL ? via : &to->host->node.public);
}

static void
begin_lie(struct lie *l, struct peer *to)
{
	begin_as(l, to, NULL);
}

/* A key that a genuine node would take but for its source or its name. */
static void
add_lie_of(struct lie *l, struct endpoint source, struct text name, const uint64_t half[2])
{
	struct stage *s = l->to->host->stage;
	uint8_t hash[16], cipher[KEY_NAME_MAX];
	struct key k = {
		.source = source, .size = 1 << 20, .hash = hash, .ttl = 1500, .blocks = 100,
		.mtime = (uint32_t)(world_start_ms(s->world) / 1000), .version = 5,
	};

	memcpy(hash, half, sizeof(hash));
	answer_name(&k, cipher, name);
	answer_query_key(&l->a, &k);
}

/* ... of a file that nobody else has. */
static void
add_lie(struct lie *l, struct endpoint source, struct text name)
{
	const uint64_t half[2] = { prng_next(&l->to->host->prng),
		prng_next(&l->to->host->prng) };

	add_lie_of(l, source, name, half);
}

static void
send_lie(struct lie *l)
{
	struct stage *s = l->to->host->stage;

	answer_query_end(&l->a);
	s->stats.spreads++;
	s->stats.keys += l->a.n;
	peer_say(l->to, s->plain, (size_t)(l->w.p - s->plain));
}

static const char plain_name[] = "holiday pictures.zip";
#define NAME(s)	((struct text){ (const uint8_t *)(s), sizeof(s) - 1 })

/* ---- what is wrong with it ---------------------------------------------------------- */

void
answer_miscounted(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < 3; i++)
		add_lie(&l, p->host->node.public, NAME(plain_name));
	answer_query_end(&l.a);
	memset(l.a.count, 0xff, 2);
	peer_say(p, p->host->stage->plain, (size_t)(l.w.p - p->host->stage->plain));
}

void
answer_own(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < 3; i++)
		add_lie(&l, p->host->node.public, NAME(plain_name));
	send_lie(&l);
}

void
answer_special(struct peer *p)
{
	static const struct endpoint sources[] = {
		{ .ip = 0x00000000, .port = 80 }, { .ip = 0x0a000001, .port = 7743 }, { .ip = 0x64400001, .port = 7743 }, { .ip = 0x7f000001, .port = 22 },
		{ .ip = 0xa9fea9fe, .port = 80 }, { .ip = 0xac100001, .port = 7743 }, { .ip = 0xc0000001, .port = 7743 }, { .ip = 0xc0a80001, .port = 7743 },
		{ .ip = 0xc6120001, .port = 7743 }, { .ip = 0xe0000001, .port = 7743 }, { .ip = 0xf0000001, .port = 7743 },
		{ .ip = 0xffffffff, .port = 7743 }, { .ip = 0xffffffff, .port = 65535 }, { .ip = 0x08080808, .port = 0 },
	};
	struct lie l;

	begin_lie(&l, p);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		add_lie(&l, sources[i], NAME(plain_name));
	send_lie(&l);
}

/* The caller, as the node sees it, offers files: it is to visit itself. */
void
answer_impostor(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < 5; i++)
		add_lie(&l, p->seen, NAME(plain_name));
	send_lie(&l);
}

/* Holders that answer are sources of their own keys in any case; false: it knows none. */
static bool
innocent(const struct peer *p, struct endpoint *who)
{
	struct stage *s = p->host->stage;
	struct world_node list[KNOWN];
	size_t n =
	    world_neighbours(s->world, p->host->node.slot, stage_seconds(s), list, KNOWN);

	for (size_t i = 0; i < n; i++)
		if (list[i].files > 0 && !list[i].silent && !list[i].port0) {
			*who = list[i].public;
			return true;
		}
	return false;
}

/* Made-up sources, timers full, on behalf of a neighbour that is said to have them all. */
void
answer_framing(struct peer *p)
{
	struct endpoint who, source;
	struct lie l;

	if (!innocent(p, &who))
		return;
	begin_as(&l, p, &who);
	for (int i = 0; i < FRAMED_KEYS; i++) {
		uint64_t x = prng_next(&p->host->prng);

		source = endpoint_ipv4((uint32_t)(x >> 32), (uint16_t)(1 + x % LIMIT_PORT));
		add_lie(&l, i % 2 == 0 ? who : source, NAME(plain_name));
	}
	send_lie(&l);
}

void
answer_names(struct peer *p)
{
	/* Wire bytes: CP932, or what claims to be. */
	static const struct text names[] = {
		NAME("\x1b[2J\x1b[31mred\x1b[0m\a"), NAME("\x1b]0;title\a.txt"),
		NAME("<script>alert(1)</script>.html"), NAME("\"><img src=x onerror=alert(1)>"),
		NAME("'; DROP TABLE node; --"), NAME("=cmd|'/c calc'!A1"), NAME("+1+1"),
		NAME("-1\",\"a\r\nb,c"), NAME("@SUM(A1)"), NAME("../../../etc/passwd"),
		NAME("nul\0inside"), NAME("%s%s%s%n"), NAME("$(reboot)`reboot`"),
		NAME("\x81"), NAME("\x81\xff\xfe\x80\xa0\xfd"), NAME("\xff\xff\xff\xff"),
		/* UTF-8 for right-to-left override and a zero-width space, as raw bytes. */
		NAME("abc\xe2\x80\xae" "gpj.exe"), NAME("\xe2\x80\x8b\xef\xbb\xbf" "x"),
		NAME("line\nbreak\rreturn\ttab"), NAME("{\"json\":\"\\u0000\"}"),
	};
	uint8_t longest[KEY_NAME_MAX];
	struct lie l;

	memset(longest, 0x81, sizeof(longest));	/* lead bytes to the end */
	begin_lie(&l, p);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_lie(&l, p->host->node.public, names[i]);
	add_lie(&l, p->host->node.public, (struct text){ longest, sizeof(longest) });
	send_lie(&l);
}

/* ---- against the list, the sensor's tables, and the analysis ------------------------- */

#define MANY		128	/* keys of an answer */
#define SEEPS		2

static uint32_t
below(const struct peer *p, uint32_t n)
{
	return prng_below(&p->host->prng, n);
}

/* A port that a genuine node could have. */
static uint16_t
some_port(const struct peer *p)
{
	return (uint16_t)(1024 + below(p, LIMIT_PORT - 1024));
}

/* An address like any other: of the net that the liar lives in, or of none in particular. */
static struct endpoint
made_up(const struct peer *p, bool near)
{
	uint32_t ip = (uint32_t)prng_next(&p->host->prng);

	return endpoint_ipv4(near ? (p->host->node.public.ip & 0xffff0000) | (ip & 0xffff) : ip,
	    some_port(p));
}

void
answer_flood(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < MANY; i++)
		add_lie(&l, made_up(p, false), NAME(plain_name));
	send_lie(&l);
}

/* So few, and so much like its neighbours, that the baseline may come to take them for usual. */
void
answer_seeping(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < SEEPS; i++)
		add_lie(&l, made_up(p, true), NAME(plain_name));
	add_lie(&l, p->host->node.public, NAME(plain_name));
	send_lie(&l);
}

void
answer_own_list(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (uint32_t i = 0; i < MANY; i++)
		add_lie(&l, endpoint_ipv4((p->real.ip & ~UINT32_C(255)) | (i % 2 == 0 ? p->real.ip & 255 : i),
		    some_port(p)), NAME(plain_name));
	send_lie(&l);
}

void
answer_crowding(struct peer *p)
{
	struct endpoint who;
	struct lie l;

	if (!innocent(p, &who))
		return;
	begin_lie(&l, p);
	for (int i = 0; i < MANY; i++) {
		uint16_t port = some_port(p);

		if (port != who.port)
			add_lie(&l, endpoint_ipv4(who.ip, port), NAME(plain_name));
	}
	send_lie(&l);
}

void
answer_bystander(struct peer *p)
{
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < MANY; i++)
		add_lie(&l, endpoint_ipv4(BYSTANDER, some_port(p)), NAME(plain_name));
	send_lie(&l);
}

void
answer_nets(struct peer *p)
{
	uint32_t first = (uint32_t)prng_next(&p->host->prng) & 0xff;
	struct lie l;

	begin_lie(&l, p);
	for (uint32_t i = 0; i < MANY; i++)
		add_lie(&l, endpoint_ipv4((below(p, 200) + 1) << 24 | (first + i) % 256 << 16 |
		    below(p, 256) << 8 | 1, some_port(p)), NAME(plain_name));
	send_lie(&l);
}

void
answer_low_ports(struct peer *p)
{
	static const uint16_t ports[] = { 1, 22, 25, 53, 80, 110, 143, 443, 445, 1023 };
	struct lie l;

	begin_lie(&l, p);
	for (size_t i = 0; i < MANY; i++)
		add_lie(&l, endpoint_ipv4(made_up(p, true).ip,
		    ports[i % (sizeof(ports) / sizeof(ports[0]))]), NAME(plain_name));
	send_lie(&l);
}

void
answer_one_hash(struct peer *p)
{
	static const uint64_t file[2] = { 1, 2 };
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < MANY; i++)
		add_lie_of(&l, made_up(p, true), NAME(plain_name), file);
	send_lie(&l);
}

void
answer_many_hashes(struct peer *p)
{
	uint8_t name[KEY_NAME_MAX];
	struct lie l;

	begin_lie(&l, p);
	for (int i = 0; i < MANY; i++) {
		for (size_t k = 0; k < sizeof(name); k++)
			name[k] = (uint8_t)('a' + below(p, 26));
		add_lie(&l, p->host->node.public, (struct text){ name, sizeof(name) });
	}
	send_lie(&l);
}

void
answer_borrowed(struct peer *p)
{
	struct endpoint who;
	struct lie l;

	if (!innocent(p, &who))
		return;
	begin_lie(&l, p);
	for (int i = 0; i < MANY; i++)
		add_lie(&l, who, NAME(plain_name));
	send_lie(&l);
}
