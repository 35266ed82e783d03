/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/streams.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "crawler/capture/segments.h"

#define TICK_MS	64		/* of the time of a stream's last packet */
#define NOBODY	UINT32_MAX
#define SLOT_NUMBER	((1u << 20) - 1)	/* bits of a slot that are a stream's number + 1 */
_Static_assert(STREAMS_MOST <= SLOT_NUMBER, "a slot holds it");

/* Where a direction stands. */
enum reading {
	UNANCHORED,	/* its first sequence number is not known */
	READING,	/* the first bytes are being collected */
	PASSED,		/* nobody recognises it */
	TAPPED,		/* a driver reads it */
};

/* In which order streams are forgotten, each list by the time of the last packet. */
enum list { EMBRYONIC, CLOSED, ESTABLISHED, LISTS };
static const int64_t idle_ms[LISTS] = { STREAM_SYN_MS, STREAM_CLOSED_MS, STREAM_IDLE_MS };

struct key {
	uint8_t		addr[2][16];	/* the smaller end first */
	uint16_t	port[2];
	uint16_t	tag;
};

/* A connection.  Of a direction that was passed, head holds a struct passed. */
struct stream {
	struct key	key;
	uint8_t		head[2][RECOGNISE_MAX];
	uint32_t	next[2];	/* sequence number of the byte that comes next */
	uint32_t	more;		/* number of what it has beside this, or 0 */
	uint32_t	newer, older;	/* in its list; of one that is free: the next free one */
	uint32_t	last;		/* ticks */
	uint8_t		has[2];		/* bytes in head */
	uint16_t	reading : 4, list : 2, fin : 2, syn : 1, client : 1;
	uint16_t	blind : 2;	/* a side's first bytes are missing: nobody could recognise it */
	int64_t		first_ms;
};
_Static_assert(sizeof(struct stream) == 96, "one million are 96 MB");

struct passed {
	uint32_t	first;		/* sequence number of the first byte */
	uint32_t	hole;		/* bytes missing, as far as they did not come late */
};
_Static_assert(sizeof(struct passed) <= RECOGNISE_MAX, "it stands in head");

/* What a stream has that is read, or that waits: the link, if it is one, and its segments. */
struct more {
	struct link	 link;		/* overlay NULL: not recognised */
	uint32_t	 stream, number;
	uint8_t		 client;	/* side of the stream that is end 0 of the link */
	struct direction {
		struct streams	*owner;
		struct more	*more;
		struct segments	 waiting;
		int64_t		 since_ms;	/* that the hole before them is known */
		bool		 acked;		/* the other end has what is missing */
		uint32_t	 first;		/* sequence number of the first byte */
		size_t		 held;		/* bytes that the tap holds */
		uint8_t		 side;
		struct direction *newer, *older;	/* of those that wait */
	} direction[2];
};

struct streams {
	const struct overlay *const *drivers;
	struct stream_sink sink;
	struct stream_counts counts;
	uint8_t		 key[crypto_shorthash_KEYBYTES];
	bool		 tell_tags;
	int64_t		 epoch_ms, now_ms;	/* INT64_MIN: nothing came yet */
	struct stream	*stream;
	size_t		 most;
	uint32_t	*slot, slots;		/* open addressing: 12 bits of the hash, number + 1 */
	uint32_t	 fresh, free;		/* never used from fresh on; a list */
	uint32_t	 newest[LISTS], oldest[LISTS];
	struct more	**more;			/* from 1 on */
	uint32_t	*more_free, nmore_free;
	struct direction *wait_newest, *wait_oldest;
	size_t		 waiting, held;		/* bytes of segments; of taps */
	uint32_t	 links, nstreams;
};

/* A segment of TCP, as it was sent by `side` of its stream. */
struct segment_in {
	int		 side;
	uint32_t	 seq, ack;
	uint8_t		 flags;
	const uint8_t	*p;
	uint32_t	 n, len;
};
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static enum reading
reading(const struct stream *st, int side)
{
	return (enum reading)(st->reading >> 2 * side & 3);
}

