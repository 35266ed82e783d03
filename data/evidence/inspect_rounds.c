/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rounds.csv: does the chain hold, and do its rows say what the rounds' records say? */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/inspect_impl.h"
#include "data/format/canonical.h"
#include "data/lib/utctime.h"

/* Columns, as bundle_tables.c writes them. */
enum { /* flat */
	C_SEQ, C_ROUND, C_START, C_END, C_COMPLETE, C_TRIED, C_REACHED, C_KEYS, C_NEIGHBOURS,
	C_QUERIES, C_CONTACTS, C_RECORDS, C_SOURCES, C_INSTANT, C_DAY_KEYS, C_DAY_ALL,
	C_INSTANT_CLEAN, C_DAY_KEYS_CLEAN, C_DAY_ALL_CLEAN, C_IMPOSSIBLE, C_FLOOD, C_FLOOD_LOW,
	C_FLOOD_HIGH, C_JUMP, C_CLOCK, C_ORIGIN, C_RECORD, C_SALT, C_PARTS, C_HEAD, C_N
};
#define LINE_MAX_BYTES	(1u << 16)
#define RECORD_MAX	(1u << 14)	/* bytes of a round's own record */

static const char part[] = "rounds.csv";

int
inspect_csv(const struct tar_file *f, size_t *at, char *buf, size_t size, char *cell[CSV_COLUMNS])
{
	const char *line = f->p + *at, *end;
	size_t len;
	int n = 0;

	if (*at == f->len)
		return 0;
	if ((end = memchr(line, '\n', f->len - *at)) == NULL)
		return -1;
	len = (size_t)(end - line);
	*at += len + 1;
	if (len == 0 || line[len - 1] != '\r' || len > size || memchr(line, '\0', len) != NULL ||
	    memchr(line, '"', len) != NULL)
		return -1;
	memcpy(buf, line, len - 1);
	buf[len - 1] = '\0';
	for (char *p = buf; n < CSV_COLUMNS; n++)
		if ((cell[n] = strsep(&p, ",")) == NULL)
			return n;
	return -1;
}

bool
inspect_number(const char *cell, int64_t *v)
{
	bool minus = *cell == '-';
	const char *p = cell + minus;

	*v = UNKNOWN;
	if (*cell == '\0')
		return true;
	for (*v = 0; *p >= '0' && *p <= '9'; p++) {
		if (*v > (INT64_MAX - 9) / 10)
			return false;
		*v = *v * 10 + (*p - '0');
	}
	if (*p != '\0' || p == cell + minus)
		return false;
	if (minus)
		*v = -*v;
	return true;
}

bool
inspect_real(const char *cell, double *v)
{
	char *end;

	*v = NAN;
	if (*cell == '\0')
		return true;
	if (cell[strspn(cell, "0123456789.e+-")] != '\0')
		return false;
	*v = strtod(cell, &end);
	return *end == '\0' && isfinite(*v);
}

/* "" is UNKNOWN. */
static bool
time_cell(const char *cell, int64_t *ms)
{
	*ms = UNKNOWN;
	return *cell == '\0' || utctime_parse(ms, cell);
}

struct csv_round *
inspect_round(const struct inspector *n, int64_t round)
{
	for (size_t i = 0; i < n->nrounds; i++)
		if (n->round[i].own && n->round[i].round == round)
			return &n->round[i];
	return NULL;
}

/* ---- one row ---------------------------------------------------------------------- */

struct csv_row {
	char		*cell[CSV_COLUMNS];
	struct translog_entry e;
	struct csv_round *r;
};

static bool
read_counts(struct csv_row *w)
{
	static const int column[] = { C_KEYS, C_NEIGHBOURS, C_QUERIES, C_CONTACTS };
	int64_t v;

	for (int t = OBS_KEY; t < OBS_NTYPE; t++)
		if (!inspect_number(w->cell[column[t - OBS_KEY]], &v) || v < 0 ||
		    (uint64_t)v != translog_part_count(w->e.parts, (enum observation_type)t))
			return false;
	return true;
}

