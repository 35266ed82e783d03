/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/results.h"

#include <math.h>
#include <stdio.h>

#include "data/lib/utctime.h"

const char *const verdict_name[VERDICT_N] = {
	[VERDICT_GENUINE] = "genuine",
	[VERDICT_BOGUS] = "bogus",
	[VERDICT_UNDETERMINED] = "undetermined",
	[VERDICT_PROBABLY_BOGUS] = "probably bogus",
};

const char *const incident_kind_name[INC_NKIND] = {
	[INC_RANDOM_SOURCES] = "random-sources",
	[INC_PORT_FANOUT] = "port-fanout",
	[INC_TARGETED_HASH] = "targeted-hash",
	[INC_REACHABILITY_DROP] = "reachability-drop",
	[INC_OUTAGE] = "outage",
	[INC_POPULATION_STEP] = "population-step",
	[INC_MADE_UP_CONTACTS] = "made-up-contacts",
	[INC_SYBIL_CLUSTER] = "sybil-cluster",
	[INC_SYBIL_FLEET] = "sybil-fleet",
	[INC_ID_HOP] = "id-hop",
	[INC_JUNK_HASHES] = "junk-hashes",
};

const char *const evidence_name[EVIDENCE_N] = {
	[EVIDENCE_ADDRESS] = "address",
	[EVIDENCE_PORT] = "port",
	[EVIDENCE_PERSISTENCE] = "persistence",
	[EVIDENCE_REACHABILITY] = "reachability",
	[EVIDENCE_CONTENT] = "content",
	[EVIDENCE_HASH] = "hash",
	[EVIDENCE_TIMER] = "timer",
	[EVIDENCE_RELAY] = "relay",
	[EVIDENCE_FANOUT] = "fan-out",
};

const char *const delivered_name[DELIVERED_N] = {
	[DELIVERED_BY] = "delivered by",
	[DELIVERED_INJECTOR] = "probable injector",
	[DELIVERED_SELF] = "self",
};

const char *const incident_state_name[INCIDENT_NSTATE] = {
	[INCIDENT_OPEN] = "open",
	[INCIDENT_QUIET] = "quiet since",
	[INCIDENT_CLOSED] = "closed",
	[INCIDENT_REVISED] = "revised",
	[INCIDENT_WITHDRAWN] = "withdrawn",
};

enum incident_state
incident_state(const struct incident_row *r)
{
	if (r->withdrawn)
		return INCIDENT_WITHDRAWN;
	if (r->revised)
		return INCIDENT_REVISED;
	if (r->end_ms != UNKNOWN)
		return INCIDENT_CLOSED;
	return r->quiet > 0 && r->last_ms != UNKNOWN ? INCIDENT_QUIET : INCIDENT_OPEN;
}

char *
incident_state_text(char buf[INCIDENT_STATE_TEXT], const struct incident_row *r)
{
	enum incident_state state = incident_state(r);
	char when[WHEN_TEXT];

	if (state == INCIDENT_QUIET)
		snprintf(buf, INCIDENT_STATE_TEXT, "%s %.16sZ (open until six rounds are quiet)",
		    incident_state_name[state], utctime_format(when, r->last_ms));
	else
		snprintf(buf, INCIDENT_STATE_TEXT, "%s", incident_state_name[state]);
	return buf;
}

static const char *const what[INC_NKIND] = {
	[INC_RANDOM_SOURCES] = "keys that name made-up sources",
	[INC_PORT_FANOUT] = "made-up ports of a few addresses",
	[INC_TARGETED_HASH] = "made-up sources for a few files",
	[INC_REACHABILITY_DROP] = "nodes that cannot be reached",
	[INC_OUTAGE] = "an outage of the sensor",
	[INC_POPULATION_STEP] = "a change of the population itself",
	[INC_MADE_UP_CONTACTS] = "contacts that nobody is at",
	[INC_SYBIL_CLUSTER] = "many ids next to one point",
	[INC_SYBIL_FLEET] = "many ids of few addresses",
	[INC_ID_HOP] = "ids that suit the question",
	[INC_JUNK_HASHES] = "contents that there are not",
};

char *
incident_sentence(char buf[INCIDENT_SENTENCE], const struct incident_row *r, const char *injector,
    bool may_be_us)
{
	char from[WHEN_TEXT], to[WHEN_TEXT], part[64] = "";
	bool quiet = r->end_ms == UNKNOWN && r->quiet > 0 && r->last_ms != UNKNOWN;
	bool on = r->end_ms == UNKNOWN && !quiet;

	if (r->sampling > 1)
		snprintf(part, sizeof(part), ", counted on one address in %u", r->sampling);
	utctime_format(from, r->start_ms);
	if (!on)
		utctime_format(to, quiet ? r->last_ms : r->end_ms);
	snprintf(buf, INCIDENT_SENTENCE, "A flood of %s %s %.16s%s%.16s%s: about %.0f (%.0f to %.0f) seen by"
	    " this sensor in %lld rounds%s; %s%s.%s", what[r->kind],
	    on ? "has been going on since" : quiet ? "began" : "went on from", from,
	    on ? "" : quiet ? " and brought nothing new since " : " to ", on ? "" : to,
	    quiet ? " (it is open until six rounds are quiet)" : "",
	    r->bogus, floor(r->bogus_low), ceil(r->bogus_high), (long long)r->rounds, part,
	    injector != NULL ? "probable injector " : "source not determined",
	    injector != NULL ? injector : "",
	    may_be_us ? " First rule out that it is the sensor itself." : "");
	return buf;
}

static const char *const flag_name[FLAG_N] = { /* flat */
	[FLAG_SPECIAL] = "bogon_special",
	[FLAG_UNALLOCATED] = "bogon_unallocated",
	[FLAG_NOVEL_SLASH16] = "novel_slash16",
	[FLAG_LAST_OCTET] = "last_octet_0_255",
	[FLAG_KNOWN_ADDRESS] = "known_address_new_port",
	[FLAG_ONE_SHOT] = "one_shot",
	[FLAG_SHORT_LIVED] = "short_lived",
	[FLAG_UNREACHABLE] = "connect_timeout",
	[FLAG_REFUSED] = "connect_refused",
	[FLAG_VERIFIED] = "verified",
	[FLAG_PORT_FANOUT] = "port_fanout",
	[FLAG_HASH_FANOUT] = "hash_fanout",
	[FLAG_TIMER_OUTLIER] = "timer_outlier",
	[FLAG_RELAY_BURST] = "relay_burst",
	[FLAG_NEIGHBOUR_ONLY] = "c4_only",
	[FLAG_PORT_ODD] = "port_odd",
	[FLAG_MOVED] = "moved",
};

const char *
results_flag_name(unsigned bit)
{
	return bit < FLAG_N ? flag_name[bit] : NULL;
}