static void
set_reading(struct stream *st, int side, enum reading r)
{
	st->reading = (uint16_t)((st->reading & ~(3u << 2 * side)) | (unsigned)r << 2 * side) & 15;
}

static struct passed
get_passed(const struct stream *st, int side)
{
	struct passed p;

	memcpy(&p, st->head[side], sizeof(p));
	return p;
}

static void
put_passed(struct stream *st, int side, struct passed p)
{
	memcpy(st->head[side], &p, sizeof(p));
}

/* ---- the table ------------------------------------------------------------------ */

struct streams *
streams_new(const struct overlay *const *drivers, size_t most, const uint8_t key[16],
    const struct stream_sink *sink)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->drivers = drivers;
	s->sink = *sink;
	memcpy(s->key, key, sizeof(s->key));
	s->epoch_ms = s->now_ms = INT64_MIN;
	s->most = most < STREAMS_MOST ? most : STREAMS_MOST;
	for (s->slots = 64; s->slots < 2 * s->most; s->slots *= 2)
		;
	s->free = NOBODY;
	for (int l = 0; l < LISTS; l++)
		s->newest[l] = s->oldest[l] = NOBODY;
	/* Pages that no stream ever needs are never touched. */
	s->stream = calloc(s->most, sizeof(*s->stream));
	s->slot = calloc(s->slots, sizeof(*s->slot));
	s->more = calloc(STREAMS_MORE + 1, sizeof(struct more *));
	s->more_free = calloc(STREAMS_MORE, sizeof(*s->more_free));
	if (s->stream == NULL || s->slot == NULL || s->more == NULL || s->more_free == NULL) {
		streams_free(s);
		return NULL;
	}
	for (uint32_t i = STREAMS_MORE; i > 0; i--)
		s->more_free[s->nmore_free++] = i;
	return s;
}

void
streams_tell_tags(struct streams *s)
{
	s->tell_tags = true;
}

const struct stream_counts *
streams_counts(const struct streams *s)
{
	return &s->counts;
}

size_t
streams_bytes(const struct streams *s)
{
	return s->fresh * sizeof(*s->stream) + s->slots * sizeof(*s->slot) + s->waiting + s->held +
	    (STREAMS_MORE - s->nmore_free) * sizeof(struct more) +
	    STREAMS_MORE * (sizeof(struct more *) + sizeof(*s->more_free));
}

static uint64_t
hash_of(const struct streams *s, const struct key *k)
{
	uint64_t h;

	crypto_shorthash((uint8_t *)&h, (const uint8_t *)k, sizeof(*k), s->key);
	return h;
}

static uint32_t
slot_value(uint64_t hash, uint32_t number)
{
	return (uint32_t)(hash >> 52) << 20 | (number + 1);
}

static uint32_t
number_in(uint32_t slot)
{
	return (slot & SLOT_NUMBER) - 1;
}

static uint32_t
find(const struct streams *s, const struct key *k, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 52) << 20, at = (uint32_t)hash & (s->slots - 1);

	for (; s->slot[at] != 0; at = (at + 1) & (s->slots - 1))
		if ((s->slot[at] & ~SLOT_NUMBER) == tag &&
		    memcmp(&s->stream[number_in(s->slot[at])].key, k, sizeof(*k)) == 0)
			return number_in(s->slot[at]);
	return NOBODY;
}

static void
insert_slot(struct streams *s, uint64_t hash, uint32_t number)
{
	uint32_t at = (uint32_t)hash & (s->slots - 1);

	while (s->slot[at] != 0)
		at = (at + 1) & (s->slots - 1);
	s->slot[at] = slot_value(hash, number);
}

/* Takes a stream out; those behind it move up, so that no search ends too early. */
static void
remove_slot(struct streams *s, uint32_t number)
{
	uint32_t mask = s->slots - 1, at, hole;
	uint32_t want = slot_value(hash_of(s, &s->stream[number].key), number);

	at = (uint32_t)hash_of(s, &s->stream[number].key) & mask;
	while (s->slot[at] != want)
		at = (at + 1) & mask;
	hole = at;
	for (at = (at + 1) & mask; s->slot[at] != 0; at = (at + 1) & mask) {
		uint32_t home = (uint32_t)hash_of(s, &s->stream[number_in(s->slot[at])].key) & mask;

		if (((at - home) & mask) >= ((at - hole) & mask)) {
			s->slot[hole] = s->slot[at];
			hole = at;
		}
	}
	s->slot[hole] = 0;
}

