/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one place that calls connect(2), and so the one place where the scope is
 * asked.  No packet leaves for an address that scope_judge did not pass.
 */
#ifndef KANSOKU_CRAWLER_NET_DIAL_H
#define KANSOKU_CRAWLER_NET_DIAL_H

#include <sys/socket.h>

#include "crawler/net/scope.h"

/* Whose fault an error number is. */
enum dial_fault {
	FAULT_REFUSED,		/* the peer, or a router on its behalf, said no */
	FAULT_TIMEOUT,		/* nobody answered */
	FAULT_FORBIDDEN,	/* this system does not let us: never again this round */
	FAULT_LOCAL,		/* this system is short of something, or offline: try later */
};

struct dialled {
	enum scope_verdict verdict;	/* SCOPE_DIAL, or why it was never dialled */
	int		 fd;		/* under way, nonblocking; -1: see error */
	int		 error;		/* errno when SCOPE_DIAL and fd is -1 */
};

/* The socket address of an endpoint that the scope passed, IPv4 or IPv6; returns its length. */
socklen_t	 dial_address(struct sockaddr_storage *, struct endpoint);
struct dialled	 dial(const struct scope *, struct endpoint public);
/* at_once: connect(2) itself said so, not an answer from the network. */
enum dial_fault	 dial_fault(int error, bool at_once);

#endif
