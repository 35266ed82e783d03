/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lab's only door to the network, and it opens on loopback alone.
 *
 * Nothing else under tests/lab/ may call socket, bind, listen, accept or connect
 * (an end-to-end test reads the sources for it).  Three locks, each enough by
 * itself: a filter on the listening socket drops every segment whose source or
 * destination is outside 127.0.0.0/8 before the kernel answers it; an accepted
 * connection is closed unless both its ends are loopback; and guard_dial
 * refuses any other address.
 *
 * A socket on 0.0.0.0:PORT takes connections to every 127.x.y.z, so two
 * hundred thousand nodes need as many sockets as they have ports.
 */
#ifndef KANSOKU_TESTS_LAB_GUARD_H
#define KANSOKU_TESTS_LAB_GUARD_H

#include <linux/filter.h>

#include "tests/lab/silent.h"
#include "observation.h"

#define GUARD_FILTER	48	/* room for the filter's instructions */

/* 127.0.0.0/8 (host byte order) but 127.255.255.255, which is a broadcast. */
bool	 guard_loopback(uint32_t ip);

/* The addresses that are silent: some always, and some for a time. */
struct silences {
	struct silent	always, now;
};

/*
 * The filter: keeps a segment between loopback addresses, unless it is a SYN to
 * a silent one.  Returns the number of instructions written.
 */
unsigned short guard_program(struct sock_filter out[GUARD_FILTER], const struct silences *);

/* A non-blocking listening socket on 0.0.0.0:port with the filter on it from
 * before it is bound.  -1 with errno. */
int	 guard_listen(uint16_t port, const struct silences *);
/* Puts another filter in the place of the one that a listening socket has.  -1 with errno. */
int	 guard_silence(int listener, const struct silences *);

/*
 * The next connection, non-blocking, with both its ends.  -1 with errno: EAGAIN
 * when there is none; EACCES when one came from or to outside loopback and was
 * closed.
 */
int	 guard_accept(int listener, struct endpoint *local, struct endpoint *remote);

/* Begins a non-blocking connect from that loopback address, any port.  -1 with
 * errno, EACCES when either end is outside loopback. */
int	 guard_dial(uint32_t from, struct endpoint to);

/* A UDP socket on 0.0.0.0:port that gets what loopback sends to loopback alone, and is told by
 * IP_PKTINFO to which address; it waits a fifth of a second for what comes.  -1 with errno. */
int	 guard_datagrams(uint16_t port);

/* Closes with a RST, as a host does that does not know the connection. */
void	 guard_reset(int fd);

#endif