static bool
read_row(struct csv_row *w)
{
	struct csv_round *r = w->r;

	if (!inspect_number(w->cell[C_SEQ], &r->seq) || r->seq < 1 ||
	    !inspect_number(w->cell[C_ROUND], &r->round) || r->round < 1 ||
	    r->round > UINT32_MAX || !time_cell(w->cell[C_START], &w->e.start_ms) ||
	    !time_cell(w->cell[C_END], &w->e.end_ms) ||
	    !inspect_number(w->cell[C_COMPLETE], &r->complete) ||
	    !inspect_number(w->cell[C_TRIED], &r->tried) ||
	    !inspect_number(w->cell[C_REACHED], &r->reached) ||
	    !inspect_number(w->cell[C_RECORDS], &r->stated_records) ||
	    !inspect_number(w->cell[C_SOURCES], &r->stated_sources))
		return false;
	for (int i = 0; i < 10; i++)
		if (!inspect_real(w->cell[C_INSTANT + i], &r->series[i]))
			return false;
	w->e.seq = r->seq;
	w->e.round = (uint32_t)r->round;
	return inspect_hex(w->cell[C_PARTS], strlen(w->cell[C_PARTS]), r->parts, TRANSLOG_PARTS) &&
	    inspect_hex(w->cell[C_HEAD], strlen(w->cell[C_HEAD]), r->head, MERKLE_HASH);
}

/* Is the member of the manifest this text?  A sensor without a name has null. */
static bool
same_text(const json_t *manifest, const char *key, struct text want)
{
	const char *have = json_string_value(json_object_get(manifest, key));

	return have == NULL ? want.len == 0 && json_is_null(json_object_get(manifest, key)) :
	    strlen(have) == want.len && memcmp(have, want.p, want.len) == 0;
}

/* The round's record: is it the leaf that the log has, and does the row say the same? */
static const char *
compare_record(struct inspector *n, struct csv_row *w)
{
	uint8_t record[RECORD_MAX], salt[MERKLE_SALT], leaf[MERKLE_HASH];
	size_t len = strlen(w->cell[C_RECORD]) / 2;
	struct csv_round *r = w->r;
	struct canonical_round d;
	char overlay[64];
	int64_t jump, clock;

	r->origin = UNKNOWN;
	r->own = *w->cell[C_RECORD] != '\0';
	if (!r->own)
		return NULL;
	if (len > sizeof(record) || !inspect_hex(w->cell[C_RECORD], 2 * len, record, len) ||
	    !inspect_hex(w->cell[C_SALT], strlen(w->cell[C_SALT]), salt, sizeof(salt)) ||
	    !canonical_read_round(&d, record, len))
		return "its record cannot be read";
	merkle_leaf(leaf, salt, record, len);
	if (memcmp(leaf, translog_part_root(w->e.parts, OBS_ROUND), sizeof(leaf)) != 0)
		return "its record is not what was logged";
	if (!inspect_number(w->cell[C_JUMP], &jump) || !inspect_number(w->cell[C_CLOCK], &clock) ||
	    d.round != w->e.round || d.run.start_ms != w->e.start_ms ||
	    d.run.end_ms != w->e.end_ms || d.complete != r->complete || d.run.tried != r->tried ||
	    d.run.reached != r->reached || d.clock_jump_ms != jump || d.clock_us != clock)
		return "the row does not say what its record says";
	if ((unsigned)d.origin >= ORIGIN_N || strcmp(w->cell[C_ORIGIN], origin_name[d.origin]) != 0)
		return "it came in another way than the row says";
	r->origin = d.origin;
	r->start_ms = d.run.start_ms;
	r->end_ms = d.run.end_ms;
	memcpy(r->parameters, d.parameters, sizeof(r->parameters));
	memcpy(r->seen, d.seen, sizeof(r->seen));
	if (!same_text(n->manifest, "sensor", d.run.sensor) ||
	    !same_text(n->manifest, "overlay", d.run.overlay))
		return "its record is of another sensor or overlay than manifest.json says";
	if (d.run.overlay.len < sizeof(overlay)) {
		memcpy(overlay, d.run.overlay.p, d.run.overlay.len);
		overlay[d.run.overlay.len] = '\0';
		n->fields = overlay_fields(overlay);
	}
	return n->fields != NULL ? NULL : "this program does not know its overlay";
}

