/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/port_fanout.h"

#include <math.h>
#include <stdlib.h>

#include "data/lib/log.h"

#define PHANTOM_ROUNDS	3	/* as a source: more is a node that stays */
#define MANY		16	/* ports; observation: 20 is the crawler's mark, 1 to 3 are usual */
#define REAL_SHARE	0.25	/* of the ports: above it the address is shared by real nodes */

static bool
is_phantom(const struct member *m)
{
	return m->now.verified == 0 && m->now.sourced <= PHANTOM_ROUNDS;
}

void
port_fanout_free(struct port_fanout *f)
{
	index_free(&f->addresses);
	array_free(&f->host);
}

static int
survey_hosts(struct port_fanout *f, struct members *ms, const struct window *w)
{
	uint32_t mark = members_mark(ms);

	for (size_t i = 0; i < w->round.n; i++) {
		array_each(n, &w->round.p[i]->named) {
			struct member *m = member_of(ms, n->node);
			struct host *h;

			if (m->mark == mark || m->now.first_round == 0)
				continue;
			m->mark = mark;
			h = index_add_item(&f->addresses, address_number(m->endpoint), &f->host);
			if (h == NULL)
				return -1;
			h->ports++;
			h->phantoms += is_phantom(m);
		}
	}
	return 0;
}

static int
by_phantoms(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y) - (x > y);
}

/* The count that one address in a thousand reaches: not moved by a few extreme ones. */
static double
usual_count(const struct port_fanout *f)
{
	size_t n = f->host.n;
	uint32_t *v = calloc(n + 1, sizeof(*v));
	double usual;

	if (v == NULL)
		return NAN;
	for (size_t i = 0; i < n; i++)
		v[i] = f->host.p[i].phantoms;
	qsort(v, n, sizeof(*v), by_phantoms);
	/* The first ten may be a flood's. */
	usual = n > 10 ? v[n / 1000 > 10 ? n / 1000 : 10] : 0;
	free(v);
	return usual;
}

int
port_fanout_find(struct port_fanout *f, struct members *ms, const struct window *w)
{
	double nodes = 0, phantoms = 0;

	index_clear(&f->addresses);
	f->host.n = 0;
	if (survey_hosts(f, ms, w) != 0 || isnan(f->usual = usual_count(f))) {
		log_error("out of memory");
		return -1;
	}
	f->threshold = fmax(MANY, 4 * f->usual);
	array_each(h, &f->host) {
		h->flooded = h->phantoms >= f->threshold &&
		    h->ports - h->phantoms <= REAL_SHARE * h->ports;
		nodes += h->flooded ? 0 : h->ports;
		phantoms += h->flooded ? 0 : h->phantoms;
	}
	f->phantom_share = nodes > 0 ? phantoms / nodes : NAN;
	return 0;
}

const struct host *
port_fanout_host(const struct port_fanout *f, struct endpoint e)
{
	uint32_t k = index_find(&f->addresses, address_number(e));

	return k == INDEX_NONE ? NULL : &f->host.p[k];
}

bool
port_fanout_has(const struct port_fanout *f, const struct member *m)
{
	const struct host *h = port_fanout_host(f, m->endpoint);

	return h != NULL && h->flooded && is_phantom(m);
}
