/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "crawler/limits.h"
#include "data/say.h"
#include "data/when.h"

/* The protocol's waits (winny protocol, sections 4, 5 and 10), before --time-scale. */
#define AGE_MS		6000	/* links younger than 5 s are not answered */
#define WINDOW_MS	30000	/* adjacent windows; never ask more often */
#define HANDSHAKE_MS	20000	/* a node gives us as long */
#define PATIENCE_MS	10000	/* for the answer to the last request */
#define SLACK_MS	10000	/* a visit may last so much longer than planned */
/* A lab runs faster than the network, but its machine does not. */
#define FLOOR_MS	2000

/* Polite defaults outside a lab. */
#define DIAL_RATE	200
#define NET_SESSIONS	8
#define NET_RATE	60

static const char *const retries[] = { "none", "verified", "all", NULL };

static const struct row {
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
	{ "peers", OPT_TEXT, AT(peers), "FILE", "nodes to begin with, @HEX or HOST:PORT a line",
	    0, 0, NULL, FOR_CRAWL },
	{ "config", OPT_TEXT, AT(config), "FILE", "settings file; the command line wins",
	    0, 0, NULL, FOR_CRAWL },
	{ "scope", OPT_LIST, AT(scope), "CIDR", "dial only inside this block",
	    0, 0, NULL, BOTH },
	{ "opt-out", OPT_TEXT, AT(opt_out), "FILE", "addresses and blocks never to dial",
	    0, 0, NULL, BOTH },
	{ "own-address", OPT_LIST, AT(own_address), "ADDRESS",
	    "an address of ours that this host does not know", 0, 0, NULL, BOTH },
	{ "lab-map", OPT_TEXT, AT(lab_map), "FILE",
	    "lines LAB-ENDPOINT PUBLIC-ENDPOINT; pins the scope to loopback", 0, 0, NULL, BOTH },
	{ "rounds", OPT_INT, AT(rounds), "N",
	    "rounds to do, 0 for no end (default 1, or 0 with --round-every)",
	    0, 1e9, NULL, FOR_CRAWL },
	{ "round-every", OPT_SPAN, AT(round_every_ms), "SPAN",
	    "time from one start to the next (default: at once)",
	    100, 30.0 * DAY_MS, NULL, FOR_CRAWL },
	{ "verified-for", OPT_SPAN, AT(verified_for_ms), "SPAN",
	    "a node that answered stays on the list so long (default 1h)",
	    0, 400.0 * DAY_MS, NULL, FOR_CRAWL },
	{ "windows", OPT_INT, AT(windows), "N",
	    "answers to ask each node for; 0 as --no-keys (default 1)", 0, 100, NULL, BOTH },
	{ "no-keys", OPT_FLAG, AT(no_keys), NULL, "only shake hands: a census",
	    0, 0, NULL, BOTH },
	{ "speed", OPT_INT, AT(speed), "KB/S",
	    "line speed to announce; 0 fits it to each peer (default 0)", 0, 100000, NULL, BOTH },
	{ "listen", OPT_INT, AT(listen), "PORT",
	    "accept links on this port and announce it; one port for the life of a database",
	    1, 32767, NULL, FOR_CRAWL },
	{ "overlay", OPT_TEXT, AT(overlay), "NAME", "the overlay to join (default winny)",
	    0, 0, NULL, BOTH },
	{ "sensor", OPT_TEXT, AT(sensor), "NAME", "name of this observer (default: the database's, or kansoku)",
	    0, 0, NULL, FOR_CRAWL },
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
	{ "max-memory", OPT_INT, AT(max_memory), "MIB",
	    "for known nodes; past it claims are sampled (default 256)", 2, 1 << 20, NULL, FOR_CRAWL },
	{ "time-scale", OPT_REAL, AT(time_scale), "X",
	    "divide the protocol's waits; loopback only (default 1)", 1, 1000, NULL, BOTH },
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
		.verified_for_ms = HOUR_MS,
		.rounds = -1,
		.overlay = "winny",
		.windows = 1,
		.connect_limit_ms = 3 * SECOND_MS, .retry_limit_ms = 12 * SECOND_MS,
		.time_scale = 1,
		.dial_rate = -1, .net_sessions = -1, .net_rate = -1,
		.max_memory = 256,
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

/* ---- the settings file ------------------------------------------------------------ */

struct file {
	struct settings	*s;
	const struct option_spec *options;
	const char	*path;
	FILE		*f;
	unsigned	 line;
	bool		 bad;
	bool		 given[SETTINGS_MAX];
};

static int
bad_line(struct file *f, const char *name, const char *what)
{
	complain("%s:%u: %s%s%s", f->path, f->line, name, *name != '\0' ? ": " : "", what);
	f->bad = true;
	return 0;
}

/* inih asks for a line at a time, which is how we know its number. */
static char *
next_line(char *line, int size, void *arg)
{
	struct file *f = arg;
	char *got = f->bad ? NULL : fgets(line, size, f->f);

	if (got == NULL)
		return NULL;
	f->line++;
	if (strchr(line, '\n') == NULL && !feof(f->f)) {
		bad_line(f, "", "the line is too long; want under 200 characters");
		return NULL;
	}
	return got;
}

static char *
keep_value(struct settings *s, const char *value)
{
	char **kept = reallocarray(s->kept, s->nkept + 1, sizeof(*kept));

	if (kept == NULL)
		return NULL;
	s->kept = kept;
	return (s->kept[s->nkept] = strdup(value)) != NULL ? s->kept[s->nkept++] : NULL;
}

static bool
is_repeated(struct file *f, const char *name)
{
	for (size_t i = 0; f->options[i].name != NULL; i++)
		if (strcmp(f->options[i].name, name) == 0) {
			bool before = f->given[i];

			f->given[i] = true;
			return before && f->options[i].kind != OPT_LIST;
		}
	return false;
}

static int
on_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct file *f = arg;
	char where[300];
	char *kept;

	if (f->bad)
		return 0;
	if (*section != '\0' && strcmp(section, "crawl") != 0)
		return bad_line(f, section, "no such section; want [crawl] or none");
	if (strcmp(name, "config") == 0)
		return bad_line(f, name, "a settings file names no other");
	if (is_repeated(f, name))
		return bad_line(f, name, "is given twice; once is right");
	if ((kept = keep_value(f->s, value)) == NULL)
		return bad_line(f, name, "out of memory");
	snprintf(where, sizeof(where), "%s:%u", f->path, f->line);
	f->bad = !cli_set(f->options, name, kept, where);
	return !f->bad;
}