static void
check_row(struct inspector *n, struct csv_row *w, uint8_t before[MERKLE_HASH])
{
	uint8_t head[MERKLE_HASH];
	const char *why;

	if (!read_row(w)) {
		inspect_fail(n, part, "round %s: a cell cannot be read", w->cell[C_ROUND]);
		return;
	}
	memcpy(w->e.parts, w->r->parts, sizeof(w->e.parts));
	if (!read_counts(w))
		inspect_fail(n, part, "round %u: its counts are not those of the log", w->e.round);
	if ((why = compare_record(n, w)) != NULL)
		inspect_fail(n, part, "round %u: %s", w->e.round, why);
	translog_head(&w->e, before, head);
	if (memcmp(head, w->r->head, sizeof(head)) != 0)
		inspect_fail(n, part, "round %u: does not follow in the chain from the row before it",
		    w->e.round);
	memcpy(before, w->r->head, MERKLE_HASH);
}

/* ---- the table ------------------------------------------------------------------------ */

static struct csv_round *
add_round(struct inspector *n)
{
	struct csv_round *p = reallocarray(n->round, n->nrounds + 1, sizeof(*p));

	if (p == NULL) {
		n->oom = true;
		return NULL;
	}
	n->round = p;
	p = &n->round[n->nrounds++];
	memset(p, 0, sizeof(*p));
	return p;
}

static void
read_rows(struct inspector *n, const struct tar_file *f, uint8_t before[MERKLE_HASH])
{
	char *buf = malloc(LINE_MAX_BYTES);
	struct csv_row w;
	size_t at = 0;
	int cells;

	n->oom |= buf == NULL;
	while (buf != NULL && (cells = inspect_csv(f, &at, buf, LINE_MAX_BYTES, w.cell)) != 0) {
		bool heading = strcmp(buf, "seq") == 0;

		if (cells != C_N || heading != (n->nrounds == 0 && at == strcspn(f->p, "\n") + 1)) {
			inspect_fail(n, part, "a line that is none of the table's");
			break;
		}
		if (heading)
			continue;
		memset(&w.e, 0, sizeof(w.e));
		if ((w.r = add_round(n)) == NULL)
			break;
		check_row(n, &w, before);
	}
	free(buf);
}

/* The manifest says where the chain begins and ends. */
static void
check_ends(struct inspector *n)
{
	const json_t *chain = json_object_get(n->manifest, "chain");
	const char *head = json_string_value(json_object_get(chain, "head"));
	json_int_t first = json_integer_value(json_object_get(chain, "first_seq"));
	json_int_t last = json_integer_value(json_object_get(chain, "last_seq"));
	uint8_t want[MERKLE_HASH];

	if (n->nrounds == 0) {
		inspect_fail(n, part, "holds no round");
		return;
	}
	for (size_t i = 1; i < n->nrounds; i++)
		if (n->round[i].seq != n->round[i - 1].seq + 1)
			inspect_fail(n, part, "entries %" PRId64 " and %" PRId64 " of the chain do not"
			    " follow each other", n->round[i - 1].seq, n->round[i].seq);
	if (n->round[0].seq != first || n->round[n->nrounds - 1].seq != last)
		inspect_fail(n, part, "does not hold the entries %lld to %lld that manifest.json names",
		    (long long)first, (long long)last);
	if (head == NULL || !inspect_hex(head, strlen(head), want, sizeof(want)) ||
	    memcmp(want, n->round[n->nrounds - 1].head, sizeof(want)) != 0)
		inspect_fail(n, part, "does not end with the head that manifest.json names");
}

void
inspect_rounds(struct inspector *n)
{
	const struct tar_file *f = tar_pack_find(n->k, part);
	const char *text = json_string_value(json_object_get(json_object_get(n->manifest, "chain"),
	    "before"));
	uint8_t before[MERKLE_HASH] = { 0 };

	if (f == NULL)
		return;
	if (text == NULL || !inspect_hex(text, strlen(text), before, sizeof(before)))
		inspect_fail(n, "manifest.json", "chain: before is no head");
	read_rows(n, f, before);
	check_ends(n);
}
