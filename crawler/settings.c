/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define MOST_BYTES	((double)(INT64_C(1) << 50))

static const char *const retries[] = { "none", "verified", "all", NULL };

static const struct settings_row {
	const char	*name;
	enum option_kind kind;
	size_t		 at;
	const char	*value;
	const char	*help;
	double		 min, max;
	const char	*const *choices;
	unsigned	 verbs;
} rows[] = {
#define AT(f)	offsetof(struct settings, f)
#define BOTH	(FOR_CRAWL | FOR_PROBE)
	{ "db", OPT_TEXT, AT(db), "FILE", "the database; made if it is not there",
	    0, 0, NULL, FOR_CRAWL },
	{ "peers", OPT_FILE, AT(peers), "FILE", "nodes to begin with, a line each, HOST:PORT or the overlay's own form",
	    0, 0, NULL, FOR_CRAWL },
	{ "config", OPT_FILE, AT(config), "FILE", "settings file; the command line wins",
	    0, 0, NULL, FOR_CRAWL },
	{ "scope", OPT_LIST, AT(scope), "CIDR", "dial only inside this block",
	    0, 0, NULL, BOTH },
	{ "opt-out", OPT_FILE, AT(opt_out), "FILE", "addresses and blocks never to dial",
	    0, 0, NULL, BOTH },
	{ "own-address", OPT_LIST, AT(own_address), "ADDRESS",
	    "an address of ours that this host does not know", 0, 0, NULL, BOTH },
	{ "ports", OPT_TEXT, AT(ports), "LIST",
	    "dial only these ports, as 80,1024-65535 (default: 1024 and above, and the overlay's own)",
	    0, 0, NULL, BOTH },
	{ "lab-map", OPT_FILE, AT(lab_map), "FILE",
	    "lines LAB-ENDPOINT PUBLIC-ENDPOINT; pins the scope to loopback", 0, 0, NULL, BOTH },
	{ "metrics", OPT_TEXT, AT(metrics), "FILE",
	    "written anew after each round, for Prometheus; its folder must be there", 0, 0, NULL, FOR_CRAWL },
	{ "user", OPT_TEXT, AT(user), "NAME", "become this user before the database is opened; for root",
	    0, 0, NULL, FOR_CRAWL },
	{ "no-sandbox", OPT_FLAG, AT(no_sandbox), NULL,
	    "keep all files and system calls within reach", 0, 0, NULL, BOTH },
	{ "rounds", OPT_INT, AT(rounds), "N",
	    "rounds to do, 0 for no end (default 1, or 0 with --round-every)",
	    0, 1e9, NULL, FOR_CRAWL },
	{ "round-every", OPT_SPAN, AT(round_every_ms), "SPAN",
	    "time from one start to the next (default: at once)",
	    100, 30.0 * DAY_MS, NULL, FOR_CRAWL },
	{ "round-limit", OPT_SPAN, AT(round_limit_ms), "SPAN",
	    "dial nobody after this time of a round (default: three times --round-every, or 3h)",
	    10, 30.0 * DAY_MS, NULL, FOR_CRAWL },
	{ "round-dials", OPT_INT, AT(round_dials), "N",
	    "dial no more often in a round (default 4194304)", 1, 4e9, NULL, FOR_CRAWL },
	{ "address-ports", OPT_INT, AT(address_ports), "N",
	    "ports of one address that are dialled in a round, however many are claimed;"
	    " 0 for no limit (default 4; on loopback without a map 0)",
	    0, 65535, NULL, FOR_CRAWL },
	{ "verified-for", OPT_SPAN, AT(verified_for_ms), "SPAN",
	    "a node that answered stays on the list so long (default 1h, or what its overlay wants)",
	    0, 400.0 * DAY_MS, NULL, FOR_CRAWL },
	{ "windows", OPT_INT, AT(windows), "N",
	    "answers to ask each node for; 0 as --no-keys (default 1)", 0, 100, NULL, BOTH },
	{ "no-keys", OPT_FLAG, AT(no_keys), NULL, "only shake hands: a census",
	    0, 0, NULL, BOTH },
	{ "speed", OPT_INT, AT(speed), "KB/S",
	    "line speed to announce, where there is one; 0 fits it to each peer (default 0)", 0, 100000, NULL, BOTH },
	{ "listen", OPT_INT, AT(listen), "PORT",
	    "accept links on this port and announce it; one port for the life of a database",
	    1, 32767, NULL, FOR_CRAWL },
	{ "overlay", OPT_TEXT, AT(overlay), "NAME", "the overlay to join (default: the first that this program knows)",
	    0, 0, NULL, BOTH },
	{ "network", OPT_TEXT, AT(network), "NAME", "which of the overlay's networks (default: its main one)",
	    0, 0, NULL, BOTH },
	{ "page", OPT_TEXT, AT(page), "URL",
	    "a page about this sensor, named to peers where the overlay has a place for it", 0, 0, NULL, BOTH },
	{ "sensor", OPT_LINE, AT(sensor), "NAME", "name of this observer (default: the database's, or kansoku)",
	    0, SENSOR_NAME_MAX, NULL, FOR_CRAWL },
	{ "connect-limit", OPT_SPAN, AT(connect_limit_ms), "SPAN",
	    "silence after a dial, first pass (default 3s)", 10, 120 * SECOND_MS, NULL, BOTH },
	{ "retry", OPT_CHOICE, AT(retry), "WHOM",
	    "whom to dial once more after silence (default verified)", 0, 0, retries, FOR_CRAWL },
	{ "retry-limit", OPT_SPAN, AT(retry_limit_ms), "SPAN",
	    "silence after a dial, second try (default 12s)", 10, 300 * SECOND_MS, NULL, FOR_CRAWL },
	{ "visit-limit", OPT_SPAN, AT(visit_limit_ms), "SPAN",
	    "length of a visit (default: what the windows need)", 10, DAY_MS, NULL, BOTH },
	{ "max-sessions", OPT_INT, AT(max_sessions), "N",
	    "links open at once (default: what the descriptors allow)", 1, 1e6, NULL, FOR_CRAWL },
	{ "dial-rate", OPT_INT, AT(dial_rate), "N",
	    "dials a second, 0 for no limit (default 200; on loopback 0)", 0, 1e6, NULL, FOR_CRAWL },
	{ "net-sessions", OPT_INT, AT(net_sessions), "N",
	    "links open at once to a /24, 0 for no limit (default 8; on loopback 0)",
	    0, 1e6, NULL, FOR_CRAWL },
	{ "net-rate", OPT_INT, AT(net_rate), "N",
	    "dials a minute to a /24, 0 for no limit (default 60; on loopback 0)",
	    0, 1e6, NULL, FOR_CRAWL },
	{ "rate", OPT_INT, AT(dial_rate), "N",
	    "datagrams a second, for overlays without links: as --dial-rate", 0, DATAGRAM_RATE_MAX, NULL, FOR_CRAWL },
	{ "zone", OPT_INT, AT(zone), "BITS",
	    "measure one part in 2^BITS of the id space, 0 all (default: the overlay's)", 0, 32, NULL, FOR_CRAWL },
	{ "panel", OPT_TEXT, AT(panel), "1/N",
	    "ask who holds one content in N, where that must be asked (default 1/64)", 0, 0, NULL, BOTH },
	{ "no-peers", OPT_FLAG, AT(no_peers), NULL, "ask for no holders, where that must be asked",
	    0, 0, NULL, BOTH },
	{ "max-memory", OPT_INT, AT(max_memory), "MIB",
	    "for known nodes; past it claims are sampled (default 256)", 2, 1 << 20, NULL, FOR_CRAWL },
	{ "hold", OPT_INT, AT(hold), "N",
	    "links to hold over the rounds, where peers tell news by themselves (default 0)",
	    0, LIMIT_HELD, NULL, FOR_CRAWL },
	{ "max-db", OPT_SIZE, AT(max_db), "SIZE",
	    "end cleanly when the database is so large, 0 for no limit (default 0)", 0, MOST_BYTES, NULL, FOR_CRAWL },
	{ "disk-reserve", OPT_SIZE, AT(disk_reserve), "SIZE",
	    "end cleanly when no more is free on its disk, 0 for no limit (default 256M)", 0, MOST_BYTES, NULL,
	    FOR_CRAWL },
	{ "round-store", OPT_SIZE, AT(round_store), "SIZE",
	    "stored in a round at most, 0 for no limit (default 4G)", 0, MOST_BYTES, NULL, FOR_CRAWL },
	{ "peer-store", OPT_SIZE, AT(peer_store), "SIZE",
	    "... of one peer (default 6M)", 0, MOST_BYTES, NULL, FOR_CRAWL },
	{ "net-store", OPT_SIZE, AT(net_store), "SIZE",
	    "... of a /24 (default 16M; on loopback without a map 0)", 0, MOST_BYTES, NULL, FOR_CRAWL },
	{ "inbound-store", OPT_SIZE, AT(inbound_store), "SIZE",
	    "... of all who call (default 64M)", 0, MOST_BYTES, NULL, FOR_CRAWL },
	{ "time-scale", OPT_REAL, AT(time_scale), "X",
	    "let the lab's clock run so many times faster; loopback only (default 1)", 1, 1000, NULL, BOTH },
	{ "no-names", OPT_FLAG, AT(no_names), NULL, "store keyed hashes of names and words",
	    0, 0, NULL, FOR_CRAWL },
	{ "dry-run", OPT_FLAG, AT(dry_run), NULL, "print what would be dialled, and dial nothing",
	    0, 0, NULL, FOR_CRAWL },
	{ "json", OPT_FLAG, AT(json), NULL, "one JSON object a round on standard output",
	    0, 0, NULL, FOR_CRAWL },
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))
_Static_assert(NROWS < SETTINGS_MAX, "settings_options needs room for all and an end");

