/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One more round of an honest overlay whose peers hand over full windows, analysed: CPU
 * and peak memory of the whole `kansoku analyze`, at three sizes of a round, each held
 * against the one before.  A growth of 1 is linear in the records.
 *
 * usage: bench_analyze                          figures for make bench
 *        bench_analyze DB PEERS KEYS ROUNDS     adds such rounds to a database
 *
 * A node has five files and lives for 25 rounds; each peer hands over KEYS keys of nodes
 * that are there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/lib/utctime.h"
#include "data/store/store.h"
#include "tests/winny_records.h"

#define LIFE		25u	/* rounds */
#define FILES		5u
#define ROUND_MS	(25 * MINUTE_MS)

static char folder[] = "/tmp/kansoku-bench-XXXXXX";

static void
die(const char *what)
{
	fprintf(stderr, "bench_analyze: %s\n", what);
	exit(1);
}

static uint32_t
mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

/* Who is in a place of the overlay in this round: somebody else after each life. */
static uint32_t
tenant(uint32_t place, uint32_t round)
{
	return mix(place) + (round + mix(place * 3) % LIFE) / LIFE;
}

static struct endpoint
endpoint_of(uint32_t who)
{
	return endpoint_ipv4(126u << 24 | (mix(who) & 0xffffff), (uint16_t)(1024 + mix(who * 5) % 31000));
}

static void
add(struct store *s, struct observation *o, uint32_t round, int64_t t)
{
	o->round = round;
	o->t_ms = t;
	if (store_add(s, o) != 0)
		die(store_error(s));
}

static void
add_visit(struct store *s, uint32_t round, int64_t t, struct endpoint peer)
{
	struct observation o = { .type = OBS_CONTACT };

	set_winny_contact(&o, (struct winny_contact){ .node = peer, .outcome = OUT_OK,
	    .command = UNKNOWN, .version = 12710, .speed = 120, .port0 = 0 });
	add(s, &o, round, t);
}

static void
add_keys(struct store *s, uint32_t round, int64_t t, struct endpoint peer, uint32_t *chance,
    uint32_t peers, uint32_t keys)
{
	for (uint32_t k = 0; k < keys; k++) {
		uint32_t r = *chance = mix(*chance + 0x9e3779b9u);
		uint32_t who = tenant((uint32_t)((uint64_t)r * peers >> 32), round);
		struct observation o = { .peer = peer };
		struct winny_key key = { .source = endpoint_of(who), .size = 7340032,
		    .name = { (const uint8_t *)"a", 1 }, .ttl = r % 1500, .blocks = 120,
		    .mtime = 1274400000, .version = 5, .downstream = 1 };

		for (uint32_t i = 0; i < 4; i++)
			memcpy(key.hash + 4 * i, &(uint32_t){ mix(who * FILES + r % FILES + i) }, 4);
		set_winny_key(&o, key);
		add(s, &o, round, t);
	}
}

static void
add_round(struct store *s, uint32_t round, uint32_t peers, uint32_t keys)
{
	int64_t start = INT64_C(1274400000000) + round * ROUND_MS;
	struct observation o = { .type = OBS_ROUND };
	uint32_t chance = mix(round);

	o.run = (struct obs_round){ .sensor = { (const uint8_t *)"s1", 2 },
	    .overlay = { (const uint8_t *)"winny", 5 }, .start_ms = start, .end_ms = UNKNOWN,
	    .tried = UNKNOWN, .reached = UNKNOWN };
	add(s, &o, round, start);
	for (uint32_t p = 0; p < peers; p++) {
		struct endpoint peer = endpoint_of(tenant(p, round));
		int64_t t = start + p * (ROUND_MS - MINUTE_MS) / peers;

		add_visit(s, round, t, peer);
		add_keys(s, round, t, peer, &chance, peers, keys);
	}
	o.run.end_ms = start + ROUND_MS - MINUTE_MS;
	o.run.tried = o.run.reached = peers;
	add(s, &o, round, o.run.end_ms);
}

static void
add_rounds(const char *db, uint32_t peers, uint32_t keys, uint32_t rounds)
{
	struct store *s = store_open(db, STORE_CREATE);
	uint32_t last;

	if (s == NULL)
		die("no store");
	last = store_last_round(s);
	for (uint32_t r = 1; r <= rounds; r++)
		add_round(s, last + r, peers, keys);
	store_close(s);
}

/* CPU seconds and peak MB of an analysis. */
struct cost { double cpu, peak; };

static struct cost
analyse(const char *db)
{
	const char *build = getenv("BUILD") != NULL ? getenv("BUILD") : "build";
	struct rusage u;
	char program[256];
	int status;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/kansoku", build);
	if ((pid = fork()) == 0) {
		execl(program, program, "analyze", "-q", "--db", db, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid || status != 0)
		die("analyze failed");
	return (struct cost){ (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6, (double)u.ru_maxrss / 1024 };
}

/* What one more round costs after some that were analysed. */
static struct cost
measure(uint32_t peers, uint32_t keys)
{
	char db[96];

	snprintf(db, sizeof(db), "%s/%u.db", folder, peers);
	add_rounds(db, peers, keys, 2);
	analyse(db);
	add_rounds(db, peers, keys, 1);
	return analyse(db);
}

int
main(int argc, char **argv)
{
	static const struct { uint32_t peers, keys; const char *name, *target; } size[] = {
		{ 25000, 60, "25000x60", "" },
		{ 2400, 600, "2400x600", "" },
		{ 200000, 60, "200000x60", "value<=20" },
	};
	const char *mode = getenv("BENCH");
	bool quick = mode != NULL && strcmp(mode, "quick") == 0;
	struct cost last = { 0, 0 };
	double records = 0;
	char command[96];

	if (argc == 5) {
		add_rounds(argv[1], (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
		return 0;
	}
	if (mkdtemp(folder) == NULL)
		die("no folder in /tmp");
	for (size_t i = 0; i < (quick ? 2 : 3); i++) {
		double n = (double)size[i].peers * size[i].keys;
		struct cost c = measure(size[i].peers, size[i].keys);

		if (i == 0) {
			last = c;
			records = n;
		}
		/* The ratio is the growth of the cost by that of the records: 1 is linear. */
		printf("analyze-%s %.4g s before-x-records %.4g s %.4f %s\n", size[i].name, c.cpu,
		    last.cpu * n / records, c.cpu / (last.cpu * n / records), size[i].target);
		printf("analyze-%s-mem %.4g MB --max-memory 1024 MB %.4f ratio<=1\n", size[i].name, c.peak,
		    c.peak / 1024);
		last = c;
		records = n;
	}
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}
