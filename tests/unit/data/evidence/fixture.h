/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A database of a small overlay with one flood, as crawl and analyze would
 * leave it: six rounds, four peers, ten genuine sources, and made-up sources that
 * the first peer delivers from the second round on.
 */
#ifndef KANSOKU_TESTS_EVIDENCE_FIXTURE_H
#define KANSOKU_TESTS_EVIDENCE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/results.h"
#include "data/store/rows.h"
#include "data/store/store.h"
#include "data/lib/text.h"
#include "tests/winny_records.h"

#define FX_ROUNDS	6
#define FX_FLOOD	2		/* first round of the flood */
#define FX_BOGUS	12		/* made-up sources a round, each in one round only */
#define FX_T0		INT64_C(1274400000000)
#define FX_ROUND_MS	INT64_C(1500000)

static char fx_folder[64];

static inline char *
fx_path(char buf[160], const char *name)
{
	snprintf(buf, 160, "%s/%s", fx_folder, name);
	return buf;
}

static inline void
fx_check(struct store *s, int bad)
{
	if (bad != 0)
		fail_msg("%s", store_error(s));
}

static inline struct endpoint
fx_peer(int i)
{
	return endpoint_ipv4(0xcb007101 + (uint32_t)i * 0x100, (uint16_t)(7743 + i));
}

static inline struct endpoint
fx_bogus(uint32_t round, int i)
{
	return endpoint_ipv4(0x2c00a001 + round * 0x10000 + (uint32_t)i * 0x101, (uint16_t)(20000 + i));
}

static inline void
fx_add_key(struct store *s, uint32_t round, int peer, struct endpoint source, int i)
{
	static const uint8_t raw[60] = { 1, 2, 3 };
	char name[64];
	struct observation o = { .round = round,
		.t_ms = FX_T0 + round * FX_ROUND_MS + i * 1000, .peer = fx_peer(peer) };

	snprintf(name, sizeof(name), "secret name %d, \"quoted\".zip", i);
	set_winny_key(&o, (struct winny_key){
		.source = source, .hash = { (uint8_t)i, (uint8_t)round }, .size = 1000 + i,
		.name = text_of(name), .trip = text_of(i % 5 == 0 ? "tripcode" : ""),
		.ttl = 1500 - i, .blocks = i, .mtime = 1274000000, .ignore = 0, .version = 5,
		.downstream = 0, .bbs = { .ip = i % 7 == 0 ? 0xcb007163 : 0, .port = i % 7 == 0 ? 99 : 0 },
		.raw = { raw, i % 3 == 0 ? sizeof(raw) : 0 },
	});
	fx_check(s, store_add(s, &o));
}

static inline void
fx_add_contact(struct store *s, uint32_t round, int peer)
{
	struct observation o = { .round = round, .t_ms = FX_T0 + round * FX_ROUND_MS };

	set_winny_contact(&o, (struct winny_contact){ fx_peer(peer), false,
		peer == 3 ? OUT_TIMEOUT : OUT_OK, UNKNOWN, 12710, 120, 0 });
	fx_check(s, store_add(s, &o));
}

static inline void
fx_add_neighbour(struct store *s, uint32_t round, struct endpoint node)
{
	struct observation o = { .round = round, .t_ms = FX_T0 + round * FX_ROUND_MS + 5,
		.peer = fx_peer(1) };

	set_winny_neighbour(&o, (struct winny_neighbour){ node, 120, 0,
		{ text_of("cluster word"), text_of(""), text_of("") } });
	fx_check(s, store_add(s, &o));
}

static inline void
fx_round(struct store *s, uint32_t round)
{
	struct observation o = { .type = OBS_ROUND, .round = round,
		.t_ms = FX_T0 + round * FX_ROUND_MS };

	for (int peer = 0; peer < 4; peer++)
		fx_add_contact(s, round, peer);
	for (int i = 0; i < 30; i++)
		fx_add_key(s, round, i % 3, endpoint_ipv4(0xcb007200 + (uint32_t)i % 10, 4000), i);
	for (int i = 0; round >= FX_FLOOD && i < FX_BOGUS; i++)
		fx_add_key(s, round, i % 6 == 5 ? 1 : 0, fx_bogus(round, i), 100 + i);
	if (round >= FX_FLOOD)
		fx_add_neighbour(s, round, fx_bogus(round, 0));
	o.run = (struct obs_round){ text_of("sensor-1"), text_of("winny"), o.t_ms,
		o.t_ms + FX_ROUND_MS - 1000, 4, 3, 0, UNKNOWN, UNKNOWN };
	fx_check(s, store_add(s, &o));
}

