/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/links.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/log.h"
#include "tests/lab/capture.h"
#include "tests/lab/guard.h"

#define SPARE_DESCRIPTORS	64	/* for files, the loop, the listeners */

_Static_assert(offsetof(struct lab_link, peer) == 0, "a peer is found in its link");

static struct lab_link *
link_of(struct peer *p)
{
	return (struct lab_link *)p;
}

int64_t
links_now(struct links *l)
{
	l->stage->now = world_clock_world(&l->clock);
	return world_clock_real(&l->clock);
}

/* ---- out -------------------------------------------------------------------- */

static bool
reserve_out(struct lab_link *k, size_t need)
{
	size_t room = k->room == 0 ? 1024 : k->room;
	uint8_t *out;

	while (room < need)
		room *= 2;
	if (room > k->room) {
		if ((out = realloc(k->out, room)) == NULL)
			return false;
		k->out = out;
		k->room = room;
	}
	return true;
}

/* Keeps what the socket did not take. */
static void
queue_bytes(struct lab_link *k, const uint8_t *bytes, size_t n)
{
	if (n > LINK_BACKLOG - k->nout || !reserve_out(k, k->nout + n)) {
		peer_drop(&k->peer, LEAVE_FLOODED);
		return;
	}
	memcpy(k->out + k->nout, bytes, n);
	if (k->nout == 0)
		link_watch(k, EV_READ | EV_WRITE);
	k->nout += n;
}

/* How many bytes the socket took; a broken one takes none and ends the link. */
static size_t
send_bytes(struct lab_link *k, const uint8_t *bytes, size_t n)
{
	ssize_t took = send(k->fd, bytes, n, MSG_NOSIGNAL);

	if (took >= 0)
		return (size_t)took;
	if (errno != EAGAIN && errno != EINTR)
		peer_drop(&k->peer, LEFT);
	return 0;
}

static void
on_send(void *arg, const uint8_t *bytes, size_t n)
{
	struct lab_link *k = arg;
	size_t took = k->nout == 0 ? send_bytes(k, bytes, n) : 0;

	if (took < n && k->peer.leave == STAY)
		queue_bytes(k, bytes + took, n - took);
}

static void
flush_queue(struct lab_link *k)
{
	size_t took = send_bytes(k, k->out, k->nout);

	memmove(k->out, k->out + took, k->nout - took);
	k->nout -= took;
	if (k->nout > 0)
		return;
	free(k->out);
	k->out = NULL;
	k->room = 0;
	link_watch(k, EV_READ);
}

/* ---- in --------------------------------------------------------------------- */

/* To the end: edge-triggered events do not repeat what was left over. */
static void
read_all(struct lab_link *k)
{
	uint8_t *chunk = k->links->chunk;
	ssize_t n;

	while (k->peer.leave == STAY) {
		n = recv(k->fd, chunk, LINK_CHUNK, 0);
		if (n > 0) {
			const char *dir = k->links->capture;

			if (dir != NULL &&
			    !capture_append(dir, k->number, &k->peer, chunk, (size_t)n)) {
				log_error("cannot keep what a link sent in %s: %s", dir,
				    strerror(errno));
				links_stop(k->links);
			}
			peer_input(&k->peer, chunk, (size_t)n);
		} else if (n == -1 && errno == EAGAIN) {
			return;
		} else if (n == 0 || errno != EINTR) {
			peer_drop(&k->peer, LEFT);
		}
	}
}

/* ---- events ------------------------------------------------------------------- */

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct lab_link *k = arg;
	int64_t now = links_now(k->links);

	(void)fd;
	if (k->state == LINK_CONNECTING) {
		int err = 0;
		socklen_t len = sizeof(err);

		if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1 || err != 0)
			peer_drop(&k->peer, LEFT);
		else
			link_begin(k);
	} else {
		if ((what & EV_WRITE) && k->nout > 0)
			flush_queue(k);
		if ((what & EV_READ) && k->lag == 0)
			read_all(k);
		else if ((what & EV_READ) && k->wake_at == INT64_MAX)
			k->wake_at = now + k->lag;
	}
	link_settle(k);
}

void
link_watch(struct lab_link *k, short what)
{
	if (event_initialized(&k->event))
		event_del(&k->event);
	event_assign(&k->event, k->links->base, k->fd, (short)(what | EV_ET | EV_PERSIST),
	    on_event, k);
	event_add(&k->event, NULL);
}

/* Its greeting has come; so may have what the other side said meanwhile. */
static void
open_link(struct lab_link *k)
{
	k->state = LINK_OPEN;
	peer_open(&k->peer);
	read_all(k);
	if (k->peer.leave == STAY && k->nout == 0)
		link_watch(k, EV_READ);
}

void
link_begin(struct lab_link *k)
{
	k->state = LINK_DISTANT;
	if (k->lag == 0)
		open_link(k);
	else
		k->wake_at = links_now(k->links) + k->lag;
}

/* ---- life ---------------------------------------------------------------------- */

