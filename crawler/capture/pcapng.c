/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/array.h"

#define SECTION		0x0a0d0d0au
#define BYTE_ORDER_MARK	0x1a2b3c4du
enum { INTERFACE = 1, OLD_PACKET = 2, SIMPLE_PACKET = 3, STATISTICS = 5, ENHANCED_PACKET = 6 };
enum { OPTION_NAME = 2, OPTION_UNIT = 9, OPTION_OFFSET = 14 };		/* of an interface */
enum { OPTION_IFDROP = 5, OPTION_OSDROP = 7 };				/* of statistics */

struct interface {
	uint32_t	 snaplen;
	uint16_t	 link;
	uint8_t		 unit;		/* 10^-unit s; from 128 on 2^-(unit - 128) s */
	int64_t		 offset_s;
	int64_t		 dropped;	/* as last told; -1: not told */
	char		 name[PCAPNG_NAME];
};

struct pcapng {
	FILE		*f;
	bool		 swapped, begun;
	ARRAY_OF(struct interface) interfaces;	/* of this section */
	size_t		 now;		/* of the packet just given */
	int64_t		 dropped_before;	/* in earlier sections; -1: not told */
	uint8_t		*block;
	uint32_t	 room;
	const char	*why;
};

/* The body of a block, or a part of it. */
struct bytes {
	const uint8_t	*p;
	uint32_t	 n;
};

struct pcapng *
pcapng_new(FILE *f)
{
	struct pcapng *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->f = f;
	g->dropped_before = -1;
	return g;
}

void
pcapng_free(struct pcapng *g)
{
	if (g == NULL)
		return;
	array_free(&g->interfaces);
	free(g->block);
	free(g);
}

const char *
pcapng_why(const struct pcapng *g)
{
	return g->why;
}

static int
fail(struct pcapng *g, const char *why)
{
	g->why = why;
	return -1;
}

