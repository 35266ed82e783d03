/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks at what newcomers offer, and who else offers it.
 *
 * A node that comes back under another address keeps its files, and its port as
 * a rule; a made-up source has a port that nobody offered that file from.
 */
#include <string.h>

#include "analysis/detect/newcomers.h"

#define PORTS	65536

static uint32_t *
local_number(const struct newcomers *b, const struct claim *c)
{
	return &b->local.p[c->number];
}

static struct hash_use *
use_of(const struct newcomers *b, uint32_t number)
{
	return &b->hash_use.p[number - 1];
}

static struct place *
port_use(const struct newcomers *b, uint16_t port)
{
	return &b->port_use.p[port];
}

static uint64_t
pair_of(uint32_t number, uint16_t port)
{
	return (uint64_t)number << 16 | port;
}

static uint64_t
port_bit(uint16_t port)
{
	return UINT64_C(1) << port % 64;
}

/* ---- what newcomers offer ---- */

static int
note_offer(struct newcomers *b, const struct claim *c, uint16_t port)
{
	uint32_t *n = local_number(b, c);

	if (*n == 0) {
		if (array_add(&b->hash_use) == NULL)
			return -1;
		*n = (uint32_t)b->hash_use.n;
	}
	use_of(b, *n)->newcomers++;
	use_of(b, *n)->ports |= port_bit(port);
	return index_add_item(&b->pairs, pair_of(*n, port), &b->pair_use) == NULL ? -1 : 0;
}

static int
note_newcomers(struct newcomers *b, const struct members *ms, const struct window *w)
{
	if (array_reach(&b->local, w->hashes.n) != 0 ||
	    array_reach(&b->port_use, PORTS) != 0)
		return -1;
	array_each(x, &b->newcomer) {
		const struct round_digest *d = w->round.p[w->open + x->round];
		const struct source *s = &d->source.p[x->source];

		for (uint32_t k = s->claim; k < s->claim + s->claims; k++)
			if (note_offer(b, &d->claim.p[k], ms->m.p[x->member].endpoint.port) != 0)
				return -1;
	}
	return 0;
}

/* ---- who else does ---- */

static void
note_place(struct place *u, uint64_t address, uint32_t since)
{
	if (u->at[0].since == 0) {
		u->at[0].address = address;
		u->at[0].since = since;
	} else if (u->at[1].since == 0 && address != u->at[0].address) {
		u->at[1].address = address;
		u->at[1].since = since;
	}
}

/* old: the source is from before the open rounds. */
static void
note_other(const struct newcomers *b, uint32_t number, struct endpoint who, uint32_t since,
    bool old)
{
	struct hash_use *use = use_of(b, number);
	uint32_t pair = INDEX_NONE;

	use->known = use->known || old;
	if ((use->ports & port_bit(who.port)) != 0)
		pair = index_find(&b->pairs, pair_of(number, who.port));
	if (pair != INDEX_NONE)
		note_place(&b->pair_use.p[pair], address_number(who), since);
}

int
shared_files_find(struct newcomers *b, const struct members *ms, const struct window *w)
{
	if (note_newcomers(b, ms, w) != 0)
		return -1;
	/* Nodes that were settled as bogus do not count. */
	for (size_t i = 0; i < w->round.n; i++) {
		const struct round_digest *d = w->round.p[i];

		array_each(s, &d->source) {
			const struct member *m = member_of(ms, s->node);

			if (m->settled.probability >= 0.5f)
				continue;
			note_place(port_use(b, m->endpoint.port), address_number(m->endpoint),
			    (uint32_t)i + 1);
			for (uint32_t c = s->claim; c < s->claim + s->claims; c++) {
				uint32_t n = *local_number(b, &d->claim.p[c]);

				if (n != 0)
					note_other(b, n, m->endpoint, (uint32_t)i + 1,
					    m->settled.newcomer_round != 0);
			}
		}
	}
	return 0;
}

/* ---- the cell ---- */

static bool
was_elsewhere(const struct place *p, uint64_t address, uint32_t since)
{
	unsigned other = p->at[0].address == address;

	return p->at[other].since != 0 && p->at[other].since < since;
}

static const struct place *
pair_use(const struct newcomers *b, uint32_t number, uint16_t port)
{
	return &b->pair_use.p[index_find(&b->pairs, pair_of(number, port))];
}

void
shared_files_describe(const struct newcomers *b, const struct members *ms, const struct window *w,
    struct newcomer *x)
{
	const struct round_digest *d = w->round.p[w->open + x->round];
	const struct source *s = &d->source.p[x->source];
	struct endpoint who = ms->m.p[x->member].endpoint;
	uint32_t now = (uint32_t)w->open + x->round + 1;
	uint32_t most = *local_number(b, &d->claim.p[s->claim]);	/* it has one at least */
	bool known = false, moved = false, more = s->claims > 1, hot, shared;

	for (uint32_t k = s->claim; k < s->claim + s->claims; k++) {
		uint32_t n = *local_number(b, &d->claim.p[k]);
		const struct hash_use *use = use_of(b, n);

		known = known || use->known;
		moved = moved || was_elsewhere(pair_use(b, n, who.port), address_number(who), now);
		if (use->newcomers > use_of(b, most)->newcomers)
			most = n;
	}
	x->hash = most - 1;
	hot = use_of(b, most)->newcomers >= HOT_NEWCOMERS;
	shared = known || use_of(b, most)->newcomers > 1;
	x->cell[FAM_HASH] = hot ? CELL_HOT
	    : (more ? CELL_MORE_ALONE : CELL_ONE_ALONE) + (known ? 1 : shared ? 2 : 0);
	x->cell[FAM_MOVED] = moved ? CELL_MOVED
	    : was_elsewhere(port_use(b, who.port), address_number(who), now) ? CELL_PORT_KNOWN : CELL_NEW;
	x->context[FAM_MOVED] = (uint8_t)((hot ? 2 : shared) * 4 + more * 2 +
	    (x->cell[FAM_PORT] == CELL_POPULAR_PORT));
}
