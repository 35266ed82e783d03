/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all visits by datagrams share: tags, and whose turn it is to send. */
#include <sodium.h>
#include <stddef.h>
#include <string.h>

#include "crawler/net/block.h"
#include "crawler/net/datagram_impl.h"

/* ---- tags: a slot and its generation, permuted under a key ------------------------------------ */

#define LOW_BITS	14
#define HIGH_BITS	(TAG_BITS - LOW_BITS)
#define MASK(bits)	((UINT32_C(1) << (bits)) - 1)
#define PASSES		8

static uint32_t
half(const struct datagrams *d, int pass, uint32_t x)
{
	const uint32_t in[2] = { (uint32_t)pass, x };
	uint64_t out;

	crypto_shorthash((uint8_t *)&out, (const uint8_t *)in, sizeof(in), d->key);
	return (uint32_t)out;
}

/* A Feistel network of unequal halves: whatever half() is, it can be undone. */
static uint32_t
permute(const struct datagrams *d, uint32_t v)
{
	uint32_t low = v & MASK(LOW_BITS), high = v >> LOW_BITS;

	for (int pass = 0; pass < PASSES; pass++)
		if (pass % 2 == 0)
			low ^= half(d, pass, high) & MASK(LOW_BITS);
		else
			high ^= half(d, pass, low) & MASK(HIGH_BITS);
	return high << LOW_BITS | low;
}

static uint32_t
permute_back(const struct datagrams *d, uint32_t v)
{
	uint32_t low = v & MASK(LOW_BITS), high = v >> LOW_BITS;

	for (int pass = PASSES - 1; pass >= 0; pass--)
		if (pass % 2 == 0)
			low ^= half(d, pass, high) & MASK(LOW_BITS);
		else
			high ^= half(d, pass, low) & MASK(HIGH_BITS);
	return high << LOW_BITS | low;
}

bool
slot_take(struct datagrams *d, struct session *s)
{
	uint32_t i = d->free;

	if (i == NO_SLOT)
		return false;
	d->free = d->slot[i].next;
	d->slot[i].session = s;
	d->slot[i].generation = (d->slot[i].generation + 1) & MASK(GENERATION_BITS);
	s->slot = i;
	s->has_slot = true;
	return true;
}

void
slot_give_back(struct datagrams *d, struct session *s)
{
	if (!s->has_slot)
		return;
	d->slot[s->slot].session = NULL;
	d->slot[s->slot].next = d->free;
	d->free = s->slot;
}

uint32_t
slot_tag(const struct datagrams *d, const struct session *s)
{
	return permute(d, s->slot << GENERATION_BITS | d->slot[s->slot].generation);
}

struct session *
slot_session(const struct datagrams *d, uint32_t tag)
{
	uint32_t v = permute_back(d, tag & MASK(TAG_BITS)), i = v >> GENERATION_BITS;

	return i < d->nslots && d->slot[i].generation == (v & MASK(GENERATION_BITS)) ?
	    d->slot[i].session : NULL;
}

/* ---- whose turn it is ------------------------------------------------------------------------------ */

struct spaced {
	uint32_t	in_use;		/* 1 */
	uint8_t		net[4], address[ADDRESS_MAX];	/* the key */
	uint32_t	pad;
	int64_t		sent_ms;
};
#define SPACED_KEY	(offsetof(struct spaced, pad) - offsetof(struct spaced, net))

void
datagrams_spacing_init(struct datagrams *d)
{
	for (int i = 0; i < 2; i++)
		hash_table_init(&d->spaced[i], sizeof(struct spaced), offsetof(struct spaced, net), SPACED_KEY);
}

static void
spaced_key(struct spaced *e, struct endpoint at)
{
	memset(e, 0, sizeof(*e));
	e->net[0] = at.net;
	address_bytes(at, e->address);
}

/* Two tables take turns, so that what is older than the spacing is forgotten. */
static void
turn_spaced(struct datagrams *d, int64_t now_ms)
{
	struct hash_table older = d->spaced[1];

	if (now_ms - d->spaced_ms < d->limits.spacing_ms)
		return;
	hash_table_clear(&older);
	d->spaced[1] = d->spaced[0];
	d->spaced[0] = older;
	if (now_ms - d->spaced_ms >= 2 * d->limits.spacing_ms)
		hash_table_clear(&d->spaced[1]);
	d->spaced_ms = now_ms;
}

static struct spaced *
find_spaced(const struct datagrams *d, const struct spaced *key)
{
	struct spaced *e = hash_table_find(&d->spaced[0], key->net);

	return e != NULL ? e : hash_table_find(&d->spaced[1], key->net);
}

