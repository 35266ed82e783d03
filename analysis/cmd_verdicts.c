/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku verdicts: one line for each node that somebody named. */
#include <math.h>

#include "analysis/cells.h"
#include "analysis/verbs.h"
#include "data/lib/cli.h"
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

static void
print_flags(uint32_t flags, const char *between)
{
	const char *gap = "";

	for (unsigned i = 0; results_flag_name(i) != NULL; i++) {
		if ((flags >> i & 1) == 0)
			continue;
		printf("%s%s", gap, results_flag_name(i));
		gap = between;
	}
}

static const char *
contact_name(int contact)
{
	return contact >= 0 && contact < OUT_N ? outcome_name[contact] : "";
}

static void
print_csv(const struct verdict_row *v, const struct sensor_row *sensor)
{
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
	print_flags(v->flags, "|");
	cell_count(stdout, v->incident > 0 ? (double)v->incident : NAN);
	putchar('\n');
}

static void
print_evidence(struct json *j, const struct verdict_row *v)
{
	struct json e;

	json_name(j, "evidence");
	if (!v->judged) {
		printf("null");
		return;
	}
	json_open(&e, stdout);
	for (int i = 0; i < EVIDENCE_N; i++)
		json_share(&e, evidence_name[i], v->evidence[i]);
	json_close(&e);
}

static void
print_json(const struct verdict_row *v, const struct sensor_row *sensor)
{
	const char *contact = contact_name(v->contact);
	char node[ENDPOINT_TEXT];
	struct json j;

	json_open(&j, stdout);
	json_sensor(&j, sensor);
	json_text(&j, "node", rows_node_text(node, v->endpoint, v->node));
	json_time(&j, "first_seen", v->first_ms);
	json_time(&j, "last_seen", v->last_ms);
	json_count(&j, "rounds", (double)v->rounds);
	json_count(&j, "keys", (double)v->keys);
	json_count(&j, "relays", (double)v->relays);
	json_text(&j, "contact", contact[0] == '\0' ? NULL : contact);
	json_share(&j, "probability", v->probability);
	json_text(&j, "verdict", verdict_name[v->verdict]);
	json_name(&j, "flags");
	printf("[%s", v->flags == 0 ? "" : "\"");
	print_flags(v->flags, "\",\"");
	printf("%s]", v->flags == 0 ? "" : "\"");
	json_count(&j, "incident", v->incident > 0 ? (double)v->incident : NAN);
	print_evidence(&j, v);
	json_close(&j);
	putchar('\n');
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
	struct sensor_filter filter = { NULL, NULL };
	const char *db = NULL;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE", .help = "the database" },
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
