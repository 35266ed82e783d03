/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * seen.txt: which nodes were seen in each round of the incident, by their numbers in the
 * database, as the round's record commits to them.  It binds what the analysis counts in
 * a round to that round: the labels of two rounds alike in size cannot change places.
 */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "bounds.h"
#include "data/evidence/bundle_impl.h"
#include "data/evidence/inspect_impl.h"
#include "data/lib/log.h"

#define ROW	9		/* node 8 | bits 1 */

static const char part[] = "seen.txt";

/* What a round logged besides its own record. */
static uint64_t
leaves_of(const uint8_t parts[TRANSLOG_PARTS])
{
	uint64_t n = 0;

	for (int t = OBS_KEY; t < OBS_NTYPE; t++)
		n += translog_part_count(parts, (enum observation_type)t);
	return n;
}

/* ---- writing ---- */

bool
bundle_shows_seen(const struct bundle *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->f.nrounds; i++)
		if (bundle_entry(b, b->f.round[i].row.id) != NULL)
			n += leaves_of(bundle_entry(b, b->f.round[i].row.id)->parts);
	return !b->pseudonyms.hidden && n <= BUNDLE_SEEN_RECORDS;
}

static int
put_seen(const struct seen_row *r, void *arg)
{
	fprintf(arg, "%016" PRIx64 "%02x", (uint64_t)r->node, (unsigned)r->bits & 0xff);
	return 0;
}

int
bundle_seen(struct bundle *b, FILE *f)
{
	for (size_t i = 0; i < b->f.nrounds; i++) {
		const struct round_row *r = &b->f.round[i].row;

		if (!r->complete)	/* its record says nothing of them */
			continue;
		fprintf(f, "%u ", r->id);
		if (rows_seen(b->s, r->id, put_seen, f) != 0) {
			log_error("%s", store_error(b->s));
			return -1;
		}
		putc('\n', f);
	}
	return 0;
}

/* ---- reading ---- */

/* Nodes ascend, each once; how many of them keys named, or -1. */
static int64_t
count_sources(const char *p, size_t len, uint8_t hash[32])
{
	crypto_generichash_state st;
	uint8_t row[ROW], last[ROW - 1] = { 0 };
	int64_t n = 0;

	crypto_generichash_init(&st, NULL, 0, 32);
	for (size_t at = 0; at < len; at += 2 * ROW) {
		if (len - at < 2 * ROW || !inspect_hex(p + at, 2 * ROW, row, ROW) ||
		    memcmp(row, last, sizeof(last)) <= 0)
			return -1;
		memcpy(last, row, sizeof(last));
		crypto_generichash_update(&st, row, ROW);
		n += (row[ROW - 1] & SEEN_KEY) != 0;
	}
	crypto_generichash_final(&st, hash, 32);
	return n;
}

static void
check_line(struct inspector *n, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	char number[24] = "";
	struct csv_round *r = NULL;
	uint8_t hash[32];
	int64_t v, sources;

	if (blank != NULL && (size_t)(blank - line) < sizeof(number))
		memcpy(number, line, (size_t)(blank - line));
	if (number[0] != '\0' && inspect_number(number, &v))
		r = inspect_round(n, v);
	if (r == NULL || r->shown) {
		inspect_fail(n, part, "a line of no round of the incident, or the second of one");
		return;
	}
	r->shown = true;
	sources = count_sources(blank + 1, len - (size_t)(blank + 1 - line), hash);
	if (sources == -1 || memcmp(hash, r->seen, sizeof(hash)) != 0)
		inspect_fail(n, part, "round %" PRId64 ": is not what the round's record commits to", r->round);
	else if (!(r->series[0] == (double)sources) && r->series[0] == r->series[0])
		inspect_fail(n, "rounds.csv", "round %" PRId64 ": keys named %" PRId64 " sources, and instant is"
		    " %.10g", r->round, sources, r->series[0]);
}

void
inspect_seen(struct inspector *n)
{
	const struct tar_file *f = tar_pack_find(n->k, part);
	uint64_t leaves = 0;

	for (size_t at = 0; f != NULL && at < f->len;) {
		const char *line = f->p + at, *end = memchr(line, '\n', f->len - at);
		size_t len = end == NULL ? f->len - at : (size_t)(end - line);

		at += len + 1;
		check_line(n, line, len);
	}
	for (size_t i = 0; i < n->nrounds; i++) {
		const struct csv_round *r = &n->round[i];

		if (!r->own)
			continue;
		leaves += leaves_of(r->parts);
		if (f != NULL && r->complete == 1 && !r->shown)
			inspect_fail(n, part, "round %" PRId64 " is missing", r->round);
	}
	if (f == NULL && !n->hidden && n->nrounds > 0 && leaves <= BUNDLE_SEEN_RECORDS)
		inspect_fail(n, part, "is missing from the bundle");
	n->i->counted = f != NULL;
}
