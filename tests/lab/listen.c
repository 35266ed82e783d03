/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking connections.  Which node was called is the local end's address.
 *
 * A node that is offline cannot be made to refuse as a host without a listener
 * would: the kernel answers the SYN before anybody is asked, and a filter that
 * dropped those SYNs would need a table of who is online, which classic BPF has
 * not.  So its caller is connected and reset at once, before a byte: the time
 * of a refusal and its meaning, by another error.  Silent nodes never get this
 * far (silence.h).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/log.h"
#include "tests/lab/guard.h"
#include "tests/lab/links.h"

#define BATCH		256	/* accepts before others have their turn */

static void
accept_link(struct links *l, int fd, struct endpoint local, struct endpoint remote)
{
	struct lab_stats *t = &l->stage->stats;
	struct lab_link *k;
	struct lab_node *h;

	local.port = (uint16_t)(local.port - l->port_shift);
	if ((h = lab_node_at(l->stage, local)) == NULL) {
		t->left[LEAVE_OFFLINE]++;
		guard_reset(fd);
		return;
	}
	t->accepted++;
	if (lab_node_full(h)) {
		t->left[LEAVE_FULL]++;
		close(fd);
		return;
	}
	if ((k = link_new(l, fd, h, PEER_ACCEPTED, remote)) == NULL) {
		t->no_room++;
		lab_node_release(h);
		return;
	}
	link_begin(k);
	link_settle(k);
}

/* Out of descriptors: the rest waits in the kernel's queue. */
static void
stop_listening(struct links *l)
{
	if (l->deaf)
		return;
	l->deaf = true;
	l->stage->stats.no_room++;
	for (size_t i = 0; i < l->nlisteners; i++)
		event_del(l->listener[i]);
}

void
listen_resume(struct links *l)
{
	if (!l->deaf || l->open + l->open / 16 >= l->most)
		return;
	l->deaf = false;
	for (size_t i = 0; i < l->nlisteners; i++)
		event_add(l->listener[i], NULL);
}

static void
on_connection(evutil_socket_t listener, short what, void *arg)
{
	struct endpoint local, remote;
	struct links *l = arg;
	int fd;

	(void)what;
	links_now(l);
	for (int i = 0; i < BATCH && !l->deaf; i++) {
		if (l->open >= l->most) {
			stop_listening(l);
			return;
		}
		if ((fd = guard_accept(listener, &local, &remote)) != -1)
			accept_link(l, fd, local, remote);
		else if (errno == EACCES)
			l->stage->stats.outside++;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			stop_listening(l);
		else if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static struct silences
silent_now(const struct links *l)
{
	const struct world *w = l->stage->world;

	return (struct silences){ world_silence(w),
	    world_unreached(w, stage_seconds(l->stage)) };
}

/* An event may begin or end at any time, and changes who it is that is cut off. */
void
listen_refresh(struct links *l)
{
	struct silences s = silent_now(l);

	if (s.now.limit == l->cut_off.limit &&
	    (s.now.limit == 0 || s.now.salt == l->cut_off.salt))
		return;
	l->cut_off = s.now;
	for (size_t i = 0; i < l->nlisteners; i++)
		if (guard_silence(event_get_fd(l->listener[i]), &s) == -1)
			log_error("cannot change who is silent: %s", strerror(errno));
}

static bool
listen_one(struct links *l, uint16_t port, const struct silences *s)
{
	struct event *e;
	int fd = guard_listen(port, s);

	if (fd == -1)
		return false;
	e = event_new(l->base, fd, EV_READ | EV_PERSIST, on_connection, l);
	if (e == NULL || event_add(e, NULL) == -1) {
		if (e != NULL)
			event_free(e);
		close(fd);
		errno = ENOMEM;
		return false;
	}
	l->listener[l->nlisteners++] = e;
	return true;
}

bool
listen_all(struct links *l, const uint16_t *ports, size_t n, uint16_t *failed)
{
	struct silences s = silent_now(l);

	l->cut_off = s.now;
	for (size_t i = 0; i < n; i++) {
		*failed = (uint16_t)(ports[i] + l->port_shift);
		if (l->nlisteners == sizeof(l->listener) / sizeof(l->listener[0])) {
			errno = E2BIG;
			return false;
		}
		if (!listen_one(l, *failed, &s))
			return false;
	}
	return true;
}

void
listen_free(struct links *l)
{
	for (size_t i = 0; i < l->nlisteners; i++) {
		int fd = event_get_fd(l->listener[i]);

		event_free(l->listener[i]);
		close(fd);
	}
	l->nlisteners = 0;
}