void
settings_init(struct settings *s)
{
	*s = (struct settings){
		.retry = RETRY_VERIFIED,
		.verified_for_ms = -1, .address_ports = -1,
		.rounds = -1, .round_dials = LIMIT_ROUND_DIALS,
		.overlay = overlays[0]->name,
		.windows = 1,
		.connect_limit_ms = 3 * SECOND_MS, .retry_limit_ms = 12 * SECOND_MS,
		.time_scale = 1,
		.dial_rate = -1, .net_sessions = -1, .net_rate = -1,
		.max_memory = 256,
		.disk_reserve = LIMIT_DISK_RESERVE,
		.peer_store = LIMIT_STORE_PEER, .net_store = -1,
		.inbound_store = LIMIT_STORE_INBOUND, .round_store = LIMIT_STORE_ROUND,
		.zone = -1, .panel = "1/64",
	};
}

void
settings_free(struct settings *s)
{
	for (size_t i = 0; i < s->nkept; i++)
		free(s->kept[i]);
	free(s->kept);
	free(s->scope.item);
	free(s->own_address.item);
	memset(s, 0, sizeof(*s));
}

void
settings_options(struct settings *s, enum settings_verb verb, struct option_spec out[SETTINGS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < NROWS; i++)
		if (rows[i].verbs & verb)
			out[n++] = (struct option_spec){ rows[i].name, rows[i].kind,
				(char *)s + rows[i].at, rows[i].value, rows[i].help,
				rows[i].min, rows[i].max, rows[i].choices, false };
	out[n] = (struct option_spec){ .name = NULL };
}

