/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku incidents: what happened, how large it was, and who delivered it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells.h"
#include "analysis/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/json_write.h"
#include "data/store/results.h"
#include "data/store/rows.h"
#include "data/store/sensors.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

enum { FORMAT_TABLE, FORMAT_JSON };
#define SHOWN	5	/* peers of an incident in the table; JSON has all that are kept */

struct listing {
	struct store	*store;
	int		 format;
	int64_t		 id;		/* 0: all */
	int64_t		 shown;
	int64_t		 items;		/* in the table being printed */
	const struct sensor_row *sensor;	/* whose they are */
	int64_t		 before;	/* that were shown of other sensors */
	int64_t		 complete, missing;	/* rounds, and how many of them were not analysed */
	struct json_out	 json;
};

static const struct { unsigned bit; const char *name; } channel[] = {
	{ SEEN_KEY, "key" }, { SEEN_NEIGHBOUR, "neighbour" }, { SEEN_QUERY, "query" },
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

static int
json_incident(struct listing *l, const struct incident_row *row)
{
	struct json_out *j = &l->json;
	int rc;

	json_put_object(j, NULL);
	json_sensor(j, l->sensor);
	json_put_int(j, "id", row->id);
	json_put_string(j, "kind", incident_kind_name[row->kind]);
	json_put_time(j, "start", row->start_ms);
	json_put_time(j, "end", row->end_ms);
	json_put_time(j, "peak", row->peak_ms);
	json_put_int(j, "rounds", row->rounds);
	json_put_string(j, "state", incident_state_name[incident_state(row)]);
	json_put_time(j, "quiet_since", incident_state(row) == INCIDENT_QUIET ? row->last_ms : UNKNOWN);
	json_put_int(j, "severity", row->severity);
	json_put_object(j, "bogus");
	json_put_count(j, "estimate", row->bogus);
	if (row->sampling > 1)
		json_put_count(j, "sampling", row->sampling);
	json_put_count(j, "low", floor(row->bogus_low));
	json_put_count(j, "high", ceil(row->bogus_high));
	json_put_end(j);
	json_put_array(j, "channels");
	for (size_t i = 0; i < sizeof(channel) / sizeof(channel[0]); i++)
		if (row->channels & channel[i].bit)
			json_put_string(j, NULL, channel[i].name);
	json_put_end(j);
	json_put_array(j, "tests");
	if ((rc = results_tests(l->store, row->id, json_test, j)) != 0)
		return rc;
	json_put_end(j);
	json_put_array(j, "delivered_by");
	if ((rc = results_delivering(l->store, row->id, json_peer, j)) != 0)
		return rc;
	json_put_end(j);
	json_put_string(j, "source", row->injector ? "probable injector" : "not determined");
	json_put_string(j, "roving", row->roving == UNKNOWN ? NULL : row->roving ? "roving" :
	    "fixed");
	json_put_string(j, "summary", row->summary);
	json_put_end(j);
	return 0;
}

/* ---- for people ---- */

static int
table_test(const struct test_row *row, void *arg)
{
	struct listing *l = arg;

	if (l->items++ == 0)
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
	char peer[ENDPOINT_TEXT];

	(void)arg;
	if (row->rank == 1)
		printf("\n    %-22s %11s %11s %8s  %s\n", "who handed it over", "bogus share",
		    "to median", "rounds", "(most are innocent relays)");
	if (row->rank <= SHOWN)
		printf("    %2d. %-21s %6.1f %% %9.0f x %8" PRId64 "  %s%s\n", row->rank,
		    rows_node_text(peer, row->endpoint, row->peer), row->share * 100,
		    row->ratio, row->rounds, row->label,
		    rows_is_hidden(row->endpoint) || row->endpoint.port != 0 ? ""
		    : " (it called us: the port is not known)");
	return 0;
}

static int
table_incident(struct listing *l, const struct incident_row *row)
{
	char state[INCIDENT_STATE_TEXT];
	int rc;

	if (l->shown == l->before)
		print_sensor(l->sensor);
	printf("%s%" PRId64 "  %s, severity %d, %s\n    %s\n", l->shown > l->before ? "\n" : "", row->id,
	    incident_kind_name[row->kind], row->severity, incident_state_text(state, row), row->summary);
	if ((rc = results_delivering(l->store, row->id, table_peer, l)) != 0)
		return rc;
	l->items = 0;
	return results_tests(l->store, row->id, table_test, l);
}

/* ---- the verb ---- */

static int
show(const struct incident_row *row, void *arg)
{
	struct listing *l = arg;
	int rc = 0;

	if (l->id != 0 && row->id != l->id)
		return 0;
	rc = l->format == FORMAT_JSON ? json_incident(l, row) : table_incident(l, row);
	l->shown++;
	return rc;
}

/* A bundle or report spoke of it, and the analysis does not find it any more. */
static int
show_withdrawn(const struct incident_row *row, void *arg)
{
	struct listing *l = arg;
	struct json_out *j = &l->json;
	char from[WHEN_TEXT];

	if (l->id != 0 && row->id != l->id)
		return 0;
	if (l->format == FORMAT_JSON) {
		json_put_object(j, NULL);
		json_sensor(j, l->sensor);
		json_put_int(j, "id", row->id);
		json_put_string(j, "kind", incident_kind_name[row->kind]);
		json_put_string(j, "state", incident_state_name[INCIDENT_WITHDRAWN]);
		json_put_time(j, "start", row->start_ms);
		json_put_time(j, "end", row->end_ms);
		json_put_int(j, "rounds", row->rounds);
		json_put_end(j);
	} else {
		printf("%s%" PRId64 "  %s, %s\n    A bundle or report spoke of it, from %.16s on; the analysis does"
		    " not find it any more.\n", l->shown > l->before ? "\n" : "", row->id,
		    incident_kind_name[row->kind], incident_state_name[INCIDENT_WITHDRAWN],
		    utctime_format(from, row->start_ms));
	}
	l->shown++;
	return 0;
}

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct listing *l = arg;
	int64_t complete, missing;

	l->sensor = r;
	l->before = l->shown;
	if (results_analysed(s, &complete, &missing) == 0 && results_incidents(s, show, l) == 0 &&
	    results_withdrawn(s, show_withdrawn, l) == 0) {
		l->complete += complete;
		l->missing += missing;
		return EXIT_DONE;
	}
	log_error("%s", store_error(s));
	return EXIT_FAILED;
}

