/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/row_counts.h"

#include <stdlib.h>
#include <string.h>

#include "data/store/rows.h"
#include "data/store/sensors.h"
#include "data/lib/log.h"

/* Walks every round in turn; 0, or -1 after a complaint. */
static int
each_round(struct store *store, const struct rounds *rounds,
    int (*walk)(struct store *, uint32_t, void *), void *arg)
{
	if (sensors_switch(store, rounds->sensor) != 0)
		return -1;
	for (size_t i = rounds->n; i > 0; i--) {
		int result = walk(store, rounds->id[i - 1], arg);

		if (result < 0) {
			log_error("round %u cannot be read: %s", rounds->id[i - 1],
			    store_error(store));
			return -1;
		}
		if (result > 0)
			break;
	}
	return 0;
}

/* ---- sources of keys, each once ------------------------------------------------------ */

struct sources {
	struct store	*store;
	uint8_t		*seen;			/* a bit a node */
	int64_t		 most;
	int		(*count)(struct sources *, int64_t node);
	void		*to;
	const struct source *source;
};

static int
add_source(const struct seen_row *row, void *arg)
{
	struct sources *o = arg;

	if ((row->bits & rows_advert_bit(o->store)) == 0 || row->node < 0 || row->node > o->most ||
	    (o->seen[row->node / 8] >> (row->node % 8) & 1))
		return 0;
	o->seen[row->node / 8] |= (uint8_t)(1u << (row->node % 8));
	return o->count(o, row->node);
}

static int
sources_of_round(struct store *store, uint32_t round, void *arg)
{
	return rows_seen(store, round, add_source, arg);
}

static int
each_source(const char *database, const struct rounds *rounds, struct sources *o)
{
	int result = -1;

	if ((o->store = store_open(database, STORE_READ)) == NULL)
		return -1;
	if ((o->most = rows_max_node(o->store)) < 0 ||
	    (o->seen = calloc((size_t)o->most / 8 + 1, 1)) == NULL)
		log_error("the nodes cannot be counted: %s", store_error(o->store));
	else
		result = each_round(o->store, rounds, sources_of_round, o);
	free(o->seen);
	store_close(o->store);
	return result;
}

static int
count_octet(struct sources *o, int64_t node)
{
	struct endpoint e;
	int found = rows_node(o->store, node, &e);

	if (found == 0 && e.net == NET_IPV4)
		((double *)o->to)[e.ip >> 24]++;
	return found < 0 ? -1 : 0;
}

int
row_counts_octets(const char *database, const struct rounds *rounds, double cell[256])
{
	struct sources o = { .count = count_octet, .to = cell };

	memset(cell, 0, 256 * sizeof(*cell));
	return each_source(database, rounds, &o);
}

static int
count_files(struct sources *o, int64_t node)
{
	double (*bin)[TALLY_KEY_BINS] = o->to;
	const struct known_source *k;

	if ((size_t)node >= o->source->nknown)
		return 0;
	k = &o->source->known[node];
	if (k->first_round != 0 && k->keys != 0)
		bin[k->verdict][k->keys <= TALLY_KEY_BINS ? k->keys - 1 : TALLY_KEY_BINS - 1]++;
	return 0;
}

int
row_counts_keys(const char *database, const struct source *s, const struct rounds *rounds,
    double bin[VERDICT_N][TALLY_KEY_BINS])
{
	struct sources o = { .count = count_files, .to = bin, .source = s };

	memset(bin, 0, VERDICT_N * sizeof(bin[0]));
	return each_source(database, rounds, &o);
}

/* ---- remaining lifetime ------------------------------------------------------------ */

struct lifetimes { const struct source *source; struct ttl_tally *t; double n; };

static int
add_ttl(const struct sighting_row *row, void *arg)
{
	struct lifetimes *l = arg;
	const struct source *s = l->source;
	const struct known_source *k;
	int bin;

	if (row->lifetime_s < 0 || row->source < 0 || (size_t)row->source >= s->nknown)
		return 0;
	k = &s->known[row->source];
	if (k->first_round == 0)
		return 0;
	bin = row->lifetime_s / TALLY_TTL_SECONDS;
	l->t->bin[k->verdict][bin < TALLY_TTL_BINS ? bin : TALLY_TTL_BINS - 1]++;
	l->t->total[k->verdict]++;
	return ++l->n >= TALLY_MOST;
}

/* The counts of a round that was pruned. */
static int
add_lifetime(const struct lifetime_row *row, void *arg)
{
	struct lifetimes *l = arg;

	if (row->verdict < 0 || row->verdict >= VERDICT_N)
		return 0;
	l->t->bin[row->verdict][row->bin] += (double)row->n;
	l->t->total[row->verdict] += (double)row->n;
	l->n += (double)row->n;
	return 0;
}

static int
ttl_of_round(struct store *store, uint32_t round, void *arg)
{
	struct lifetimes *l = arg;
	int result = rows_sightings(store, round, add_ttl, l);

	if (result == 0)
		result = rows_lifetimes(store, round, add_lifetime, l);
	l->t->used++;
	return result < 0 ? -1 : l->n >= TALLY_ENOUGH;
}

int
row_counts_ttl(const char *database, const struct source *s, const struct rounds *rounds,
    struct ttl_tally *t)
{
	struct lifetimes l = { .source = s, .t = t };
	struct store *store = store_open(database, STORE_READ);
	int result;

	memset(t, 0, sizeof(*t));
	if (store == NULL)
		return -1;
	result = each_round(store, rounds, ttl_of_round, &l);
	store_close(store);
	return result;
}
