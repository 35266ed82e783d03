/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku incidents: what happened, how large it was, and who delivered it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/verbs.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/request.h"
#include "data/store/results.h"
#include "data/store/rows.h"

#define SHOWN	5	/* peers of an incident in the table; JSON has all that are kept */

struct incidents {
	struct request	 asked;
	struct store	*store;
	int64_t		 id;		/* 0: all */
	struct listing	 list;
	size_t		 room;		/* columns of the terminal; 0: no end */
	int64_t		 items;		/* in the table being printed */
	bool		 node_is_in_it;
	int64_t		 complete, missing;	/* rounds, and how many of them were not analysed */
};

/* ---- JSON ---- */

static int
json_test(const struct test_row *row, void *arg)
{
	struct json_out *j = arg;

	json_put_object(j, NULL);
	json_put_string(j, "name", row->name);
	json_put_string(j, "family", row->family);
	json_put_share(j, "statistic", row->statistic);
	json_put_share(j, "threshold", row->threshold);
	json_put_end(j);
	return 0;
}

/* Of a caller only the address is known: which port is its own is what it says. */
static const char *
link_of(const struct delivering_row *row)
{
	return row->endpoint.port == 0 ? "called us" : "dialled";
}

static int
json_peer(const struct delivering_row *row, void *arg)
{
	struct json_out *j = arg;
	char peer[ENDPOINT_TEXT];

	json_put_object(j, NULL);
	json_put_string(j, "peer", rows_node_text(peer, row->endpoint, row->peer));
	if (!rows_is_hidden(row->endpoint))
		json_put_string(j, "link", link_of(row));
	json_put_int(j, "rank", row->rank);
	json_put_share(j, "share", row->share);
	json_put_share(j, "ratio", row->ratio);
	json_put_share(j, "full_timer_share", row->full_timer_share);
	json_put_share(j, "first_seen_share", row->first_seen_share);
	json_put_int(j, "keys", row->keys);
	json_put_int(j, "rounds", row->rounds);
	json_put_string(j, "label", row->label);
	json_put_end(j);
	return 0;
}

static const char *const channel_name[] = { "key", "neighbour", "query", NULL };	/* SEEN_ bits */

static const struct column columns[] = { /* flat */
	{ "id", CELL_INTEGER, IN_ALL, 0, "", "number of the incident; stays once given", "0.1" },
	{ "kind", CELL_TEXT, IN_ALL, 0, "", "what happened", "0.1" },
	{ "start", CELL_TIME, IN_ALL, 0, "UTC", "when it began", "0.1" },
	{ "end", CELL_TIME, IN_ALL, 0, "UTC", "when it ended; empty or null: still open", "0.1" },
	{ "peak", CELL_TIME, IN_ALL, 0, "UTC", "its strongest round", "0.1" },
	{ "rounds", CELL_INTEGER, IN_ALL, 0, "rounds", "that it lasted", "0.1" },
	{ "state", CELL_TEXT, IN_ALL, 0, "", "open, quiet, closed, revised or withdrawn", "0.2" },
	{ "quiet_since", CELL_TIME, IN_ALL, 0, "UTC", "end of its last round with a new source, while it is"
	    " quiet and not yet closed", "0.2" },
	{ "severity", CELL_INTEGER, IN_ALL, 0, "", "1 minor, 2, 3 grave; 0 for what nobody did", "0.1" },
	{ "bogus", CELL_NESTED, IN_JSON, 0, "nodes", "distinct bogus sources that this sensor saw: estimate,"
	    " low and high of a 95 % interval", "0.1" },
	{ "sampling", CELL_INTEGER, IN_CSV | IN_JSON, 0, "", "counted on one address in so many; empty: all", "0.2" },
	{ "bogus", CELL_COUNT, IN_CSV, 0, "nodes", "distinct bogus sources that this sensor saw", "0.2" },
	{ "bogus_low", CELL_COUNT, IN_CSV, 0, "nodes", "lower end of its 95 % interval", "0.2" },
	{ "bogus_high", CELL_COUNT, IN_CSV, 0, "nodes", "upper end", "0.2" },
	{ "channels", CELL_WORDS, IN_ALL, 0, "", "by which it came: key, neighbour, query", "0.1" },
	{ "tests", CELL_NESTED, IN_JSON, 0, "", "what was measured: name, family, statistic, threshold", "0.1" },
	{ "delivered_by", CELL_NESTED, IN_JSON, 0, "", "peers that handed it over, most of them innocent"
	    " relays: peer, rank, share, ratio to the median peer, full_timer_share, first_seen_share,"
	    " keys, rounds, label", "0.1" },
	{ "source", CELL_TEXT, IN_ALL, 0, "", "probable injector, or not determined", "0.1" },
	{ "roving", CELL_TEXT, IN_ALL, 0, "", "roving or fixed; empty: cannot be told", "0.1" },
	{ "summary", CELL_TEXT, IN_ALL, 0, "", "the same in a sentence", "0.1" },
};
enum { AT_BOGUS = 9, AT_TESTS = 15, AT_PEERS = 16 };

