/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/service_manager.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE	512	/* bytes; a status line is short */

/* Connected to the path, or to the abstract name behind an "@"; -1 if that fails. */
static int
connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n < 2 || n >= sizeof(at.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(at.sun_path, path, n);
	if (path[0] == '@')
		at.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
		return fd;
	close(fd);
	return -1;
}

void
service_manager_open(struct service_manager *m)
{
	const char *path = getenv("NOTIFY_SOCKET"), *us = getenv("WATCHDOG_USEC"),
	    *pid = getenv("WATCHDOG_PID");

	*m = (struct service_manager){ .fd = path != NULL ? connect_to(path) : -1 };
	if (us != NULL && (pid == NULL || strtol(pid, NULL, 10) == (long)getpid()))
		m->watchdog_ms = strtoll(us, NULL, 10) / 1000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
service_manager_close(struct service_manager *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

void
service_manager_tell(const struct service_manager *m, const char *fmt, ...)
{
	char text[MESSAGE];
	va_list ap;
	int n;

	if (m->fd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0 && send(m->fd, text, n < MESSAGE ? (size_t)n : MESSAGE - 1, MSG_NOSIGNAL) == -1)
		return;		/* the manager is gone or busy: nobody can be told */
}

void
service_manager_alive(struct service_manager *m, int64_t now_ms)
{
	if (m->fd < 0 || m->watchdog_ms <= 0 || now_ms - m->last_sign_ms < m->watchdog_ms / 2)
		return;
	m->last_sign_ms = now_ms;
	service_manager_tell(m, "WATCHDOG=1");
}
