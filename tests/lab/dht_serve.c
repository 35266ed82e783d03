/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku-lab serve --overlay mainline: a world of the DHT on one UDP socket, which plays
 * every address of 127.0.0.0/8.  Who was asked is told by the kernel, and the answer
 * leaves from there.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/lib/outfile.h"
#include "tests/lab/dht_answer.h"
#include "tests/lab/dht_truth.h"
#include "tests/lab/draws.h"
#include "tests/lab/guard.h"
#include "tests/lab/verbs.h"
#include "tests/lab/world_clock.h"

#define YEAR_MS		(INT64_C(365) * 86400 * 1000)
#define MAP_FOR_MS	(INT64_C(86400) * 1000)
#define BATCH		64
#define QUERY		1500

struct dht_serving {
	const char	*overlay, *path, *truth, *peers_out, *map_out, *nodes_out;
	int64_t		nodes, seed, peers, port, for_ms, map_ms;
	double		scale, loss;
	bool		unlimited;
	struct dht_world *w;
	struct world_clock clock;
	struct dht_meter *meter;
	FILE		*truth_file;
	uint32_t	round;		/* whose truth was written last */
	int		fd;
	uint64_t	came, answered, lost, drawn;
};

static volatile sig_atomic_t stopped;

static int
read_options(struct dht_serving *o, int argc, char **argv, int *status)
{
	const struct option_spec options[] = {
		OVERLAY_OPTION(&o->overlay),
		{ "world", OPT_FILE, &o->path, "FILE", "the world to play", 0, 0, NULL, true },
		{ "nodes", OPT_INT, &o->nodes, "N", "nodes online at once, instead of the world's own",
		    20, 2000000, NULL, false },
		{ "seed", OPT_INT, &o->seed, "S", "another world of the same kind", 1, UINT32_MAX, NULL, false },
		{ "time-scale", OPT_REAL, &o->scale, "X", "world seconds in a real one (1)", 0.01, 100000, NULL, false },
		{ "for", OPT_SPAN, &o->for_ms, "SPAN", "stop after so long by the clock on the wall",
		    1, YEAR_MS, NULL, false },
		{ "truth", OPT_TEXT, &o->truth, "FILE", "write what was really so, round by round", 0, 0, NULL, false },
		{ "peers-out", OPT_TEXT, &o->peers_out, "FILE", "write nodes to start from", 0, 0, NULL, false },
		{ "peers", OPT_INT, &o->peers, "N", "how many of them (8)", 1, 200000, NULL, false },
		{ "nodes-out", OPT_TEXT, &o->nodes_out, "FILE", "write every node that is online at first, and its id",
		    0, 0, NULL, false },
		{ "map-out", OPT_TEXT, &o->map_out, "FILE", "write which public endpoint is where on loopback",
		    0, 0, NULL, false },
		{ "map-for", OPT_SPAN, &o->map_ms, "SPAN", "world time that the map covers (24h)",
		    60000, 10.0 * YEAR_MS, NULL, false },
		{ "port-base", OPT_INT, &o->port, "P", "port to listen on, instead of the world's", 1024, 65535, NULL, false },
		{ "loss", OPT_REAL, &o->loss, "P", "share of datagrams lost, each way, instead of the world's", 0, 0.9, NULL, false },
		{ "no-limits", OPT_FLAG, &o->unlimited, NULL, "nodes answer however often they are asked", 0, 0, NULL, false },
		{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false },
	};
	const struct usage usage = { "kansoku-lab serve", "", "Plays a simulated DHT on 127.0.0.0/8 until it is "
		"interrupted. Nothing of it can leave loopback.", 0, 0, options };

	return cli_options(&usage, argc, argv, status);
}

/* ---- files ------------------------------------------------------------------------------------ */

static int
write_peers(const struct dht_serving *o, FILE *f)
{
	char text[ENDPOINT_TEXT];
	int64_t n = 0;

	for (uint32_t i = 0; i < o->w->live && n < o->peers; i++)
		if (dht_online(o->w, i, 0)) {
			fprintf(f, "%s\n", endpoint_format(text, dht_named(o->w, i, 0)));
			n++;
		}
	return ferror(f) ? -1 : 0;
}

static int
write_nodes(const struct dht_serving *o, FILE *f)
{
	return dht_truth_nodes(o->w, f, 0);
}