static void
incident_cells(const void *p, struct cell *out)
{
	const struct incident_row *row = p;

	out[0].number = row->id;
	out[1].text = incident_kind_name[row->kind];
	out[2].number = row->start_ms;
	out[3].number = row->end_ms;
	out[4].number = row->peak_ms;
	out[5].number = row->rounds;
	out[6].text = incident_state_name[incident_state(row)];
	out[7].number = incident_state(row) == INCIDENT_QUIET ? row->last_ms : UNKNOWN;
	out[8].number = row->severity;
	out[10].number = row->sampling > 1 ? (int64_t)row->sampling : UNKNOWN;
	out[11].real = row->bogus;
	out[12].real = floor(row->bogus_low);
	out[13].real = ceil(row->bogus_high);
	out[14].words.name = channel_name;
	out[14].words.bits = row->channels & (SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY);
	out[17].text = row->injector ? "probable injector" : "not determined";
	out[18].text = row->roving == UNKNOWN ? NULL : row->roving ? "roving" : "fixed";
	out[19].text = row->summary;
}

static int
put_nested(struct json_out *j, size_t i, const void *p, void *arg)
{
	const struct incidents *a = arg;
	const struct incident_row *row = p;
	int rc = 0;

	if (i == AT_BOGUS) {
		json_put_object(j, columns[i].name);
		json_put_count(j, "estimate", row->bogus);
		json_put_count(j, "low", floor(row->bogus_low));
		json_put_count(j, "high", ceil(row->bogus_high));
	} else {
		json_put_array(j, columns[i].name);
		rc = i == AT_TESTS ? results_tests(a->store, row->id, json_test, j) :
		    results_delivering(a->store, row->id, json_peer, j);
	}
	if (rc == 0)
		json_put_end(j);
	return rc;
}

const struct listing_spec incidents_listing = {
	"incidents", columns, sizeof(columns) / sizeof(columns[0]), incident_cells, put_nested
};

/* ---- for people ---- */

static int
table_test(const struct test_row *row, void *arg)
{
	struct incidents *a = arg;

	if (a->items++ == 0)
		printf("\n    %-46s %10s %11s\n", "test", "measured", "threshold");
	printf("    %-46s %10.4g", row->name, row->statistic);
	if (isnan(row->threshold))
		printf(" %11s\n", "-");
	else
		printf(" %11.4g\n", row->threshold);
	return 0;
}

static int
table_peer(const struct delivering_row *row, void *arg)
{
	char peer[ENDPOINT_TEXT], ratio[24] = "-";

	(void)arg;
	if (!isnan(row->ratio))
		snprintf(ratio, sizeof(ratio), "%.0f x", row->ratio);
	if (row->rank == 1)
		printf("\n    (who handed it over; most are innocent relays)\n"
		    "    %-25s %11s %9s %6s\n", "peer", "bogus share", "to median", "rounds");
	if (row->rank <= SHOWN)
		printf("    %d. %-22s %9.1f %% %9s %6" PRId64 "  %s%s\n", row->rank,
		    rows_node_text(peer, row->endpoint, row->peer), row->share * 100,
		    ratio, row->rounds, row->label, rows_is_hidden(row->endpoint) ||
		    row->endpoint.port != 0 ? "" : " (it called us: the port is not known)");
	return 0;
}

static int
print_incident(struct incidents *a, const struct incident_row *row)
{
	char state[INCIDENT_STATE_TEXT];
	int rc;

	printf("%s%" PRId64 "  %s, severity %d, %s\n", a->list.rows > 0 ? "\n" : "", row->id,
	    incident_kind_name[row->kind], row->severity, incident_state_text(state, row));
	listing_wrap(row->summary, 4, a->room);
	a->list.rows++;
	if ((rc = results_delivering(a->store, row->id, table_peer, a)) != 0)
		return rc;
	a->items = 0;
	return results_tests(a->store, row->id, table_test, a);
}

/* ---- the verb ---- */

static int
meet_peer(const struct delivering_row *row, void *arg)
{
	struct incidents *a = arg;

	a->node_is_in_it |= request_is_node(&a->asked, row->endpoint);
	return 0;
}

/* What is quiet is still open. */
static bool
is_in_state(int asked, enum incident_state state)
{
	return asked == STATE_ANY || asked == (int)state ||
	    (asked == INCIDENT_OPEN && state == INCIDENT_QUIET);
}

