/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from the settings: the scope, the limits left open, the dialog's waits. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bounds.h"
#include "crawler/settings.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

/* Polite defaults outside a lab. */
#define DIAL_RATE	200
#define NET_SESSIONS	8
#define NET_RATE	60
#define NET_DATAGRAMS	240	/* a minute to a /24 */

/* Of a URI (RFC 3986), but for brackets, which enclose it where it is announced. */
static const char page_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "-._~:/?#@!$&'*+,;=%";

static int
add_own(const struct settings *s, struct scope *scope)
{
	for (size_t i = 0; i < s->own_address.n; i++) {
		struct cidr c;

		if (strchr(s->own_address.item[i], '/') != NULL ||
		    cidr_parse(&c, s->own_address.item[i]) != NULL) {
			log_error("--own-address %s: want an IPv4 or IPv6 address", s->own_address.item[i]);
			return EXIT_MISUSED;
		}
		if (scope_add_own(scope, c.base) != 0)
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
			log_error("--scope %s: %s", s->scope.item[i], why);
			return EXIT_MISUSED;
		}
	if (s->ports != NULL && (why = scope_set_ports(scope, s->ports)) != NULL) {
		log_error("--ports %s: %s", s->ports, why);
		return EXIT_MISUSED;
	}
	for (const uint16_t *p = s->ports != NULL ? NULL : overlay_find(s->overlay)->traits->low_ports;
	    p != NULL && *p != 0; p++)
		scope_allow_port(scope, *p);
	if (s->lab_map != NULL && scope_use_map(scope, s->lab_map) != 0)
		return EXIT_MISUSED;
	if (scope->blocks == 0) {
		log_error("no scope: nothing may be dialled; give --scope CIDR for each block that"
		    " you may visit (in a lab 127.0.0.0/8)");
		return EXIT_MISUSED;
	}
	if (s->time_scale != 1 && !scope->only_loopback) {
		log_error("--time-scale %g is for labs: want a --scope inside 127.0.0.0/8 only",
		    s->time_scale);
		return EXIT_MISUSED;
	}
	if (s->page != NULL && (strlen(s->page) > LIMIT_PAGE || strspn(s->page, page_letters) != strlen(s->page))) {
		log_error("--page %s: want an address of a page, at most %d letters, digits and -._~:/?#@!$&'*+,;=%%",
		    s->page, LIMIT_PAGE);
		return EXIT_MISUSED;
	}
	if (s->opt_out != NULL && cidr_set_read(&scope->opt_out, s->opt_out) != 0)
		return EXIT_MISUSED;
	if ((status = add_own(s, scope)) != EXIT_DONE)
		return status;
	scope->listener = (struct endpoint){ .ip = UINT32_C(127) << 24 | 1,
		.port = (uint16_t)s->listen };
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

/* Settings --overlay and --network were checked: settings_overlay finds it. */
static const struct overlay *
settings_row(const struct settings *s)
{
	return settings_overlay(s->overlay, s->network);
}

static const struct visit_plan *
visit_plan(const struct settings *s)
{
	return &settings_row(s)->traits->visit;
}

/* How long the peer may take for something that takes ms before --time-scale. */
static int64_t
patience(const struct settings *s, int64_t ms)
{
	int64_t scaled = (int64_t)((double)ms / s->time_scale);
	int64_t shortest = visit_plan(s)->shortest_ms;

	return scaled > shortest ? scaled : ms < shortest ? ms : shortest;
}

/* "1/64", or "64".  False after a complaint. */
static bool
read_panel(struct settings *s)
{
	const char *digits = strncmp(s->panel, "1/", 2) == 0 ? s->panel + 2 : s->panel;
	size_t n = strlen(digits);

	if (n == 0 || n > 9 || strspn(digits, "0123456789") != n || *digits == '0') {
		log_error("--panel %s: want 1/N, N from 1 to 999999999", s->panel);
		return false;
	}
	s->panel_one_in = s->no_peers ? 0 : atoll(digits);
	return true;
}

/* Links need a descriptor each, visits by datagrams none. */
static bool
derive_sessions(struct settings *s)
{
	int64_t possible = s->descriptors - LIMIT_SPARE_FDS, usual = LIMIT_SESSIONS;

	if (settings_row(s)->carrier == CARRIER_DATAGRAM)
		possible = usual = LIMIT_DATAGRAM_VISITS;
	if (s->max_sessions == 0)
		s->max_sessions = possible < usual ? possible : usual;
	if (s->max_sessions <= possible && possible >= 1)
		return true;
	log_error("--max-sessions %lld: this process may have %lld descriptors, which leaves"
	    " %lld; raise the hard limit (ulimit -Hn) or ask for less",
	    (long long)s->max_sessions, (long long)s->descriptors, (long long)possible);
	return false;
}

int
settings_derive(struct settings *s, const struct scope *scope)
{
	const struct overlay *overlay = settings_row(s);
	bool datagrams = overlay->carrier == CARRIER_DATAGRAM;
	struct dialog_config d;

	s->descriptors = descriptors();
	if (s->no_keys)
		s->windows = 0;
	if (s->hold > 0 && !settings_row(s)->traits->stays) {
		log_error("--hold %lld: in the overlay %s peers tell nothing unasked", (long long)s->hold,
		    settings_row(s)->name);
		return EXIT_MISUSED;
	}
	if (s->hold > 0 && s->round_every_ms == 0)
		s->round_every_ms = (int64_t)(HELD_ROUND_MS / s->time_scale);
	/* Who is dialled once a day must be remembered longer than that. */
	s->verified_for_ms = or_default(s->verified_for_ms,
	    HOUR_MS + (int64_t)settings_row(s)->traits->revisit_s * SECOND_MS);
	s->rounds = or_default(s->rounds, s->round_every_ms > 0 ? 0 : 1);
	s->dial_rate = or_default(s->dial_rate, scope->only_loopback ? 0 : DIAL_RATE);
	s->net_sessions = or_default(s->net_sessions, scope->only_loopback ? 0 : NET_SESSIONS);
	s->net_rate = or_default(s->net_rate, scope->only_loopback ? 0 : datagrams ? NET_DATAGRAMS : NET_RATE);
	s->zone = or_default(s->zone, overlay->traits->zone_bits);
	s->address_ports = or_default(s->address_ports,
	    scope->only_loopback && scope->map == NULL ? 0 : LIMIT_ADDRESS_PORTS);
	s->net_store = or_default(s->net_store,
	    scope->only_loopback && scope->map == NULL ? 0 : LIMIT_STORE_NET);
	if (s->round_limit_ms == 0)
		s->round_limit_ms = s->round_every_ms > 0 ? LIMIT_ROUND_PERIODS * s->round_every_ms
		    : (int64_t)(LIMIT_ROUND_MS / s->time_scale);
	if (!read_panel(s) || !derive_sessions(s))
		return EXIT_MISUSED;
	d = settings_dialog(s);
	if (s->visit_limit_ms == 0)
		s->visit_limit_ms = d.age_ms + (d.windows > 1 ? (d.windows - 1) * d.window_ms : 0) +
		    d.patience_ms + patience(s, visit_plan(s)->slack_ms);
	return EXIT_DONE;
}

struct dialog_config
settings_dialog(const struct settings *s)
{
	const struct visit_plan *plan = visit_plan(s);

	return (struct dialog_config){
		.self = { .port = (uint16_t)s->listen },
		.port0 = s->listen == 0,
		.speed = (int32_t)s->speed,
		.windows = (int32_t)s->windows,
		.window_ms = (int64_t)((double)plan->window_ms / s->time_scale),
		.age_ms = (int64_t)((double)plan->age_ms / s->time_scale),
		.handshake_ms = patience(s, plan->handshake_ms),
		.patience_ms = patience(s, plan->answer_ms),
		.silence_ms = plan->silence_ms == 0 ? 0 : patience(s, plan->silence_ms),
		.blocks_max = plan->blocks + (uint32_t)s->windows * plan->window_blocks,
		.zone.bits = (uint8_t)s->zone,
		.panel = (uint32_t)s->panel_one_in,
		.time_scale = s->time_scale,
		.page = text_of(s->page != NULL ? s->page : ""),
		.params = settings_row(s)->params,
	};
}

/* Whose bytes have no limit has none of rows. */
static struct store_allowance
allowance(int64_t bytes, int64_t rows)
{
	return (struct store_allowance){ bytes, bytes > 0 ? rows : 0 };
}

struct store_limits
settings_store(const struct settings *s)
{
	int64_t caller = s->inbound_store < LIMIT_STORE_CALLER ? s->inbound_store : LIMIT_STORE_CALLER;
	int64_t caller_net = s->inbound_store < LIMIT_STORE_CALLER_NET ? s->inbound_store : LIMIT_STORE_CALLER_NET;

	return (struct store_limits){ .of = {
		[ACCOUNT_PEER] = allowance(s->peer_store, LIMIT_STORE_PEER_ROWS),
		[ACCOUNT_NET] = allowance(s->net_store, LIMIT_STORE_NET_ROWS),
		[ACCOUNT_CALLER] = allowance(caller, LIMIT_STORE_CALLER_ROWS),
		[ACCOUNT_CALLER_NET] = allowance(s->net_store > 0 ? caller_net : 0, LIMIT_STORE_CALLER_NET_ROWS),
		[ACCOUNT_INBOUND] = allowance(s->inbound_store, LIMIT_STORE_INBOUND_ROWS),
		[ACCOUNT_ROUND] = allowance(s->round_store, LIMIT_STORE_ROUND_ROWS),
	} };
}

struct datagram_limits
settings_datagrams(const struct settings *s)
{
	const struct overlay_traits *t = settings_row(s)->traits;

	return (struct datagram_limits){
		.rate = (double)s->dial_rate, .net_rate = (double)s->net_rate,
		.spacing_ms = (int64_t)(t->spacing_ms / s->time_scale),
		.visits = (uint32_t)s->max_sessions,
	};
}

uint32_t
settings_own_ip(const struct settings *s)
{
	struct in_addr in;

	if (s->own_address.n == 0 || inet_pton(AF_INET, s->own_address.item[0], &in) != 1)
		return 0;
	return ntohl(in.s_addr);
}
