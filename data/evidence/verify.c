/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku verify: is a database, or a bundle made from one, what it was? */
#include <inttypes.h>
#include <stdio.h>

#include "data/cli.h"
#include "data/evidence/verbs.h"
#include "data/evlog.h"
#include "data/say.h"

#define TOLD_MAX	50	/* mismatches printed; the others are counted */

struct mismatches {
	int64_t		printed;
	uint32_t	first;		/* round; 0: none named yet */
};

static void
print_mismatch(uint32_t round, const char *what, void *arg)
{
	struct mismatches *m = arg;

	if (round != 0 && (m->first == 0 || round < m->first))
		m->first = round;
	if (m->printed++ >= TOLD_MAX)
		return;
	if (round != 0)
		printf("round %u: %s\n", round, what);
	else
		printf("no round: %s\n", what);
}

static int
verify_database(const char *path)
{
	struct mismatches m = { 0, 0 };
	struct store *s = store_open(path, STORE_READ);
	int64_t told;

	if (s == NULL)
		return EXIT_FAILED;
	if ((told = evlog_check(s, print_mismatch, &m)) == -1)
		complain("%s", store_error(s));
	store_close(s);
	if (told > TOLD_MAX)
		printf("... and %" PRId64 " more\n", told - TOLD_MAX);
	if (told > 0 && m.first != 0)
		printf("the first round that does not match its log is round %u\n", m.first);
	if (told == 0)
		say("%s: every row is as it was logged", path);
	return told == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
verb_verify(int argc, char **argv)
{
	const char *db = NULL;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE",
		    .help = "recompute the log of this database from its rows", .required = true },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku verify", .operands = "",
		.about = "Names what is not as it was logged or signed; exit status 1 if anything is.",
		.options = options,
	};
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	return verify_database(db);
}
