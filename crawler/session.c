/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/session.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crawler/limits.h"
#include "data/when.h"

#define OWN_ADDRESS_MS	10000	/* how long the address of our last link is believed */
#define RANDOM_BYTES	(sizeof(((struct dialog_config *)0)->preamble) * 512)

struct session {
	struct timer	 timer;		/* first, so that a timer is its session */
	struct event	 event;
	struct sessions	*of;
	struct session	*prev, *next;	/* of all that are open; next also of the spare ones */
	struct dialog	*dialog;	/* NULL until TCP is up */
	uint8_t		*queue;		/* bytes that the socket did not take yet */
	size_t		 queued;
	struct endpoint	 peer;
	uint32_t	 tag;
	uint32_t	 records;
	uint32_t	 claims;	/* the owner's */
	int		 fd;
	int		 error;		/* of the last send or receive; 0: none */
	bool		 inbound;
	bool		 leaving;	/* said goodbye, the socket has not taken it all */
	bool		 mute;		/* the socket takes nothing any more */
	bool		 over_budget;
	int64_t		 limit_ms;	/* this stage must be over by then */
	int64_t		 begun_ms, connected_ms, handshaken_ms;
	uint64_t	 bytes_in, bytes_out;
};

struct sessions {
	struct sessions_config config;
	struct timers	 timers;
	struct session	*open;		/* newest first */
	struct session	*spare;
	size_t		 n, inbound, peak;
	int64_t		 now_ms;	/* as of the callback under way */
	uint32_t	 own_ip;
	int64_t		 own_ip_ms;
	size_t		 random_left;
	size_t		 out_len;	/* said in the dialog call under way */
	uint8_t		 out[LIMIT_SEND_QUEUE];
	uint8_t		 in[LIMIT_READ];
	uint8_t		 random[RANDOM_BYTES];
};

/* Why a link ends, apart from what its dialog says. */
enum ending { END_ERROR, END_EOF, END_LIMIT, END_STATE, END_LEFT };

static void	on_event(evutil_socket_t, short, void *);

/* ---- the pool ------------------------------------------------------------------ */

struct sessions *
sessions_new(const struct sessions_config *config)
{
	struct sessions *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->config = *config;
	p->own_ip_ms = INT64_MIN / 2;
	p->now_ms = when_monotonic();
	timers_init(&p->timers, p->now_ms);
	return p;
}

static struct session *
session_new(struct sessions *p)
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
	s->begun_ms = p->now_ms = when_monotonic();
	s->next = p->open;
	if (p->open != NULL)
		p->open->prev = s;
	p->open = s;
	if (++p->n > p->peak)
		p->peak = p->n;
	return s;
}

/* Closes and forgets; says nothing to anybody. */
static void
destroy(struct session *s)
{
	struct sessions *p = s->of;

	timers_unset(&s->timer);
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
		destroy(p->open);
	while ((s = p->spare) != NULL) {
		p->spare = s->next;
		free(s);
	}
	free(p);
}

/* ---- the end of a link ----------------------------------------------------------- */

/* The outcome of a link whose handshake was not completed. */
static enum outcome
fallen_short(const struct session *s, enum ending ending, enum dialog_state state, bool by_time)
{
	if (s->connected_ms == UNKNOWN)
		return ending == END_ERROR && dial_fault(s->error, false) != FAULT_TIMEOUT ?
		    OUT_REFUSED : OUT_TIMEOUT;
	if (ending == END_STATE && state == DIALOG_DROPPED)
		return OUT_DROPPED;
	if (ending == END_LIMIT || by_time)
		return OUT_TIMEOUT;
	if (ending == END_STATE)
		return OUT_BAD_HANDSHAKE;
	return s->error == ETIMEDOUT ? OUT_TIMEOUT : OUT_RESET;
}

static const char *
ending_text(const struct session *s, enum ending ending)
{
	switch (ending) {
	case END_ERROR:
		return strerror(s->error);
	case END_EOF:
		return "the peer closed the link";
	case END_LIMIT:
		return s->connected_ms == UNKNOWN ? "no answer to the dial" :
		    "the time for a visit was over";
	case END_LEFT:
		return s->over_budget ? "sent more than a visit may bring" : "we left early";
	case END_STATE:
		break;
	}
	return "";
}

/* The single door out: tells the owner, then the session is gone. */
static void
finish(struct session *s, enum ending ending, enum dialog_state state, bool by_time)
{
	struct sessions *p = s->of;
	struct session_result r = {
		.connected = s->connected_ms != UNKNOWN,
		.cut_short = ending == END_LEFT && !s->over_budget,
		.over_budget = s->over_budget,
		.why = "",
		.begun_ms = s->begun_ms, .connected_ms = s->connected_ms,
		.handshaken_ms = s->handshaken_ms, .ended_ms = p->now_ms,
		.bytes_in = s->bytes_in, .bytes_out = s->bytes_out,
		.peer = { .version = UNKNOWN, .speed = UNKNOWN, .port0 = UNKNOWN,
			.command = UNKNOWN },
	};

	if (s->dialog != NULL) {
		p->config.overlay->peer(s->dialog, &r.peer);
		r.why = p->config.overlay->why(s->dialog);
	}
	if (r.why[0] == '\0')
		r.why = ending_text(s, ending);
	r.outcome = r.peer.handshaken ? OUT_OK : fallen_short(s, ending, state, by_time);
	if (s->dialog == NULL && ending == END_ERROR &&
	    dial_fault(s->error, false) == FAULT_LOCAL)
		r.local_error = s->error;
	p->config.done(p->config.arg, s, &r);
	destroy(s);
}

