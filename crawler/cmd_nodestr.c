/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku nodestr: node strings to host:port and back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crawler/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "node/winny/nodestr.h"

/* Prints the other form of one operand; false after a complaint. */
static bool
convert(const char *operand)
{
	char out[NODESTR_CODE], shown[2 * NODESTR_CODE];
	const char *why = operand[0] == '@' ? nodestr_decode(out, operand) :
	    nodestr_encode(out, operand);

	if (why == NULL) {
		puts(out);	/* hex digits, or a checked host name */
		return true;
	}
	log_error("%s: %s", text_vis(shown, sizeof(shown), text_of(operand)), why);
	return false;
}

int
verb_nodestr(int argc, char **argv)
{
	static const struct option_spec none[] = { { .name = NULL } };
	const struct usage usage = {
		.program = "kansoku nodestr",
		.operands = "TEXT...",
		.about = "Turns @hex node strings into host:port, and host:port into @hex.",
		.min_operands = 1,
		.max_operands = -1,
		.options = none,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	status = EXIT_DONE;
	for (; at < argc; at++)
		if (!convert(argv[at]))
			status = EXIT_MISUSED;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}
