/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sockets of visits by datagrams: what leaves, what comes, what ICMP says.  The
 * only place of the crawler that hands a datagram to the kernel, behind the scope.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crawler/net/datagram_impl.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

/* ---- going out ------------------------------------------------------------------------------- */

bool
datagram_send(struct session *s, const uint8_t *bytes, size_t len)
{
	struct datagrams *d = s->of->udp;
	struct outgoing_datagram *o = &d->out[d->nout];
	struct endpoint target;

	/* Asked anew for each: the scope may know better by now. */
	if (len > sizeof(o->bytes) || d->nout == DATAGRAM_BATCH ||
	    scope_judge(s->of->config.scope, s->peer, &target) != SCOPE_DIAL) {
		d->counts.unsent++;
		return false;
	}
	o->at = target;
	o->family = target.net == NET_IPV6;
	o->to_len = dial_address(&o->to, target);
	o->len = len;
	memcpy(o->bytes, bytes, len);
	d->nout++;
	return true;
}

/* The first n of those that wait, one family; how many were dealt with. */
static size_t
send_run(struct datagrams *d, const struct outgoing_datagram *o, size_t n)
{
	struct mmsghdr m[DATAGRAM_BATCH];
	struct iovec v[DATAGRAM_BATCH];
	int sent;

	memset(m, 0, n * sizeof(*m));
	for (size_t i = 0; i < n; i++) {
		/* The kernel's interface takes what it only reads without const. */
		memcpy(&v[i].iov_base, &(const void *){ o[i].bytes }, sizeof(void *));
		v[i].iov_len = o[i].len;
		memcpy(&m[i].msg_hdr.msg_name, &(const void *){ &o[i].to }, sizeof(void *));
		m[i].msg_hdr.msg_namelen = o[i].to_len;
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(d->fd[o->family], m, (unsigned)n, MSG_DONTWAIT);
	if (sent > 0) {
		d->counts.sent += (uint64_t)sent;
		return (size_t)sent;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		return 0;
	/* An error that ICMP left behind is no fault of this datagram: once more, then it is. */
	if (sendmmsg(d->fd[o->family], m, 1, MSG_DONTWAIT) == 1)
		d->counts.sent++;
	else
		d->counts.unsent++;
	return 1;
}

void
datagram_flush(struct datagrams *d)
{
	size_t at = 0, done = 1;
	int64_t now_ms;

	while (at < d->nout && done > 0) {
		size_t n = 1;

		while (at + n < d->nout && d->out[at + n].family == d->out[at].family)
			n++;
		done = send_run(d, &d->out[at], n);
		/* It may have waited here for a while: the spacing begins when it leaves. */
		now_ms = utctime_monotonic();
		for (size_t i = 0; i < done; i++)
			datagram_note_sent(d, d->out[at + i].at, now_ms);
		at += done;
	}
	memmove(d->out, d->out + at, (d->nout - at) * sizeof(d->out[0]));
	d->nout -= at;
}

/* ---- coming in -------------------------------------------------------------------------------- */

static struct endpoint
endpoint_of(const struct sockaddr_storage *from)
{
	struct endpoint e = { .port = 0 };

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;

		return endpoint_ipv4(ntohl(in->sin_addr.s_addr), ntohs(in->sin_port));
	}
	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;

		(void)endpoint_of_bytes(&e, NET_IPV6, in6->sin6_addr.s6_addr, 16, ntohs(in6->sin6_port));
	}
	return e;
}

static void
count_stray(struct datagrams *d, const char *name)
{
	for (size_t i = 0; i < DATAGRAM_STRAYS; i++)
		if (d->counts.stray[i].name == NULL || strcmp(d->counts.stray[i].name, name) == 0) {
			d->counts.stray[i].name = name;
			d->counts.stray[i].n++;
			return;
		}
}

/* It is for the visit whose tag it brings, if it comes from where that visit asked. */
static void
take(struct datagrams *d, struct endpoint from, const uint8_t *bytes, size_t len)
{
	const struct overlay *overlay = d->of->config.overlay;
	struct session *s;
	uint32_t tag;

	if (!overlay->address(bytes, len, false, &tag))
		count_stray(d, overlay->stray(bytes, len));
	else if ((s = slot_session(d, tag)) == NULL || s->dialog == NULL)
		d->counts.late++;
	else if (endpoint_compare(from, s->at) != 0)
		d->counts.elsewhere++;
	else
		datagram_taken(s, bytes, len);
}

/* The kernel counts what found no room since the socket was made, modulo 2^32. */
static void
count_lost(struct datagrams *d, int family, struct msghdr *m)
{
	uint32_t lost;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&lost, CMSG_DATA(c), sizeof(lost));
			d->counts.lost += lost - d->lost[family];
			d->lost[family] = lost;
		}
}

struct incoming {
	struct mmsghdr	m[DATAGRAM_BATCH];
	struct iovec	v[DATAGRAM_BATCH];
	struct sockaddr_storage from[DATAGRAM_BATCH];
	union { struct cmsghdr head; uint8_t room[CMSG_SPACE(sizeof(uint32_t))]; } control[DATAGRAM_BATCH];
	uint8_t		bytes[DATAGRAM_BATCH][DATAGRAM_IN];
};

