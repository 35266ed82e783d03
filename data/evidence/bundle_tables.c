/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rounds.csv and peers.csv: one fact a row, empty where nothing was measured. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/format/canonical.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

/* ---- cells ----------------------------------------------------------------------- */

static void
cell_known(FILE *f, int64_t v)
{
	if (v != UNKNOWN)
		fprintf(f, "%" PRId64, v);
	putc(',', f);
}

static void
cell_real(FILE *f, double v)
{
	if (isfinite(v))
		fprintf(f, "%.10g", v);
	putc(',', f);
}

static void
cell_hex(FILE *f, const uint8_t *p, size_t n)
{
	text_hex(f, p, n);
	putc(',', f);
}

static void
cell_time(FILE *f, int64_t ms)
{
	char buf[WHEN_TEXT];

	if (ms != UNKNOWN)
		fputs(utctime_format(buf, ms), f);
	putc(',', f);
}

static void
cell_string(FILE *f, const char *s)
{
	text_csv(f, text_of(s));
	putc(',', f);
}

/* ---- rounds ------------------------------------------------------------------------ */

/* The row of the incident's own rounds, or NULL. */
static const struct found_round *
find_round(const struct bundle *b, uint32_t round)
{
	for (size_t i = 0; i < b->f.nrounds; i++)
		if (b->f.round[i].row.id == round)
			return &b->f.round[i];
	return NULL;
}

static const struct series_row *
find_series(const struct bundle *b, uint32_t round)
{
	for (size_t i = 0; i < b->nseries; i++)
		if (b->series[i].round == round)
			return &b->series[i];
	return NULL;
}

/* What is in the log of the round, and what of it belongs to the incident. */
static void
put_counts(FILE *f, const struct translog_entry *e, const struct found_round *r)
{
	for (int t = OBS_KEY; t < OBS_NTYPE; t++)
		cell_known(f, (int64_t)translog_part_count(e->parts, (enum observation_type)t));
	cell_known(f, r == NULL ? UNKNOWN : r->records);
	cell_known(f, r == NULL ? UNKNOWN : r->sources);
}

static void
put_series(FILE *f, const struct series_row *s)
{
	static const struct series_row none;
	bool known = s != NULL && s->complete;

	if (s == NULL)
		s = &none;
	const double v[] = { s->instant, s->day_keys, s->day_all, s->instant_clean,
		s->day_keys_clean, s->day_all_clean, s->impossible_share, s->flood, s->flood_low,
		s->flood_high };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		cell_real(f, known ? v[i] : NAN);
}

/* The round's own record and its salt, unless a later entry speaks for the round. */
static int
put_own(struct bundle *b, FILE *f, const struct translog_entry *e, bool last)
{
	struct canonical keep = { 0 };
	struct translog_leaf leaf;
	struct canonical_round d = { .clock_jump_ms = UNKNOWN, .clock_us = UNKNOWN };
	int bad = 0;

	if (!last) {
		fputs(",,,,,", f);
		return 0;
	}
	if (translog_own_leaf(b->s, e->round, &leaf, &keep) != 0 ||
	    memcmp(leaf.hash, translog_part_root(e->parts, OBS_ROUND), MERKLE_HASH) != 0) {
		log_error("round %u does not match the log, so no evidence is made of it;"
		    " \"kansoku verify --db\" tells more", e->round);
		bad = -1;
	} else if (canonical_read_round(&d, leaf.record, leaf.len)) {
		cell_known(f, d.clock_jump_ms);
		cell_known(f, d.clock_us);
		cell_string(f, origin_name[rows_origin(d.origin)]);
		cell_hex(f, leaf.record, leaf.len);
		cell_hex(f, leaf.salt, sizeof(leaf.salt));
		if (d.clock_us > b->clock_us)
			b->clock_us = d.clock_us;
		b->clock_known &= d.clock_us != UNKNOWN;
		if (d.clock_jump_ms != UNKNOWN && llabs(d.clock_jump_ms) > b->jump_ms)
			b->jump_ms = llabs(d.clock_jump_ms);
	}
	free(keep.p);
	return bad;
}

/* Facts of the row, from the round's record as it is now. */
static void
put_facts(FILE *f, const struct translog_entry *e, const struct round_row *r, bool last)
{
	cell_known(f, e->seq);
	cell_known(f, e->round);
	cell_time(f, e->start_ms);
	cell_time(f, e->end_ms);
	cell_known(f, last && r != NULL ? r->complete : UNKNOWN);
	cell_known(f, last && r != NULL ? r->tried : UNKNOWN);
	cell_known(f, last && r != NULL ? r->reached : UNKNOWN);
}