static int
show(const struct incident_row *row, void *arg)
{
	struct incidents *a = arg;
	const struct request *r = &a->asked;
	int rc;

	if ((a->id != 0 && row->id != a->id) || !request_in_time(r, row->start_ms, row->end_ms) ||
	    !request_in_rounds(r, row->first_round, row->last_round) ||
	    !is_in_state(r->state, incident_state(row)))
		return 0;
	a->node_is_in_it = r->node_text == NULL;
	if (!a->node_is_in_it && (rc = results_delivering(a->store, row->id, meet_peer, a)) != 0)
		return rc;
	if (!a->node_is_in_it || !request_take(&a->asked))
		return 0;
	return r->format == LISTING_TABLE ? print_incident(a, row) : listing_row(&a->list, row);
}

/* A bundle or report spoke of it, and the analysis does not find it any more. */
static int
show_withdrawn(const struct incident_row *row, void *arg)
{
	struct incidents *a = arg;
	const struct request *r = &a->asked;
	struct incident_row gone = *row;
	char from[WHEN_TEXT];

	if ((a->id != 0 && row->id != a->id) || r->node_text != NULL || r->round_text != NULL ||
	    !request_in_time(r, row->start_ms, row->end_ms) ||
	    !is_in_state(r->state, INCIDENT_WITHDRAWN) || !request_take(&a->asked))
		return 0;
	gone.withdrawn = true;
	gone.peak_ms = gone.last_ms = UNKNOWN;
	gone.roving = UNKNOWN;
	gone.bogus_low = gone.bogus_high = NAN;
	gone.summary = "A bundle or report spoke of it; the analysis does not find it any more.";
	if (r->format != LISTING_TABLE)
		return listing_row(&a->list, &gone);
	printf("%s%" PRId64 "  %s, %s, from %.16s on\n", a->list.rows++ > 0 ? "\n" : "", row->id,
	    incident_kind_name[row->kind], incident_state_name[INCIDENT_WITHDRAWN],
	    utctime_format(from, row->start_ms));
	listing_wrap(gone.summary, 4, a->room);
	return 0;
}

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct incidents *a = arg;
	char label[SENSOR_LABEL];
	int64_t complete, missing;

	a->store = s;
	if (r->of > 1)
		listing_group(&a->list, r->name, r->overlay, sensors_label(label, r));
	if (results_analysed(s, &complete, &missing) == 0 && results_incidents(s, show, a) >= 0 &&
	    results_withdrawn(s, show_withdrawn, a) >= 0) {
		a->complete += complete;
		a->missing += missing;
		return EXIT_DONE;
	}
	log_error("%s", store_error(s));
	return EXIT_FAILED;
}

/* "None" is an answer only where somebody looked. */
static int
tell_analysed(const struct incidents *a)
{
	if (a->complete == a->missing && a->list.rows == 0) {
		log_error(a->complete > 0 ? "not analysed: none of %" PRId64 " complete rounds; \"kansoku analyze\""
		    " does it" : "not analysed: %" PRId64 " rounds are complete", a->complete);
		return EXIT_NOTHING;
	}
	if (a->list.rows == 0)
		log_info("no incidents");
	if (a->missing > 0)
		log_info("%" PRId64 " complete rounds are not analysed yet; \"kansoku analyze\" does it", a->missing);
	return EXIT_DONE;
}

static int
list(struct incidents *a)
{
	int status;

	listing_begin(&a->list, &incidents_listing, a->asked.format, a->asked.wide, a);
	a->room = a->list.room;
	status = request_each(&a->asked, list_sensor, a);
	if (status == EXIT_DONE && a->list.rows == 0 && a->id != 0) {
		log_error("no incident %" PRId64 "; \"kansoku incidents\" lists them", a->id);
		return EXIT_NOTHING;
	}
	if ((status = request_finish(&a->asked, &a->list, status)) != EXIT_DONE)
		return status;
	return tell_analysed(a);
}

static bool
read_id(int64_t *id, const char *text)
{
	char *end;

	*id = strtoll(text, &end, 10);
	if (text[0] >= '1' && text[0] <= '9' && *end == '\0' && *id > 0 && *id < INT64_MAX)
		return true;
	log_error("%s: an incident is named by its number, 1 or more", text);
	return false;
}

int
verb_incidents(int argc, char **argv)
{
	/* In the order of enum incident_state. */
	static const char *const states[] = { "open", "quiet", "closed", "revised", "withdrawn", NULL };
	struct incidents a = { .asked = REQUEST_ALL };
	const struct usage usage = {
		.program = "kansoku incidents",
		.operands = "[ID]",
		.about = "Show the incidents that analyze found, or one of them.  --node lists those that a\n"
		    "peer delivered.",
		.max_operands = 1,
	};
	int status, at;

	a.asked.states = states;
	at = request_parse(&a.asked, ASKS_FORMAT | ASKS_TIME | ASKS_ROUND | ASKS_NODE | ASKS_STATE |
	    ASKS_LIMIT, NULL, &usage, argc, argv, &status);
	if (at < 0)
		return status;
	if (at < argc && !read_id(&a.id, argv[at]))
		return EXIT_MISUSED;
	return list(&a);
}
