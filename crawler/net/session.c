/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crawler/net/session_impl.h"
#include "data/lib/utctime.h"

/* ---- the end of a link ---- */

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

void
session_finish(struct session *s, enum ending ending, enum dialog_state state, bool by_time)
{
	struct sessions *p = s->of;
	struct session_result r = {
		.connected = s->connected_ms != UNKNOWN,
		.cut_short = ending == END_LEFT && !s->over_budget,
		.over_budget = s->over_budget,
		.why = "",
		.begun_ms = s->begun_ms, .connected_ms = s->connected_ms,
		.handshaken_ms = s->handshaken_ms, .ended_ms = p->now_ms,
		.bytes_in = s->bytes_in, .bytes_out = s->bytes_out, .passed_over = s->passed_over,
		.peer = { .farewell = UNKNOWN },
	};

	if (s->dialog != NULL) {
		p->config.overlay->peer(s->dialog, &r.peer);
		r.why = p->config.overlay->why(s->dialog);
	}
	if (r.why[0] == '\0')
		r.why = ending_text(s, ending);
	r.outcome = r.peer.handshaken ? OUT_OK : fallen_short(s, ending, state, by_time);
	if (s->connected_ms == UNKNOWN && ending == END_ERROR &&
	    dial_fault(s->error, false) == FAULT_LOCAL)
		r.local_error = s->error;
	p->config.done(p->config.arg, s, &r);
	/* Bytes left unread would turn our close into a reset. */
	if (s->unread && ending == END_STATE && state == DIALOG_DONE)
		(void)recv(s->fd, p->in, sizeof(p->in), MSG_DONTWAIT);
	session_destroy(s);
}

/* ---- after each call to the dialog ---- */

/* A standing link has its budget anew each hour. */
static void
renew_budget(struct session *s)
{
	const struct sessions *p = s->of;
	double scale = p->config.dialog.time_scale > 0 ? p->config.dialog.time_scale : 1;

	if (!s->notes.standing || (double)(p->now_ms - s->budget_ms) * scale < LIMIT_HELD_BUDGET_MS)
		return;
	s->budget_ms = p->now_ms;
	s->hour_bytes = 0;
	memset(s->records, 0, sizeof(s->records));
}

void
session_on_found(void *arg, const struct observation *o)
{
	struct session *s = arg;
	struct sessions *p = s->of;

	if (s->records[o->type] >= p->config.budget.records[o->type]) {
		s->over_budget = !s->notes.standing;	/* a flood must not blind us */
		s->passed_over++;
		return;
	}
	s->records[o->type]++;
	p->config.found(p->config.arg, s, o);
}

static void
set_timer(struct session *s)
{
	int64_t due = s->of->config.overlay->due(s->dialog);

	timer_wheel_set(&s->of->timers, &s->timer, due < s->limit_ms ? due : s->limit_ms);
}

void
session_note_handshake(struct session *s)
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

void
session_goodbye(struct session *s)
{
	s->of->config.overlay->leave(s->dialog);
	if (s->of->udp == NULL)
		session_flush(s, false);
}

/* After each call to the dialog: send, then go on or end.  The session may be gone. */
static void
after_step(struct session *s, enum dialog_state state, bool by_time)
{
	session_flush(s, state == DIALOG_DONE);
	session_note_handshake(s);
	if (state == DIALOG_DONE && s->queued > 0 && !s->mute) {
		s->leaving = true;
		set_timer(s);
	} else if (state != DIALOG_OPEN) {
		session_finish(s, END_STATE, state, by_time);
	} else if (s->over_budget) {
		session_goodbye(s);
		session_finish(s, END_LEFT, state, false);
	} else {
		set_timer(s);
	}
}

/* ---- opening ---- */

/*
 * All that may come of a link is waited for once and for good: its edges, which the
 * kernel reports without being asked anew.  Whoever gets one reads until nothing is
 * left, see receive.
 */
static bool
watch_socket(struct session *s)
{
	event_assign(&s->event, s->of->config.base, s->fd,
	    EV_READ | EV_WRITE | EV_ET | EV_PERSIST, session_event, s);
	return event_add(&s->event, NULL) == 0;
}

/* TCP is up: from here the dialog speaks. */
static void
begin_dialog(struct session *s)
{
	struct sessions *p = s->of;
	struct dialog_config c = p->config.dialog;
	struct dialog_sink sink = { session_say, session_on_found, s };

	s->connected_ms = p->now_ms;
	s->limit_ms = s->notes.standing ? INT64_MAX : p->now_ms + p->config.visit_limit_ms;
	s->budget_ms = p->now_ms;
	c.self.ip = session_own_ip(s);
	c.peer = s->peer;
	c.inbound = s->inbound;
	c.standing = s->notes.standing;
	if (c.standing)
		c.blocks_max = 0;	/* its budget is a rate */
	c.utc_ms = p->config.utc != NULL ? p->config.utc(p->config.arg) : utctime_now();
	sessions_random(p, c.random, sizeof(c.random));
	s->dialog = p->config.overlay->open(&c, &sink, p->now_ms);
	if (s->dialog == NULL) {
		s->error = ENOMEM;
		session_finish(s, END_ERROR, DIALOG_OPEN, false);
		return;
	}
	after_step(s, DIALOG_OPEN, false);
}

