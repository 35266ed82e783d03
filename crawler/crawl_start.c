/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prepares a crawl for its first round, and gives everything back at its end. */
#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <libgen.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawler/crawl.h"
#include "bounds.h"
#include "crawler/peers_file.h"
#include "crawler/drop_root.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

/* ---- scope and limits ------------------------------------------------------------------ */

int
crawl_start_scope(struct crawl *c)
{
	const char *missing;
	int status;

	if ((c->overlay = settings_overlay(c->set.overlay, c->set.network)) == NULL)
		return EXIT_MISUSED;
	if ((missing = overlay_prepare(c->overlay)) != NULL)
		log_error("%s", missing);
	if (scope_init(&c->scope) != 0)
		return EXIT_FAILED;
	if ((status = settings_scope(&c->set, &c->scope)) != EXIT_DONE)
		return status;
	return settings_derive(&c->set, &c->scope);
}

/* ---- whom to begin with --------------------------------------------------------------- */

int
crawl_start_peers(struct crawl *c)
{
	uint8_t key[16];

	if ((c->set.db = cli_database(c->set.db)) == NULL)
		return EXIT_MISUSED;
	if (c->set.peers == NULL && access(c->set.db, F_OK) != 0) {
		log_error("nobody to visit: there is no %s yet that could know a node; give"
		    " --peers FILE", c->set.db);
		return EXIT_MISUSED;
	}
	randombytes_buf(key, sizeof(key));
	c->frontier = frontier_new(frontier_room_for((size_t)c->set.max_memory << 20), key);
	c->claim_quota = claim_quota_new(key, c->set.time_scale);
	if (c->frontier == NULL || c->claim_quota == NULL) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	frontier_limit_ports(c->frontier, (uint32_t)c->set.address_ports, c->scope.ports);
	if (c->set.peers != NULL && peers_read(c->frontier, c->overlay, c->set.peers) != 0)
		return EXIT_MISUSED;
	return EXIT_DONE;
}

/* ---- who we are ---------------------------------------------------------------------------- */

/* The folder that holds the file, or would; NULL if there is none, or no memory. */
static char *
folder_of(const char *path)
{
	char *real = realpath(path, NULL), *copy, *folder;

	if (real == NULL && (copy = strdup(path)) != NULL) {
		folder = realpath(dirname(copy), NULL);
		free(copy);
		return folder;
	}
	if (real == NULL)
		return NULL;
	folder = strdup(dirname(real));
	free(real);
	return folder;
}

int
crawl_start_user(struct crawl *c)
{
	int status = EXIT_DONE;

	if ((c->folder = folder_of(c->set.db)) == NULL && errno == ENOMEM) {
		log_error("%s", memory_missing());
		return EXIT_FAILED;
	}
	if (c->set.metrics != NULL && !c->set.dry_run && (c->metrics_folder = folder_of(c->set.metrics)) == NULL) {
		log_error("--metrics %s: %s", c->set.metrics, os_error());
		return EXIT_MISUSED;
	}
	if (c->set.user != NULL && (status = drop_root_to(c->set.user)) == EXIT_DONE &&
	    c->folder != NULL && !c->set.dry_run)
		status = drop_root_check_folder(c->set.user, c->folder);
	if (geteuid() == 0 && !c->scope.only_loopback && !c->set.dry_run)
		log_error("this runs as root, which it need not: give --user NAME, and that user the"
		    " database's folder");
	return status;
}

void
crawl_start_confined(struct crawl *c)
{
	char text[CONFINE_TEXT];

	json_object_seed(0);	/* out of /dev/urandom, while that can be opened */
	if (c->set.no_sandbox)
		return;
	/* Through a map the ports that are dialled are the lab's. */
	confine_sensor(&c->confined, (const char *const[]){ c->folder, c->metrics_folder, NULL },
	    c->scope.map == NULL ? c->scope.ports : NULL);
	if (c->confined.files == 0 || !c->confined.calls)
		log_error("not wholly confined: %s; the crawl goes on, see CONFINEMENT in kansoku(1)",
		    confine_text(text, &c->confined));
}

