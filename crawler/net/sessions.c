/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool of links: their memory, their list, what they have in common. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crawler/net/session_impl.h"
#include "data/lib/utctime.h"

#define OWN_ADDRESS_MS	10000	/* how long the address of our last link is believed */

struct session_budget
session_budget(const struct visit_plan *plan, int64_t windows)
{
	uint32_t n = (uint32_t)windows;

	return (struct session_budget){
		.bytes = LIMIT_VISIT_BYTES + (uint64_t)n * LIMIT_WINDOW_BYTES,
		.records = {
			[OBS_KEY] = LIMIT_VISIT_KEYS + n * LIMIT_WINDOW_KEYS,
			[OBS_NEIGHBOUR] = plan->nodes > 0 ? plan->nodes : LIMIT_VISIT_NODES,
			[OBS_QUERY] = LIMIT_VISIT_QUERIES + n * LIMIT_WINDOW_QUERIES,
		},
	};
}

struct sessions *
sessions_new(const struct sessions_config *config)
{
	struct sessions *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->config = *config;
	p->own_ip_ms = INT64_MIN / 2;
	p->now_ms = utctime_monotonic();
	timer_wheel_init(&p->timers, p->now_ms);
	return p;
}

struct session *
session_make(struct sessions *p)
{
	struct session *s = p->spare;

	if (s != NULL)
		p->spare = s->next;
	else if ((s = malloc(sizeof(*s))) == NULL)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->of = p;
	s->fd = -1;
	s->connected_ms = s->handshaken_ms = UNKNOWN;
	s->begun_ms = p->now_ms = utctime_monotonic();
	s->next = p->open;
	if (p->open != NULL)
		p->open->prev = s;
	p->open = s;
	if (++p->n > p->peak)
		p->peak = p->n;
	return s;
}

/* Closes and forgets; says nothing to anybody. */
void
session_destroy(struct session *s)
{
	struct sessions *p = s->of;

	timer_wheel_unset(&p->timers, &s->timer);
	if (p->udp != NULL) {
		datagram_leave_line(p->udp, s);
		slot_give_back(p->udp, s);
	}
	if (s->fd != -1) {
		event_del(&s->event);
		close(s->fd);
	}
	p->config.overlay->close(s->dialog);
	free(s->queue);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		p->open = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	p->n--;
	p->inbound -= s->inbound;
	p->standing -= s->notes.standing;
	s->next = p->spare;
	p->spare = s;
}

void
sessions_free(struct sessions *p)
{
	struct session *s;

	if (p == NULL)
		return;
	while (p->open != NULL)
		session_destroy(p->open);
	while ((s = p->spare) != NULL) {
		p->spare = s->next;
		free(s);
	}
	datagrams_free(p->udp);
	free(p);
}

/* ---- what all links need ---- */

void
sessions_random(struct sessions *p, uint8_t *out, size_t len)
{
	if (p->random_left < len) {
		randombytes_buf(p->random, sizeof(p->random));
		p->random_left = sizeof(p->random);
	}
	p->random_left -= len;
	memcpy(out, p->random + p->random_left, len);
}

/* Our address as the socket knows it; asked now and then, as it hardly changes. */
uint32_t
session_own_ip(struct session *s)
{
	struct sessions *p = s->of;
	struct sockaddr_in in = { 0 };
	socklen_t len = sizeof(in);

	if (p->config.own_ip != 0)
		return p->config.own_ip;
	if (p->now_ms - p->own_ip_ms > OWN_ADDRESS_MS &&
	    getsockname(s->fd, (struct sockaddr *)&in, &len) == 0) {
		p->own_ip = ntohl(in.sin_addr.s_addr);
		p->own_ip_ms = p->now_ms;
	}
	return p->own_ip;
}

/* ---- all links at once ---- */

void
sessions_tick(struct sessions *p, int64_t now_ms)
{
	p->now_ms = now_ms;
	p->served = 0;
	timer_wheel_advance(&p->timers, now_ms, session_due, p);
	if (p->udp != NULL)
		datagrams_tick(p->udp);
}

void
sessions_leave(struct sessions *p, bool everyone)
{
	struct session *s, *next;

	p->now_ms = utctime_monotonic();
	for (s = p->open; s != NULL; s = next) {
		next = s->next;
		if ((s->inbound || s->notes.standing) && !everyone)
			continue;
		if (s->dialog != NULL)
			session_goodbye(s);
		session_finish(s, END_LEFT, DIALOG_OPEN, false);
	}
}

/* ---- questions ---- */

size_t
sessions_open(const struct sessions *p)
{
	return p->n;
}

size_t
sessions_inbound(const struct sessions *p)
{
	return p->inbound;
}

size_t
sessions_standing(const struct sessions *p)
{
	return p->standing;
}

bool
sessions_has(const struct sessions *p, struct endpoint e)
{
	for (const struct session *s = p->open; s != NULL; s = s->next) {
		if (!s->inbound && endpoint_compare(s->peer, e) == 0)
			return true;
	}
	return false;
}

void
sessions_each_standing(struct sessions *p, void (*fn)(void *arg, struct session *), void *arg)
{
	for (struct session *s = p->open; s != NULL; s = s->next) {
		if (s->notes.standing && s->handshaken_ms != UNKNOWN)
			fn(arg, s);
	}
}

bool
session_standing(const struct session *s)
{
	return s->notes.standing;
}

bool
session_peer(const struct session *s, struct dialog_peer *peer)
{
	if (s->dialog == NULL)
		return false;
	s->of->config.overlay->peer(s->dialog, peer);
	return true;
}

size_t
sessions_peak(const struct sessions *p)
{
	return p->peak;
}

uint32_t
session_tag(const struct session *s)
{
	return s->tag;
}

struct session_notes *
session_notes(struct session *s)
{
	return &s->notes;
}

int64_t
session_now(const struct session *s)
{
	return s->of->now_ms;
}

bool
session_inbound(const struct session *s)
{
	return s->inbound;
}

struct endpoint
session_endpoint(const struct session *s)
{
	return s->peer;
}

bool
session_follows(const struct session *s, const struct observation *o)
{
	const struct overlay *overlay = s->of->config.overlay;

	return overlay->traits->leads & 1u << o->type &&
	    (overlay->follow == NULL || overlay->follow(s->dialog, o));
}

void
session_describe(const struct session *s, describe_line *line, void *arg)
{
	const struct overlay *o = s->of->config.overlay;

	if (s->dialog != NULL && o->describe != NULL)
		o->describe(s->dialog, line, arg);
}
