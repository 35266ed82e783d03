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

/* One field by its name and with its unit, a size by its unit alone; what is not said is left out. */
static void
print_field(const struct field *f, union value v)
{
	char text[ENDPOINT_TEXT];

	if (!value_is_said(f, v))
		return;
	if (f->type == FIELD_TEXT) {
		print_text(f->name, v.text);
		return;
	}
	printf("  %s%s", f->role == ROLE_SIZE ? "" : f->name, f->role == ROLE_SIZE ? "" : " ");
	if (f->type == FIELD_ENDPOINT)
		fputs(endpoint_format(text, *v.endpoint), stdout);
	else if (f->type == FIELD_BYTES)
		text_hex(stdout, v.text.p, v.text.len);
	else if (f->type == FIELD_FLAG)
		fputs(v.number != 0 ? "yes" : "no", stdout);
	else
		printf("%lld%s%s", (long long)v.number, f->unit != NULL ? " " : "",
		    f->unit != NULL ? f->unit : "");
}

static void
print_record(const struct observation *o)
{
	char node[ENDPOINT_TEXT];

	fputs(o->type == OBS_NEIGHBOUR ? "node" : observation_type_name[o->type], stdout);
	if (o->type == OBS_KEY) {
		printf("  %-21s  ", endpoint_format(node, o->key.source));
		text_hex(stdout, o->key.content.id, o->key.content.len);
	} else if (o->type == OBS_NEIGHBOUR) {
		printf(" %-21s", endpoint_format(node, o->neighbour.node));
	}
	for (size_t i = 0; o->type == OBS_QUERY && i < o->query.nvia; i++)
		printf("%s%s", i == 0 ? "  via " : " > ", endpoint_format(node, o->query.via[i]));
	for (int i = 0; o->fields != NULL && i < o->fields->of[o->type].n; i++)
		print_field(&o->fields->of[o->type].field[i], o->value[i]);
	putchar('\n');
}

static void
on_found(void *arg, struct session *s, const struct observation *o)
{
	const struct probe *p = arg;

	printf("%8.3f  ", (double)(session_now(s) - p->begun_ms) / SECOND_MS);
	print_record(o);
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
print_line(void *arg, const char *label, struct text t)
{
	(void)arg;
	printf("%-12s", label);
	print_text("", t);
	putchar('\n');
}

/* What it announced, by the overlay's own table; its driver describes what is mostly not said. */
static void
print_peer(const struct overlay *overlay, struct endpoint dialled, const struct dialog_peer *peer)
{
	const struct field *f = overlay->fields->of[OBS_CONTACT].field;
	char text[ENDPOINT_TEXT];

	if (peer->handshaken)
		printf("%-14s %s\n", "is", endpoint_format(text, dialled));
	if (peer->handshaken && !endpoint_is_nobody(peer->announced))
		printf("%-14s %s\n", "announces", endpoint_format(text, peer->announced));
	for (int i = 0; peer->dialog && i < overlay->fields->of[OBS_CONTACT].n; i++) {
		if (f[i].type == FIELD_INTEGER && !f[i].quiet)
			print_number(f[i].name, peer->contact[i].number);
		else if (f[i].type == FIELD_TEXT && peer->contact[i].text.len > 0)
			print_line(NULL, f[i].name, peer->contact[i].text);
	}
	if (peer->handshaken)
		printf("%-14s %s\n", "can be dialled", peer->undialable ? "no" : "yes");
}

static void
print_counts(const struct dialog_peer *peer)
{
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

	p->over = true;
	p->status = r->outcome == OUT_OK ? EXIT_DONE : EXIT_FAILED;
	printf("%-14s %s%s%s%s\n", "outcome", outcome_name[r->outcome],
	    r->why[0] != '\0' ? " (" : "", r->why, r->why[0] != '\0' ? ")" : "");
	if (r->local_error != 0)
		log_error("this system, not the peer, failed: %s", strerror(r->local_error));
	print_peer(p->overlay, session_endpoint(s), &r->peer);
	session_describe(s, print_line, NULL);
	print_counts(&r->peer);
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
		.budget = session_budget(&p->overlay->traits->visit, p->set.windows),
		.up = on_up, .greeted = on_greeted, .found = on_found, .done = on_done, .arg = p,
	};

	/* A stranger of one visit: another id each time, and no part of the id space. */
	randombytes_buf(config.dialog.self_id, sizeof(config.dialog.self_id));
	randombytes_buf(config.dialog.secret, sizeof(config.dialog.secret));
	config.dialog.zone.bits = 0;
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
	struct datagram_limits limits = settings_datagrams(&p->set);
	struct confinement confined;
	struct dialled d;

	if (!prepare_loop(p)) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	limits.rate = limits.net_rate = 0;
	limits.visits = 1;
	if (p->overlay->carrier == CARRIER_DATAGRAM &&
	    datagram_open(p->sessions, &limits, 0, p->scope.only_loopback) != 0)
		return EXIT_FAILED;
	if (!p->set.no_sandbox)
		confine_sensor(&confined, (const char *const[]){ NULL }, p->scope.map == NULL ? p->scope.ports : NULL);
	p->begun_ms = utctime_monotonic();
	d = session_dial(p->sessions, p->node, p->set.connect_limit_ms, 0,
	    &(struct session_notes){ .claims = 0 });
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

	if ((p->overlay = settings_overlay(p->set.overlay, p->set.network)) == NULL)
		return EXIT_MISUSED;
	if (!p->overlay->peer_entry(&p->node, operand, &why)) {
		log_error("%s: %s", text_vis(shown, sizeof(shown), text_of(operand)),
		    why != NULL ? why : "no node is named");
		return EXIT_MISUSED;
	}
	if ((why = overlay_prepare(p->overlay)) != NULL)
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
