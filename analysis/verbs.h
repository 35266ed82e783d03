/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of kansoku that live in analysis/.  Each returns an exit_status. */
#ifndef KANSOKU_ANALYSIS_VERBS_H
#define KANSOKU_ANALYSIS_VERBS_H

int	 verb_analyze(int argc, char **argv);
int	 verb_counts(int argc, char **argv);
int	 verb_verdicts(int argc, char **argv);
int	 verb_incidents(int argc, char **argv);
int	 verb_node(int argc, char **argv);
int	 verb_schema(int argc, char **argv);

/* What those verbs list, for the data dictionary. */
struct listing_spec;
extern const struct listing_spec counts_listing, population_listing, network_counts_listing,
    verdicts_listing, incidents_listing, node_listing;

#endif
