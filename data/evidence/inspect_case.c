/* SPDX-License-Identifier: GPL-3.0-or-later */
/* case.json and peers.csv: does every count follow from the records and rounds? */
#include <inttypes.h>
#include <string.h>

#include "data/evidence/inspect_impl.h"
#include "data/lib/utctime.h"

enum { /* flat */
	P_RANK, P_PEER, P_ADDRESS, P_PORT, P_RECORDS, P_SOURCES, P_ROUNDS, P_FIRST, P_LAST, P_IMPORTED, P_LEVEL,
	P_DIALLED, P_ANSWERED, P_INBOUND, P_SHARE, P_RATIO, P_FULL_TIMER, P_FIRST_SEEN, P_LABEL, P_N
};
#define LINE_MAX_BYTES	4096

static json_int_t
member(const json_t *kase, const char *object, const char *key)
{
	const json_t *v = json_object_get(json_object_get(kase, object), key);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

/* Is everything that belongs to the incident in the bundle, or a selection? */
static bool
is_whole(const struct inspector *n)
{
	return member(n->kase, "counts", "records") == member(n->kase, "stated", "records");
}

/* ---- case.json --------------------------------------------------------------------- */

struct totals {
	int64_t	rounds, complete, tried, reached, records, sources;
};

static void
add_up(const struct inspector *n, struct totals *t)
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < n->nrounds; i++) {
		const struct csv_round *r = &n->round[i];

		if (!r->own)
			continue;
		t->rounds++;
		t->complete += r->complete > 0;
		t->tried += r->tried == UNKNOWN ? 0 : r->tried;
		t->reached += r->reached == UNKNOWN ? 0 : r->reached;
		t->records += r->stated_records;
		t->sources += r->stated_sources;
	}
}

static void
compare(struct inspector *n, const char *object, const char *key, int64_t have)
{
	json_int_t said = member(n->kase, object, key);

	if (said != have)
		inspect_fail(n, "case.json", "%s.%s says %lld, and %" PRId64 " follows from the records"
		    " and rounds", object, key, (long long)said, have);
}

void
inspect_case(struct inspector *n)
{
	struct totals t;

	if (n->kase == NULL)
		return;
	add_up(n, &t);
	compare(n, "counts", "rounds", t.rounds);
	compare(n, "counts", "rounds_complete", t.complete);
	compare(n, "counts", "tried", t.tried);
	compare(n, "counts", "reached", t.reached);
	compare(n, "counts", "records", n->records);
	compare(n, "counts", "sources", (int64_t)n->nsources);
	compare(n, "counts", "peers", (int64_t)n->npeers);
	compare(n, "stated", "records", t.records);
	if (!is_whole(n))
		return;
	compare(n, "stated", "sources", (int64_t)n->nsources);
	compare(n, "stated", "peers", (int64_t)n->npeers);
	for (size_t i = 0; i < n->nrounds; i++) {
		const struct csv_round *r = &n->round[i];

		if (r->own && (r->records != r->stated_records || r->sources != r->stated_sources))
			inspect_fail(n, "rounds.csv", "round %" PRId64 ": %" PRId64 " records and %" PRId64
			    " sources follow from keys.jsonl", r->round, r->records, r->sources);
	}
}

/* ---- peers.csv ------------------------------------------------------------------------- */

static bool
cell_is(const char *cell, int64_t want, bool whole)
{
	int64_t v;

	return inspect_number(cell, &v) && v >= 0 && (whole ? v == want : v >= want);
}

/* The same to the second; or, of a selection, not inside what is known. */
static bool
time_is(const char *cell, int64_t want_s, bool whole, bool first)
{
	int64_t ms;

	if (!utctime_parse(&ms, cell) || ms % 1000 != 0)
		return false;
	return whole ? ms / 1000 == want_s : first ? ms / 1000 <= want_s : ms / 1000 >= want_s;
}

