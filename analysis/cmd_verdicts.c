/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku verdicts: one line for each node that somebody named. */
#include <math.h>

#include "analysis/verbs.h"
#include "data/lib/log.h"
#include "data/store/request.h"
#include "data/store/results.h"
#include "data/store/rows.h"

static const struct column columns[] = {
	{ "node", CELL_TEXT, IN_ALL, 0, "", "address and port, as named; a token behind prune", "0.1" },
	{ "first_seen", CELL_TIME, IN_ALL, 4, "UTC", "start of the first round that named it", "0.1" },
	{ "last_seen", CELL_TIME, IN_ALL, 0, "UTC", "start of the last round that named it", "0.1" },
	{ "rounds", CELL_INTEGER, IN_ALL, 0, "rounds", "in which it was named as a source", "0.1" },
	{ "keys", CELL_INTEGER, IN_ALL, 3, "contents", "distinct ones it was named as a source of", "0.1" },
	{ "relays", CELL_INTEGER, IN_ALL, 2, "nodes", "distinct peers that named it", "0.1" },
	{ "contact", CELL_TEXT, IN_ALL, 5, "", "how the last dial of it ended; empty: never dialled", "0.1" },
	{ "probability", CELL_SHARE, IN_ALL, 1, "fraction", "that it is bogus", "0.1" },
	{ "verdict", CELL_TEXT, IN_ALL, 0, "", "genuine, bogus, probably bogus or undetermined", "0.1" },
	{ "flags", CELL_WORDS, IN_ALL, 7, "", "signs; none of them convicts alone", "0.1" },
	{ "incident", CELL_INTEGER, IN_ALL, 6, "", "number of the incident that it is part of", "0.1" },
	{ "evidence", CELL_NESTED, IN_JSON, 0, "nats", "log-likelihood ratio of each kind of evidence, above 0"
	    " speaks for bogus; null: none was weighed", "0.1" },
};

static const char *
contact_name(int contact)
{
	return contact >= 0 && contact < OUT_N ? outcome_name[contact] : NULL;
}

static const char *const *
flag_names(void)
{
	static const char *name[FLAG_N + 1];

	for (unsigned i = 0; i < FLAG_N; i++)
		name[i] = results_flag_name(i);
	return name;
}

static void
verdict_cells(const void *row, struct cell *out)
{
	static _Thread_local char node[ENDPOINT_TEXT];
	const struct verdict_row *v = row;

	out[0].text = rows_node_text(node, v->endpoint, v->node);
	out[1].number = v->first_ms;
	out[2].number = v->last_ms;
	out[3].number = v->rounds;
	out[4].number = v->keys;
	out[5].number = v->relays;
	out[6].text = contact_name(v->contact);
	out[7].real = v->probability;
	out[8].text = verdict_name[v->verdict];
	out[9].words.name = flag_names();
	out[9].words.bits = v->flags;
	out[10].number = v->incident > 0 ? v->incident : UNKNOWN;
}

static int
put_evidence(struct json_out *j, size_t i, const void *row, void *arg)
{
	const struct verdict_row *v = row;

	(void)arg;
	if (!v->judged) {
		json_put_null(j, columns[i].name);
		return 0;
	}
	json_put_object(j, columns[i].name);
	for (int k = 0; k < EVIDENCE_N; k++)
		json_put_share(j, evidence_name[k], v->evidence[k]);
	json_put_end(j);
	return 0;
}

const struct listing_spec verdicts_listing = {
	"verdicts", columns, sizeof(columns) / sizeof(columns[0]), verdict_cells, put_evidence
};

struct verdicts {
	struct request	 asked;
	struct listing	 list;
};

static int
show(const struct verdict_row *v, void *arg)
{
	struct verdicts *a = arg;
	const struct request *r = &a->asked;

	if (!request_in_time(r, v->first_ms, v->last_ms) ||
	    !request_in_rounds(r, v->first_round, v->last_round) || !request_is_node(r, v->endpoint) ||
	    (r->state != STATE_ANY && r->state != (int)v->verdict))
		return 0;
	/* Nobody needs the rest of a long table. */
	return !request_take(&a->asked) || listing_row(&a->list, v) != 0;
}

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct verdicts *a = arg;
	int64_t before = a->list.rows;
	char label[SENSOR_LABEL];

	if (r->of > 1)
		listing_group(&a->list, r->name, r->overlay, sensors_label(label, r));
	if (results_verdicts(s, show, a) >= 0)
		return a->list.rows > before ? EXIT_DONE : EXIT_NOTHING;
	log_error("%s", store_error(s));
	return EXIT_FAILED;
}

int
verb_verdicts(int argc, char **argv)
{
	static const char *states[VERDICT_N + 1];
	struct verdicts a = { .asked = REQUEST_ALL };
	const struct usage usage = {
		.program = "kansoku verdicts",
		.operands = "",
		.about = "List what analyze said of each node: genuine, bogus, probably bogus or undetermined.",
	};
	int status;

	for (int i = 0; i < VERDICT_N; i++)
		states[i] = verdict_name[i];
	a.asked.format = LISTING_CSV;
	a.asked.states = states;
	if (request_parse(&a.asked, ASKS_FORMAT | ASKS_TIME | ASKS_ROUND | ASKS_NODE | ASKS_STATE |
	    ASKS_LIMIT, NULL, &usage, argc, argv, &status) < 0)
		return status;
	listing_begin(&a.list, &verdicts_listing, a.asked.format, a.asked.wide, NULL);
	status = request_each(&a.asked, list_sensor, &a);
	if (status == EXIT_NOTHING)
		log_error(request_is_narrow(&a.asked) ? "no such verdict"
		    : "no verdicts yet; \"kansoku analyze\" finds them");
	return request_finish(&a.asked, &a.list, status);
}