static uint32_t
get32(const struct pcapng *g, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return g->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t
get16(const struct pcapng *g, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return g->swapped ? __builtin_bswap16(v) : v;
}

static uint64_t
get64(const struct pcapng *g, const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return g->swapped ? __builtin_bswap64(v) : v;
}

/* ---- interfaces -------------------------------------------------------------------- */

static void
add_known(int64_t *sum, int64_t n)
{
	if (n >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + n;
}

static int64_t
dropped_now(const struct pcapng *g)
{
	int64_t sum = g->dropped_before;

	for (size_t i = 0; i < g->interfaces.n; i++)
		add_known(&sum, g->interfaces.p[i].dropped);
	return sum;
}

int64_t
pcapng_dropped(const struct pcapng *g)
{
	return dropped_now(g);
}

const char *
pcapng_interface(const struct pcapng *g)
{
	return g->now < g->interfaces.n ? g->interfaces.p[g->now].name : "";
}

/* The next option of what is left; false at the end, or where it does not fit. */
static bool
next_option(const struct pcapng *g, struct bytes *left, uint16_t *code, struct bytes *value)
{
	uint32_t whole;

	if (left->n < 4)
		return false;
	*code = get16(g, left->p);
	*value = (struct bytes){ left->p + 4, get16(g, left->p + 2) };
	whole = 4 + ((value->n + 3) & ~3u);
	if (*code == 0 || whole > left->n)
		return false;
	left->p += whole;
	left->n -= whole;
	return true;
}

static int
take_interface(struct pcapng *g, struct bytes b)
{
	struct bytes left = { b.p + 8, b.n - 8 }, value;
	struct interface *i;
	uint16_t code;

	if (b.n < 8)
		return fail(g, "an interface's description is too short");
	if (g->interfaces.n == PCAPNG_INTERFACES)
		return fail(g, "more interfaces in a section than are followed");
	if ((i = array_add(&g->interfaces)) == NULL)
		return fail(g, "out of memory");
	i->link = get16(g, b.p);
	i->snaplen = get32(g, b.p + 4);
	i->unit = 6;
	i->dropped = -1;
	while (next_option(g, &left, &code, &value)) {
		if (code == OPTION_NAME && value.n > 0) {
			size_t n = value.n < PCAPNG_NAME ? value.n : PCAPNG_NAME - 1;

			memcpy(i->name, value.p, n);
			i->name[n] = '\0';
		} else if (code == OPTION_UNIT && value.n >= 1)
			i->unit = value.p[0];
		else if (code == OPTION_OFFSET && value.n >= 8)
			i->offset_s = (int64_t)get64(g, value.p);
	}
	return 0;
}

/* Counts go up while a file is written: the last ones hold. */
static void
take_statistics(struct pcapng *g, struct bytes b)
{
	struct bytes left = { b.p + 12, b.n - 12 }, value;
	int64_t dropped = -1;
	uint16_t code;

	if (b.n < 12 || get32(g, b.p) >= g->interfaces.n)
		return;
	while (next_option(g, &left, &code, &value))
		if ((code == OPTION_IFDROP || code == OPTION_OSDROP) && value.n >= 8 &&
		    get64(g, value.p) < INT64_MAX / 4)
			add_known(&dropped, (int64_t)get64(g, value.p));
	if (dropped >= 0)
		g->interfaces.p[get32(g, b.p)].dropped = dropped;
}

/* ---- time ----------------------------------------------------------------------------- */

#define NS	1000000000u

/* Ticks of the interface's unit to nanoseconds; what no clock shows becomes the end of time. */
static int64_t
nanoseconds(const struct interface *i, uint64_t ticks)
{
	unsigned __int128 ns;
	uint64_t per = 1;
	__int128 sum;

	if (i->unit >= 128) {
		unsigned bits = i->unit - 128u;

		ns = bits >= 64 ? 0 : ((unsigned __int128)ticks * NS) >> bits;
	} else if (i->unit <= 9) {
		for (unsigned k = i->unit; k < 9; k++)
			per *= 10;
		ns = (unsigned __int128)ticks * per;
	} else {
		for (unsigned k = 9; k < i->unit && k < 28; k++)
			per *= 10;
		ns = ticks / per;
	}
	sum = (__int128)ns + (__int128)i->offset_s * NS;
	return sum < 0 ? 0 : sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

/* ---- packets ---------------------------------------------------------------------------- */

static int
give_packet(struct pcapng *g, struct packet *packet, uint32_t interface, uint64_t ticks,
    struct bytes b, uint32_t len)
{
	if (interface >= g->interfaces.n)
		return fail(g, "a packet names an interface that was not described");
	g->now = interface;
	*packet = (struct packet){ .t_ns = nanoseconds(&g->interfaces.p[interface], ticks),
		.link = g->interfaces.p[interface].link, .p = b.p, .n = b.n,
		.len = len > b.n ? len : b.n };
	return 1;
}

static int
take_packet(struct pcapng *g, struct bytes b, uint32_t interface, struct packet *packet)
{
	uint64_t ticks;
	uint32_t n;

	if (b.n < 20)
		return fail(g, "a packet's header does not fit into its block");
	ticks = (uint64_t)get32(g, b.p + 4) << 32 | get32(g, b.p + 8);
	n = get32(g, b.p + 12);
	if (n > b.n - 20 || n > PACKET_BYTES)
		return fail(g, "a packet does not fit into its block");
	return give_packet(g, packet, interface, ticks, (struct bytes){ b.p + 20, n },
	    get32(g, b.p + 16));
}

/* It has neither interface nor time: the first, and none. */
static int
take_simple(struct pcapng *g, struct bytes b, struct packet *packet)
{
	uint32_t len, n;

	if (b.n < 4)
		return fail(g, "a packet's header does not fit into its block");
	if (g->interfaces.n == 0)
		return fail(g, "a packet names an interface that was not described");
	len = get32(g, b.p);
	n = g->interfaces.p[0].snaplen;
	n = n == 0 || len < n ? len : n;
	if (n > b.n - 4 || n > PACKET_BYTES)
		return fail(g, "a packet does not fit into its block");
	return give_packet(g, packet, 0, 0, (struct bytes){ b.p + 4, n }, len);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static bool
make_room(struct pcapng *g, uint32_t n)
{
	uint8_t *p;

	if (n <= g->room)
		return true;
	if ((p = realloc(g->block, n)) == NULL)
		return false;
	g->block = p;
	g->room = n;
	return true;
}

/* The byte order is told by the mark, which stands behind the length. */
static int
begin_section(struct pcapng *g, const uint8_t head[12])
{
	uint32_t mark;

	memcpy(&mark, head + 8, sizeof(mark));
	if (mark != BYTE_ORDER_MARK && mark != __builtin_bswap32(BYTE_ORDER_MARK))
		return fail(g, "a section has no byte-order mark");
	g->swapped = mark != BYTE_ORDER_MARK;
	g->dropped_before = dropped_now(g);
	array_free(&g->interfaces);
	g->now = 0;
	g->begun = true;
	return 0;
}

/* 1: a block, with its body.  0: the end.  -1. */
static int
read_block(struct pcapng *g, uint32_t *type, struct bytes *body)
{
	uint8_t head[12];
	size_t got = fread(head, 1, 8, g->f);
	uint32_t len, rest;

	if (got == 0 && feof(g->f))
		return 0;
	if (got < 8)
		return fail(g, ferror(g->f) ? "cannot be read" : "ends inside a block");
	*type = get32(g, head);
	if (*type == SECTION) {		/* reads the same in either order */
		if (fread(head + 8, 1, 4, g->f) < 4)
			return fail(g, "ends inside a block");
		if (begin_section(g, head) != 0)
			return -1;
	} else if (!g->begun)
		return fail(g, "does not begin with a section");
	rest = *type == SECTION ? 12 : 8;
	len = get32(g, head + 4);
	if (len < rest + 4 || len % 4 != 0)
		return fail(g, "a block's length is impossible");
	if (len > PCAPNG_BLOCK)
		return fail(g, "a block is longer than 16 MiB");
	len -= rest;
	if (!make_room(g, len))
		return fail(g, "out of memory");
	if (fread(g->block, 1, len, g->f) < len)
		return fail(g, ferror(g->f) ? "cannot be read" : "ends inside a block");
	if (get32(g, g->block + len - 4) != len + rest)
		return fail(g, "a block's two lengths differ");
	*body = (struct bytes){ g->block, len - 4 };
	return 1;
}

int
pcapng_next(struct pcapng *g, struct packet *packet)
{
	struct bytes b;
	uint32_t type;
	int got;

	while (g->why == NULL && (got = read_block(g, &type, &b)) != 0) {
		if (got < 0)
			return -1;
		switch (type) {
		case INTERFACE:
			if (take_interface(g, b) != 0)
				return -1;
			break;
		case STATISTICS:
			take_statistics(g, b);
			break;
		case OLD_PACKET:
			return take_packet(g, b, b.n >= 2 ? get16(g, b.p) : 0, packet);
		case ENHANCED_PACKET:
			return take_packet(g, b, b.n >= 4 ? get32(g, b.p) : 0, packet);
		case SIMPLE_PACKET:
			return take_simple(g, b, packet);
		default:
			break;
		}
	}
	return g->why == NULL ? 0 : -1;
}