/* One batch; how many came. */
static int
receive_batch(struct datagrams *d, int family)
{
	static struct incoming in;
	int n;

	for (int i = 0; i < DATAGRAM_BATCH; i++) {
		in.v[i] = (struct iovec){ in.bytes[i], DATAGRAM_IN };
		in.m[i].msg_hdr = (struct msghdr){ .msg_name = &in.from[i],
			.msg_namelen = sizeof(in.from[i]), .msg_iov = &in.v[i], .msg_iovlen = 1,
			.msg_control = &in.control[i], .msg_controllen = sizeof(in.control[i]) };
	}
	n = recvmmsg(d->fd[family], in.m, DATAGRAM_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		d->counts.received++;
		count_lost(d, family, &in.m[i].msg_hdr);
		if (in.m[i].msg_hdr.msg_flags & MSG_TRUNC)
			d->counts.truncated++;
		else
			take(d, endpoint_of(&in.from[i]), in.bytes[i], in.m[i].msg_len);
	}
	return n;
}

/* Our own question comes back with what a router or the host said of it. */
static bool
receive_error(struct datagrams *d, int family)
{
	uint8_t bytes[DATAGRAM_OUT], control[512];
	struct sockaddr_storage to = { .ss_family = AF_UNSPEC };
	struct iovec v = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &v, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(d->fd[family], &m, MSG_ERRQUEUE | MSG_DONTWAIT);
	struct session *s;
	uint32_t tag;

	if (n < 0)
		return false;
	d->counts.unreachable++;
	if (d->of->config.overlay->address(bytes, (size_t)n, true, &tag) &&
	    (s = slot_session(d, tag)) != NULL && s->dialog != NULL && s->handshaken_ms == UNKNOWN &&
	    endpoint_compare(endpoint_of(&to), s->at) == 0) {
		s->error = ECONNREFUSED;
		s->connected_ms = UNKNOWN;	/* nobody was there */
		session_finish(s, END_ERROR, DIALOG_OPEN, false);
	}
	return true;
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct datagrams *d = arg;
	int family = fd == d->fd[1];

	(void)what;
	d->of->now_ms = utctime_monotonic();
	for (int i = 0; i < DATAGRAM_BATCH && receive_error(d, family); i++)
		continue;
	for (int i = 0; i < DATAGRAM_BATCHES && receive_batch(d, family) == DATAGRAM_BATCH; i++)
		continue;
	datagram_flush(d);
}

/* ---- sockets --------------------------------------------------------------------------------------- */

/* -1 with errno. */
static int
open_socket(int family, uint16_t port, bool loopback)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port),
		.sin6_addr = loopback ? in6addr_loopback : in6addr_any };
	bool ipv6 = family == AF_INET6;
	const struct sockaddr *at = ipv6 ? (const struct sockaddr *)&in6 : (const struct sockaddr *)&in;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return -1;
	/* What comes while we are busy waits here; the kernel halves what it may not give. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ DATAGRAM_QUEUE }, sizeof(int));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){ DATAGRAM_QUEUE }, sizeof(int));
	(void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &(int){ 1 }, sizeof(int));
	if (ipv6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int));
	(void)setsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, &(int){ 1 },
	    sizeof(int));
	if (bind(fd, at, ipv6 ? sizeof(in6) : sizeof(in)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool
watch(struct datagrams *d, int family)
{
	if (d->fd[family] == -1)
		return true;
	event_assign(&d->event[family], d->of->config.base, d->fd[family], EV_READ | EV_PERSIST, on_event, d);
	return event_add(&d->event[family], NULL) == 0;
}

static bool
make_slots(struct datagrams *d)
{
	d->nslots = d->limits.visits < 1u << SLOT_BITS ? d->limits.visits : 1u << SLOT_BITS;
	if ((d->slot = calloc(d->nslots, sizeof(*d->slot))) == NULL)
		return false;
	for (uint32_t i = 0; i < d->nslots; i++)
		d->slot[i].next = i + 1 < d->nslots ? i + 1 : NO_SLOT;
	return true;
}

static bool
make_limits(struct datagrams *d)
{
	const struct quota_limits net = { .per_minute = d->limits.net_rate, .keys = LIMIT_NETS };

	bucket_init(&d->rate, d->limits.rate, d->limits.rate / 10, d->of->now_ms);
	d->last = &d->first;
	randombytes_buf(d->key, sizeof(d->key));
	datagrams_spacing_init(d);
	datagrams_memory_init(d);
	return make_slots(d) && (net.per_minute <= 0 || (d->nets = quota_new(&net)) != NULL);
}

int
datagram_open(struct sessions *p, const struct datagram_limits *limits, uint16_t port, bool loopback)
{
	struct sockaddr_in in = { 0 };
	socklen_t len = sizeof(in);
	struct datagrams *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		log_error("out of memory");
		return -1;
	}
	p->udp = d;
	d->of = p;
	d->limits = *limits;
	d->fd[0] = open_socket(AF_INET, port, loopback);
	d->fd[1] = -1;
	if (d->fd[0] == -1 || getsockname(d->fd[0], (struct sockaddr *)&in, &len) != 0) {
		log_error("UDP port %u: %s", port, strerror(errno));
		return -1;
	}
	d->port = ntohs(in.sin_port);
	d->fd[1] = open_socket(AF_INET6, d->port, loopback);	/* this host may have no IPv6 */
	if (make_limits(d) && watch(d, 0) && watch(d, 1))
		return 0;
	log_error("out of memory");
	return -1;
}

void
datagrams_free(struct datagrams *d)
{
	if (d == NULL)
		return;
	for (int family = 0; family < 2; family++) {
		if (event_initialized(&d->event[family]))
			event_del(&d->event[family]);
		if (d->fd[family] != -1)
			close(d->fd[family]);
		hash_table_free(&d->spaced[family]);
	}
	hash_table_free(&d->memory);
	quota_free(d->nets);
	free(d->slot);
	free(d);
}