/* ---- talking ------------------------------------------------------------------------ */

static void
on_send(void *arg, const uint8_t *bytes, size_t len)
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
}

static void
on_found(void *arg, const struct observation *o)
{
	struct session *s = arg;
	struct sessions *p = s->of;

	if (s->records >= p->config.records_max) {
		s->over_budget = true;
		return;
	}
	s->records++;
	p->config.found(p->config.arg, s, o);
}

static int
watch(struct session *s, short what)
{
	event_del(&s->event);		/* an event is only assigned when it is not set */
	event_assign(&s->event, s->of->config.base, s->fd, what | EV_PERSIST, on_event, s);
	return event_add(&s->event, NULL);
}

/* Hands bytes to the socket; returns how many it did not take. */
static size_t
push(struct session *s, const uint8_t *bytes, size_t len)
{
	while (len > 0 && !s->mute) {
		ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return len;
		if (n == -1) {
			/* What the peer said before it closed may still be unread. */
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
keep(struct session *s, const uint8_t *bytes, size_t len)
{
	uint8_t *queue = NULL;

	if (len <= LIMIT_SEND_QUEUE - s->queued)
		queue = realloc(s->queue, s->queued + len);
	if (queue == NULL || (s->queued == 0 && watch(s, EV_READ | EV_WRITE) != 0)) {
		s->queue = queue != NULL ? queue : s->queue;
		s->error = ENOBUFS;
		s->mute = true;
		return;
	}
	memcpy(queue + s->queued, bytes, len);
	s->queue = queue;
	s->queued += len;
}

/* Everything said in one call to the dialog leaves in one write. */
static void
flush_said(struct session *s)
{
	struct sessions *p = s->of;
	size_t len = p->out_len, left = len;

	p->out_len = 0;
	if (s->queued == 0)
		left = push(s, p->out, len);
	if (left > 0 && !s->mute)
		keep(s, p->out + (len - left), left);
}

static void
flush_queue(struct session *s)
{
	size_t left = push(s, s->queue, s->queued);

	memmove(s->queue, s->queue + (s->queued - left), left);
	s->queued = left;
	if (left == 0 && watch(s, EV_READ) != 0)
		s->mute = true;
}

static void
set_timer(struct session *s)
{
	int64_t due = s->of->config.overlay->due(s->dialog);

	timers_set(&s->of->timers, &s->timer, due < s->limit_ms ? due : s->limit_ms);
}

static void
note_handshake(struct session *s)
{
	struct dialog_peer peer;

	if (s->handshaken_ms != UNKNOWN)
		return;
	s->of->config.overlay->peer(s->dialog, &peer);
	if (!peer.handshaken)
		return;
	s->handshaken_ms = s->of->now_ms;
	s->of->config.greeted(s->of->config.arg, s, &peer);
}

static void
leave(struct session *s)
{
	s->of->config.overlay->leave(s->dialog);
	flush_said(s);
}

/* After each call to the dialog: send, then go on or end.  The session may be gone. */
static void
after_step(struct session *s, enum dialog_state state, bool by_time)
{
	flush_said(s);
	note_handshake(s);
	if (state == DIALOG_DONE && s->queued > 0 && !s->mute) {
		s->leaving = true;
		set_timer(s);
	} else if (state != DIALOG_OPEN) {
		finish(s, END_STATE, state, by_time);
	} else if (s->over_budget) {
		leave(s);
		finish(s, END_LEFT, state, false);
	} else {
		set_timer(s);
	}
}

/* ---- opening ---------------------------------------------------------------------- */

static void
take_random(struct sessions *p, uint8_t *out, size_t len)
{
	if (p->random_left < len) {
		randombytes_buf(p->random, sizeof(p->random));
		p->random_left = sizeof(p->random);
	}
	p->random_left -= len;
	memcpy(out, p->random + p->random_left, len);
}

/* Our address as the socket knows it; asked now and then, as it hardly changes. */
static uint32_t
own_ip(struct session *s)
{
	struct sessions *p = s->of;
	struct sockaddr_in in;
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

/* TCP is up: from here the dialog speaks. */
static void
begin_dialog(struct session *s)
{
	struct sessions *p = s->of;
	struct dialog_config c = p->config.dialog;
	struct dialog_sink sink = { on_send, on_found, s };

	s->connected_ms = p->now_ms;
	s->limit_ms = p->now_ms + p->config.visit_limit_ms;
	c.self.ip = own_ip(s);
	c.peer = s->peer;
	c.inbound = s->inbound;
	take_random(p, c.preamble, sizeof(c.preamble));
	s->dialog = p->config.overlay->open(&c, &sink, p->now_ms);
	if (s->dialog == NULL || watch(s, EV_READ) != 0) {
		s->error = ENOMEM;
		finish(s, END_ERROR, DIALOG_OPEN, false);
		return;
	}
	after_step(s, DIALOG_OPEN, false);
}

struct dialled
session_dial(struct sessions *p, struct endpoint public, int64_t connect_limit_ms, uint32_t tag)
{
	struct dialled d = dial(p->config.scope, public);
	struct session *s;

	if (d.fd == -1)
		return d;
	if ((s = session_new(p)) == NULL) {
		close(d.fd);
		return (struct dialled){ SCOPE_DIAL, -1, ENOMEM };
	}
	s->fd = d.fd;
	s->peer = public;
	s->tag = tag;
	s->limit_ms = s->begun_ms + connect_limit_ms;
	event_assign(&s->event, p->config.base, s->fd, EV_WRITE | EV_PERSIST, on_event, s);
	if (event_add(&s->event, NULL) != 0) {
		destroy(s);
		return (struct dialled){ SCOPE_DIAL, -1, ENOMEM };
	}
	timers_set(&p->timers, &s->timer, s->limit_ms);
	return d;
}

int
session_accept(struct sessions *p, int fd, uint32_t public_ip, uint32_t tag)
{
	struct session *s = session_new(p);

	if (s == NULL) {
		close(fd);
		return -1;
	}
	s->fd = fd;
	s->peer = (struct endpoint){ public_ip, 0 };
	s->tag = tag;
	s->inbound = true;
	p->inbound++;
	event_assign(&s->event, p->config.base, fd, EV_READ | EV_PERSIST, on_event, s);
	begin_dialog(s);
	return 0;
}

/* ---- the loop calls ------------------------------------------------------------------- */

static void
dial_answered(struct session *s)
{
	socklen_t len = sizeof(s->error);

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &s->error, &len) != 0)
		s->error = errno;
	/* A reset before TCP is up is "refused": this one came after. */
	if (s->error == ECONNRESET || s->error == EPIPE)
		s->connected_ms = s->of->now_ms;
	if (s->error != 0)
		finish(s, END_ERROR, DIALOG_OPEN, false);
	else {
		s->of->config.up(s->of->config.arg, s);
		begin_dialog(s);
	}
}

static void
on_readable(struct session *s)
{
	struct sessions *p = s->of;
	ssize_t n = recv(s->fd, p->in, sizeof(p->in), 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		s->error = errno;
	if (n <= 0) {
		finish(s, n == 0 ? END_EOF : END_ERROR, DIALOG_OPEN, false);
		return;
	}
	s->bytes_in += (uint64_t)n;
	if (s->leaving)
		return;		/* after our goodbye nothing counts */
	if (s->bytes_in > p->config.bytes_max)
		s->over_budget = true;
	after_step(s, p->config.overlay->input(s->dialog, p->now_ms, p->in, (size_t)n), false);
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	s->of->now_ms = when_monotonic();
	if (s->connected_ms == UNKNOWN) {
		dial_answered(s);
		return;
	}
	if (what & EV_WRITE && s->queued > 0) {
		flush_queue(s);
		if (s->leaving && (s->queued == 0 || s->mute)) {
			finish(s, END_STATE, DIALOG_DONE, false);
			return;
		}
	}
	if (what & EV_READ)
		on_readable(s);
}

static void
on_due(struct timer *t, void *arg)
{
	struct session *s = (struct session *)(void *)t;
	struct sessions *p = arg;

	if (p->now_ms >= s->limit_ms) {
		if (s->dialog != NULL)
			leave(s);
		finish(s, END_LIMIT, DIALOG_OPEN, true);
	} else if (!s->leaving) {
		after_step(s, p->config.overlay->tick(s->dialog, p->now_ms), true);
	} else {
		timers_set(&p->timers, &s->timer, s->limit_ms);
	}
}

void
sessions_tick(struct sessions *p, int64_t now_ms)
{
	p->now_ms = now_ms;
	timers_turn(&p->timers, now_ms, on_due, p);
}

void
sessions_leave(struct sessions *p, bool everyone)
{
	struct session *s, *next;

	p->now_ms = when_monotonic();
	for (s = p->open; s != NULL; s = next) {
		next = s->next;
		if (s->inbound && !everyone)
			continue;
		if (s->dialog != NULL)
			leave(s);
		finish(s, END_LEFT, DIALOG_OPEN, false);
	}
}

/* ---- questions ---------------------------------------------------------------------------- */

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
sessions_peak(const struct sessions *p)
{
	return p->peak;
}

size_t
session_bytes(void)
{
	return sizeof(struct session);
}

uint32_t
session_tag(const struct session *s)
{
	return s->tag;
}

uint32_t *
session_claims(struct session *s)
{
	return &s->claims;
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