/* ---- as analyze would leave it ---- */

static inline void
fx_verdicts(struct store *s)
{
	for (uint32_t r = FX_FLOOD; r <= FX_ROUNDS; r++)
		for (int i = 0; i < FX_BOGUS; i++) {
			struct verdict_row v = { .endpoint = fx_bogus(r, i), .first_round = r,
				.last_round = r, .rounds = 1, .keys = 1, .relays = 1, .contact = UNKNOWN,
				.probability = 0.999, .verdict = VERDICT_BOGUS,
				.flags = 1u << FLAG_ONE_SHOT | 1u << FLAG_NOVEL_SLASH16, .incident = 1 };

			fx_check(s, rows_node_id(s, v.endpoint, &v.node));
			fx_check(s, results_put_verdict(s, &v, (struct text){ NULL, 0 }));
		}
}

static inline void
fx_results(struct store *s)
{
	int64_t start = FX_T0 + FX_FLOOD * FX_ROUND_MS;
	struct incident_row n = { .id = 1, .kind = INC_RANDOM_SOURCES, .first_round = FX_FLOOD,
		.last_round = FX_ROUNDS, .peak_round = 3, .start_ms = start, .last_ms = FX_T0 + (FX_ROUNDS + 1) * FX_ROUND_MS - 1000,
		.end_ms = FX_T0 + (FX_ROUNDS + 1) * FX_ROUND_MS - 1000, .peak_ms = FX_T0 + 3 * FX_ROUND_MS,
		.rounds = FX_ROUNDS - FX_FLOOD + 1, .severity = 2, .bogus = 61, .bogus_low = 55,
		.bogus_high = 68, .channels = SEEN_KEY | SEEN_NEIGHBOUR, .injector = false,
		.roving = UNKNOWN };
	char sentence[INCIDENT_SENTENCE];
	struct test_row t = { 1, "impossible share", "address", 0.21, 0.05 };
	struct delivering_row d = { .incident = 1, .endpoint = fx_peer(0), .rank = 1, .share = 0.5,
		.ratio = 12, .full_timer_share = 1, .first_seen_share = 1, .keys = 50, .rounds = 5,
		.label = delivered_name[DELIVERED_BY] };

	n.summary = incident_sentence(sentence, &n, NULL, false);
	fx_check(s, results_begin(s));
	fx_verdicts(s);
	fx_check(s, results_put_incident(s, &n));
	fx_check(s, results_put_test(s, &t));
	fx_check(s, rows_node_id(s, d.endpoint, &d.peer));
	fx_check(s, results_put_delivering(s, &d));
	for (uint32_t r = 1; r <= FX_ROUNDS; r++) {
		struct series_row row = { .round = r, .start_ms = FX_T0 + r * FX_ROUND_MS,
			.end_ms = FX_T0 + (r + 1) * FX_ROUND_MS - 1000, .complete = true, .tried = 4,
			.reached = 3, .instant_clean = 10, .flood = r >= FX_FLOOD ? FX_BOGUS : 0 };
		row.instant = row.day_keys = row.day_all = 10 + row.flood;
		row.flood_low = row.flood_high = row.flood;

		fx_check(s, results_put_series(s, &row));
	}
	fx_check(s, results_commit(s));
}

static inline int
fx_make(const char *path)
{
	struct store *s = store_open(path, STORE_CREATE);

	if (s == NULL)
		return -1;
	fx_check(s, store_begin_run(s, "0.1", "{\"scope\":[\"127.0.0.0/8\"]}") > 0 ? 0 : -1);
	for (uint32_t r = 1; r <= FX_ROUNDS; r++)
		fx_round(s, r);
	fx_check(s, store_commit(s));
	fx_results(s);
	store_close(s);
	return 0;
}

static inline int
fx_setup(void **state)
{
	char path[160];

	(void)state;
	snprintf(fx_folder, sizeof(fx_folder), "/tmp/kansoku-fx.XXXXXX");
	return mkdtemp(fx_folder) == NULL ? -1 : fx_make(fx_path(path, "db"));
}

static inline int
fx_teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", fx_folder);
	return system(command);
}

#endif