/* "None" is an answer only where somebody looked. */
static int
tell_analysed(const struct listing *l)
{
	if (l->complete == l->missing && l->shown == 0) {
		log_error(l->complete > 0 ? "not analysed: none of %" PRId64 " complete rounds; \"kansoku analyze\""
		    " does it" : "not analysed: %" PRId64 " rounds are complete", l->complete);
		return EXIT_NOTHING;
	}
	if (l->shown == 0)
		log_info("no incidents");
	if (l->missing > 0)
		log_info("%" PRId64 " complete rounds are not analysed yet; \"kansoku analyze\" does it", l->missing);
	return EXIT_DONE;
}

static int
list(struct listing *l, const struct sensor_filter *f)
{
	int status;

	if (l->format == FORMAT_JSON) {
		json_start(&l->json, stdout, JSON_FORM_ROWS);
		json_put_array(&l->json, NULL);
	}
	if ((status = sensors_each(l->store, f, list_sensor, l)) != EXIT_DONE)
		return status;
	if (l->id != 0 && l->shown == 0) {
		log_error("there is no incident %" PRId64 "; \"kansoku incidents\" lists them",
		    l->id);
		return EXIT_FAILED;
	}
	if (l->format == FORMAT_JSON)
		json_put_end(&l->json);
	if ((status = print_end()) != EXIT_DONE)
		return status;
	return tell_analysed(l);
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
	static const char *const formats[] = { "table", "json", NULL };
	struct listing l = { .format = FORMAT_TABLE };
	struct sensor_filter filter = { .no_taps = true };
	const char *db = NULL;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE",
		    .help = "the database" },
		{ .name = "format", .kind = OPT_CHOICE, .into = &l.format, .value = "FORMAT",
		    .help = "table or json", .choices = formats },
		SENSOR_OPTIONS(&filter),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku incidents",
		.operands = "[ID]",
		.about = "Show the incidents that analyze found, or one of them.",
		.max_operands = 1,
		.options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	if ((at < argc && !read_id(&l.id, argv[at])) || (db = cli_database_there(db)) == NULL)
		return EXIT_MISUSED;
	if ((l.store = store_open(db, STORE_READ)) == NULL)
		return EXIT_FAILED;
	status = list(&l, &filter);
	store_close(l.store);
	return status;
}
