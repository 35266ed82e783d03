/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/panels_data.h"

#include <math.h>
#include <string.h>

#include "analysis/rounds/stats.h"
#include "data/store/rows.h"
#include "data/lib/utctime.h"

/* ---- which rounds ------------------------------------------------------------- */

/* How far back rounds to compare with are looked for. */
#define BASELINE_MS	(60 * DAY_MS)

/* The complete ones of rows [first, end). */
static struct rounds
rounds_of(const struct request *q, size_t first, size_t end)
{
	const struct series_row *row = q->source->row;
	uint32_t *id = arena_take(q->arena, end - first, sizeof(*id));
	struct rounds r = { .id = id, .sensor = q->source->sensor_id };

	for (size_t k = first; k < end; k++) {
		if (!row[k].complete)
			continue;
		r.from_ms = r.n == 0 ? row[k].start_ms : r.from_ms;
		r.to_ms = row[k].end_ms;
		id[r.n++] = row[k].round;
	}
	return r;
}

/* The last most complete rounds of those that ended in (from, to]. */
static struct rounds
rounds_in(const struct request *q, int64_t from, int64_t to, size_t most)
{
	const struct source *s = q->source;
	size_t end = s->n, first, n = 0;

	while (end > 0 && s->row[end - 1].end_ms > to)
		end--;
	for (first = end; first > 0 && n < most && s->row[first - 1].end_ms > from; first--)
		n += s->row[first - 1].complete;
	return rounds_of(q, first, end);
}

/* The last flood that the stretch of time has seen; NULL if none. */
static const struct incident_row *
flood_in(const struct source *s, int64_t from, int64_t to)
{
	const struct incident_row *found = NULL;

	for (size_t k = 0; k < s->nincidents; k++) {
		const struct incident_row *i = &s->incident[k];

		if (incident_is_flood(i) && i->start_ms < to &&
		    (i->end_ms == UNKNOWN || i->end_ms > from))
			found = i;
	}
	return found;
}

/*
 * The last want complete rounds that ended in (from, to] with no flood among them; if there are
 * never so many in one piece, the longest piece.  In pieces they would name more sources.
 */
static struct rounds
calm_rounds(const struct request *q, int64_t from, int64_t to, size_t want)
{
	const struct series_row *row = q->source->row;
	size_t end = q->source->n, most = 0, best_first = 0, best_end = 0, n = 0, k;

	while (end > 0 && row[end - 1].end_ms > to)
		end--;
	for (k = end; k > 0 && most < want && row[k - 1].end_ms > from; k--) {
		if (flood_in(q->source, row[k - 1].start_ms, row[k - 1].end_ms) != NULL) {
			n = 0;
			end = k - 1;
			continue;
		}
		n += row[k - 1].complete;
		if (n > most) {
			most = n;
			best_first = k - 1;
			best_end = end;
		}
	}
	return rounds_of(q, best_first, best_end);
}

/* At most a day of the incident, its peak in the middle if it is longer. */
static struct span
heart_of(const struct incident_row *i, int64_t until)
{
	struct span s = { i->start_ms, i->end_ms == UNKNOWN ? until : i->end_ms };

	if (s.to_ms - s.from_ms <= DAY_MS)
		return s;
	if (i->peak_ms - DAY_MS / 2 > s.from_ms)
		s.from_ms = i->peak_ms - DAY_MS / 2;
	if (s.from_ms > s.to_ms - DAY_MS)
		s.from_ms = s.to_ms - DAY_MS;
	s.to_ms = s.from_ms + DAY_MS;
	return s;
}

void
panel_data_compare(const struct request *q, struct comparison *c)
{
	int64_t to = q->window.span.to_ms;
	int64_t from = to - DAY_MS > q->window.span.from_ms ? to - DAY_MS :
	    q->window.span.from_ms;
	struct span at = { from - 1, to };

	*c = (struct comparison){ .before = { .id = NULL } };
	c->incident = q->incident != NULL ? q->incident : flood_in(q->source, from, to);
	if (q->incident != NULL)
		at = heart_of(q->incident, q->source->until_ms);
	else if (c->incident != NULL && c->incident->start_ms > from)
		at.from_ms = c->incident->start_ms;
	c->at = rounds_in(q, at.from_ms, at.to_ms, SIZE_MAX);
	if (c->at.n == 0)
		return;
	from = c->incident != NULL ? c->incident->start_ms : c->at.from_ms;
	c->before = calm_rounds(q, from - BASELINE_MS, from, c->at.n);
	if (c->before.n > 0 && c->before.n < c->at.n)
		c->at = rounds_in(q, at.from_ms, at.to_ms, c->before.n);
}

const char *
panel_data_rounds(const struct request *q, const struct rounds *r)
{
	char from[FORMAT_TEXT], to[FORMAT_TEXT], n[NUMBER_TEXT];

	return arena_print(q->arena, "%s round%s, %s to %s",
	    number_format(n, (double)r->n, UNIT_COUNT),
	    r->n == 1 ? "" : "s", format_fully(from, r->from_ms, q->offset_minutes,
	    r->to_ms - r->from_ms),
	    format_fully(to, r->to_ms, q->offset_minutes, r->to_ms - r->from_ms));
}

