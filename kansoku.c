/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front door: one table of verbs. */
#include "analysis/verbs.h"
#include "crawler/verbs.h"
#include "data/cli.h"
#include "data/evidence/verbs.h"
#include "data/verbs.h"

static const struct verb verbs[] = {
	/* crawler */
	{ "crawl", "visit the overlay in rounds and log what it says", verb_crawl },
	{ "probe", "visit one node and print all that it says", verb_probe },
	{ "decode", "blocks of one captured direction of a link", verb_decode },
	{ "nodestr", "@hex node strings to host:port and back", verb_nodestr },
	/* data */
	{ "import", "store observations in JSON lines", verb_import },
	{ "export", "write what the database holds to a file", verb_export },
	{ "status", "what the database holds, what ran last, what runs now", verb_status },
	{ "prune", "forget what is old, keep its counts", verb_prune },
	{ "plot", "draw the charts and their pages (runs kansoku-plot)", verb_plot },
	/* evidence */
	{ "keygen", "make a pair of signing keys", verb_keygen },
	{ "checkpoint", "publish the signed head of the observation log", verb_checkpoint },
	{ "notify", "write reports for the hosts that delivered an incident", verb_notify },
	{ "case", "keep the dialogue about an incident: told, answered, due", verb_case },
	{ "verify", "check a database or an evidence bundle", verb_verify },
	/* analysis */
	{ "analyze", "judge what was observed: verdicts, incidents, clean counts", verb_analyze },
	{ "counts", "node counts of each round", verb_counts },
	{ "verdicts", "what analyze said of each node", verb_verdicts },
	{ "incidents", "floods, how large they were and who delivered them", verb_incidents },
	{ NULL, NULL, NULL }
};

int
main(int argc, char **argv)
{
	return cli_main("kansoku", "A research sensor for peer-to-peer overlays.",
	    verbs, argc, argv);
}