static int
read_file(struct settings *s, const struct option_spec *options, const char *path)
{
	struct file f = { .s = s, .options = options, .path = path, .f = fopen(path, "re") };
	int line;

	if (f.f == NULL) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_MISUSED;
	}
	line = ini_parse_stream(next_line, &f, on_setting, &f);
	if (!f.bad && ferror(f.f)) {
		complain("%s: %s", path, strerror(errno));
		f.bad = true;
	}
	fclose(f.f);
	if (!f.bad && line != 0) {
		complain("%s:%d: want NAME = VALUE, [crawl] or a comment", path, line);
		f.bad = true;
	}
	return f.bad ? EXIT_MISUSED : EXIT_DONE;
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
		complain("out of memory");
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

/* What the command line said of a list replaces what the file said. */
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
	if (path != NULL && (*status = read_file(s, options, path)) != EXIT_DONE)
		return -1;
	scopes = s->scope.n;
	own = s->own_address.n;
	if ((first = read_words(s, verb, u, argc, argv, status)) == -1)
		return -1;
	drop_first(&s->scope, scopes);
	drop_first(&s->own_address, own);
	return first;
}

/* ---- what follows from them ------------------------------------------------------------ */

static int
add_own(const struct settings *s, struct scope *scope)
{
	for (size_t i = 0; i < s->own_address.n; i++) {
		struct in_addr in;

		if (inet_pton(AF_INET, s->own_address.item[i], &in) != 1) {
			complain("--own-address %s: want an IPv4 address", s->own_address.item[i]);
			return EXIT_MISUSED;
		}
		if (scope_add_own(scope, ntohl(in.s_addr)) != 0)
			return EXIT_FAILED;
	}
	return scope_add_interfaces(scope) == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
settings_scope(const struct settings *s, struct scope *scope)
{
	const char *why;
	int status;

	for (size_t i = 0; i < s->scope.n; i++)
		if ((why = scope_add(scope, s->scope.item[i])) != NULL) {
			complain("--scope %s: %s", s->scope.item[i], why);
			return EXIT_MISUSED;
		}
	if (s->lab_map != NULL && scope_use_map(scope, s->lab_map) != 0)
		return EXIT_MISUSED;
	if (scope->blocks == 0) {
		complain("no scope: nothing may be dialled; give --scope CIDR for each block that"
		    " you may visit (in a lab 127.0.0.0/8)");
		return EXIT_MISUSED;
	}
	if (s->time_scale != 1 && !scope->only_loopback) {
		complain("--time-scale %g is for labs: want a --scope inside 127.0.0.0/8 only",
		    s->time_scale);
		return EXIT_MISUSED;
	}
	if (s->opt_out != NULL && cidr_set_read(&scope->opt_out, s->opt_out) != 0)
		return EXIT_MISUSED;
	if ((status = add_own(s, scope)) != EXIT_DONE)
		return status;
	scope->listener = (struct endpoint){ UINT32_C(127) << 24 | 1, (uint16_t)s->listen };
	scope_seal(scope);
	return EXIT_DONE;
}

/* Raises the soft limit of descriptors to the hard one; returns it. */
static int64_t
descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 256;
	if (r.rlim_cur < r.rlim_max) {
		rlim_t soft = r.rlim_cur;

		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) != 0)
			r.rlim_cur = soft;
	}
	return r.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)r.rlim_cur;
}

