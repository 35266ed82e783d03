/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One visit, printed in full; nothing is stored. */
#include <event2/event.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/net/session.h"
#include "crawler/settings.h"
#include "crawler/verbs.h"
#include "data/lib/confine.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

#define SHOWN	1100	/* a name of 255 characters, each escaped to four, and a NUL */
#define TICK_MS	10

static const struct usage usage = {
	.program = "kansoku probe", .operands = "HOST:PORT|@NODE",
	.about = "Visits one node inside --scope and prints all that it says.",
	.min_operands = 1, .max_operands = 1,
};

struct probe {
	struct settings	 set;
	const struct overlay *overlay;
	struct scope	 scope;
	struct event_base *base;
	struct event	*tick, *sigint;
	struct sessions	*sessions;
	struct endpoint	 node;
	int64_t		 begun_ms;
	bool		 over, stop;
	int		 status;
};

/* ---- what it says ------------------------------------------------------------------------ */

static void
print_text(const char *label, struct text t)
{
	char shown[SHOWN];

	if (t.len > 0)
		printf("  %s%s%s", label, *label != '\0' ? " " : "",
		    text_vis(shown, sizeof(shown), t));
}

static void
print_key(const struct obs_key *k)
{
	char source[ENDPOINT_TEXT], bbs[ENDPOINT_TEXT];

	printf("key  %-21s  ", endpoint_format(source, k->source));
	text_hex(stdout, k->hash, sizeof(k->hash));
	printf("  %11lld bytes  lifetime %5d s  blocks %lld  version %d%s", (long long)k->size,
	    (int)k->ttl, (long long)k->blocks, (int)k->version,
	    k->ignore == 1 ? "  warned of" : "");
	if (k->bbs.ip != 0)
		printf("  thread of %s", endpoint_format(bbs, k->bbs));
	print_text("trip", k->trip);
	print_text("name", k->name);
	putchar('\n');
}

static void
print_neighbour(const struct obs_neighbour *n)
{
	char node[ENDPOINT_TEXT];

	printf("node %-21s  speed %d%s", endpoint_format(node, n->node), (int)n->speed,
	    n->bbs == 1 ? "  bbs" : "");
	for (int i = 0; i < 3; i++)
		print_text("word", n->words[i]);
	putchar('\n');
}

static void
print_query(const struct obs_query *q)
{
	char node[ENDPOINT_TEXT];

	printf("query %lld", (long long)q->id);
	for (size_t i = 0; i < q->nvia; i++)
		printf("%s%s", i == 0 ? "  via " : " > ", endpoint_format(node, q->via[i]));
	print_text("words", q->words);
	print_text("trip", q->trip);
	putchar('\n');
}

static void
on_found(void *arg, struct session *s, const struct observation *o)
{
	const struct probe *p = arg;

	printf("%8.3f  ", (double)(session_now(s) - p->begun_ms) / SECOND_MS);
	switch (o->type) {
	case OBS_KEY:
		print_key(&o->key);
		break;
	case OBS_NEIGHBOUR:
		print_neighbour(&o->neighbour);
		break;
	case OBS_QUERY:
		print_query(&o->query);
		break;
	default:
		puts(observation_type_name[o->type]);
	}
}

static void
on_up(void *arg, struct session *s)
{
	const struct probe *p = arg;

	printf("%8.3f  connected\n", (double)(session_now(s) - p->begun_ms) / SECOND_MS);
}

static void
on_greeted(void *arg, struct session *s, const struct dialog_peer *peer)
{
	const struct probe *p = arg;

	(void)peer;
	printf("%8.3f  handshake done\n", (double)(session_now(s) - p->begun_ms) / SECOND_MS);
}

/* ---- how it ended --------------------------------------------------------------------------- */

static void
print_number(const char *label, int64_t v)
{
	if (v == UNKNOWN)
		printf("%-14s not told\n", label);
	else
		printf("%-14s %lld\n", label, (long long)v);
}

static void
print_span(const char *label, int64_t from_ms, int64_t to_ms)
{
	if (from_ms != UNKNOWN && to_ms != UNKNOWN)
		printf("%-14s %.3f s\n", label, (double)(to_ms - from_ms) / SECOND_MS);
}

static void
print_peer(const struct dialog_peer *peer)
{
	char text[ENDPOINT_TEXT];

	if (peer->handshaken)
		printf("%-14s %s\n", "is", endpoint_format(text, peer->node));
	if (peer->handshaken && peer->nat == 1)
		printf("%-14s %s (behind a NAT)\n", "says it is",
		    endpoint_format(text, peer->self_reported));
	print_number("version", peer->version);
	print_number("speed", peer->speed);
	if (peer->handshaken)
		printf("%-14s %s\n", "can be dialled", peer->port0 == 1 ? "no (port 0)" : "yes");
	for (int i = 0; i < 3; i++)
		if (peer->words[i].len > 0) {
			printf("%-12s", "cluster word");
			print_text("", peer->words[i]);
			putchar('\n');
		}
	if (peer->ddns.len > 0) {
		printf("%-12s", "host name");
		print_text("", peer->ddns);
		putchar('\n');
	}
	if (peer->command != UNKNOWN)
		print_number("close command", peer->command);
	printf("%-14s %llu (%llu refused)\n", "keys", (unsigned long long)peer->keys,
	    (unsigned long long)peer->bad_keys);
	print_number("windows", peer->windows);
	print_number("neighbours", (int64_t)peer->neighbours);
	print_number("queries", (int64_t)peer->queries);
}