int
bundle_rounds_csv(struct bundle *b, FILE *f)
{
	fputs("seq,round,start_utc,end_utc,complete,tried,reached,keys,neighbours,queries,contacts,"
	    "incident_records,incident_sources,instant,day_keys,day_all,instant_clean,"
	    "day_keys_clean,day_all_clean,impossible_share,flood,flood_low,flood_high,"
	    "clock_jump_ms,clock_error_us,origin,record,salt,parts,head\r\n", f);
	b->clock_us = b->jump_ms = UNKNOWN;
	b->clock_known = b->nchain > 0;
	for (size_t i = 0; i < b->nchain; i++) {
		const struct translog_entry *e = &b->chain[i];
		const struct found_round *r = find_round(b, e->round);
		bool last = bundle_entry(b, e->round) == e && r != NULL;

		put_facts(f, e, r != NULL ? &r->row : NULL, last);
		put_counts(f, e, last ? r : NULL);
		put_series(f, last ? find_series(b, e->round) : NULL);
		if (put_own(b, f, e, last) != 0)
			return -1;
		cell_hex(f, e->parts, sizeof(e->parts));
		text_hex(f, e->head, sizeof(e->head));
		fputs("\r\n", f);
	}
	return 0;
}

/* ---- peers ---------------------------------------------------------------------------- */

/* As the analysis ranks them; those it does not rank by what they delivered. */
static int
by_rank(const void *a, const void *b)
{
	const struct found_peer *x = *(const struct found_peer *const *)a;
	const struct found_peer *y = *(const struct found_peer *const *)b;
	unsigned rx = (unsigned)x->rank.rank - 1, ry = (unsigned)y->rank.rank - 1;

	if (rx != ry)			/* 0, not ranked, becomes the largest */
		return rx < ry ? -1 : 1;
	if (x->records != y->records)
		return x->records > y->records ? -1 : 1;
	return endpoint_compare(x->endpoint, y->endpoint);
}

const char *
bundle_level(const struct found_peer *p)
{
	return p->imported == 0 ? "sent us data" : p->imported == p->records ?
	    "sent data by an imported file" : "sent us data, and more by an imported file";
}

static void
put_peer(const struct bundle *b, FILE *f, const struct found_peer *p)
{
	char buf[NAME_TEXT], when[32];
	bool ranked = p->rank.rank > 0;

	cell_known(f, ranked ? p->rank.rank : UNKNOWN);
	cell_string(f, pseudonym_node(&b->pseudonyms, p->endpoint, buf));
	cell_string(f, pseudonym_address(&b->pseudonyms, p->endpoint, buf));
	/* Of who called us only the address is known. */
	cell_known(f, b->pseudonyms.hidden || p->endpoint.port == 0 ? UNKNOWN
	    : p->endpoint.port);
	cell_known(f, p->records);
	cell_known(f, p->sources);
	cell_known(f, p->rounds);
	cell_string(f, bundle_second(when, p->first_ms));
	cell_string(f, bundle_second(when, p->last_ms));
	cell_known(f, p->imported);
	cell_string(f, bundle_level(p));
	cell_known(f, p->dialled);
	cell_known(f, p->answered);
	cell_known(f, p->inbound);
	cell_real(f, ranked ? p->rank.share : NAN);
	cell_real(f, ranked ? p->rank.ratio : NAN);
	cell_real(f, ranked ? p->rank.full_timer_share : NAN);
	cell_real(f, ranked ? p->rank.first_seen_share : NAN);
	text_csv(f, text_of(ranked ? p->rank.label : delivered_name[DELIVERED_BY]));
	fputs("\r\n", f);
}

int
bundle_peers_csv(struct bundle *b, FILE *f)
{
	const struct found_peer **order = calloc(b->f.npeers + 1, sizeof(*order));

	if (order == NULL) {
		log_error("out of memory");
		return -1;
	}
	for (size_t i = 0; i < b->f.npeers; i++)
		order[i] = &b->f.peer[i];
	qsort(order, b->f.npeers, sizeof(*order), by_rank);
	fputs("rank,peer,address,port,records,sources,rounds,first_seen_utc,last_seen_utc,"
	    "imported,evidence_level,dialled,answered,inbound,share,ratio,full_timer_share,"
	    "first_seen_share,label\r\n", f);
	for (size_t i = 0; i < b->f.npeers; i++)
		put_peer(b, f, order[i]);
	free(order);
	return 0;
}