/* Kept for inspect_claims. */
static void
keep_peer(struct inspector *n, char *const *cell)
{
	struct csv_peer *p = reallocarray(n->csv_peer, n->ncsv_peers + 1, sizeof(*p));

	if (p == NULL) {
		n->oom = true;
		return;
	}
	n->csv_peer = p;
	p = &n->csv_peer[n->ncsv_peers++];
	memset(p, 0, sizeof(*p));
	snprintf(p->name, sizeof(p->name), "%s", cell[P_PEER]);
	snprintf(p->label, sizeof(p->label), "%s", cell[P_LABEL]);
	snprintf(p->level, sizeof(p->level), "%s", cell[P_LEVEL]);
	if (!inspect_number(cell[P_RANK], &p->rank) || !inspect_number(cell[P_RECORDS], &p->records) ||
	    !inspect_number(cell[P_IMPORTED], &p->imported) || !inspect_number(cell[P_ROUNDS], &p->rounds) ||
	    !inspect_number(cell[P_DIALLED], &p->dialled) ||
	    !inspect_number(cell[P_ANSWERED], &p->answered) || !inspect_real(cell[P_SHARE], &p->share) ||
	    !inspect_real(cell[P_RATIO], &p->ratio))
		inspect_fail(n, "peers.csv", "%s: a cell cannot be read", p->name);
}

/* Address and port once more, in cells of their own. */
static void
check_address(struct inspector *n, char *const *cell)
{
	char address[ENDPOINT_TEXT], port[8];
	struct endpoint e;

	if (n->hidden)
		return;
	if (!endpoint_parse(&e, cell[P_PEER])) {
		inspect_fail(n, "peers.csv", "%s is no endpoint", cell[P_PEER]);
		return;
	}
	snprintf(port, sizeof(port), "%u", e.port);
	if (strcmp(address_format(address, e), cell[P_ADDRESS]) != 0 || strcmp(port, cell[P_PORT]) != 0)
		inspect_fail(n, "peers.csv", "%s: its address and port are others", cell[P_PEER]);
}

static void
check_peer(struct inspector *n, char *const *cell, bool whole)
{
	const struct line_peer *p = inspect_peer(n, cell[P_PEER]);

	if (p == NULL && whole)
		inspect_fail(n, "peers.csv", "%s delivered nothing that is in keys.jsonl", cell[P_PEER]);
	if (p == NULL) {
		if (!whole && !cell_is(cell[P_RECORDS], 0, false))
			inspect_fail(n, "peers.csv", "%s: a count cannot be read", cell[P_PEER]);
		return;
	}
	if (!cell_is(cell[P_RECORDS], p->records, whole) ||
	    !cell_is(cell[P_SOURCES], p->sources, whole) ||
	    !cell_is(cell[P_ROUNDS], p->rounds, whole))
		inspect_fail(n, "peers.csv", "%s: %" PRId64 " records, %" PRId64 " sources in %" PRId64
		    " rounds follow from keys.jsonl", p->name, p->records, p->sources, p->rounds);
	if (!cell_is(cell[P_IMPORTED], p->imported, whole))
		inspect_fail(n, "peers.csv", "%s: %" PRId64 " of its records are of rounds that were imported",
		    p->name, p->imported);
	if (!time_is(cell[P_FIRST], p->first_s, whole, true) ||
	    !time_is(cell[P_LAST], p->last_s, whole, false))
		inspect_fail(n, "peers.csv", "%s: its first and last time do not follow from keys.jsonl",
		    p->name);
}

void
inspect_peers(struct inspector *n)
{
	const struct tar_file *f = tar_pack_find(n->k, "peers.csv");
	char buf[LINE_MAX_BYTES], *cell[CSV_COLUMNS];
	bool whole = n->kase != NULL && is_whole(n);
	int64_t rows = -1;
	size_t at = 0;
	int cells;

	if (f == NULL)
		return;
	while ((cells = inspect_csv(f, &at, buf, sizeof(buf), cell)) != 0) {
		if (cells != P_N || (rows == -1) != (strcmp(cell[P_RANK], "rank") == 0)) {
			inspect_fail(n, "peers.csv", "a line that is none of the table's");
			return;
		}
		if (rows++ < 0)
			continue;
		check_peer(n, cell, whole);
		check_address(n, cell);
		keep_peer(n, cell);
	}
	if (n->kase != NULL)
		compare(n, "stated", "peers", rows < 0 ? 0 : rows);
}