static bool
is_network(const struct overlay *o, const struct overlay *of, const char *network)
{
	size_t n;

	if (o->network == NULL || o->open != of->open)
		return false;
	n = strlen(o->family);
	return (strcmp(o->family, of->family) == 0 && strcmp(o->network, network) == 0) ||
	    strcmp(o->name, network) == 0 ||
	    (strncmp(o->family, network, n) == 0 && network[n] == '-' && strcmp(o->network, network + n + 1) == 0);
}

/* What there is, for a complaint: names of overlays, or the networks of one. */
static void
list_known(char *known, size_t size, const struct overlay *of)
{
	size_t len = 0;

	known[0] = '\0';
	for (size_t i = 0; overlays[i] != NULL && len < size; i++) {
		const struct overlay *o = overlays[i];
		bool shown = of == NULL || (o->network != NULL && strcmp(o->family, of->family) == 0);

		if (shown)
			len += (size_t)snprintf(known + len, size - len, "%s%s", len > 0 ? ", " : "",
			    of == NULL ? o->name : o->network);
	}
}

const struct overlay *
settings_overlay(const char *name, const char *network)
{
	const struct overlay *of = overlay_find(name);
	char known[512];

	if (of == NULL) {
		list_known(known, sizeof(known), NULL);
		log_error("--overlay %s: no such overlay; there is %s", name, known);
		return NULL;
	}
	if (network == NULL || (of->network == NULL && strcmp(network, "main") == 0))
		return of;
	if (of->network == NULL) {
		log_error("--network %s: the overlay %s has one network only", network, name);
		return NULL;
	}
	for (const struct overlay *const *o = overlays; *o != NULL; o++) {
		if (is_network(*o, of, network))
			return *o;
	}
	list_known(known, sizeof(known), of);
	log_error("--network %s: no such network of %s; there is %s", network, of->family, known);
	return NULL;
}

