/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front door: one table of verbs. */
#include <string.h>

#include "analysis/verbs.h"
#include "crawler/capture/verbs.h"
#include "crawler/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/confine.h"
#include "data/evidence/verbs.h"
#include "data/lib/log.h"
#include "data/store/verbs.h"

static struct confinement confined;

/* For verbs that read what others made, and neither dial nor start a program. */
static void
offline(void)
{
	confine_offline(&confined);
}

static const struct verb verbs[] = {
	/* crawler */
	{ "crawl", "visit the overlay in rounds and log what it says", verb_crawl, NULL },
	{ "probe", "visit one node and print all that it says", verb_probe, NULL },
	{ "decode", "messages of one captured direction of a link", verb_decode, offline },
	{ "nodestr", "names of nodes in an overlay's own form to host:port and back", verb_nodestr, offline },
	{ "capture", "hosts of one's own network that speak an overlay, by captures", verb_capture, NULL },
	/* data */
	{ "import", "store observations in JSON lines", verb_import, offline },
	{ "export", "write what the database holds to a file", verb_export, NULL },
	{ "status", "what the database holds, what ran last, what runs now", verb_status, offline },
	{ "prune", "forget what is old, keep its counts", verb_prune, offline },
	{ "plot", "draw the charts and their pages (runs kansoku-plot)", verb_plot, NULL },
	/* evidence */
	{ "keygen", "make a pair of signing keys", verb_keygen, offline },
	{ "checkpoint", "publish the signed head of the observation log", verb_checkpoint, offline },
	{ "notify", "write reports for the hosts that delivered an incident", verb_notify, offline },
	{ "case", "keep the dialogue about an incident: told, answered, due", verb_case, offline },
	{ "verify", "check a database or an evidence bundle", verb_verify, offline },
	/* analysis */
	{ "analyze", "judge what was observed: verdicts, incidents, clean counts", verb_analyze, offline },
	{ "counts", "node counts of each round", verb_counts, offline },
	{ "verdicts", "what analyze said of each node", verb_verdicts, offline },
	{ "incidents", "floods, how large they were and who delivered them", verb_incidents, offline },
	{ "node", "all that is known of one endpoint", verb_node, offline },
	{ "schema", "the data dictionary: what each column, view and series means", verb_schema, offline },
	{ NULL, NULL, NULL, NULL }
};

int
main(int argc, char **argv)
{
	int status = cli_main("kansoku", "A research sensor for peer-to-peer overlays.",
	    verbs, argc, argv);

	if (confined.calls_error != 0)
		log_debug("not confined: seccomp: %s", strerror(confined.calls_error));
	return status;
}
