/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the service manager is told: the protocol of sd_notify(3), datagrams to the
 * socket that NOTIFY_SOCKET names.  The socket is connected once, before the process
 * confines itself, and only written to.  Without NOTIFY_SOCKET all calls do nothing.
 */
#ifndef KANSOKU_CRAWLER_NET_SERVICE_MANAGER_H
#define KANSOKU_CRAWLER_NET_SERVICE_MANAGER_H

#include <stdint.h>

struct service_manager {
	int	 fd;			/* -1: nobody asked */
	int64_t	 watchdog_ms;		/* it wants a sign of life so often; 0: it does not */
	int64_t	 last_sign_ms;		/* monotonic */
};

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment. */
void	 service_manager_open(struct service_manager *);
void	 service_manager_close(struct service_manager *);
/* One state, as "READY=1", or several by lines.  What cannot be sent is lost, as it may. */
void	 service_manager_tell(const struct service_manager *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* A sign of life, when half of the watchdog's time is over. */
void	 service_manager_alive(struct service_manager *, int64_t now_ms);

#endif
