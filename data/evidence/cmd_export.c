/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku export: observations for other programs, or one incident as evidence. */
#include "data/store/export_forms.h"

#include <stdint.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/cli.h"
#include "data/evidence/bundle.h"
#include "data/evidence/verbs.h"
#include "data/lib/log.h"
#include "data/store/sensors.h"

struct export_options {
	const char	*db, *observations;
	struct sensor_filter sensors;
	struct bundle_request bundle;
	bool		 no_charts;
};

static int
parse(struct export_options *r, int argc, char **argv, int *status)
{
	struct bundle_request *b = &r->bundle;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &r->db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" },
		{ .name = "observations", .kind = OPT_TEXT, .into = &r->observations, .value = "FILE",
		    .help = "everything observed, as JSON lines that import reads; - is standard output" },
		SENSOR_OPTIONS(&r->sensors),
		{ .name = "incident", .kind = OPT_INT, .into = &b->incident, .value = "ID",
		    .min = 1, .max = INT32_MAX, .help = "this incident as a signed bundle of evidence" },
		{ .name = "key", .kind = OPT_FILE, .into = &b->key, .value = "KEY",
		    .help = "sign the bundle with this secret key of keygen or minisign" },
		{ .name = "password-file", .kind = OPT_FILE, .into = &b->password_file, .value = "FILE",
		    .help = "first line: the key's password, if it has one (asked for)" },
		{ .name = "out", .kind = OPT_TEXT, .into = &b->out, .value = "FILE.tar",
		    .help = "the bundle; its signature is FILE.tar.minisig" },
		{ .name = "pseudonymous", .kind = OPT_FLAG, .into = &b->pseudonymous,
		    .help = "tokens in place of addresses, file names and words" },
		{ .name = "pseudonym-key", .kind = OPT_TEXT, .into = &b->master, .value = "FILE",
		    .help = "where the tokens come from; made 0600 if absent (KEY.pseudonyms)" },
		{ .name = "checkpoints", .kind = OPT_FILE, .into = &b->checkpoints, .value = "FILE",
		    .help = "put this file of published checkpoints into the bundle" },
		{ .name = "supersedes", .kind = OPT_FILE, .into = &b->supersedes, .value = "FILE.tar",
		    .help = "say that this bundle takes the place of that one, of the same incident" },
		{ .name = "records", .kind = OPT_INT, .into = &b->records, .value = "N", .min = 1,
		    .max = 1000000, .help = "at most so many records with proof (20000)" },
		{ .name = "no-charts", .kind = OPT_FLAG, .into = &r->no_charts,
		    .help = "do not ask kansoku-plot for pictures" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku export", .operands = "",
		.about = "Writes what the database holds to a file, which appears whole or not at all: "
		    "every observation, or one incident as evidence that others can check.",
		.options = options,
	};

	return cli_options(&usage, argc, argv, status);
}

/* One form, and all that it needs. */
static bool
makes_sense(const struct export_options *r)
{
	const struct bundle_request *b = &r->bundle;
	const char *name;
	bool for_bundle = b->key != NULL || b->out != NULL || b->pseudonymous ||
	    b->master != NULL || b->checkpoints != NULL || b->supersedes != NULL || b->password_file != NULL || r->no_charts;

	if ((r->observations != NULL) == (b->incident != 0)) {
		log_error("give either --observations FILE or --incident ID");
		return false;
	}
	if (r->observations != NULL && for_bundle) {
		log_error("--observations takes no other option than --db, --sensor and --overlay");
		return false;
	}
	if (b->incident != 0 && (r->sensors.name != NULL || r->sensors.overlay != NULL)) {
		log_error("--incident takes no --sensor and no --overlay: an incident is of one sensor");
		return false;
	}
	if (b->incident != 0 && (b->key == NULL || b->out == NULL)) {
		log_error("--incident needs --key KEY and --out FILE.tar; \"kansoku keygen\" makes a key");
		return false;
	}
	if (b->out != NULL && strcmp(b->out, "-") == 0) {
		log_error("--out -: want a file, for its name is signed");
		return false;
	}
	name = b->out != NULL ? strrchr(b->out, '/') : NULL;
	name = name != NULL ? name + 1 : b->out;
	if (name != NULL && !cli_line(name, BUNDLE_NAME_MAX)) {
		log_error("--out: want a name of 1 to %d characters of text on one line, for it is signed",
		    BUNDLE_NAME_MAX);
		return false;
	}
	return true;
}

static int
observations(const struct export_options *r)
{
	struct store *s = store_open(r->db, STORE_READ);
	int status;

	if (s == NULL)
		return EXIT_FAILED;
	status = export_observations(s, &r->sensors, r->observations);
	store_close(s);
	return status;
}

int
verb_export(int argc, char **argv)
{
	struct export_options r = { .bundle = { .records = BUNDLE_RECORDS } };
	int status;

	if (parse(&r, argc, argv, &status) < 0)
		return status;
	if (!makes_sense(&r) || (r.db = cli_database_there(r.db)) == NULL)
		return EXIT_MISUSED;
	if (r.observations != NULL)
		return observations(&r);
	r.bundle.db = r.db;
	r.bundle.charts = !r.no_charts;
	return bundle_export(&r.bundle);
}
