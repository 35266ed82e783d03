/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku verdicts: one line for each node that somebody named. */
#include <math.h>

#include "analysis/cells.h"
#include "analysis/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/json_write.h"
#include "data/store/results.h"
#include "data/store/rows.h"
#include "data/store/sensors.h"
#include "data/lib/log.h"

enum { FORMAT_CSV, FORMAT_JSONL };

struct listing {
	int		 format;
	int64_t		 lines;
	const struct sensor_row *sensor;	/* whose they are */
};

static const char *
contact_name(int contact)
{
	return contact >= 0 && contact < OUT_N ? outcome_name[contact] : "";
}

static void
print_csv(const struct verdict_row *v, const struct sensor_row *sensor)
{
	const char *gap = "";
	char node[ENDPOINT_TEXT];

	cell_sensor(stdout, sensor);
	printf("%s", rows_node_text(node, v->endpoint, v->node));
	cell_time(stdout, v->first_ms);
	cell_time(stdout, v->last_ms);
	cell_count(stdout, (double)v->rounds);
	cell_count(stdout, (double)v->keys);
	cell_count(stdout, (double)v->relays);
	printf(",%s", contact_name(v->contact));
	cell_share(stdout, v->probability);
	printf(",%s,", verdict_name[v->verdict]);
	for (unsigned i = 0; results_flag_name(i) != NULL; i++)
		if (v->flags >> i & 1) {
			printf("%s%s", gap, results_flag_name(i));
			gap = "|";
		}
	cell_count(stdout, v->incident > 0 ? (double)v->incident : NAN);
	putchar('\n');
}

static void
print_json(const struct verdict_row *v, const struct sensor_row *sensor)
{
	const char *contact = contact_name(v->contact);
	char node[ENDPOINT_TEXT];
	struct json_out j;

	json_start(&j, stdout, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	json_sensor(&j, sensor);
	json_put_string(&j, "node", rows_node_text(node, v->endpoint, v->node));
	json_put_time(&j, "first_seen", v->first_ms);
	json_put_time(&j, "last_seen", v->last_ms);
	json_put_int(&j, "rounds", v->rounds);
	json_put_int(&j, "keys", v->keys);
	json_put_int(&j, "relays", v->relays);
	json_put_string(&j, "contact", contact[0] == '\0' ? NULL : contact);
	json_put_share(&j, "probability", v->probability);
	json_put_string(&j, "verdict", verdict_name[v->verdict]);
	json_put_array(&j, "flags");
	for (unsigned i = 0; results_flag_name(i) != NULL; i++)
		if (v->flags >> i & 1)
			json_put_string(&j, NULL, results_flag_name(i));
	json_put_end(&j);
	json_put_known(&j, "incident", v->incident > 0 ? v->incident : UNKNOWN);
	if (v->judged) {
		json_put_object(&j, "evidence");
		for (int i = 0; i < EVIDENCE_N; i++)
			json_put_share(&j, evidence_name[i], v->evidence[i]);
		json_put_end(&j);
	} else {
		json_put_null(&j, "evidence");
	}
	json_put_end(&j);
}

static int
print_verdict(const struct verdict_row *v, void *arg)
{
	struct listing *l = arg;

	if (l->lines++ == 0 && l->format == FORMAT_CSV)
		printf("%snode,first_seen,last_seen,rounds,keys,relays,contact,probability,verdict,"
		    "flags,incident\n", l->sensor->of > 1 ? "sensor," : "");
	if (l->format == FORMAT_CSV)
		print_csv(v, l->sensor);
	else
		print_json(v, l->sensor);
	return ferror(stdout) ? 1 : 0;
}

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct listing *l = arg;

	l->sensor = r;
	if (results_verdicts(s, print_verdict, l) >= 0)
		return EXIT_DONE;
	log_error("%s", store_error(s));
	return EXIT_FAILED;
}

static int
list(struct store *s, struct listing *l, const struct sensor_filter *f)
{
	int status = sensors_each(s, f, list_sensor, l);

	if (status != EXIT_DONE)
		return status;
	if (l->lines > 0)
		return print_end();
	log_error("no verdicts yet; \"kansoku analyze\" finds them");
	return EXIT_NOTHING;
}

int
verb_verdicts(int argc, char **argv)
{
	static const char *const formats[] = { "csv", "jsonl", NULL };
	struct listing l = { FORMAT_CSV, 0, NULL };
	struct sensor_filter filter = { .no_taps = true };
	const char *db = NULL;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE",
		    .help = "the database" },
		{ .name = "format", .kind = OPT_CHOICE, .into = &l.format, .value = "FORMAT",
		    .help = "csv or jsonl (with the evidence)", .choices = formats },
		SENSOR_OPTIONS(&filter),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku verdicts",
		.operands = "",
		.about = "List what analyze said of each node: genuine, bogus or undetermined.",
		.options = options,
	};
	struct store *s;
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if ((db = cli_database_there(db)) == NULL)
		return EXIT_MISUSED;
	if ((s = store_open(db, STORE_READ)) == NULL)
		return EXIT_FAILED;
	status = list(s, &l, &filter);
	store_close(s);
	return status;
}