static int64_t
or_default(int64_t given, int64_t fallback)
{
	return given >= 0 ? given : fallback;
}

int
settings_derive(struct settings *s, const struct scope *scope)
{
	int64_t possible = descriptors() - LIMIT_SPARE_FDS;
	struct dialog_config d;

	if (s->no_keys)
		s->windows = 0;
	s->rounds = or_default(s->rounds, s->round_every_ms > 0 ? 0 : 1);
	s->dial_rate = or_default(s->dial_rate, scope->only_loopback ? 0 : DIAL_RATE);
	s->net_sessions = or_default(s->net_sessions, scope->only_loopback ? 0 : NET_SESSIONS);
	s->net_rate = or_default(s->net_rate, scope->only_loopback ? 0 : NET_RATE);
	if (s->max_sessions == 0)
		s->max_sessions = possible < LIMIT_SESSIONS ? possible : LIMIT_SESSIONS;
	if (s->max_sessions > possible || possible < 1) {
		complain("--max-sessions %lld: this process may have %lld descriptors, which leaves"
		    " %lld; raise the hard limit (ulimit -Hn) or ask for less",
		    (long long)s->max_sessions, (long long)possible + LIMIT_SPARE_FDS,
		    (long long)possible);
		return EXIT_MISUSED;
	}
	d = settings_dialog(s);
	if (s->visit_limit_ms == 0)
		s->visit_limit_ms = d.handshake_ms + d.age_ms + d.patience_ms + SLACK_MS +
		    (d.windows > 1 ? (d.windows - 1) * d.window_ms : 0);
	return EXIT_DONE;
}

/* How long the peer may take for something. */
static int64_t
patience(int64_t ms, double scale)
{
	int64_t scaled = (int64_t)((double)ms / scale);

	return scaled > FLOOR_MS ? scaled : ms < FLOOR_MS ? ms : FLOOR_MS;
}

struct dialog_config
settings_dialog(const struct settings *s)
{
	return (struct dialog_config){
		.self = { 0, (uint16_t)(s->listen != 0 ? s->listen : UNDIALLED_PORT) },
		.port0 = s->listen == 0,
		.speed = (int32_t)s->speed,
		.windows = (int32_t)s->windows,
		.window_ms = (int64_t)(WINDOW_MS / s->time_scale),
		.age_ms = (int64_t)(AGE_MS / s->time_scale),
		.handshake_ms = patience(HANDSHAKE_MS, s->time_scale),
		.patience_ms = patience(PATIENCE_MS, s->time_scale),
	};
}

const char *
settings_retry_name(const struct settings *s)
{
	return retries[s->retry];
}

uint32_t
settings_own_ip(const struct settings *s)
{
	struct in_addr in;

	if (s->own_address.n == 0 || inet_pton(AF_INET, s->own_address.item[0], &in) != 1)
		return 0;
	return ntohl(in.s_addr);
}