const char *
settings_retry_name(const struct settings *s)
{
	return retries[s->retry];
}

/* ---- the command line --------------------------------------------------------------- */

/* Parses into s; the words are not moved about, so that they can be parsed again. */
static int
read_words(struct settings *s, enum settings_verb verb, const struct usage *u, int argc,
    char **argv, int *status)
{
	struct option_spec options[SETTINGS_MAX];
	struct usage usage = *u;

	settings_options(s, verb, options);
	usage.options = options;
	return cli_options(&usage, argc, argv, status);
}

/* The name of the settings file, or NULL; false when the words are wrong. */
static bool
find_config(enum settings_verb verb, const struct usage *u, int argc, char **argv,
    const char **path, int *status)
{
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct settings scratch;
	bool good;

	if (words == NULL) {
		log_error("out of memory");
		*status = EXIT_FAILED;
		return false;
	}
	memcpy(words, argv, (size_t)argc * sizeof(*words));
	settings_init(&scratch);
	good = read_words(&scratch, verb, u, argc, words, status) != -1;
	*path = scratch.config;
	settings_free(&scratch);
	free(words);
	return good;
}

/* A list on the command line replaces that of the file. */
static void
drop_first(struct text_list *list, size_t n)
{
	if (n == 0 || list->n == n)
		return;
	memmove(list->item, list->item + n, (list->n - n) * sizeof(*list->item));
	list->n -= n;
}

int
settings_parse(struct settings *s, enum settings_verb verb, const struct usage *u, int argc,
    char **argv, int *status)
{
	struct option_spec options[SETTINGS_MAX];
	size_t scopes, own;
	const char *path;
	int first;

	if (!find_config(verb, u, argc, argv, &path, status))
		return -1;
	settings_options(s, verb, options);
	if (path != NULL && (*status = settings_file(s, options, path)) != EXIT_DONE)
		return -1;
	scopes = s->scope.n;
	own = s->own_address.n;
	if ((first = read_words(s, verb, u, argc, argv, status)) == -1)
		return -1;
	drop_first(&s->scope, scopes);
	drop_first(&s->own_address, own);
	return first;
}
