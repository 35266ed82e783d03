/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One visit by datagrams: opened when its first may leave, over when its dialog says so. */
#include <errno.h>

#include "crawler/net/datagram_impl.h"
#include "data/lib/utctime.h"

static const struct overlay *
overlay_of(const struct session *s)
{
	return s->of->config.overlay;
}

static void
say(void *arg, const uint8_t *bytes, size_t len)
{
	struct session *s = arg;

	if (s->datagrams >= overlay_of(s)->traits->datagrams || !datagram_send(s, bytes, len))
		return;		/* to the dialog it is lost on the way */
	s->datagrams++;
	s->bytes_out += len;
	(void)bucket_take(&s->of->udp->rate, s->of->now_ms);
	datagram_note_sent(s->of->udp, s->at, s->of->now_ms);
}

static void
set_timer(struct session *s)
{
	int64_t due = overlay_of(s)->due(s->dialog);

	timer_wheel_set(&s->of->timers, &s->timer, due < s->limit_ms ? due : s->limit_ms);
}

static void
finish(struct session *s, enum ending ending, enum dialog_state state, bool by_time)
{
	datagram_remember(s->of->udp, s);
	session_finish(s, ending, state, by_time);
}

/* After each call to the dialog; the session may be gone. */
static void
after_step(struct session *s, enum dialog_state state, bool by_time)
{
	session_note_handshake(s);
	if (state != DIALOG_OPEN)
		finish(s, END_STATE, state, by_time);
	else if (s->over_budget)
		finish(s, END_LEFT, state, false);
	else
		set_timer(s);
}

static void
begin(struct session *s)
{
	struct sessions *p = s->of;
	struct dialog_config c = p->config.dialog;
	struct dialog_sink sink = { say, session_on_found, s };

	s->connected_ms = p->now_ms;
	s->limit_ms = p->now_ms + p->config.visit_limit_ms;
	p->config.up(p->config.arg, s);
	c.peer = s->peer;
	c.tag = slot_tag(p->udp, s);
	c.memory = datagram_memory(p->udp, s);
	sessions_random(p, c.random, sizeof(c.random));
	if ((s->dialog = overlay_of(s)->open(&c, &sink, p->now_ms)) == NULL) {
		s->error = ENOMEM;
		session_finish(s, END_ERROR, DIALOG_OPEN, false);
		return;
	}
	after_step(s, DIALOG_OPEN, false);
}

void
datagram_due(struct session *s)
{
	struct sessions *p = s->of;
	int64_t again_ms;

	if (s->dialog != NULL && p->now_ms >= s->limit_ms)
		finish(s, END_LIMIT, DIALOG_OPEN, true);
	else if (!datagram_may_leave(p->udp, s, &again_ms)) {
		if (again_ms == 0)
			datagram_wait_in_line(p->udp, s);
		else
			timer_wheel_set(&p->timers, &s->timer, again_ms);
	} else if (s->dialog == NULL)
		begin(s);
	else
		after_step(s, overlay_of(s)->tick(s->dialog, p->now_ms), true);
}

void
datagram_taken(struct session *s, const uint8_t *bytes, size_t len)
{
	s->bytes_in += len;
	if (s->bytes_in > s->of->config.budget.bytes)
		s->over_budget = true;
	datagram_leave_line(s->of->udp, s);
	after_step(s, overlay_of(s)->input(s->dialog, s->of->now_ms, bytes, len), false);
}

struct dialled
datagram_visit(struct sessions *p, struct endpoint public, uint32_t tag,
    const struct session_notes *notes)
{
	struct dialled d = { .fd = -1 };
	struct endpoint at;
	struct session *s;

	if ((d.verdict = scope_judge(p->config.scope, public, &at)) != SCOPE_DIAL)
		return d;
	if ((d.fd = p->udp->fd[at.net == NET_IPV6]) == -1) {
		d.error = EACCES;	/* this system cannot, whoever it is */
		return d;
	}
	if ((s = session_make(p)) == NULL || !slot_take(p->udp, s)) {
		if (s != NULL)
			session_destroy(s);
		return (struct dialled){ SCOPE_DIAL, -1, ENOBUFS };
	}
	s->peer = public;
	s->at = at;
	s->tag = tag;
	s->notes = *notes;
	s->limit_ms = INT64_MAX;
	timer_wheel_set(&p->timers, &s->timer, p->now_ms);
	return d;
}
