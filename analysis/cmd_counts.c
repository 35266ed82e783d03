/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku counts: the node counts of every round, as the last analyze left them;
 * rounds that were not analysed are counted here, without the clean columns.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/network_counts.h"
#include "analysis/rounds/series.h"
#include "analysis/verbs.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/request.h"

struct counting {
	struct store	*store;
	struct request	 asked;
	bool		 population, networks;
	struct listing	 list;
	uint32_t	 analysed;	/* the last complete round that has a row */
	uint32_t	 printed;	/* the last round that has one, complete or not */
	struct members	 members;
	struct address_space	 space;
	struct series	 series;
	ARRAY_OF(struct round_digest *) digest;	/* freed at the end */
};

/* ---- one row ---- */

struct counts_row {
	const struct series_row *is;
	int64_t		 sampling, not_stored;
	char		 cut[ROUND_CUT_TEXT];
};

/* Six go before the series. */
#define C(n, forms, rank, about) \
	{ #n, CELL_COUNT, forms, rank, "nodes", about, "0.1" }
#define S(n, forms, rank, about) \
	{ #n, CELL_SHARE, forms, rank, "fraction", about, "0.1" }
#define N(n, unit, about) { #n, CELL_COUNT, IN_JSON, 0, unit, about, "0.1" }
static const struct column columns[] = { /* flat */
	{ "round", CELL_INTEGER, IN_ALL, 0, "", "number of the round", "0.1" },
	{ "start", CELL_TIME, IN_ALL, 0, "UTC", "when it began", "0.1" },
	{ "end", CELL_TIME, IN_CSV | IN_JSON, 0, "UTC", "when it ended", "0.1" },
	{ "complete", CELL_INTEGER, IN_CSV | IN_JSON, 0, "", "1: it was seen through", "0.1" },
	{ "state", CELL_TEXT, IN_TABLE, 2, "", "complete or incomplete", "0.2" },
	C(tried, IN_ALL, 1, "nodes dialled"),
	C(reached, IN_ALL, 0, "of these, handshakes completed"),
	C(instant, IN_ALL, 0, "distinct sources of keys of the round"),
	C(day_keys, IN_ALL, 0, "distinct sources of keys, 24 hours to its end"),
	C(day_all, IN_ALL, 4, "distinct nodes named by any channel, 24 hours"),
	C(instant_clean, IN_ALL, 3, "instant without what is judged bogus"),
	C(day_keys_clean, IN_ALL, 0, "day_keys without what is judged bogus"),
	C(day_all_clean, IN_ALL, 5, "day_all without what is judged bogus"),
	S(impossible_share, IN_ALL, 6, "of instant: sources that no node can have: reserved, private"
	    " or unallocated addresses, or port 0"),
	S(success_low, IN_JSON, 0, "lower end of the 95 % interval of reached / tried (Wilson)"),
	S(success_high, IN_JSON, 0, "its upper end"),
	S(new16_share, IN_JSON, 0, "of instant: in a /16 that the baseline does not have"),
	S(one_shot_share, IN_JSON, 0, "of the sources of 24 hours: seen in one round only"),
	S(top_share, IN_JSON, 0, "of key records: those of the ten peers that delivered most"),
	C(day_addresses, IN_JSON, 0, "distinct addresses behind day_all"),
	N(max_ports, "ports", "most ports claimed for one address, 24 hours"),
	N(max_sources, "nodes", "most sources claimed for one content, 24 hours"),
	N(records_keys, "records", "key records delivered in the round"),
	N(records_neighbours, "records", "neighbour records"),
	N(records_queries, "records", "queries"),
	C(flood, IN_JSON, 0, "bogus sources in the round, estimated"),
	C(flood_low, IN_JSON, 0, "lower end of its 95 % interval"),
	C(flood_high, IN_JSON, 0, "upper end"),
	C(verified, IN_JSON, 0, "nodes that completed a handshake in the round"),
	C(verified_before, IN_JSON, 0, "the same of the round before"),
	C(verified_again, IN_JSON, 0, "in both"),
	{ "address_sampling", CELL_COUNT, IN_JSON, 0, "", "counts were made of one address in so many; 1: all", "0.2" },
	{ "day_ratio", CELL_SHARE, IN_JSON, 0, "ratio", "day_keys / instant", "0.1" },
	{ "sampling", CELL_INTEGER, IN_TABLE | IN_JSON, 7, "", "of mere claims one in so many was on the"
	    " visiting list", "0.1" },
	{ "cut", CELL_TEXT, IN_TABLE | IN_JSON, 8, "", "budgets and limits that left something out of the"
	    " round; empty: none did", "0.2" },
	{ "not_stored", CELL_INTEGER, IN_JSON, 0, "records", "that budgets left out", "0.2" },
};
#undef N
#undef S
#undef C

static const size_t series_at[] = { /* flat */
#define A(n)	offsetof(struct series_row, n)
	A(tried), A(reached), A(instant), A(day_keys), A(day_all), A(instant_clean),
	A(day_keys_clean), A(day_all_clean), A(impossible_share), A(success_low), A(success_high),
	A(new16_share), A(one_shot_share), A(top_share), A(day_addresses), A(max_ports),
	A(max_sources), A(records_keys), A(records_neighbours), A(records_queries), A(flood),
	A(flood_low), A(flood_high), A(verified), A(verified_before), A(verified_again), A(sampling),
#undef A
};
enum { BEFORE_SERIES = 5, NSERIES = sizeof(series_at) / sizeof(series_at[0]) };
_Static_assert(BEFORE_SERIES + NSERIES + 4 == sizeof(columns) / sizeof(columns[0]),
    "a column for each series");

static void
counts_cells(const void *row, struct cell *out)
{
	const struct counts_row *c = row;
	const struct series_row *s = c->is;

	out[0].number = s->round;
	out[1].number = s->start_ms;
	out[2].number = s->end_ms;
	out[3].number = s->complete;
	out[4].text = s->complete ? "complete" : "incomplete";
	for (size_t i = 0; i < NSERIES; i++)
		out[BEFORE_SERIES + i].real = *(const double *)((const char *)s + series_at[i]);
	out[BEFORE_SERIES + NSERIES].real = s->instant > 0 ? s->day_keys / s->instant : NAN;
	out[BEFORE_SERIES + NSERIES + 1].number = c->sampling;
	out[BEFORE_SERIES + NSERIES + 2].text = c->cut[0] != '\0' ? c->cut : NULL;
	out[BEFORE_SERIES + NSERIES + 3].number = c->not_stored;
}

const struct listing_spec counts_listing = {
	"counts", columns, sizeof(columns) / sizeof(columns[0]), counts_cells, NULL
};

static bool
is_wanted(const struct counting *c, const struct series_row *row)
{
	return request_in_time(&c->asked, row->start_ms, row->start_ms) &&
	    request_in_rounds(&c->asked, row->round, row->round) &&
	    (c->asked.state == STATE_ANY || (c->asked.state == 0) == row->complete);
}

static int
take_round(const struct round_row *r, void *arg)
{
	struct counts_row *shown = arg;

	shown->sampling = r->sampling;
	shown->not_stored = r->not_stored;
	round_cut_format(shown->cut, r->cut);
	return 0;
}

static int
print_row(const struct series_row *row, void *arg)
{
	struct counting *c = arg;
	struct counts_row shown = { .is = row, .sampling = UNKNOWN, .not_stored = UNKNOWN };

	c->printed = row->round;
	if (row->complete)
		c->analysed = row->round;
	if (!is_wanted(c, row) || !request_take(&c->asked))
		return 0;
	if (rows_rounds(c->store, row->round, row->round, take_round, &shown) != 0)
		return -1;
	return listing_row(&c->list, &shown) != 0;
}

/* ---- how many there are in all ---- */

static const struct column population_columns[] = {
	{ "round", CELL_INTEGER, IN_ALL, 0, "", "number of the round", "0.1" },
	{ "start", CELL_TIME, IN_ALL, 0, "UTC", "when it began", "0.1" },
	{ "verified", CELL_COUNT, IN_ALL, 0, "nodes", "that completed a handshake in the round", "0.1" },
	{ "verified_before", CELL_COUNT, IN_ALL, 3, "nodes", "the same of the round before", "0.1" },
	{ "verified_again", CELL_COUNT, IN_ALL, 2, "nodes", "in both", "0.1" },
	{ "population", CELL_COUNT, IN_ALL, 0, "nodes", "how many there are (Chapman 1951)", "0.1" },
	{ "low", CELL_COUNT, IN_ALL, 0, "nodes", "lower end of its 95 % interval", "0.1" },
	{ "high", CELL_COUNT, IN_ALL, 0, "nodes", "upper end", "0.1" },
	{ "coverage", CELL_SHARE, IN_ALL, 1, "fraction", "of them that the round met", "0.1" },
};

static void
population_cells(const void *row, struct cell *out)
{
	const struct series_row *s = row;
	struct population p = series_population(s);

	out[0].number = s->round;
	out[1].number = s->start_ms;
	out[2].real = s->verified;
	out[3].real = s->verified_before;
	out[4].real = s->verified_again;
	out[5].real = p.estimate;
	out[6].real = p.interval.low;
	out[7].real = p.interval.high;
	out[8].real = p.coverage;
}

const struct listing_spec population_listing = {
	"counts --population", population_columns,
	sizeof(population_columns) / sizeof(population_columns[0]), population_cells, NULL
};

static void
explain_population(void)
{
	log_info("how many nodes there are, from those that we shook hands with in two rounds that follow"
	    " each other (Chapman 1951): it supposes that nobody came or went between the rounds, that"
	    " each node is met with the same chance, and that a node is known again by its address and"
	    " port; nodes that come and go make it too high, and nodes that can never be reached are not"
	    " in it");
}

static int
print_population(const struct series_row *row, void *arg)
{
	struct counting *c = arg;

	if (!is_wanted(c, row) || !request_take(&c->asked))
		return 0;
	return listing_row(&c->list, row) != 0;
}

/* ---- rounds that were not analysed ---- */

static int
count_round(const struct round_row *r, void *arg)
{
	struct counting *c = arg;
	struct round_digest *d = round_digest_read_named(c->store, r), **p;
	struct series_row row;

	if (d == NULL)
		return 1;
	if ((p = array_add(&c->digest)) == NULL) {
		round_digest_free(d);
		log_error("out of memory");
		return 1;
	}
	*p = d;
	if (members_meet_all(&c->members, d) != 0)
		return 1;
	if (series_push(&c->series, d, &row) != 0) {
		log_error("out of memory");
		return 1;
	}
	/* Only who was named was read. */
	row.max_sources = row.verified = row.verified_before = row.verified_again = NAN;
	row.records_keys = row.records_neighbours = row.records_queries = NAN;
	return r->id <= c->printed ? 0 : print_row(&row, c);
}

struct start { uint32_t round; int64_t not_before; };

static int
find_start(const struct round_row *r, void *arg)
{
	struct start *s = arg;

	if (s->round == 0 && (r->end_ms >= s->not_before || r->end_ms == UNKNOWN))
		s->round = r->id;
	return 0;
}

static int
last_end(const struct round_row *r, void *arg)
{
	*(int64_t *)arg = r->end_ms;
	return 0;
}

/* Counting must begin a day before the first round that is wanted. */
static int
count_rest(struct counting *c)
{
	struct start s = { 0, INT64_MIN };
	int64_t end = UNKNOWN;
	int rc;

	if (c->analysed > 0 && rows_rounds(c->store, c->analysed, c->analysed, last_end, &end) != 0)
		return -1;
	if (end != UNKNOWN)
		s.not_before = end - DAY_MS;
	if (rows_rounds(c->store, 1, 0, find_start, &s) != 0)
		return -1;
	if (s.round == 0 || store_last_round(c->store) <= c->printed)
		return 0;
	if (members_open(&c->members, c->store, true) != 0)
		return 1;
	series_open(&c->series, &c->members, &c->space);
	rc = rows_rounds(c->store, s.round, 0, count_round, c);
	log_progress_end();
	return rc;
}

/* ---- the verb ---- */

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct counting *c = arg;
	int64_t before = c->list.rows;
	char label[SENSOR_LABEL];
	int rc;

	c->store = s;
	c->analysed = c->printed = 0;
	if (r->of > 1)
		listing_group(&c->list, r->name, r->overlay, sensors_label(label, r));
	if (c->networks)
		rc = network_counts_list(s, &c->asked, &c->list);
	else
		rc = results_series(s, INT64_MIN, INT64_MAX, c->population ? print_population : print_row, c);
	if (rc == 0 && !c->population && !c->networks)
		rc = count_rest(c);
	if (rc == -1)
		log_error("%s", store_error(s));
	series_free(&c->series);
	members_free(&c->members);
	for (size_t i = 0; i < c->digest.n; i++)
		round_digest_free(((struct round_digest **)c->digest.p)[i]);
	array_free(&c->digest);
	if (rc != 0)
		return EXIT_FAILED;
	return c->list.rows > before ? EXIT_DONE : EXIT_NOTHING;
}

static int
run(struct counting *c)
{
	int status;

	if (!address_space_load(&c->space, NULL)) {
		log_error("the registries inside the program cannot be read");
		return EXIT_FAILED;
	}
	if (c->population)
		explain_population();
	listing_begin(&c->list, c->networks ? &network_counts_listing :
	    c->population ? &population_listing : &counts_listing,
	    c->asked.format, c->asked.wide, NULL);
	status = request_each(&c->asked, list_sensor, c);
	if (status == EXIT_NOTHING)
		log_error(request_is_narrow(&c->asked) ? "no such rounds in this database" :
		    c->population ? "no rounds analysed yet; \"kansoku analyze\" does it" :
		    "no rounds in this database; \"kansoku crawl\" or \"kansoku import\" brings some");
	return request_finish(&c->asked, &c->list, status);
}

int
verb_counts(int argc, char **argv)
{
	static const char *const states[] = { "complete", "incomplete", NULL };
	static struct counting zero;
	struct counting c = zero;
	const struct option_spec options[] = {
		{ .name = "population", .kind = OPT_FLAG, .into = &c.population,
		    .help = "estimate how many nodes there are in all, with what that supposes" },
		{ .name = "networks", .kind = OPT_FLAG, .into = &c.networks,
		    .help = "for each network of addresses: advertised, told as news, reached" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku counts",
		.operands = "",
		.about = "Print the node counts of each round: in the round (instant), in the 24 hours\n"
		    "to its end from keys alone (day_keys) and by any channel (day_all); clean\n"
		    "columns leave out what analyze found bogus.  JSON holds every series.",
	};
	int status;

	c.asked = (struct request)REQUEST_ALL;
	c.asked.states = states;
	if (request_parse(&c.asked, ASKS_FORMAT | ASKS_TIME | ASKS_ROUND | ASKS_STATE | ASKS_LIMIT,
	    options, &usage, argc, argv, &status) < 0)
		return status;
	if (c.population && c.networks) {
		log_error("--population and --networks are two listings; give one of them");
		return EXIT_MISUSED;
	}
	return run(&c);
}
