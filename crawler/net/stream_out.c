/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries what a dialog says to the socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crawler/net/session_impl.h"

void
session_say(void *arg, const uint8_t *bytes, size_t len)
{
	struct session *s = arg;
	struct sessions *p = s->of;

	if (len > sizeof(p->out) - p->out_len) {
		s->error = ENOBUFS;
		s->mute = true;
		return;
	}
	memcpy(p->out + p->out_len, bytes, len);
	p->out_len += len;
	if (p->first_len == 0)
		p->first_len = len;
}

/* Hands bytes to the socket; returns how many it did not take. */
static size_t
send_bytes(struct session *s, const uint8_t *bytes, size_t len, bool last)
{
	while (len > 0 && !s->mute) {
		ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL | (last ? MSG_MORE : 0));

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return len;
		if (n == -1) {
			/* The peer's last words before it closed may still be unread. */
			s->error = errno;
			s->mute = true;
			return 0;
		}
		s->bytes_out += (uint64_t)n;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Keeps what the socket did not take, until it is writable. */
static void
queue_bytes(struct session *s, const uint8_t *bytes, size_t len)
{
	uint8_t *queue = NULL;

	if (len <= LIMIT_SEND_QUEUE - s->queued)
		queue = realloc(s->queue, s->queued + len);
	if (queue == NULL) {
		s->error = ENOBUFS;
		s->mute = true;
		return;
	}
	memcpy(queue + s->queued, bytes, len);
	s->queue = queue;
	s->queued += len;
}

void
session_flush(struct session *s, bool last)
{
	struct sessions *p = s->of;
	size_t len = p->out_len, first = p->first_len, left = len;

	p->out_len = p->first_len = 0;
	if (s->queued == 0)
		left -= first - send_bytes(s, p->out, first, last && first == len);
	if (s->queued == 0 && left == len - first)
		left = send_bytes(s, p->out + first, left, last);
	if (left > 0 && !s->mute)
		queue_bytes(s, p->out + (len - left), left);
}

void
session_drain(struct session *s)
{
	size_t left = send_bytes(s, s->queue, s->queued, s->leaving);

	memmove(s->queue, s->queue + (s->queued - left), left);
	s->queued = left;
}
