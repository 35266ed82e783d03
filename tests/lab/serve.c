/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb "serve": a world played over sockets on 127.0.0.0/8. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "tests/lab/truth_log.h"
#include "tests/lab/links.h"
#include "tests/lab/map_file.h"
#include "tests/lab/verbs.h"

#define YEAR_MS		(INT64_C(365) * 86400 * 1000)
#define MAP_FOR_MS	(INT64_C(86400) * 1000)
#define DEFAULT_PEERS	200
#define GRACE_MS	1000	/* real: a busy machine is not a slow peer */
#define SEARCH_EVERY_MS	120000

struct serve {
	const char	*overlay, *world, *truth, *peers_out, *map_out, *capture;
	int64_t		nodes, seed, peers, port_base, for_ms, search_ms, map_ms;
	double		scale, rewrite, redial, crowded;
};

static int
read_options(struct serve *o, int argc, char **argv, int *status)
{
	const struct option_spec options[] = {
		OVERLAY_OPTION(&o->overlay),
		{ "world", OPT_FILE, &o->world, "FILE", "the world to play", 0, 0, NULL, true },
		{ "nodes", OPT_INT, &o->nodes, "N", "nodes online at once, instead of the world's own",
		    20, 200000, NULL, false },
		{ "seed", OPT_INT, &o->seed, "S", "another world of the same kind",
		    1, UINT32_MAX, NULL, false },
		{ "time-scale", OPT_REAL, &o->scale, "X", "world seconds in a real one (1)",
		    0.01, 100000, NULL, false },
		{ "for", OPT_SPAN, &o->for_ms, "SPAN", "stop after so long by the clock on the wall",
		    1, YEAR_MS, NULL, false },
		{ "truth", OPT_TEXT, &o->truth, "FILE", "write what was really so, round by round",
		    0, 0, NULL, false },
		{ "peers-out", OPT_TEXT, &o->peers_out, "FILE", "write nodes to start from",
		    0, 0, NULL, false },
		{ "peers", OPT_INT, &o->peers, "N", "how many of them (200)", 1, 200000, NULL, false },
		{ "map-out", OPT_TEXT, &o->map_out, "FILE",
		    "write which public endpoint is where on loopback", 0, 0, NULL, false },
		{ "map-for", OPT_SPAN, &o->map_ms, "SPAN", "world time that the map covers (24h)",
		    60000, 10.0 * YEAR_MS, NULL, false },
		{ "port-base", OPT_INT, &o->port_base, "P", "first port to listen on, instead of the world's",
		    1024, 32700, NULL, false },
		{ "searches", OPT_SPAN, &o->search_ms, "SPAN",
		    "world time between two searches on a link (2m); 0s for none", 0, YEAR_MS, NULL, false },
		{ "rewrite", OPT_REAL, &o->rewrite, "P",
		    "probability that a relay names itself, instead of the world's", 0, 1, NULL, false },
		{ "crowded", OPT_REAL, &o->crowded, "P",
		    "share of nodes whose places are taken: they evict (0)", 0, 1, NULL, false },
		{ "redial", OPT_REAL, &o->redial, "P",
		    "probability that a node later calls a peer it met (0)", 0, 1, NULL, false },
		{ "capture", OPT_TEXT, &o->capture, "DIR", "keep what each link sent, one file a link",
		    0, 0, NULL, false },
		{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false },
	};
	const struct usage usage = {
		"kansoku-lab serve", "",
		"Plays a simulated overlay on 127.0.0.0/8 until it is interrupted. "
		"Nothing of it can leave loopback.", 0, 0, options,
	};

	return cli_options(&usage, argc, argv, status);
}

/* ---- files --------------------------------------------------------------------- */

static bool
write_files(const struct serve *o, struct world *w, int shift)
{
	if (o->map_out != NULL && !map_file_write_map(w, (double)o->map_ms / 1000,
	    shift, o->map_out))
		return false;
	return o->peers_out == NULL || map_file_write_peers(w, shift, o->map_out != NULL,
	    (uint32_t)o->peers, o->peers_out);
}

