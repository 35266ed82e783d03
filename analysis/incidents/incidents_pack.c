/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents from run to run: copied, packed into bytes and back; the bytes may not be ours. */
#include "analysis/incidents/incidents.h"

#include <string.h>

void
incidents_free(struct incidents *in)
{
	array_each(i, &in->all) {
		index_free(&i->who);
		array_free(&i->deliverer);
	}
	array_free(&in->all);
}

static int
add_deliverer(struct incident *i, const struct deliverer *d)
{
	struct deliverer *to = index_add_item(&i->who, d->node, &i->deliverer);

	if (to == NULL)
		return -1;
	*to = *d;
	return 0;
}

int
incidents_copy(struct incidents *to, const struct incidents *from)
{
	memset(to, 0, sizeof(*to));
	to->next_id = from->next_id;
	array_each(f, &from->all) {
		struct incident *t = array_add(&to->all);

		if (t == NULL)
			return -1;
		t->is = f->is;
		array_each(d, &f->deliverer)
			if (add_deliverer(t, d) != 0)
				return -1;
	}
	return 0;
}

/* ---- bytes ---- */

#define INCIDENTS_VERSION	3	/* changes with the layout */
#define INCIDENTS_MOST		1000	/* that are open at once: more are none of ours */

static void
pack_facts(struct pack *p, struct incident_facts *is)
{
	double *const number[] = {
		&is->bogus, &is->variance, &is->peak, &is->peak_instant, &is->fresh,
		&is->standing, &is->usual_standing, &is->special, &is->unallocated,
		&is->impossible_expected, &is->one_shot, &is->lives, &is->one_shot_usual,
		&is->dialled, &is->unreached, &is->unreached_usual, &is->ports, &is->ports_usual,
		&is->sources, &is->sources_usual, &is->full_level, &is->own, &is->own_ports,
	};

	pack_n32(p, &is->kind);
	pack_n32(p, &is->level);
	pack_bool(p, &is->open);
	pack_bool(p, &is->gone);
	pack_i64(p, &is->id);
	pack_n32(p, &is->first_round);
	pack_n32(p, &is->last_round);
	pack_n32(p, &is->peak_round);
	pack_n32(p, &is->present_round);
	pack_i64(p, &is->start_ms);
	pack_i64(p, &is->end_ms);
	pack_i64(p, &is->peak_ms);
	pack_i64(p, &is->present_ms);
	pack_n32(p, &is->rounds);
	pack_n32(p, &is->quiet);
	pack_n32(p, &is->present_run);
	pack_n32(p, &is->channels);
	for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++)
		pack_f64(p, number[i]);
	for (int e = 0; e < EVIDENCE_N; e++)
		pack_f64(p, &is->family[e]);
	pack_n32(p, &is->led);
	pack_n32(p, &is->sampling);
}

static void
pack_deliverer(struct pack *p, struct deliverer *d)
{
	pack_n32(p, &d->node);
	pack_n32(p, &d->met);
	pack_n32(p, &d->rounds);
	pack_n32(p, &d->led);
	pack_n32(p, &d->first_round);
	pack_n32(p, &d->last_round);
	pack_n32(p, &d->met_round);
	pack_n16(p, &d->now_unrelayed);
	pack_n16(p, &d->unrelayed);
	pack_f64(p, &d->now_bogus);
	pack_f64(p, &d->now_all);
	pack_f64(p, &d->bogus);
	pack_f64(p, &d->all);
	pack_f64(p, &d->full_bogus);
	pack_f64(p, &d->full);
	pack_f64(p, &d->first);
}

void
incidents_pack(const struct incidents *in, struct pack *p)
{
	int64_t next_id = in->next_id;

	pack_version(p, INCIDENTS_VERSION);
	pack_i64(p, &next_id);
	pack_count(p, in->all.n);
	array_each(i, &in->all) {
		pack_facts(p, &i->is);
		pack_count(p, i->deliverer.n);
		array_each(d, &i->deliverer)
			pack_deliverer(p, d);
	}
}

static bool
unpack_one(struct incidents *in, struct pack *p, uint32_t max_node)
{
	struct incident *i = array_add(&in->all);

	if (i == NULL)
		return false;
	pack_facts(p, &i->is);
	if (i->is.kind >= INC_NKIND)
		return false;
	for (size_t n = pack_count(p, 0); n > 0 && !p->failed; n--) {
		struct deliverer d = { 0 };

		pack_deliverer(p, &d);
		if (d.node > max_node || add_deliverer(i, &d) != 0)
			return false;
	}
	return !p->failed;
}

bool
incidents_unpack(struct incidents *in, struct text bytes, uint32_t max_node)
{
	struct pack p = pack_reader(bytes);
	size_t n;

	memset(in, 0, sizeof(*in));
	pack_version(&p, INCIDENTS_VERSION);
	pack_i64(&p, &in->next_id);
	n = pack_count(&p, 0);
	if (in->next_id <= 0 || n > INCIDENTS_MOST)
		return false;
	while (n-- > 0)
		if (!unpack_one(in, &p, max_node))
			return false;
	return pack_is_read(&p);
}