static void
put_pair(FILE *f, struct endpoint lab, struct endpoint public)
{
	char a[ENDPOINT_TEXT], b[ENDPOINT_TEXT];

	fprintf(f, "%s %s\n", endpoint_format(a, lab), endpoint_format(b, public));
}

/* The dead and the made up as well: whoever asks there meets silence. */
static int
write_map(const struct dht_serving *o, FILE *f)
{
	const struct dht_world *w = o->w;
	uint32_t next = 0;
	int64_t epochs = dht_epoch(w, (double)o->map_ms / 1000) + 1;

	for (uint32_t i = 0; i < w->n; i++)
		for (unsigned place = 0; place < DHT_PLACES; place++)
			put_pair(f, dht_loopback_place(w, i, place), dht_public_place(w, i, place));
	for (int a = 0; a < MAX_ANOMALIES; a++) {
		const struct set_anomaly *is = &w->file.anomaly[a];

		if (is->line == 0)
			continue;
		for (int64_t e = 0; e < epochs && is->kind == ANOMALY_CONTACTS; e++)
			for (uint32_t i = 0; i < is->distinct; i++)
				put_pair(f, dht_made_up_loopback(w, next++), dht_made_up(w, a, e, i));
		if (is->kind == ANOMALY_VICTIM)
			put_pair(f, dht_made_up_loopback(w, next++), dht_target(w, a, 80));
		for (uint32_t i = 0; i < is->distinct && is->kind == ANOMALY_PHANTOMS; i++)
			put_pair(f, dht_made_up_loopback(w, next++), dht_target(w, a, 1024 + i));
	}
	return ferror(f) ? -1 : 0;
}

static bool
write_file(const struct dht_serving *o, const char *path, int (*write)(const struct dht_serving *, FILE *))
{
	struct outfile *f;

	if (path == NULL)
		return true;
	if ((f = outfile_open(path, 0644)) != NULL && write(o, outfile_stream(f)) == 0 && outfile_commit(f) == 0)
		return true;
	log_error("%s: %s", path, strerror(errno));
	return false;
}

static bool
open_truth(struct dht_serving *o)
{
	/* When this world ends, in seconds of its time; 0: nobody knows. */
	double until = o->for_ms < INT64_MAX ? (double)o->for_ms / 1000 * o->scale : 0;

	if (o->truth == NULL)
		return true;
	if ((o->truth_file = fopen(o->truth, "we")) != NULL && dht_truth_begin(o->w, o->truth_file, until) == 0)
		return true;
	log_error("%s: %s", o->truth, strerror(errno));
	return false;
}

/* ---- the socket -------------------------------------------------------------------------------- */