static void
on_done(void *arg, struct session *s, const struct session_result *r)
{
	struct probe *p = arg;

	(void)s;
	p->over = true;
	p->status = r->outcome == OUT_OK ? EXIT_DONE : EXIT_FAILED;
	printf("%-14s %s%s%s%s\n", "outcome", outcome_name[r->outcome],
	    r->why[0] != '\0' ? " (" : "", r->why, r->why[0] != '\0' ? ")" : "");
	if (r->local_error != 0)
		log_error("this system, not the peer, failed: %s", strerror(r->local_error));
	print_peer(&r->peer);
	print_span("connect", r->begun_ms, r->connected_ms);
	print_span("handshake", r->connected_ms, r->handshaken_ms);
	print_span("whole visit", r->begun_ms, r->ended_ms);
	printf("%-14s %llu in, %llu out\n", "bytes", (unsigned long long)r->bytes_in,
	    (unsigned long long)r->bytes_out);
}

/* ---- the visit ---------------------------------------------------------------------------------- */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct probe *p = arg;

	(void)sig;
	(void)what;
	p->stop = true;
}

static bool
prepare_loop(struct probe *p)
{
	const struct timeval tick = { 0, TICK_MS * 1000 };
	struct sessions_config config = {
		.scope = &p->scope, .overlay = p->overlay,
		.dialog = settings_dialog(&p->set), .own_ip = settings_own_ip(&p->set),
		.visit_limit_ms = p->set.visit_limit_ms,
		.budget = session_budget(p->set.windows),
		.up = on_up, .greeted = on_greeted, .found = on_found, .done = on_done, .arg = p,
	};

	if ((config.base = p->base = event_base_new()) == NULL)
		return false;
	p->tick = event_new(p->base, -1, EV_PERSIST, on_tick, p);
	p->sigint = evsignal_new(p->base, SIGINT, on_signal, p);
	p->sessions = sessions_new(&config);
	return p->tick != NULL && p->sigint != NULL && p->sessions != NULL &&
	    event_add(p->tick, &tick) == 0 && event_add(p->sigint, NULL) == 0;
}

static int
not_begun(const struct probe *p, const struct dialled *d)
{
	char text[ENDPOINT_TEXT];

	endpoint_format(text, p->node);
	if (d->verdict != SCOPE_DIAL) {
		log_error("%s is not dialled: %s", text, scope_verdict_name[d->verdict]);
		return d->verdict == SCOPE_NOWHERE ? EXIT_FAILED : EXIT_MISUSED;
	}
	log_error("%s: %s", text, strerror(d->error));
	return EXIT_FAILED;
}

static int
visit(struct probe *p)
{
	struct confinement confined;
	struct dialled d;

	if (!prepare_loop(p)) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	if (!p->set.no_sandbox)
		confine_sensor(&confined, NULL);
	p->begun_ms = utctime_monotonic();
	d = session_dial(p->sessions, p->node, p->set.connect_limit_ms, 0,
	    &(struct session_notes){ 0, 0 });
	if (d.verdict != SCOPE_DIAL || d.fd == -1)
		return not_begun(p, &d);
	while (!p->over && !p->stop) {
		event_base_loop(p->base, EVLOOP_ONCE);
		sessions_tick(p->sessions, utctime_monotonic());
	}
	sessions_leave(p->sessions, true);
	return p->status;
}

static int
probe(struct probe *p, const char *operand)
{
	const char *why = NULL;
	char shown[80];
	int status;

	if ((p->overlay = overlay_find(p->set.overlay)) == NULL) {
		log_error("--overlay %s: no such overlay; there is %s", p->set.overlay,
		    overlays[0]->name);
		return EXIT_MISUSED;
	}
	if (!p->overlay->peer_entry(&p->node, operand, &why)) {
		log_error("%s: %s", text_vis(shown, sizeof(shown), text_of(operand)),
		    why != NULL ? why : "want HOST:PORT or @NODE");
		return EXIT_MISUSED;
	}
	if ((why = p->overlay->prepare()) != NULL)
		log_error("%s", why);
	if (scope_init(&p->scope) != 0)
		return EXIT_FAILED;
	if ((status = settings_scope(&p->set, &p->scope)) != EXIT_DONE ||
	    (status = settings_derive(&p->set, &p->scope)) != EXIT_DONE)
		return status;
	return visit(p);
}

static void
undo(struct probe *p)
{
	sessions_free(p->sessions);
	if (p->tick != NULL)
		event_free(p->tick);
	if (p->sigint != NULL)
		event_free(p->sigint);
	if (p->base != NULL)
		event_base_free(p->base);
	scope_free(&p->scope);
	settings_free(&p->set);
}

int
verb_probe(int argc, char **argv)
{
	struct probe p = { .status = EXIT_FAILED };
	int first, status;

	if (sodium_init() == -1) {
		log_error("libsodium cannot start");
		return EXIT_FAILED;
	}
	settings_init(&p.set);
	first = settings_parse(&p.set, FOR_PROBE, &usage, argc, argv, &status);
	if (first != -1)
		status = probe(&p, argv[first]);
	undo(&p);
	return status;
}
