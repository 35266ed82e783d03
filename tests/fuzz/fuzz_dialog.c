/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole link.  The input is a script: four bytes of settings, then what the
 * peer says, in clear: framed blocks one after another.  The target encrypts
 * them as a peer would (or, by a setting, hands the bytes over as they are).
 *
 * The same script is played twice, each block whole and then cut into pieces:
 * what is sent, found and concluded must be the same.  What is sent must be
 * whole blocks of the seven commands; what is found must be valid text.
 */
#include <string.h>

#include "data/lib/utf8.h"
#include "node/winny/frame.h"
#include "node/winny/limits.h"
#include "node/winny/message.h"
#include "node/winny/dialog.h"
#include "tests/fuzz/fuzz.h"
#include "tests/winny_records.h"

#define SETTINGS	4
#define SENT_MAX	4096

/* ---- what comes out of one play --------------------------------------------------- */

struct play {
	uint8_t		 sent[SENT_MAX];
	size_t		 nsent;
	uint64_t	 found;		/* digest of all observations */
	uint64_t	 n[OBS_NTYPE];
	struct dialog_peer peer;
	enum dialog_state state;
	const char	*why;
	int64_t		 due;
};

static void
sent(void *arg, const uint8_t *p, size_t n)
{
	struct play *play = arg;

	MUST(n <= SENT_MAX - play->nsent);
	memcpy(play->sent + play->nsent, p, n);
	play->nsent += n;
}

static void
digest(struct play *p, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		p->found = (p->found ^ b[i]) * 0x100000001b3u;
}

static void
digest_text(struct play *p, struct text t)
{
	MUST(utf8_valid(t.p, t.len));
	digest(p, &t.len, sizeof(t.len));
	digest(p, t.p, t.len);
}

static void
digest_key(struct play *p, const struct winny_key *k)
{
	MUST(k->size >= 0 && k->size <= INT32_MAX);
	MUST(k->raw.len >= 59 && k->raw.len <= 59 + 255 + 11);
	digest(p, &k->source, sizeof(k->source.ip) + sizeof(k->source.port));
	digest(p, k->hash, sizeof(k->hash));
	digest(p, &k->size, sizeof(k->size));
	digest(p, &k->ttl, sizeof(k->ttl));
	digest_text(p, k->name);
	digest_text(p, k->trip);
	digest_text(p, k->bbs_trip);
	digest(p, k->raw.p, k->raw.len);
}

static void
found(void *arg, const struct observation *o)
{
	struct play *p = arg;

	p->n[o->type]++;
	digest(p, &o->type, sizeof(o->type));
	digest(p, &o->peer.port, sizeof(o->peer.port));
	MUST(o->fields == &winny_fields);
	if (o->type == OBS_KEY) {
		struct winny_key k = winny_key_of(o);

		MUST(o->key.content.len == sizeof(k.hash));
		digest_key(p, &k);
	} else if (o->type == OBS_NEIGHBOUR) {
		MUST(o->neighbour.node.port >= 1 && o->neighbour.node.port <= LIMIT_PORT);
		digest(p, &o->neighbour.node.ip, sizeof(uint32_t));
		for (int i = 0; i < 3; i++)
			digest_text(p, winny_neighbour_of(o).words[i]);
	} else {
		MUST(o->type == OBS_QUERY && o->query.nvia <= 255);
		for (size_t i = 0; i < o->query.nvia; i++)
			digest(p, &o->query.via[i].ip, sizeof(uint32_t));
		digest_text(p, winny_query_of(o).words);
		digest_text(p, winny_query_of(o).trip);
	}
}

/* What the peer says of itself: cluster words, host name. */
static void
described(void *arg, const char *label, struct text t)
{
	digest(arg, label, strlen(label));
	digest_text(arg, t);
}

/* ---- one play ------------------------------------------------------------------------ */

static struct dialog_config
settings(const uint8_t s[SETTINGS])
{
	struct dialog_config c = {
		.self = { .ip = 0xc0000201, .port = 7000 },
		.peer = { .ip = 0xcb007107, .port = 7743 },
		.inbound = s[0] & 1,
		.port0 = s[0] >> 1 & 1,
		.speed = s[0] & 4 ? 100 : 0,
		.windows = s[1] & 3,
		.window_ms = 30000,
		.age_ms = 6000,
		.handshake_ms = 20000,
		.patience_ms = 10000,
		.words = { { (const uint8_t *)"word", 4 } },
		.random = { 1, 2, 3, 4, 5, 6 },
	};

	return c;
}

/* The bytes of the next block of the script: its length field and what it announces. */
static size_t
next_block(const uint8_t *p, size_t left)
{
	struct wire w = wire_of(p, left);
	uint32_t len = wire_u32(&w);

	return w.bad || len > LIMIT_BLOCK || len > wire_left(&w) ? left : len + 4;
}

/* Sizes of pieces: 1 to 8 bytes mostly, now and then a large one. */
static size_t
piece(uint32_t *state, size_t left)
{
	size_t n;

	*state = *state * 1103515245 + 12345;
	n = *state >> 16 & 7 ? (*state >> 20 & 7) + 1 : *state >> 20 & 1023;
	return n < left ? n : left;
}

static void
give(struct dialog *d, struct play *p, int64_t now, const uint8_t *bytes, size_t n,
    uint32_t *cuts)
{
	while (n > 0) {
		size_t k = cuts == NULL ? n : piece(cuts, n);

		p->state = winny.input(d, now, bytes, k);
		bytes += k;
		n -= k;
	}
}