static struct {
	struct mmsghdr	m[BATCH], reply[BATCH];
	struct iovec	v[BATCH], reply_v[BATCH];
	struct sockaddr_in from[BATCH];
	union { struct cmsghdr head; uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control[BATCH];
	uint8_t		bytes[BATCH][QUERY], out[BATCH][DHT_DATAGRAM];
} ring;

static bool
is_lost(struct dht_serving *o)
{
	bool lost = o->loss > 0 && prng_unit(prng_keyed(o->w->seed, DRAW_LINK, o->drawn++, 0)) < o->loss;

	o->lost += lost;
	return lost;
}

/* The i-th that came; true: its answer waits to be sent. */
static bool
answer_one(struct dht_serving *o, int i, double t, unsigned n)
{
	struct msghdr *m = &ring.m[i].msg_hdr;
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct in_pktinfo info;
	uint32_t from = ntohl(ring.from[i].sin_addr.s_addr), asked, slot;
	struct endpoint asker = endpoint_ipv4(from, ntohs(ring.from[i].sin_port));
	size_t len;

	if (c == NULL || c->cmsg_type != IP_PKTINFO || !guard_loopback(from) || is_lost(o))
		return false;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	asked = ntohl(info.ipi_addr.s_addr);
	if (!guard_loopback(asked) || !dht_at_loopback(o->w, asked, t, &slot))
		return false;
	len = dht_answer(o->w, slot, t, asker, ring.bytes[i], ring.m[i].msg_len,
	    o->unlimited ? NULL : &o->meter[slot], ring.out[n]);
	if (len == 0 || is_lost(o))
		return false;
	ring.reply_v[n] = (struct iovec){ ring.out[n], len };
	ring.reply[n].msg_hdr = *m;
	ring.reply[n].msg_hdr.msg_iov = &ring.reply_v[n];
	ring.reply[n].msg_hdr.msg_flags = 0;
	return true;
}

static int
serve_batch(struct dht_serving *o)
{
	double t;
	unsigned waiting = 0, sent = 0;
	int n, k = 0;

	for (int i = 0; i < BATCH; i++) {
		ring.v[i] = (struct iovec){ ring.bytes[i], QUERY };
		ring.m[i].msg_hdr = (struct msghdr){ .msg_name = &ring.from[i], .msg_namelen = sizeof(ring.from[i]),
			.msg_iov = &ring.v[i], .msg_iovlen = 1, .msg_control = &ring.control[i],
			.msg_controllen = sizeof(ring.control[i]) };
	}
	n = recvmmsg(o->fd, ring.m, BATCH, MSG_WAITFORONE, NULL);
	if (n <= 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	t = (double)world_clock_world(&o->clock) / 1000;
	o->came += (uint64_t)n;
	for (int i = 0; i < n; i++)
		waiting += answer_one(o, i, t, waiting);
	while (sent < waiting && (k = sendmmsg(o->fd, ring.reply + sent, waiting - sent, 0)) > 0)
		sent += (unsigned)k;
	o->answered += sent;
	return 0;
}

static void
on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

/* The rounds that have begun by now. */
static int
write_rounds(struct dht_serving *o)
{
	uint32_t now = (uint32_t)((double)world_clock_world(&o->clock) / 1000 / o->w->file.world.round) + 1;

	while (o->truth_file != NULL && o->round < now)
		if (dht_truth_round(o->w, o->truth_file, ++o->round) != 0)
			return -1;
	return 0;
}

static int
play(struct dht_serving *o)
{
	struct sigaction act = { .sa_handler = on_signal };
	int64_t until = o->for_ms;
	int bad = 0;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	world_clock_start(&o->clock, o->scale);
	printf("ready: %u nodes on 127.0.0.0/8, port %u, time-scale %g\n", o->w->live, o->w->file.lab.port, o->scale);
	fflush(stdout);
	while (!stopped && bad == 0 && world_clock_real(&o->clock) < until)
		bad = write_rounds(o) != 0 || serve_batch(o) != 0;
	if (bad)
		log_error("serving: %s", strerror(errno));
	log_info("%llu datagrams came, %llu were answered, %llu were lost on purpose", (unsigned long long)o->came,
	    (unsigned long long)o->answered, (unsigned long long)o->lost);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static int
serve_world(struct dht_serving *o)
{
	int status = EXIT_FAILED;

	o->w->named_public = o->map_out != NULL;
	if (o->port != 0)
		o->w->file.lab.port = (uint32_t)o->port;
	if (o->loss < 0)
		o->loss = o->w->file.population.loss;
	o->meter = calloc(o->w->n, sizeof(*o->meter));
	if ((o->fd = guard_datagrams((uint16_t)o->w->file.lab.port)) == -1)
		log_error("UDP port %u: %s; --port-base names another", o->w->file.lab.port, strerror(errno));
	else if (o->meter == NULL)
		log_error("no memory for %u nodes", o->w->n);
	else if (write_file(o, o->map_out, write_map) && write_file(o, o->peers_out, write_peers) &&
	    write_file(o, o->nodes_out, write_nodes) && open_truth(o))
		status = play(o);
	if (o->truth_file != NULL && fclose(o->truth_file) != 0)
		status = EXIT_FAILED;
	if (o->fd != -1)
		close(o->fd);
	free(o->meter);
	return status;
}

int
mainline_serve(int argc, char **argv)
{
	struct dht_serving o = { .peers = 8, .for_ms = INT64_MAX, .map_ms = MAP_FOR_MS, .scale = 1, .loss = -1, .fd = -1 };
	char *why;
	int status;

	if (read_options(&o, argc, argv, &status) == -1)
		return status;
	if ((o.w = dht_world_load(o.path, (uint32_t)o.nodes, (uint64_t)o.seed, &why)) == NULL) {
		log_error("%s", why != NULL ? why : "no memory");
		free(why);
		return EXIT_MISUSED;
	}
	status = serve_world(&o);
	dht_world_free(o.w);
	return status;
}
