/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The scope passes IPv4 and IPv6 alone. */
socklen_t
dial_address(struct sockaddr_storage *out, struct endpoint e)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (e.net == NET_IPV6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(e.port);
		memcpy(&in6->sin6_addr, e.addr, sizeof(in6->sin6_addr));
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(e.port);
	in->sin_addr.s_addr = htonl(e.ip);
	return sizeof(*in);
}

struct dialled
dial(const struct scope *scope, struct endpoint public)
{
	struct dialled d = { .fd = -1 };
	struct sockaddr_storage to;
	struct endpoint target;
	socklen_t len;

	d.verdict = scope_judge(scope, public, &target);
	if (d.verdict != SCOPE_DIAL)
		return d;
	len = dial_address(&to, target);
	d.fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d.fd == -1) {
		d.error = errno;
		return d;
	}
	/* We speak first and at once: the last segment of TCP's handshake can be our first. */
	(void)setsockopt(d.fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 0 }, sizeof(int));
	if (connect(d.fd, (struct sockaddr *)&to, len) == -1 && errno != EINPROGRESS) {
		d.error = errno;
		close(d.fd);
		d.fd = -1;
	}
	return d;
}

enum dial_fault
dial_fault(int error, bool at_once)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:	/* after it had accepted */
	case EPIPE:
		return FAULT_REFUSED;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENOPROTOOPT:	/* ICMP: port or protocol unreachable, by kernel */
		/* At once it means that we have no route at all. */
		return at_once ? FAULT_LOCAL : FAULT_REFUSED;
	case ETIMEDOUT:
		return FAULT_TIMEOUT;
	case EACCES:
	case EPERM:
	case EINVAL:		/* 0.0.0.0/8 and the like, should a scope let them by */
		return FAULT_FORBIDDEN;
	default:
		return FAULT_LOCAL;
	}
}