/* ---- the list ------------------------------------------------------------------------------ */

int64_t
crawl_start_verified_since(const struct crawl *c, int64_t now_ms)
{
	int64_t since = now_ms - c->set.verified_for_ms;

	/* A node that answered in the last round stays, however long ago that was. */
	if (c->last_start_ms != UNKNOWN && c->last_start_ms < since)
		since = c->last_start_ms;
	return since / SECOND_MS;
}

int
crawl_start_frontier(struct crawl *c)
{
	int64_t now = utctime_now();

	int status;

	if ((status = held_start(c)) != EXIT_DONE)
		return status;
	c->last_start_ms = UNKNOWN;
	if (c->overlay->traits->revisit_s > 0 &&
	    (c->revisit = revisit_new((int64_t)c->overlay->traits->revisit_s * SECOND_MS)) == NULL) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	if (c->store != NULL && visit_list_load(c, crawl_start_verified_since(c, now) * SECOND_MS) != 0) {
		log_error("%s: %s", c->set.db, store_error(c->store));
		return EXIT_FAILED;
	}
	c->begun_ms = utctime_monotonic();
	/* The lab's clock goes on where an earlier crawl of the database left it. */
	c->lab_epoch_ms = c->last_start_ms != UNKNOWN && c->last_start_ms >= now ?
	    c->last_start_ms + HOUR_MS : now;
	if (frontier_size(c->frontier) == 0) {
		log_error("nobody to visit: %s knows no node yet; give --peers FILE", c->set.db);
		return EXIT_MISUSED;
	}
	return EXIT_DONE;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	/* It only wakes the loop; what is due is done after each turn. */
	(void)fd;
	(void)what;
	(void)arg;
}

/* The first signal stops cleanly; the next one finds the default action: death. */
static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct crawl *c = arg;

	(void)what;
	log_error("%s: ending the round; once more ends at once", strsignal((int)sig));
	service_manager_tell(&c->manager, "STOPPING=1\nSTATUS=ending the round");
	c->stop = STOP_SIGNAL;
	for (size_t i = 0; i < CRAWL_SIGNALS; i++)
		if (c->signals[i] != NULL)
			event_del(c->signals[i]);
}

static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
	    EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

/* Under nohup a terminal that goes away is none of the crawl's business. */
static bool
is_under_nohup(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static bool
add_events(struct crawl *c)
{
	static const int signals[CRAWL_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };

	if ((c->base = new_base()) == NULL ||
	    (c->tick = event_new(c->base, -1, EV_PERSIST, on_tick, c)) == NULL)
		return false;
	for (size_t i = 0; i < CRAWL_SIGNALS; i++) {
		if (signals[i] == SIGHUP && is_under_nohup())
			continue;
		c->signals[i] = evsignal_new(c->base, signals[i], on_signal, c);
		if (c->signals[i] == NULL || event_add(c->signals[i], NULL) != 0)
			return false;
	}
	return true;
}

/*
 * Who we are to an overlay with ids, and which part of its id space and which
 * contents are measured: all of it follows from the database's secret, for good.
 */
static void
identify(struct crawl *c, struct dialog_config *d)
{
	static const struct { char of; size_t at, len; } derived[] = {
		{ 'i', offsetof(struct dialog_config, self_id), NODE_ID_MAX },
		{ 'c', offsetof(struct dialog_config, secret), 16 },
		{ 'z', offsetof(struct dialog_config, zone.prefix), NODE_ID_MAX },
	};
	crypto_generichash_state hash;

	for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
		crypto_generichash_init(&hash, c->secret, sizeof(c->secret), derived[i].len);
		crypto_generichash_update(&hash, (const uint8_t *)&derived[i].of, 1);
		if (derived[i].of == 'i')	/* each sensor has an id of its own */
			crypto_generichash_update(&hash, (const uint8_t *)c->set.sensor, strlen(c->set.sensor));
		crypto_generichash_final(&hash, (uint8_t *)d + derived[i].at, derived[i].len);
	}
}

static int64_t
crawl_utc(void *arg)
{
	return round_clock(arg);
}

