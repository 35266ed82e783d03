/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bounds.h"
#include "crawler/net/rate.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define BACKLOG		4096	/* every node visited calls back within the same second */
#define PAUSE_S		1	/* after the system ran out of descriptors */

struct listener {
	struct event_base *base;
	struct sessions	*sessions;
	const struct scope *scope;
	struct event	*event, *resume;
	struct quota	*callers, *nets;	/* by address, by /24 */
	size_t		 max;
	struct calls	 calls;
	int		 fd;
};

/* Closed with a reset: a caller that we do not want gets no place in our tables. */
static void
turn_away(int fd)
{
	const struct linger now = { 1, 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* All of loopback is one host; in a lab the nodes' addresses stand in its map. */
static bool
has_net(uint32_t public)
{
	return public >> 24 != IN_LOOPBACKNET;
}

/* A place for a caller, if his address and its /24 have one left. */
static bool
find_place(struct listener *l, uint32_t ip, uint32_t public, int64_t now_ms)
{
	if (sessions_inbound(l->sessions) >= l->max ||
	    quota_open(l->callers, ip, now_ms, true) != QUOTA_OK)
		return false;
	if (!has_net(public) || quota_open(l->nets, public >> 8, now_ms, true) == QUOTA_OK)
		return true;
	quota_close(l->callers, ip);
	return false;
}

static void
accept_call(struct listener *l, int fd, uint32_t ip)
{
	uint32_t public;

	if (scope_judge_caller(l->scope, ip, &public) != SCOPE_DIAL) {
		l->calls.unwanted++;
		turn_away(fd);
	} else if (!find_place(l, ip, public, utctime_monotonic())) {
		l->calls.too_many++;
		turn_away(fd);
	} else if (session_accept(l->sessions, fd, public, ip) != 0) {
		listener_done(l, ip, public);
		l->calls.failed++;
	} else {
		l->calls.taken++;
	}
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)what;
	(void)event_add(l->event, NULL);
}

static void
on_call(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)what;
	for (int i = 0; i < LIMIT_CALLS_BATCH; i++) {
		struct sockaddr_in in = { 0 };
		socklen_t len = sizeof(in);
		int link = accept4(fd, (struct sockaddr *)&in, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (link != -1) {
			accept_call(l, link, ntohl(in.sin_addr.s_addr));
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			const struct timeval pause = { PAUSE_S, 0 };

			l->calls.failed++;
			event_del(l->event);
			(void)event_add(l->resume, &pause);
			return;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static int
bind_to(struct endpoint at)
{
	struct sockaddr_in in;
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_port = htons(at.port);
	in.sin_addr.s_addr = htonl(at.ip);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    bind(fd, (struct sockaddr *)&in, sizeof(in)) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static struct listener *
no_memory(struct listener *l)
{
	log_error("out of memory");
	listener_close(l);
	return NULL;
}

struct listener *
listener_open(struct event_base *base, struct sessions *sessions, const struct scope *scope,
    struct endpoint at, size_t max, double scale)
{
	const struct quota_limits one = { LIMIT_CALLS_OPEN, LIMIT_CALLS_MINUTE * scale, 0,
		LIMIT_CALLERS };
	const struct quota_limits net = { LIMIT_NET_CALLS_OPEN, LIMIT_NET_CALLS_MINUTE * scale,
		0, LIMIT_CALLERS };
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return no_memory(l);
	*l = (struct listener){ .base = base, .sessions = sessions, .scope = scope,
	    .max = max };
	if ((l->fd = bind_to(at)) == -1) {
		log_error("--listen %u: %s", (unsigned)at.port, strerror(errno));
		listener_close(l);
		return NULL;
	}
	l->event = event_new(base, l->fd, EV_READ | EV_PERSIST, on_call, l);
	l->resume = event_new(base, -1, 0, on_resume, l);
	l->callers = quota_new(&one);
	l->nets = quota_new(&net);
	if (l->event == NULL || l->resume == NULL || l->callers == NULL || l->nets == NULL ||
	    event_add(l->event, NULL) != 0)
		return no_memory(l);
	return l;
}

void
listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	if (l->event != NULL)
		event_free(l->event);
	if (l->resume != NULL)
		event_free(l->resume);
	quota_free(l->callers);
	quota_free(l->nets);
	if (l->fd != -1)
		close(l->fd);
	free(l);
}

void
listener_done(struct listener *l, uint32_t ip, uint32_t public)
{
	quota_close(l->callers, ip);
	if (has_net(public))
		quota_close(l->nets, public >> 8);
}

struct calls
listener_calls(const struct listener *l)
{
	return l->calls;
}