struct lab_link *
link_new(struct links *l, int fd, struct lab_node *h, enum peer_kind kind, struct endpoint real)
{
	struct lab_link *k = malloc(sizeof(*k));

	if (k == NULL) {
		close(fd);
		return NULL;
	}
	k->links = l;
	k->timer = (struct timer){ 0 };
	memset(&k->event, 0, sizeof(k->event));
	k->state = LINK_CONNECTING;
	k->fd = fd;
	k->lag = world_clock_span(&l->clock, h->node.rtt_ms);
	k->wake_at = INT64_MAX;
	k->number = ++l->numbered;
	k->out = NULL;
	k->nout = k->room = 0;
	k->next = l->first;
	k->at = &l->first;
	if (k->next != NULL)
		k->next->at = &k->next;
	l->first = k;
	l->open++;
	l->testing += kind == PEER_TEST;
	peer_attach(&k->peer, h, kind, real, on_send, k);
	return k;
}

static void
link_free(struct lab_link *k)
{
	struct links *l = k->links;
	struct lab_node *h = k->peer.host;
	bool rst = k->peer.rst;

	if (k->nout > 0)
		send_bytes(k, k->out, k->nout);	/* last words, if they fit */
	if (l->redial > 0)
		dial_again(k);
	peer_detach(&k->peer);
	lab_node_release(h);
	timer_wheel_unset(&l->wheel, &k->timer);
	if (event_initialized(&k->event))
		event_del(&k->event);
	if (rst)
		guard_reset(k->fd);
	else
		close(k->fd);
	*k->at = k->next;
	if (k->next != NULL)
		k->next->at = k->at;
	free(k->out);
	l->open--;
	l->testing -= k->peer.kind == PEER_TEST;
	free(k);
}

void
link_settle(struct lab_link *k)
{
	struct links *l = k->links;
	int64_t due;

	if (k->peer.leave != STAY) {
		link_free(k);
		return;
	}
	due = world_clock_when(&l->clock, peer_due(&k->peer));
	timer_wheel_set(&l->wheel, &k->timer, due < k->wake_at ? due : k->wake_at);
}

static void
on_timer(struct timer *t, void *arg)
{
	struct lab_link *k = (struct lab_link *)((char *)t - offsetof(struct lab_link, timer));
	struct links *l = arg;

	if (k->wake_at <= l->wheel.now) {
		k->wake_at = INT64_MAX;
		if (k->state == LINK_DISTANT)
			open_link(k);
		else
			read_all(k);
	}
	if (k->peer.leave == STAY)
		peer_tick(&k->peer);
	link_settle(k);
}

/* Its due time changed while another link was at work: look at it next. */
static void
on_wake(struct peer *p)
{
	struct lab_link *k = link_of(p);

	timer_wheel_set(&k->links->wheel, &k->timer, 0);
}

static void
on_half_close(struct peer *p)
{
	shutdown(link_of(p)->fd, SHUT_WR);
}

const struct stage_ops links_ops = {
	.wake = on_wake,
	.call_back = dial_test,
	.call = dial_call,
	.half_close = on_half_close,
};

/* ---- the loop ------------------------------------------------------------------- */

/* Every descriptor we may have without asking anybody. */
static uint32_t
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return 1024 - SPARE_DESCRIPTORS;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur > UINT32_MAX)
		return UINT32_MAX;
	return r.rlim_cur > 2 * SPARE_DESCRIPTORS ?
	    (uint32_t)r.rlim_cur - SPARE_DESCRIPTORS : SPARE_DESCRIPTORS;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;	/* it only ends the wait */
}

struct links *
links_new(struct stage *s, double scale)
{
	struct links *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->stage = s;
	s->arg = l;
	l->most = raise_descriptors();
	world_clock_start(&l->clock, scale);
	timer_wheel_init(&l->wheel, -1);
	if ((l->base = event_base_new()) != NULL &&
	    (l->tick = evtimer_new(l->base, on_tick, NULL)) != NULL)
		return l;
	links_free(l);
	return NULL;
}

void
links_free(struct links *l)
{
	if (l == NULL)
		return;
	l->redial = 0;	/* no plans from here on */
	dial_forget(l);
	while (l->first != NULL) {
		peer_drop(&l->first->peer, LEAVE_STOP);
		link_free(l->first);	/* NOLINT(clang-analyzer-unix.Malloc): it moves the list on */
	}
	listen_free(l);
	if (l->tick != NULL)
		event_free(l->tick);
	if (l->base != NULL)
		event_base_free(l->base);
	free(l);
}

void
links_run(struct links *l, int64_t for_ms)
{
	int64_t now = links_now(l);
	int64_t until = for_ms < INT64_MAX - now ? now + for_ms : INT64_MAX;

	while (!l->stop && now < until) {
		int64_t wait;
		struct timeval tv;

		timer_wheel_advance(&l->wheel, now, on_timer, l);
		wait = timer_wheel_due(&l->wheel) - now;
		if (wait > until - now)
			wait = until - now;
		wait = wait < 0 ? 0 : wait > 1000 ? 1000 : wait;
		tv = (struct timeval){ wait / 1000, wait % 1000 * 1000 };
		event_add(l->tick, &tv);
		if (event_base_loop(l->base, EVLOOP_ONCE) == -1)
			break;
		now = links_now(l);
		listen_refresh(l);
		listen_resume(l);
	}
}

void
links_stop(struct links *l)
{
	l->stop = true;
	event_base_loopbreak(l->base);
}
