/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/lab_stats.h"

#include <inttypes.h>
#include <stddef.h>

#include "data/lib/log.h"

const char *
leave_text(enum leave l)
{
	static const char *const text[] = {
		[STAY] = "still open",
		[LEFT] = "left by themselves",
		[LEAVE_OFFLINE] = "nobody online there",
		[LEAVE_FULL] = "node was full",
		[LEAVE_PREAMBLE] = "short preamble",
		[LEAVE_HEADER] = "wrong header or version",
		[LEAVE_LENGTH] = "block too long",
		[LEAVE_COMMAND] = "unknown command",
		[LEAVE_KIND] = "no search link",
		[LEAVE_TWIN] = "twin of the node",
		[LEAVE_RATIO] = "speed ratio refused",
		[LEAVE_PORT0] = "port-0 rules",
		[LEAVE_DUPLICATE] = "duplicate",
		[LEAVE_SLOW] = "handshake too slow",
		[LEAVE_BAD_PORT] = "port not reachable",
		[LEAVE_IDLE] = "idle",
		[LEAVE_HOURLY] = "hourly reset",
		[LEAVE_EVICTED] = "evicted",
		[LEAVE_GONE] = "node went offline",
		[LEAVE_TESTED] = "port test over",
		[LEAVE_FLOODED] = "did not read",
		[LEAVE_TRICK] = "cut by a hostile node",
		[LEAVE_STOP] = "open at the end",
	};
	_Static_assert(sizeof(text) / sizeof(text[0]) == LEAVE_N,
	    "every reason needs a text");

	return text[l];
}

void
lab_stats_log(const struct lab_stats *t)
{
	const struct { const char *what; uint64_t n; } lines[] = {
		{ "connections accepted", t->accepted },
		{ "connections from outside loopback, closed", t->outside },
		{ "waits for free descriptors", t->no_room },
		{ "handshakes", t->handshakes },
		{ "speed ratios refused", t->refusals },
		{ "requests for keys", t->requests },
		{ "spreads delivered", t->spreads },
		{ "keys sent", t->keys },
		{ "other nodes named", t->nodes },
		{ "searches sent", t->searches },
		{ "port tests begun", t->tests },
		{ "port tests passed", t->passed },
		{ "port tests left out for want of descriptors", t->untested },
		{ "links begun by nodes", t->dialled },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i].n > 0)
			log_info("%12" PRIu64 " %s", lines[i].n, lines[i].what);
	for (int i = 0; i < LEAVE_N; i++)
		if (t->left[i] > 0)
			log_info("%12" PRIu64 " links ended: %s", t->left[i],
			    leave_text((enum leave)i));
}