struct dialled
session_dial(struct sessions *p, struct endpoint public, int64_t connect_limit_ms, uint32_t tag,
    const struct session_notes *notes)
{
	struct dialled d;
	struct session *s;

	if (p->udp != NULL)
		return datagram_visit(p, public, tag, notes);
	d = dial(p->config.scope, public);
	if (d.fd == -1)
		return d;
	if ((s = session_make(p)) == NULL) {
		close(d.fd);
		return (struct dialled){ SCOPE_DIAL, -1, ENOMEM };
	}
	s->fd = d.fd;
	s->peer = public;
	s->tag = tag;
	s->notes = *notes;
	p->standing += s->notes.standing;
	s->limit_ms = s->begun_ms + connect_limit_ms;
	if (!watch_socket(s)) {
		session_destroy(s);
		return (struct dialled){ SCOPE_DIAL, -1, ENOMEM };
	}
	timer_wheel_set(&p->timers, &s->timer, s->limit_ms);
	return d;
}

int
session_accept(struct sessions *p, int fd, uint32_t public_ip, uint32_t tag)
{
	struct session *s = session_make(p);

	if (s == NULL) {
		close(fd);
		return -1;
	}
	s->fd = fd;
	s->peer = (struct endpoint){ .ip = public_ip };
	s->tag = tag;
	s->inbound = true;
	p->inbound++;
	if (!watch_socket(s)) {
		session_destroy(s);
		return -1;
	}
	begin_dialog(s);
	return 0;
}

/* ---- the loop calls ---- */

/* A socket that can be written to and no more has no error: libevent calls one readable. */
static void
dial_answered(struct session *s, short what)
{
	socklen_t len = sizeof(s->error);

	if (what & EV_READ &&
	    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &s->error, &len) != 0)
		s->error = errno;
	/* A reset before TCP is up is "refused": this one came after. */
	if (s->error == ECONNRESET || s->error == EPIPE)
		s->connected_ms = s->of->now_ms;
	if (s->error != 0)
		session_finish(s, END_ERROR, DIALOG_OPEN, false);
	else {
		s->of->config.up(s->of->config.arg, s);
		begin_dialog(s);
	}
}

/*
 * Reads what has come, as far as the buffer goes.  More may be there, or an end or an error
 * right behind it, of which the kernel says nothing more: this link has another turn
 * after the others, until nothing is left.
 */
static ssize_t
receive(struct session *s)
{
	struct sessions *p = s->of;
	ssize_t n = recv(s->fd, p->in, sizeof(p->in), 0);

	s->unread = n == (ssize_t)sizeof(p->in);
	if (n > 0)
		event_active(&s->event, EV_READ, 0);
	return n;
}

/* Takes what has come, and only then looks at the clock: it may be we who are late. */
static void
serve_input(struct session *s)
{
	struct sessions *p = s->of;
	ssize_t n = receive(s);
	bool nothing = n == -1 && (errno == EAGAIN || errno == EINTR), by_time = false;
	enum dialog_state state = DIALOG_OPEN;
	int64_t due;

	if (n == -1 && !nothing)
		s->error = errno;
	if (n <= 0 && !nothing) {
		session_finish(s, n == 0 ? END_EOF : END_ERROR, DIALOG_OPEN, false);
		return;
	}
	s->bytes_in += nothing ? 0 : (uint64_t)n;
	renew_budget(s);
	s->hour_bytes += nothing ? 0 : (uint64_t)n;
	if (s->leaving)
		return;		/* after our goodbye nothing counts */
	if (s->hour_bytes > p->config.budget.bytes)
		s->over_budget = true;
	due = p->config.overlay->due(s->dialog);
	if (!nothing)	/* it may have come just in time */
		state = p->config.overlay->input(
		    s->dialog, due <= p->now_ms ? due - 1 : p->now_ms, p->in, (size_t)n);
	if (state == DIALOG_OPEN && p->config.overlay->due(s->dialog) <= p->now_ms) {
		state = p->config.overlay->tick(s->dialog, p->now_ms);
		by_time = true;
	}
	after_step(s, state, by_time);
}

void
session_event(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	s->of->now_ms = utctime_monotonic();
	if (++s->of->served == LIMIT_SERVED)
		event_base_loopbreak(s->of->config.base);	/* the rest stays active */
	if (s->connected_ms == UNKNOWN) {
		if (what & EV_READ)
			event_active(&s->event, EV_READ, 0);
		dial_answered(s, what);
		return;
	}
	if (what & EV_WRITE && s->queued > 0) {
		session_drain(s);
		if (s->leaving && (s->queued == 0 || s->mute)) {
			session_finish(s, END_STATE, DIALOG_DONE, false);
			return;
		}
	}
	if (what & EV_READ)
		serve_input(s);
}

/* The system knows of an answer that the loop has not come to yet. */
static bool
is_answered(const struct session *s)
{
	struct pollfd dial = { .fd = s->fd, .events = POLLOUT };

	return poll(&dial, 1, 0) > 0;
}

void
session_due(struct timer *t, void *arg)
{
	struct session *s = (struct session *)(void *)t;
	struct sessions *p = arg;

	if (p->udp != NULL) {
		datagram_due(s);
	} else if (s->connected_ms == UNKNOWN && is_answered(s)) {
		dial_answered(s, EV_READ | EV_WRITE);
	} else if (p->now_ms >= s->limit_ms) {
		if (s->dialog != NULL)
			session_goodbye(s);
		session_finish(s, END_LIMIT, DIALOG_OPEN, true);
	} else if (!s->leaving) {
		serve_input(s);
	} else {
		timer_wheel_set(&p->timers, &s->timer, s->limit_ms);
	}
}