bool
datagram_may_leave(struct datagrams *d, const struct session *s, int64_t *again_ms)
{
	int64_t now_ms = d->of->now_ms;
	struct spaced key, *e;

	*again_ms = 0;
	if (d->limits.spacing_ms > 0) {
		turn_spaced(d, now_ms);
		spaced_key(&key, s->at);
		if ((e = find_spaced(d, &key)) != NULL && now_ms - e->sent_ms < d->limits.spacing_ms) {
			*again_ms = e->sent_ms + d->limits.spacing_ms;
			return false;
		}
	}
	if (d->nout == DATAGRAM_BATCH || bucket_wait(&d->rate, now_ms) > 0)
		return false;
	if (d->nets != NULL) {
		uint32_t block = address_block_number(s->peer);

		if (quota_open(d->nets, block, now_ms, true) != QUOTA_OK) {
			*again_ms = now_ms + DATAGRAM_NET_WAIT_MS;
			return false;
		}
		quota_close(d->nets, block);
	}
	return true;
}

void
datagram_note_sent(struct datagrams *d, struct endpoint at, int64_t now_ms)
{
	struct spaced key, *e;

	if (d->limits.spacing_ms == 0)
		return;
	spaced_key(&key, at);
	if ((e = hash_table_find(&d->spaced[0], key.net)) == NULL &&
	    (e = hash_table_add(&d->spaced[0], key.net)) == NULL)
		return;		/* without memory it is the visit's own clock that spaces */
	e->in_use = 1;
	e->sent_ms = now_ms;
}

/* ---- what a visit leaves for the next ---------------------------------------------------------------- */

struct remembered {
	uint32_t	in_use;		/* 1 */
	uint8_t		node[4 * ((ENDPOINT_PACKED + 3) / 4)];	/* the key */
	uint8_t		bytes[];
};

static void
remembered_key(uint8_t key[sizeof(((struct remembered *)0)->node)], struct endpoint node)
{
	memset(key, 0, sizeof(((struct remembered *)0)->node));
	endpoint_pack(key, node);
}

void
datagrams_memory_init(struct datagrams *d)
{
	size_t bytes = d->of->config.overlay->traits->memory;

	hash_table_init(&d->memory, sizeof(struct remembered) + (bytes + 3) / 4 * 4,
	    offsetof(struct remembered, node), sizeof(((struct remembered *)0)->node));
}

const uint8_t *
datagram_memory(const struct datagrams *d, const struct session *s)
{
	uint8_t key[sizeof(((struct remembered *)0)->node)];
	const struct remembered *r;

	remembered_key(key, s->peer);
	r = hash_table_find(&d->memory, key);
	return r != NULL ? r->bytes : NULL;
}

void
datagram_remember(struct datagrams *d, const struct session *s)
{
	const struct overlay *overlay = d->of->config.overlay;
	uint8_t key[sizeof(((struct remembered *)0)->node)];
	struct remembered *r;

	if (overlay->remember == NULL || s->dialog == NULL)
		return;
	remembered_key(key, s->peer);
	if ((r = hash_table_find(&d->memory, key)) == NULL) {
		if (d->memory.n >= LIMIT_REMEMBERED)
			hash_table_clear(&d->memory);
		if ((r = hash_table_add(&d->memory, key)) == NULL)
			return;		/* without memory there is none */
		r->in_use = 1;
		memset(r->bytes, 0, overlay->traits->memory);
	}
	(void)overlay->remember(s->dialog, r->bytes);
}

void
datagram_wait_in_line(struct datagrams *d, struct session *s)
{
	s->in_line = true;
	s->line_next = NULL;
	s->line_prev = d->last;
	*d->last = s;
	d->last = &s->line_next;
}

void
datagram_leave_line(struct datagrams *d, struct session *s)
{
	if (!s->in_line)
		return;
	s->in_line = false;
	*s->line_prev = s->line_next;
	if (s->line_next != NULL)
		s->line_next->line_prev = s->line_prev;
	else
		d->last = s->line_prev;
}

void
datagrams_tick(struct datagrams *d)
{
	struct session *s;

	/* Who is refused for a reason of his own has a timer; for that of all, is last again. */
	for (size_t n = d->nslots; n > 0 && (s = d->first) != NULL; n--) {
		if (d->nout == DATAGRAM_BATCH)
			datagram_flush(d);
		if (d->nout == DATAGRAM_BATCH || bucket_wait(&d->rate, d->of->now_ms) > 0)
			break;
		datagram_leave_line(d, s);
		datagram_due(s);
	}
	datagram_flush(d);
}

/* ---- from outside ---------------------------------------------------------------------------------- */

const struct datagram_counts *
datagram_counts(const struct sessions *p)
{
	return p->udp != NULL ? &p->udp->counts : NULL;
}

bool
datagram_congested(const struct sessions *p)
{
	return p->udp != NULL && p->udp->first != NULL;
}

uint16_t
datagram_port(const struct sessions *p)
{
	return p->udp != NULL ? p->udp->port : 0;
}
