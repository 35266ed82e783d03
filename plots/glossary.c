/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/glossary.h"

const struct glossary_entry glossary[] = {
	{ "instant", "Distinct sources (address and port) named in the key records of one "
	    "round: about what is online at a time. Blue." },
	{ "day_keys", "The same over all rounds of the 24 hours to the round's end. A flood "
	    "that uses each address once shows here most. Amber." },
	{ "day_all", "Distinct nodes over the same 24 hours out of key records, neighbour "
	    "lists and search queries together. Red." },
	{ "measured_of_24h", "The share of the 24 hours to the round's end that rounds were "
	    "measured in. Where it is below 0.97, sums of 24 hours are too small: they are "
	    "drawn dashed, and left out of the table's numbers." },
	{ "instant_clean, day_keys_clean, day_all_clean", "The same three without the nodes "
	    "that the analysis judges bogus. Greens." },
	{ "success", "Nodes that completed a handshake of those that the round dialled, each "
	    "once; with the 95 % Wilson interval." },
	{ "tried, reached", "The two numbers behind it." },
	{ "impossible_share", "Share of the instant sources that no node can have: special-purpose and "
	    "multicast addresses, and those that nobody was allocated at the time." },
	{ "flood", "Bogus sources in the round, estimated from all evidence; with the 95 % "
	    "interval." },
	{ "records_keys, records_neighbours, records_queries", "Records received in the "
	    "round, by the channel that they came through; repeated ones count again." },
	{ "one_shot_share",
	    "Share of the sources of 24 hours that were named in a single round of them." },
	{ "new16_share",
	    "Share of the instant sources whose /16 was not seen in the baseline." },
	{ "top_share", "Share of the round's key records that the ten largest delivering "
	    "peers handed over." },
	{ "max_ports", "The most ports that were claimed for one address within 24 hours." },
	{ "max_sources", "The most sources that were claimed for one file within 24 hours." },
};
const size_t nglossary = sizeof(glossary) / sizeof(glossary[0]);