/* ---- the address space ----------------------------------------------------------- */

int
panel_data_octets(const struct request *q, const struct comparison *c, struct panel *p,
    double *total, double *impossible)
{
	*p = (struct panel){ .kind = PANEL_MAP, .heading = "sources of keys, by first octet" };
	p->map.legend = "distinct sources (address:port) of keys; logarithmic scale";
	p->map.column = "sources";
	*total = *impossible = 0;
	if (c->at.n == 0 || q->database == NULL)
		return 1;
	if (row_counts_octets(q->database, &c->at, p->map.cell) != 0)
		return -1;
	for (unsigned i = 0; i < 256; i++) {
		*total += p->map.cell[i];
		*impossible += figure_blocked_octet(i) ? p->map.cell[i] : 0;
	}
	return *total == 0;
}

int
panel_data_octets_change(const struct request *q, const struct comparison *c, struct panel *p)
{
	double before[256];
	char n[NUMBER_TEXT];

	*p = (struct panel){ .kind = PANEL_MAP };
	p->heading = arena_print(q->arena,
	    "difference from the baseline: %s round%s without a flood",
	    number_format(n, (double)c->before.n, UNIT_COUNT), c->before.n == 1 ? "" : "s");
	p->map.legend = arena_print(q->arena, "more (red) or fewer (blue) than in %s",
	    panel_data_rounds(q, &c->before));
	p->map.column = "difference";
	p->map.signed_scale = true;
	if (c->before.n == 0 || c->at.n == 0 || q->database == NULL)
		return 1;
	if (row_counts_octets(q->database, &c->at, p->map.cell) != 0 ||
	    row_counts_octets(q->database, &c->before, before) != 0)
		return -1;
	for (size_t i = 0; i < 256; i++)
		p->map.cell[i] -= before[i];
	return 0;
}

/* ---- histograms by verdict ---------------------------------------------------------- */

static const struct { enum verdict verdict; const char *name; enum colour colour; } classes[] =
    {
	{ VERDICT_GENUINE, "genuine", COLOUR_BLUE },
	{ VERDICT_BOGUS, "bogus", COLOUR_RED },
	{ VERDICT_PROBABLY_BOGUS, "probably bogus", COLOUR_AMBER },
	{ VERDICT_UNDETERMINED, "undetermined", COLOUR_GREY },
};

/* Fewer than this are no distribution. */
enum { LEAST_CLASS = 100 };

/* One series for each verdict that occurs often enough, with its number in the label. */
static void
add_classes(struct arena *a, struct bars_panel *b, double *v, size_t stride,
    const double total[VERDICT_N], double least)
{
	char n[NUMBER_TEXT];

	for (size_t k = 0; k < sizeof(classes) / sizeof(classes[0]); k++) {
		enum verdict verdict = classes[k].verdict;

		if (total[verdict] < least)
			continue;
		b->series[b->nseries++] = (struct bars_series){
			arena_print(a, "%s (%s)", classes[k].name,
			    number_format(n, total[verdict], UNIT_COUNT)),
			classes[k].name, classes[k].colour, v + verdict * stride,
		};
	}
}

int
panel_data_ttl(const struct request *q, const struct comparison *c, struct panel *p,
    size_t *rounds)
{
	struct ttl_tally *t = arena_take(q->arena, 1, sizeof(*t));
	const char **bin = arena_take(q->arena, TALLY_TTL_BINS, sizeof(*bin));

	*p = (struct panel){ .kind = PANEL_BARS,
		.heading = "share of key records, by remaining lifetime",
		.height = 300, .narrow_height = 190 };
	if (c->at.n == 0 || q->database == NULL)
		return 1;
	if (row_counts_ttl(q->database, q->source, &c->at, t) != 0)
		return -1;
	*rounds = t->used;
	for (int i = 0; i < TALLY_TTL_BINS; i++) {
		bin[i] = arena_print(q->arena, i + 1 < TALLY_TTL_BINS ? "%d-%d" : "%d+",
		    i * TALLY_TTL_SECONDS, i * TALLY_TTL_SECONDS + TALLY_TTL_SECONDS - 1);
		for (int v = 0; v < VERDICT_N; v++)
			t->bin[v][i] *= t->total[v] > 0 ? 1 / t->total[v] : 0;
	}
	p->bars = (struct bars_panel){ .bin = bin,
		.x_label = "remaining lifetime of the key, seconds",
		.bin_column = "lifetime_seconds", .unit = UNIT_PERCENT };
	p->bars.nbins = TALLY_TTL_BINS;
	add_classes(q->arena, &p->bars, t->bin[0], TALLY_TTL_BINS, t->total, LEAST_CLASS);
	return p->bars.nseries == 0;
}

