/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The test of an announced port (protocol 4.1-5c): a node calls back the address
 * that called it, from its own, and is content if the connection holds for two
 * seconds.  Whom it may call is up to guard.c.
 */
#include <errno.h>

#include "node/lab/guard.h"
#include "node/lab/links.h"

/* A test that we cannot make for want of descriptors is not the peer's fault. */
static bool
our_own_fault(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM ||
	    err == EADDRNOTAVAIL;
}

void
connect_back(struct peer *subject, uint16_t port)
{
	struct host *h = subject->host;
	struct links *l = h->stage->arg;
	struct endpoint to = { subject->real.ip, port };
	struct lab_link *k;
	int fd = -1;

	h->stage->tally.tests++;
	errno = EMFILE;
	if (l->open < l->most)
		fd = guard_dial(h->node.lab.ip, to);
	if (fd == -1 || (k = link_new(l, fd, h, PEER_TEST, to)) == NULL) {
		if (our_own_fault(errno)) {
			h->stage->tally.no_room++;
			subject->reachable = true;
		}
		return;
	}
	k->peer.partner = subject;
	subject->partner = &k->peer;
	link_watch(k, EV_WRITE);
	link_settle(k);
}