struct script {
	const uint8_t	*settings;
	uint8_t		*bytes;		/* of one direction, as on the wire */
	size_t		 n;
	size_t		*block;		/* length of each step */
	size_t		 nblocks;
};

static void
play(struct play *p, const struct script *s, uint32_t *cuts)
{
	const struct dialog_config c = settings(s->settings);
	const struct dialog_sink sink = { sent, found, p };
	int64_t now = 1000, step_ms = (int64_t)s->settings[2] * 64;
	const uint8_t *at = s->bytes;
	struct dialog *d;

	memset(p, 0, sizeof(*p));
	MUST((d = winny.open(&c, &sink, now)) != NULL);
	for (size_t i = 0; i < s->nblocks; i++) {
		give(d, p, now, at, s->block[i], cuts);
		at += s->block[i];
		now += i % 4 == 3 ? step_ms : 0;
	}
	for (int i = 0; i < 8 && (p->due = winny.due(d)) != INT64_MAX; i++) {
		now = p->due > now ? p->due : now;
		p->state = winny.tick(d, now);
	}
	if (s->settings[3] & 1)
		winny.leave(d);
	p->why = winny.why(d);
	winny.peer(d, &p->peer);
	winny.describe(d, described, p);
	winny.close(d);
}

/* ---- what must hold -------------------------------------------------------------------- */

/* Whole blocks of the seven commands, each well-formed. */
static void
check_sent(const struct play *p)
{
	const uint8_t *bytes = p->sent;
	size_t n = p->nsent;
	struct message m;
	struct frame f;
	struct block b;

	frame_init(&f);
	while (frame_next(&f, &bytes, &n, &b) == FRAME_BLOCK) {
		MUST(message_decode(&m, b.code, b.payload) == MESSAGE_OK);
		MUST(m.command->ours);
		if (b.code == CMD_HEADER)
			frame_rekey(&f);
	}
	MUST(n == 0 && frame_at_rest(&f));
	frame_clear(&f);
}

static void
check_same(const struct play *a, const struct play *b)
{
	MUST(a->nsent == b->nsent && memcmp(a->sent, b->sent, a->nsent) == 0);
	MUST(a->found == b->found);
	MUST(memcmp(a->n, b->n, sizeof(a->n)) == 0);
	MUST(a->state == b->state && a->why == b->why && a->due == b->due);
	MUST(a->peer.handshaken == b->peer.handshaken && a->peer.farewell == b->peer.farewell);
	/* The endpoint among the fields lies in the dialog, which is gone; announced is the same one. */
	for (int i = 0; i < WINNY_CONTACT_FIELDS; i++)
		MUST(i == WINNY_CONTACT_ANNOUNCED || a->peer.contact[i].number == b->peer.contact[i].number);
	MUST(endpoint_compare(a->peer.announced, b->peer.announced) == 0);
	MUST(a->peer.windows == b->peer.windows && a->peer.bad_keys == b->peer.bad_keys);
}

static void
check_counts(const struct play *p)
{
	MUST(p->peer.keys == p->n[OBS_KEY]);
	MUST(p->peer.neighbours == p->n[OBS_NEIGHBOUR]);
	MUST(p->peer.queries == p->n[OBS_QUERY]);
	MUST((p->peer.farewell != UNKNOWN) == (p->state == DIALOG_DROPPED));
	MUST(p->peer.contact[WINNY_CONTACT_COMMAND].number == p->peer.farewell);
	MUST(p->peer.windows <= 3);
}

/* ---- from input to script ---------------------------------------------------------------- */

/* Block by block, as a peer would: the preamble first, a new key after the header. */
static void
encrypt(struct script *s)
{
	static const uint8_t preamble[PREAMBLE_LEN] = { 9, 9, 0xd2, 0x46, 0xad, 0x10 };
	uint8_t *at = s->bytes + PREAMBLE_LEN;
	bool header = false;
	struct link_cipher l;

	memcpy(s->bytes, preamble, PREAMBLE_LEN);
	link_cipher_start(&l, preamble);
	for (size_t i = 1; i < s->nblocks; i++) {
		bool is_header = s->block[i] > 4 && at[4] == CMD_HEADER;

		link_cipher_apply(&l, at, at, s->block[i]);
		if (is_header && !header) {
			link_cipher_rekey(&l);
			header = true;
		}
		at += s->block[i];
	}
}

static bool
write_script(struct script *s, const uint8_t *data, size_t n)
{
	s->settings = data;
	s->n = n - SETTINGS + PREAMBLE_LEN;
	s->bytes = malloc(s->n);
	s->block = calloc(s->n, sizeof(*s->block));
	if (s->bytes == NULL || s->block == NULL)
		return false;
	memcpy(s->bytes + PREAMBLE_LEN, data + SETTINGS, n - SETTINGS);
	s->block[s->nblocks++] = PREAMBLE_LEN;
	for (size_t at = PREAMBLE_LEN; at < s->n; s->nblocks++) {
		s->block[s->nblocks] = next_block(s->bytes + at, s->n - at);
		at += s->block[s->nblocks];
	}
	if (data[3] & 2)
		memset(s->bytes, 1, PREAMBLE_LEN);	/* and the rest is noise to the cipher */
	else
		encrypt(s);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct script s = { 0 };
	struct play whole, cut;
	uint32_t cuts;

	if (n < SETTINGS || n > (1u << 20))
		return 0;
	cuts = data[2] * 65537u + data[3];
	if (write_script(&s, data, n)) {
		play(&whole, &s, NULL);
		play(&cut, &s, &cuts);
		check_sent(&whole);
		check_same(&whole, &cut);
		check_counts(&whole);
	}
	free(s.bytes);
	free(s.block);
	return 0;
}
