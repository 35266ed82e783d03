/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku nodestr: names of nodes in an overlay's own form to host:port and back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crawler/settings.h"
#include "crawler/verbs.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

/* Prints the other form of one operand; false after a complaint. */
static bool
convert(const struct overlay *overlay, const char *operand)
{
	char out[NODE_NAME_TEXT], shown[2 * NODE_NAME_TEXT];
	const char *why = overlay->node_name(out, operand);

	if (why == NULL) {
		puts(out);	/* the driver made it: it holds no control character */
		return true;
	}
	log_error("%s: %s", text_vis(shown, sizeof(shown), text_of(operand)), why);
	return false;
}

int
verb_nodestr(int argc, char **argv)
{
	const char *name = overlays[0]->name;
	const struct overlay *overlay;
	const struct option_spec options[] = {
		{ .name = "overlay", .kind = OPT_TEXT, .into = &name, .value = "NAME",
		    .help = "whose form it is (default: the first that this program knows)" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku nodestr",
		.operands = "TEXT...",
		.about = "Turns names of nodes in the overlay's own form into host:port, and host:port\n"
			 "into that form.",
		.min_operands = 1,
		.max_operands = -1,
		.options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	if ((overlay = settings_overlay(name, NULL)) == NULL)
		return EXIT_MISUSED;
	if (overlay->node_name == NULL) {
		log_error("--overlay %s: its nodes have no name but host:port", name);
		return EXIT_MISUSED;
	}
	status = EXIT_DONE;
	for (; at < argc; at++)
		if (!convert(overlay, argv[at]))
			status = EXIT_MISUSED;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}