static bool
add_sessions(struct crawl *c)
{
	struct sessions_config config = {
		.base = c->base, .scope = &c->scope, .overlay = c->overlay,
		.dialog = settings_dialog(&c->set), .own_ip = settings_own_ip(&c->set),
		.visit_limit_ms = c->set.visit_limit_ms,
		.budget = session_budget(&c->overlay->traits->visit, c->set.windows),
		.utc = crawl_utc, .up = visit_up, .greeted = visit_greeted, .found = recorder_found,
		.done = visit_done, .arg = c,
	};

	identify(c, &config.dialog);
	c->zone = config.dialog.zone;
	return (c->sessions = sessions_new(&config)) != NULL;
}

static int
open_datagrams(struct crawl *c)
{
	const struct datagram_limits limits = settings_datagrams(&c->set);

	if (datagram_open(c->sessions, &limits, (uint16_t)c->set.listen, c->scope.only_loopback) != 0)
		return EXIT_FAILED;
	c->set.listen = datagram_port(c->sessions);
	return EXIT_DONE;
}

/* Limits per /24, if there are any; false without memory. */
static bool
add_nets(struct crawl *c)
{
	struct quota_limits limits = {
		.open = (uint32_t)c->set.net_sessions, .per_minute = (double)c->set.net_rate,
		.total = (uint32_t)c->set.net_rate * LIMIT_NET_MINUTES, .keys = LIMIT_NETS,
	};

	if (c->overlay->traits->leads_at_once && c->set.address_ports > 0 &&
	    (c->address_quota = quota_new(&(struct quota_limits){
		.total = (uint32_t)c->set.address_ports, .keys = LIMIT_NETS })) == NULL)
		return false;
	if ((limits.open == 0 && limits.per_minute == 0) || c->overlay->carrier == CARRIER_DATAGRAM)
		return true;
	return (c->net_quota = quota_new(&limits)) != NULL;
}

int
crawl_start_loop(struct crawl *c)
{
	const struct store_limits stored = settings_store(&c->set);
	struct endpoint at = { .ip = c->scope.only_loopback ? c->scope.listener.ip : 0, .port = (uint16_t)c->set.listen };
	size_t most = (size_t)c->set.max_sessions / LIMIT_CALLS_SHARE + 1;

	signal(SIGPIPE, SIG_IGN);
	service_manager_open(&c->manager);
	if (!add_events(c) || !add_sessions(c) || !add_nets(c) ||
	    (c->store_budget = store_budget_new(&stored)) == NULL ||
	    (c->store_thread = store_thread_new(c->store, c->store_budget)) == NULL) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	dial_window_init(&c->dial_window, (uint32_t)c->set.max_sessions, utctime_monotonic());
	if (c->overlay->carrier == CARRIER_DATAGRAM)
		return open_datagrams(c);
	bucket_init(&c->dial_rate, (double)c->set.dial_rate, (double)c->set.dial_rate / 10,
	    utctime_monotonic());
	if (at.port == 0)
		return EXIT_DONE;
	c->listener =
	    listener_open(c->base, c->sessions, &c->scope, at, most, c->set.time_scale);
	return c->listener != NULL ? EXIT_DONE : EXIT_FAILED;
}

void
crawl_close(struct crawl *c)
{
	sessions_free(c->sessions);
	listener_close(c->listener);
	if (c->tick != NULL)
		event_free(c->tick);
	for (size_t i = 0; i < CRAWL_SIGNALS; i++)
		if (c->signals[i] != NULL)
			event_free(c->signals[i]);
	if (c->base != NULL)
		event_base_free(c->base);
	quota_free(c->net_quota);
	quota_free(c->address_quota);
	frontier_free(c->frontier);
	panel_free(c->panel);
	revisit_free(c->revisit);
	claim_quota_free(c->claim_quota);
	store_thread_free(c->store_thread);
	store_budget_free(c->store_budget);
	if (c->stop == STOP_FAULT)
		store_rollback(c->store);
	store_close(c->store);
	scope_free(&c->scope);
	settings_free(&c->set);
	service_manager_close(&c->manager);
	free(c->metrics_folder);
	free(c->folder);
	free(c->sensor);
}
