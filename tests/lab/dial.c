/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making connections.  Whom a node may call is up to guard.c.
 *
 * The test of an announced port (protocol 4.1-5c): a node calls back the address
 * that called it, from its own, and is content if the connection holds for two
 * seconds.
 *
 * Calling again: a node that knows a peer that can be dialled keeps it for
 * hours, and calls it when it wants a link of its own.  Nothing is kept here
 * but one plan for each such call, made when the link that taught it ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "data/lib/prng.h"
#include "tests/lab/guard.h"
#include "tests/lab/links.h"

#define TESTS_SHARE	8	/* one in eight of all sockets may test ports */
#define PLANS_MAX	4096	/* calls planned at once */
#define AGAIN_AFTER_MS	4000	/* world time: a node dials once in four seconds, */
#define AGAIN_WITHIN_MS	120000	/* when it comes to it */

/* Not the other side's fault: it is then taken to be reachable. */
static bool
our_own_fault(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM ||
	    err == EADDRNOTAVAIL;
}

/* NULL with errno. */
static struct lab_link *
connect_link(struct links *l, struct lab_node *h, enum peer_kind kind, struct endpoint to)
{
	struct lab_link *k;
	int fd;

	if (l->open >= l->most || (kind == PEER_TEST && l->testing >= l->most / TESTS_SHARE)) {
		errno = EMFILE;
		return NULL;
	}
	if ((fd = guard_dial(h->node.lab.ip, to)) == -1)
		return NULL;
	if ((k = link_new(l, fd, h, kind, to)) != NULL)
		link_watch(k, EV_WRITE);
	return k;
}

void
dial_test(struct peer *subject, uint16_t port)
{
	struct lab_node *h = subject->host;
	struct lab_link *k = connect_link(h->stage->arg, h, PEER_TEST,
	    endpoint_ipv4(subject->real.ip, port));

	if (k != NULL) {
		h->stage->stats.tests++;
		k->peer.partner = subject;
		subject->partner = &k->peer;
		link_settle(k);
	} else if (our_own_fault(errno)) {
		h->stage->stats.untested++;
		subject->reachable = true;
	}
}

void
dial_call(struct lab_node *h, struct endpoint to)
{
	struct lab_link *k = connect_link(h->stage->arg, h, PEER_DIALLED, to);

	if (k == NULL)
		return;
	h->stage->stats.dialled++;
	link_settle(k);
}

/* ---- calling again -------------------------------------------------------------- */

struct plan {
	struct links	*links;
	struct plan	*next, **at;
	struct event	*when;
	uint32_t	 slot;
	struct endpoint	 to;
};

static void
plan_free(struct plan *p)
{
	p->links->nplans--;
	*p->at = p->next;
	if (p->next != NULL)
		p->next->at = p->at;
	if (p->when != NULL)
		event_free(p->when);
	free(p);
}

static void
carry_out(evutil_socket_t fd, short what, void *arg)
{
	struct plan *p = arg;
	struct links *l = p->links;
	struct stage *s = l->stage;
	struct world_node n;
	struct lab_node *h;

	(void)fd;
	(void)what;
	links_now(l);
	if (world_node(s->world, p->slot, (double)s->now / 1000, &n) &&
	    (h = lab_node_at(s, n.lab)) != NULL) {
		dial_call(h, p->to);
		lab_node_release(h);	/* unless it has a link now */
	}
	plan_free(p);
}

static bool
worth_calling(const struct peer *p)
{
	return p->complete && p->search && p->reachable && !p->port0 && p->seen.port != 0 &&
	    p->leave != LEAVE_STOP;
}

void
dial_again(struct lab_link *k)
{
	struct links *l = k->links;
	struct peer *subject = &k->peer;
	struct timeval tv;
	struct plan *p;
	int64_t wait;

	if (!worth_calling(subject) || l->nplans >= PLANS_MAX ||
	    prng_unit(prng_next(&subject->host->prng)) >= l->redial ||
	    (p = calloc(1, sizeof(*p))) == NULL)
		return;
	p->links = l;
	p->slot = subject->host->node.slot;
	p->to = endpoint_ipv4(subject->real.ip, subject->seen.port);
	p->next = l->plans;
	p->at = &l->plans;
	if (p->next != NULL)
		p->next->at = &p->next;
	l->plans = p;
	l->nplans++;
	wait = world_clock_span(&l->clock, AGAIN_AFTER_MS +
	    prng_below(&subject->host->prng, AGAIN_WITHIN_MS));
	tv = (struct timeval){ wait / 1000, wait % 1000 * 1000 };
	p->when = evtimer_new(l->base, carry_out, p);
	if (p->when == NULL || event_add(p->when, &tv) == -1)
		plan_free(p);
}

void
dial_forget(struct links *l)
{
	while (l->plans != NULL)
		plan_free(l->plans);	/* NOLINT(clang-analyzer-unix.Malloc): it moves the list on */
}