int
panel_data_keys(const struct request *q, const struct comparison *c, struct panel *p)
{
	double (*n)[TALLY_KEY_BINS] = arena_take(q->arena, VERDICT_N, sizeof(*n));
	double total[VERDICT_N] = { 0 };
	const char **bin = arena_take(q->arena, TALLY_KEY_BINS, sizeof(*bin));
	size_t used = 0;

	*p = (struct panel){ .kind = PANEL_BARS, .heading = "sources (log)",
		.height = 336, .narrow_height = 210 };
	if (c->at.n == 0 || q->database == NULL)
		return 1;
	if (row_counts_keys(q->database, q->source, &c->at, n) != 0)
		return -1;
	for (size_t i = 0; i < TALLY_KEY_BINS; i++) {
		long long from = 1LL << i, to = (2LL << i) - 1;

		bin[i] = from == to ? "1" : arena_print(q->arena, "%lld-%lld", from, to);
		for (int v = 0; v < VERDICT_N; v++) {
			total[v] += n[v][i];
			used = n[v][i] > 0 ? i + 1 : used;
		}
	}
	p->bars = (struct bars_panel){ .bin = bin,
		.x_label = "files advertised by a source (doubling bins)",
		.bin_column = "files", .unit = UNIT_COUNT, .log = true, .values = true };
	p->bars.nbins = used;
	add_classes(q->arena, &p->bars, n[0], TALLY_KEY_BINS, total, 1);
	return p->bars.nseries == 0;
}

/* ---- delivering peers ------------------------------------------------------------------ */

enum { MOST_PEERS = 15 };
static const double CONFIDENCE = 1.96;	/* standard deviations: 95 % */
struct peers { const struct request *q; struct rank *row; size_t n; };

/* A delivering peer is known, but often an innocent relay: its last octet is kept back. */
static const char *
peer_name(const struct request *q, const struct delivering_row *d)
{
	struct endpoint e = d->endpoint;
	char text[ENDPOINT_TEXT];

	if (rows_is_hidden(e))
		return arena_print(q->arena, "%d. hidden-%lld", d->rank, (long long)d->peer);
	if (q->addresses)
		return arena_print(q->arena, "%d. %s", d->rank, endpoint_format(text, e));
	if (e.net != NET_IPV4) {	/* of the others two bytes are shown, and how it ends */
		address_format(text, e);
		return arena_print(q->arena, "%d. %.4s...:%u", d->rank, text, (unsigned)e.port);
	}
	return arena_print(q->arena, "%d. %u.%u.%u.x:%u", d->rank, e.ip >> 24, e.ip >> 16 & 255,
	    e.ip >> 8 & 255, (unsigned)e.port);
}

static enum colour
peer_ink(const char *label)
{
	return label == delivered_name[DELIVERED_INJECTOR] ? COLOUR_RED :
	    label == delivered_name[DELIVERED_SELF] ? COLOUR_AMBER : COLOUR_MUTED;
}

static int
add_peer(const struct delivering_row *d, void *arg)
{
	struct peers *p = arg;
	double share = d->share >= 0 && d->share <= 1 ? d->share : NAN;
	double bogus = (double)d->keys, all = share > 0 ? bogus / share : 0;
	struct interval w = stats_wilson(fmin(bogus, all), all, CONFIDENCE);
	char keys[NUMBER_TEXT], rounds[NUMBER_TEXT], percent[NUMBER_TEXT];

	if (p->n == MOST_PEERS)
		return 1;
	p->row[p->n++] = (struct rank){
		.name = peer_name(p->q, d), .label = d->label, .colour = peer_ink(d->label),
		.value = share, .low = all > 0 ? w.low : NAN, .high = all > 0 ? w.high : NAN,
		.note = arena_print(p->q->arena, "%s, %s key%s, %s round%s",
		    number_format(percent, unit_shown(UNIT_PERCENT, share), UNIT_PERCENT),
		    number_format(keys, bogus, UNIT_COUNT), d->keys == 1 ? "" : "s",
		    number_format(rounds, (double)d->rounds, UNIT_COUNT),
		    d->rounds == 1 ? "" : "s"),
	};
	return 0;
}

int
panel_data_peers(const struct request *q, struct panel *p)
{
	struct peers found = { q, arena_take(q->arena, MOST_PEERS, sizeof(struct rank)), 0 };
	struct store *store;
	int result;

	*p = (struct panel){ .kind = PANEL_RANKS,
		.heading = "bogus share of what a peer delivered, 95 % interval" };
	if (q->database == NULL || q->incident == NULL)
		return 1;
	if ((store = store_open(q->database, STORE_READ)) == NULL)
		return -1;
	result = results_delivering(store, q->incident->id, add_peer, &found);
	store_close(store);
	p->ranks = (struct ranks_panel){ .row = found.row, .n = found.n, .unit = UNIT_PERCENT,
		.x_label = "bogus share of the key records that it delivered",
		.name_column = "rank_and_peer", .value_column = "bogus_share" };
	p->height = p->narrow_height = fmax(60, 26.0 * (double)found.n);
	return result < 0 ? -1 : found.n == 0;
}