static void
unlist(struct streams *s, uint32_t number)
{
	struct stream *st = &s->stream[number];

	if (st->older == NOBODY)
		s->oldest[st->list] = st->newer;
	else
		s->stream[st->older].newer = st->newer;
	if (st->newer == NOBODY)
		s->newest[st->list] = st->older;
	else
		s->stream[st->newer].older = st->older;
}

static void
enlist(struct streams *s, uint32_t number, enum list list)
{
	struct stream *st = &s->stream[number];

	st->list = list;
	st->last = (uint32_t)((s->now_ms - s->epoch_ms) / TICK_MS);
	st->newer = NOBODY;
	st->older = s->newest[list];
	if (st->older == NOBODY)
		s->oldest[list] = number;
	else
		s->stream[st->older].newer = number;
	s->newest[list] = number;
}

/* ---- what a stream has beside its row ------------------------------------------------ */

static struct more *
more_of(struct streams *s, uint32_t number)
{
	struct stream *st = &s->stream[number];
	struct more *m;

	if (st->more != 0)
		return s->more[st->more];
	if (s->nmore_free == 0 || (m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->number = st->more = s->more_free[--s->nmore_free];
	m->stream = number;
	for (int side = 0; side < 2; side++)
		m->direction[side] = (struct direction){ .owner = s, .more = m, .side = (uint8_t)side };
	s->more[m->number] = m;
	return m;
}

static void
unwait(struct streams *s, struct direction *d)
{
	if (d->older != NULL)
		d->older->newer = d->newer;
	else if (s->wait_oldest == d)
		s->wait_oldest = d->newer;
	if (d->newer != NULL)
		d->newer->older = d->older;
	else if (s->wait_newest == d)
		s->wait_newest = d->older;
	d->newer = d->older = NULL;
}

/* Something waits: from now on, at the end of the line. */
static void
wait_anew(struct streams *s, struct direction *d)
{
	unwait(s, d);
	d->since_ms = s->now_ms;
	d->acked = false;
	d->older = s->wait_newest;
	if (d->older != NULL)
		d->older->newer = d;
	else
		s->wait_oldest = d;
	s->wait_newest = d;
}

static void
drop_waiting(struct streams *s, struct direction *d)
{
	s->waiting -= d->waiting.bytes;
	segments_clear(&d->waiting);
	unwait(s, d);
}

static void
free_more(struct streams *s, struct more *m)
{
	for (int side = 0; side < 2; side++) {
		drop_waiting(s, &m->direction[side]);
		s->held -= m->direction[side].held;
	}
	s->stream[m->stream].more = 0;
	s->more[m->number] = NULL;
	s->more_free[s->nmore_free++] = m->number;
	free(m);
}

/* Sequence number of the first byte, of a direction that is anchored. */
static uint32_t
first_of(const struct streams *s, const struct stream *st, int side)
{
	switch (reading(st, side)) {
	case PASSED:
		return get_passed(st, side).first;
	case TAPPED:
		return s->more[st->more]->direction[side].first;
	default:
		return st->next[side] - st->has[side];
	}
}

/* ---- reading --------------------------------------------------------------------------- */

static void
on_found(void *arg, const struct observation *o, bool in_passing)
{
	struct direction *d = arg;
	struct streams *s = d->owner;

	s->sink.found(s->sink.arg, &d->more->link, d->side ^ d->more->client, o, in_passing);
}

/* Holes of what nobody reads, as far as they are not filled by what comes late. */
static void
follow_passed(struct streams *s, struct stream *st, int side, uint32_t seq, uint32_t len)
{
	int32_t d = sequence_distance(st->next[side], seq);
	struct passed p = get_passed(st, side);

	if (d > STREAMS_HOLE || d < -STREAMS_HOLE) {
		st->next[side] = seq + len;
		return;
	}
	if (d > 0) {
		p.hole += (uint32_t)d;
		s->counts.lost += (uint32_t)d;
	} else if (p.hole > 0) {
		uint32_t late = (uint32_t)-d < len ? (uint32_t)-d : len;

		late = late < p.hole ? late : p.hole;
		p.hole -= late;
		s->counts.lost -= late;
	}
	if (d + (int64_t)len > 0)
		st->next[side] = seq + len;
	put_passed(st, side, p);
}

/* Nobody recognises it: what is still wanted of it is what is missing.  next is where it stands. */
static void
pass(struct streams *s, uint32_t number, int side, uint32_t next)
{
	struct stream *st = &s->stream[number];
	struct passed p = { .first = st->next[side] - st->has[side] };
	struct more *m = st->more == 0 ? NULL : s->more[st->more];

	set_reading(st, side, PASSED);
	put_passed(st, side, p);
	st->next[side] = next;
	if (m == NULL)
		return;
	for (const struct segment *g = m->direction[side].waiting.first; g != NULL; g = g->next)
		follow_passed(s, st, side, g->seq, g->len);
	drop_waiting(s, &m->direction[side]);
	if (m->link.overlay == NULL && reading(st, !side) == PASSED)
		free_more(s, m);
}

static struct endpoint
end_of(const struct stream *st, int side)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *a = st->key.addr[side];
	struct endpoint e;

	if (memcmp(a, mapped, sizeof(mapped)) == 0)
		return endpoint_ipv4((uint32_t)a[12] << 24 | (uint32_t)a[13] << 16 |
		    (uint32_t)a[14] << 8 | a[15], st->key.port[side]);
	/* fc00::/7 is nobody's outside its own network: CJDNS is a guess of text alone. */
	e = (struct endpoint){ .port = st->key.port[side], .net = NET_IPV6 };
	memcpy(e.addr, a, 16);
	return e;
}

static bool
open_link(struct streams *s, uint32_t number, struct more *m, const struct overlay *overlay)
{
	struct stream *st = &s->stream[number];

	if (m->link.overlay != NULL)
		return m->link.overlay == overlay;
	if (s->links >= STREAMS_LINKS)
		return false;
	s->links++;
	m->client = (uint8_t)st->client;
	m->link = (struct link){ .overlay = overlay, .opened = st->syn, .first_ms = st->first_ms,
		.last_ms = s->now_ms };
	for (int i = 0; i < 2; i++)
		m->link.end[i] = end_of(st, i ^ m->client);
	return true;
}

/* A driver says that it is its own: from here on it reads it. */
static bool
open_tap(struct streams *s, uint32_t number, int side, const struct overlay *overlay)
{
	struct stream *st = &s->stream[number];
	struct more *m = more_of(s, number);
	struct tap_sink sink = { .found = on_found };
	struct tap_config config;
	struct direction *d;
	int end;

	if (m == NULL || !open_link(s, number, m, overlay)) {
		s->counts.evicted++;
		return false;
	}
	d = &m->direction[side];
	end = side ^ m->client;
	config = (struct tap_config){ .from = m->link.end[end], .to = m->link.end[!end],
		.client = m->link.opened && end == 0 };
	sink.arg = d;
	if ((m->link.tap[end] = overlay->tap_open(&config, &sink)) == NULL)
		return false;
	d->first = st->next[side] - st->has[side];
	set_reading(st, side, TAPPED);
	return true;
}

/*
 * What a driver keeps of a message is bounded by its wire; of all links together it is
 * bounded here.  Who holds more than its part goes when all of it is used up.
 */
static void
account(struct streams *s, struct more *m, struct direction *d)
{
	const struct overlay *overlay = m->link.overlay;
	int end = d->side ^ m->client;
	size_t held = overlay->tap_bytes(m->link.tap[end]);

	s->held += held - d->held;
	d->held = held;
	if (s->held <= STREAMS_TAPS || held <= STREAMS_TAPS / s->links)
		return;
	s->counts.evicted++;
	overlay->tap_give_up(m->link.tap[end]);
	held = overlay->tap_bytes(m->link.tap[end]);
	s->held += held - d->held;
	d->held = held;
}

static void
feed(struct streams *s, uint32_t number, int side, const uint8_t *p, uint32_t n, uint32_t len)
{
	struct stream *st = &s->stream[number];
	struct more *m = s->more[st->more];
	struct tap *tap = m->link.tap[side ^ m->client];

	if (n > 0)
		m->link.overlay->tap_input(tap, p, n);
	if (len > n)
		m->link.overlay->tap_gap(tap, len - n);
	st->next[side] += len;
	account(s, m, &m->direction[side]);
}

/* Is it anybody's?  From what is in head. */
static enum recognised
recognise(struct streams *s, uint32_t number, int side)
{
	struct stream *st = &s->stream[number];
	uint8_t head[RECOGNISE_MAX];
	enum recognised all = NOT_OURS;

	for (const struct overlay *const *o = s->drivers; *o != NULL; o++) {
		enum recognised r = NOT_OURS;

		if ((*o)->carrier == CARRIER_STREAM && (*o)->recognise != NULL)
			r = (*o)->recognise(st->head[side], st->has[side]);
		if (r == OURS && open_tap(s, number, side, *o)) {
			memcpy(head, st->head[side], sizeof(head));
			st->next[side] -= st->has[side];
			feed(s, number, side, head, st->has[side], st->has[side]);
			return OURS;
		}
		if (r == NOT_YET)
			all = NOT_YET;
	}
	return st->has[side] < RECOGNISE_MAX ? all : NOT_OURS;
}

/* The bytes that come next, in order; those past n are not in the capture. */
static void
consume(struct streams *s, uint32_t number, int side, const uint8_t *p, uint32_t n, uint32_t len)
{
	struct stream *st = &s->stream[number];
	enum recognised r = NOT_YET;

	while (reading(st, side) == READING && n > 0 && r == NOT_YET) {
		uint32_t some = RECOGNISE_MAX - st->has[side];

		some = some < n ? some : n;
		memcpy(st->head[side] + st->has[side], p, some);
		st->has[side] += (uint8_t)some;
		st->next[side] += some;
		p += some;
		n -= some;
		len -= some;
		r = recognise(s, number, side);
	}
	if (len == 0 && r == NOT_YET)
		return;
	if (reading(st, side) == TAPPED)
		feed(s, number, side, p, n, len);
	else if (reading(st, side) == PASSED)
		st->next[side] += len;
	else {
		st->blind |= (uint16_t)((r == NOT_YET) << side) & 3;
		pass(s, number, side, st->next[side] + len);
	}
}

/* ---- what waits -------------------------------------------------------------------------- */

/* Gives on what follows without a hole. */
static void
drain(struct streams *s, uint32_t number, int side)
{
	struct stream *st = &s->stream[number];
	struct direction *d;

	while (st->more != 0 && (d = &s->more[st->more]->direction[side])->waiting.first != NULL) {
		struct segment *g = d->waiting.first;
		int32_t before = sequence_distance(g->seq, st->next[side]);
		uint32_t skip, here;

		if (before < 0) {
			wait_anew(s, d);
			return;
		}
		s->waiting -= d->waiting.bytes;
		g = segments_take(&d->waiting);
		s->waiting += d->waiting.bytes;
		if (d->waiting.first == NULL)
			unwait(s, d);
		skip = (uint32_t)before;
		here = skip < g->n ? skip : g->n;
		if (skip < g->len)
			consume(s, number, side, g->bytes + here, g->n - here, g->len - skip);
		free(g);
	}
}

/* The first sequence number of a direction is known, or believed. */
static void
anchor(struct streams *s, uint32_t number, int side, uint32_t first)
{
	struct stream *st = &s->stream[number];

	st->next[side] = first;
	set_reading(st, side, READING);
	drain(s, number, side);
}

/* What is missing before the first segment that waits will not come any more. */
static void
lose_hole(struct streams *s, struct direction *d)
{
	uint32_t number = d->more->stream;
	struct stream *st = &s->stream[number];
	uint32_t first = d->waiting.first->seq, hole;

	if (reading(st, d->side) == UNANCHORED) {
		anchor(s, number, d->side, first);
		return;
	}
	hole = first - st->next[d->side];
	s->counts.lost += hole;
	if (reading(st, d->side) == TAPPED) {
		feed(s, number, d->side, NULL, 0, hole);
		drain(s, number, d->side);
	} else {
		st->blind |= (uint16_t)(1u << d->side) & 3;
		pass(s, number, d->side, first);
	}
}

static bool
waits_too_long(const struct streams *s, const struct stream *st, const struct direction *d)
{
	int halves = d->acked ? 2 : 1;

	if (reading(st, d->side) == UNANCHORED && d->waiting.count >= STREAMS_UNANCHORED)
		return true;
	return s->now_ms - d->since_ms >= STREAMS_HOLE_MS / halves ||
	    d->waiting.bytes > STREAMS_WAITING_EACH / (size_t)halves ||
	    d->waiting.count > STREAMS_SEGMENTS;
}

/* Time and memory go on for those, too, of which no more comes. */
static void
lose_old_holes(struct streams *s)
{
	struct direction *d;

	while ((d = s->wait_oldest) != NULL && (s->waiting > STREAMS_WAITING ||
	    s->now_ms - d->since_ms >= STREAMS_HOLE_MS))
		lose_hole(s, d);
}

static void
let_wait(struct streams *s, uint32_t number, int side, const struct segment_in *g)
{
	const struct stream *st = &s->stream[number];
	struct more *m = more_of(s, number);
	struct direction *d;
	bool fits;

	if (m == NULL) {
		s->counts.evicted++;
		pass(s, number, side, st->next[side]);
		return;
	}
	d = &m->direction[side];
	if (d->waiting.first == NULL)
		wait_anew(s, d);
	s->waiting -= d->waiting.bytes;
	fits = segments_add(&d->waiting, g->seq, g->p, g->n, g->len);
	s->waiting += d->waiting.bytes;
	if (!fits)
		s->counts.evicted++;
	if (reading(st, side) != UNANCHORED)
		drain(s, number, side);
	if (st->more != 0 && d->waiting.first != NULL && waits_too_long(s, st, d))
		lose_hole(s, d);
}

/* ---- segments ------------------------------------------------------------------------------ */

static void
take_bytes(struct streams *s, uint32_t number, const struct segment_in *g)
{
	struct stream *st = &s->stream[number];
	int side = g->side;
	struct more *m = st->more == 0 ? NULL : s->more[st->more];
	int32_t ahead = sequence_distance(st->next[side], g->seq);
	uint32_t skip, here;

	s->counts.bytes += g->n;
	if (reading(st, side) == PASSED) {
		follow_passed(s, st, side, g->seq, g->len);
		return;
	}
	if (reading(st, side) == UNANCHORED) {
		let_wait(s, number, side, g);
		return;
	}
	/* Too far away to be of this stream, or lost for good. */
	if (ahead > STREAMS_HOLE || ahead < -STREAMS_HOLE)
		return;
	if (ahead > 0 || (m != NULL && m->direction[side].waiting.first != NULL)) {
		if (ahead + (int64_t)g->len > 0)
			let_wait(s, number, side, g);
		return;
	}
	skip = (uint32_t)-ahead;
	if (skip >= g->len)
		return;
	here = skip < g->n ? skip : g->n;
	consume(s, number, side, g->p + here, g->n - here, g->len - skip);
}

/* Does this SYN begin another connection between the same ports? */
static bool
begins_anew(const struct streams *s, const struct stream *st, const struct segment_in *g)
{
	if (reading(st, g->side) == UNANCHORED)
		return false;
	return st->list == CLOSED || first_of(s, st, g->side) != g->seq + 1;
}

static void
take_syn(struct streams *s, uint32_t number, const struct segment_in *g)
{
	struct stream *st = &s->stream[number];

	if (!st->syn) {
		st->syn = 1;
		st->client = (unsigned)((g->flags & ACK) != 0 ? !g->side : g->side) & 1;
	}
	if (reading(st, g->side) == UNANCHORED)
		anchor(s, number, g->side, g->seq + 1);
	/* The other end's first number, even if its own SYN was not captured. */
	if ((g->flags & ACK) != 0 && reading(st, !g->side) == UNANCHORED)
		anchor(s, number, !g->side, g->ack);
}

/* The other end acknowledges bytes that we miss: they will not be sent again. */
static void
take_ack(struct streams *s, uint32_t number, const struct segment_in *g)
{
	struct stream *st = &s->stream[number];
	struct direction *d;

	if (st->more == 0 || reading(st, !g->side) == UNANCHORED)
		return;
	d = &s->more[st->more]->direction[!g->side];
	if (d->waiting.first == NULL || sequence_distance(st->next[!g->side], g->ack) <= 0)
		return;
	d->acked = true;
	if (waits_too_long(s, st, d))
		lose_hole(s, d);
}

/* ---- beginning and end ------------------------------------------------------------------------ */

static void
close_link(struct streams *s, struct more *m)
{
	for (int end = 0; end < 2; end++)
		if (m->link.tap[end] != NULL)
			m->link.overlay->tap_end(m->link.tap[end]);
	s->sink.closed(s->sink.arg, &m->link);
	for (int end = 0; end < 2; end++)
		if (m->link.tap[end] != NULL)
			m->link.overlay->tap_close(m->link.tap[end]);
	s->links--;
}

/* Bytes of a direction that was not recognised. */
static uint64_t
bytes_of(const struct streams *s, const struct stream *st, int side)
{
	enum reading r = reading(st, side);

	return r == PASSED || r == READING ? st->next[side] - first_of(s, st, side) : 0;
}

/* What was not recognised because its beginning is missing may have been anything. */
static void
tell_blind(struct streams *s, const struct stream *st)
{
	for (int side = 0; side < 2; side++)
		if ((!st->syn || (st->blind & 1u << side) != 0) && bytes_of(s, st, side) > 0)
			s->sink.blind(s->sink.arg, end_of(st, side), end_of(st, !side), st->first_ms,
			    bytes_of(s, st, side));
}

static void
release(struct streams *s, uint32_t number)
{
	struct stream *st = &s->stream[number];

	for (int side = 0; side < 2; side++)
		while (st->more != 0 && s->more[st->more]->direction[side].waiting.first != NULL)
			lose_hole(s, &s->more[st->more]->direction[side]);
	s->counts.unopened += !st->syn;
	tell_blind(s, st);
	if (st->more != 0) {
		struct more *m = s->more[st->more];

		for (int side = 0; side < 2; side++)
			m->link.bytes[side ^ m->client] = bytes_of(s, st, side);
		if (m->link.overlay != NULL)
			close_link(s, m);
		free_more(s, m);
	}
	unlist(s, number);
	remove_slot(s, number);
	memset(st, 0, sizeof(*st));
	st->newer = s->free;
	s->free = number;
	s->nstreams--;
}

static void
forget_idle(struct streams *s)
{
	uint32_t now = (uint32_t)((s->now_ms - s->epoch_ms) / TICK_MS);

	for (int l = 0; l < LISTS; l++)
		while (s->oldest[l] != NOBODY &&
		    now - s->stream[s->oldest[l]].last >= (uint32_t)(idle_ms[l] / TICK_MS))
			release(s, s->oldest[l]);
}

static void
evict_one(struct streams *s)
{
	for (int l = 0; l < LISTS; l++) {
		if (s->oldest[l] == NOBODY)
			continue;
		s->counts.evicted++;
		release(s, s->oldest[l]);
		return;
	}
}

static uint32_t
begin(struct streams *s, const struct key *k, uint64_t hash, int64_t t_ms)
{
	struct stream *st;
	uint32_t number;

	if (s->nstreams == s->most)
		evict_one(s);
	if (s->free != NOBODY) {
		number = s->free;
		s->free = s->stream[number].newer;
	} else
		number = s->fresh++;
	st = &s->stream[number];
	memset(st, 0, sizeof(*st));
	st->key = *k;
	st->first_ms = t_ms;
	insert_slot(s, hash, number);
	enlist(s, number, EMBRYONIC);
	s->nstreams++;
	s->counts.connections++;
	return number;
}

static void
set_time(struct streams *s, int64_t t_ms)
{
	if (s->epoch_ms == INT64_MIN)
		s->epoch_ms = t_ms;
	if (t_ms > s->now_ms)
		s->now_ms = t_ms;
}

void
streams_tick(struct streams *s, int64_t now_ms)
{
	set_time(s, now_ms);
	lose_old_holes(s);
	forget_idle(s);
}

/* A stream's list, and when something was heard of it last. */
static void
touch(struct streams *s, uint32_t number, const struct segment_in *g)
{
	struct stream *st = &s->stream[number];
	enum list list = st->list;

	if ((g->flags & FIN) != 0)
		st->fin |= (uint16_t)(1u << g->side) & 3;
	if ((g->flags & RST) != 0 || st->fin == 3)
		list = CLOSED;
	else if (list == EMBRYONIC && (g->flags & SYN) == 0)
		list = ESTABLISHED;
	unlist(s, number);
	enlist(s, number, list);
	if (st->more != 0)
		s->more[st->more]->link.last_ms = s->now_ms;
}

/* Nothing waits any more, and nobody reads: the row is enough. */
static void
settle(struct streams *s, uint32_t number)
{
	struct more *m = s->more[s->stream[number].more];

	if (m != NULL && m->link.overlay == NULL && m->direction[0].waiting.first == NULL &&
	    m->direction[1].waiting.first == NULL)
		free_more(s, m);
}

static bool
read_segment(const struct ip_packet *ip, struct segment_in *g, struct key *k)
{
	const uint8_t *p = ip->p;
	uint16_t from, to;
	uint32_t head;
	int order;

	if (ip->n < 20 || (head = (p[12] >> 4) * 4u) < 20 || head > ip->len)
		return false;
	from = (uint16_t)(p[0] << 8 | p[1]);
	to = (uint16_t)(p[2] << 8 | p[3]);
	order = memcmp(ip->src, ip->dst, sizeof(ip->src));
	g->side = order > 0 || (order == 0 && from > to);
	memcpy(k->addr[g->side], ip->src, sizeof(ip->src));
	memcpy(k->addr[!g->side], ip->dst, sizeof(ip->dst));
	k->port[g->side] = from;
	k->port[!g->side] = to;
	g->seq = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	g->ack = (uint32_t)p[8] << 24 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 8 | p[11];
	g->flags = p[13];
	g->len = ip->len - head;
	g->n = ip->n > head ? ip->n - head : 0;
	g->p = p + (ip->n > head ? head : ip->n);
	return true;
}

bool
streams_take(struct streams *s, const struct ip_packet *ip, int64_t t_ms)
{
	struct segment_in g;
	struct key k;
	uint64_t hash;
	uint32_t number;

	if (!read_segment(ip, &g, &k))
		return false;
	k.tag = s->tell_tags ? ip->vlan : 0;
	streams_tick(s, t_ms);
	hash = hash_of(s, &k);
	number = find(s, &k, hash);
	if (number != NOBODY && (g.flags & SYN) != 0 && begins_anew(s, &s->stream[number], &g)) {
		release(s, number);
		number = NOBODY;
	}
	/* A farewell or a bare acknowledgement of what was forgotten, or never seen, begins nothing. */
	if (number == NOBODY) {
		if ((g.flags & RST) != 0 || ((g.flags & (SYN | FIN)) == 0 && g.len == 0))
			return true;
		number = begin(s, &k, hash, t_ms);
	}
	touch(s, number, &g);
	if ((g.flags & SYN) != 0) {
		take_syn(s, number, &g);
		g.seq++;
	}
	if (g.len > 0)
		take_bytes(s, number, &g);
	if ((g.flags & ACK) != 0)
		take_ack(s, number, &g);
	settle(s, number);
	return true;
}

void
streams_end(struct streams *s)
{
	for (int l = 0; l < LISTS; l++)
		while (s->oldest[l] != NOBODY)
			release(s, s->oldest[l]);
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	if (s->more != NULL && s->slot != NULL && s->stream != NULL && s->more_free != NULL)
		streams_end(s);
	free(s->stream);
	free(s->slot);
	free(s->more);
	free(s->more_free);
	free(s);
}