static bool
make_directory(const char *dir)
{
	if (dir == NULL || mkdir(dir, 0755) == 0 || errno == EEXIST)
		return true;
	log_error("cannot make the folder %s: %s", dir, strerror(errno));
	return false;
}

/* ---- running --------------------------------------------------------------------- */

static void
on_signal(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	links_stop(arg);
}

static bool
listen_everywhere(struct links *l, struct world *w)
{
	const uint16_t *ports;
	size_t n = world_ports(w, &ports);
	uint16_t failed;

	if (listen_all(l, ports, n, &failed))
		return true;
	log_error("cannot listen on port %u: %s; --port-base moves all ports", failed,
	    strerror(errno));
	return false;
}

static void
print_ready(const struct links *l, struct world *w)
{
	const uint16_t *ports;
	size_t n = world_ports(w, &ports);

	printf("ready: %u nodes on 127.0.0.0/8, ports %d to %d, time-scale %g\n",
	    map_file_online(w), ports[0] + l->port_shift, ports[n - 1] + l->port_shift,
	    l->clock.scale);
	fflush(stdout);
}

static void
run_until_told(struct links *l, int64_t for_ms)
{
	struct event *interrupt = evsignal_new(l->base, SIGINT, on_signal, l);
	struct event *terminate = evsignal_new(l->base, SIGTERM, on_signal, l);

	signal(SIGPIPE, SIG_IGN);
	if (interrupt != NULL && terminate != NULL && event_add(interrupt, NULL) == 0 &&
	    event_add(terminate, NULL) == 0)
		links_run(l, for_ms);
	if (interrupt != NULL)
		event_free(interrupt);
	if (terminate != NULL)
		event_free(terminate);
}

static int
serve_world(const struct serve *o, struct world *w, struct stage *s)
{
	struct links *l = links_new(s, o->scale);
	/* When this world ends, in seconds of its time; 0: nobody knows. */
	double end = o->for_ms < INT64_MAX ? (double)o->for_ms / 1000 * o->scale : 0;
	struct truth_log *c = NULL;
	const uint16_t *ports;
	int status = EXIT_FAILED;

	if (l == NULL) {
		log_error("cannot start: %s", strerror(errno));
		return EXIT_FAILED;
	}
	world_ports(w, &ports);
	l->port_shift = o->port_base > 0 ? (int)o->port_base - ports[0] : 0;
	l->capture = o->capture;
	l->redial = o->redial;
	if (make_directory(o->capture) && listen_everywhere(l, w) &&
	    write_files(o, w, l->port_shift) &&
	    (o->truth == NULL || (c = truth_log_open(l, o->truth, end)) != NULL)) {
		print_ready(l, w);
		run_until_told(l, o->for_ms);
		status = EXIT_DONE;
	}
	if (!truth_log_close(c))
		status = EXIT_FAILED;
	links_free(l);
	if (status == EXIT_DONE)
		lab_stats_log(&s->stats);
	return status;
}

int
winny_serve(int argc, char **argv)
{
	struct serve o = { .peers = DEFAULT_PEERS, .for_ms = INT64_MAX,
	    .search_ms = SEARCH_EVERY_MS, .map_ms = MAP_FOR_MS, .scale = 1, .rewrite = -1 };
	struct world *w;
	struct stage *s;
	char *why;
	int status;

	if (read_options(&o, argc, argv, &status) == -1)
		return status;
	if ((w = world_load(o.world, (uint32_t)o.nodes, (uint64_t)o.seed, &why)) == NULL) {
		log_error("%s", why);
		free(why);
		return EXIT_MISUSED;
	}
	if ((s = stage_new(w, &links_ops, (uint64_t)o.seed)) != NULL) {
		s->rewrite = o.rewrite >= 0 ? o.rewrite : world_rewrite(w);
		s->search_every = o.search_ms;
		s->crowded = o.crowded;
		s->grace = (int64_t)(GRACE_MS * o.scale);
		status = serve_world(&o, w, s);
	} else {
		log_error("no memory for %u nodes", world_slots(w));
		status = EXIT_FAILED;
	}
	stage_free(s);
	world_free(w);
	return status;
}
