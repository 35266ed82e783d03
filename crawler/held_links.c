/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links that are held over many rounds: dialled for the panel, counted round by round.
 *
 * A contact row says for each round how long its link was held, in the field of that role:
 * the sum over a round is its exposure, without which no rate means anything.  OUT_OK: the link
 * was there when the round ended, or we left; OUT_DROPPED: the other side ended it.
 */
#include <sodium.h>

#include "crawler/crawl.h"
#include "bounds.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

int
held_start(struct crawl *c)
{
	uint8_t key[PANEL_KEY];

	if (c->set.hold == 0 || c->set.dry_run)
		return EXIT_DONE;
	/* Of the database's secret, so that a crawl begun anew holds the same nodes. */
	crypto_generichash(key, sizeof(key), (const uint8_t *)"panel", 5, c->secret, sizeof(c->secret));
	if ((c->panel = panel_new((size_t)c->set.hold, key)) == NULL) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int64_t
utc_now(const struct crawl *c)
{
	return round_utc(c, utctime_monotonic());
}

void
held_fill(struct crawl *c)
{
	const struct session_notes notes = { .standing = true };
	struct endpoint e;
	struct dialled d;

	if (c->panel == NULL || c->stop != STOP_NO || !panel_next(c->panel, utc_now(c), &e))
		return;
	if (sessions_has(c->sessions, e)) {	/* a visit is under way: its turn comes later */
		panel_lost(c->panel, e, utc_now(c), false);
		return;
	}
	d = session_dial(c->sessions, e, c->set.connect_limit_ms, 0, &notes);
	if (d.verdict != SCOPE_DIAL || d.fd == -1)
		panel_lost(c->panel, e, utc_now(c), d.error == 0 || dial_fault(d.error, true) != FAULT_LOCAL);
}

void
held_greeted(struct crawl *c, struct session *s)
{
	panel_up(c->panel, session_endpoint(s), round_utc(c, session_now(s)));
}

/* The row of a node and round; what is held so long is told by the field of that role, if there is one. */
static void
record(struct crawl *c, struct endpoint e, enum outcome outcome, struct dialog_peer *peer, int64_t now_ms)
{
	int held = field_of_role(c->overlay->fields, OBS_CONTACT, ROLE_HELD);
	int64_t ms = panel_exposure(c->panel, e, round_utc(c, now_ms));

	c->round.held_ms += ms;
	if (held != -1 && peer->dialog && ms > 0)
		peer->contact[held].number = ms;
	recorder_contact(c, e, false, outcome, peer, now_ms);
}

void
held_done(struct crawl *c, struct session *s, const struct session_result *r)
{
	struct endpoint e = session_endpoint(s);
	struct dialog_peer peer = r->peer;
	bool ours = r->cut_short || r->local_error != 0;

	if (!(ours && !peer.handshaken)) {
		record(c, e, !peer.handshaken ? r->outcome : ours ? OUT_OK : OUT_DROPPED, &peer, r->ended_ms);
		c->round.held_lost += !ours;
		c->round.passed_over += r->passed_over;
		c->round.bytes_in += r->bytes_in;
		c->round.bytes_out += r->bytes_out;
	}
	panel_lost(c->panel, e, round_utc(c, r->ended_ms), !ours);
	if (!ours && c->revisit != NULL && revisit_note(c->revisit, e, round_utc(c, r->ended_ms)) != 0)
		round_fault(c, "out of memory");
	if (!ours)
		log_debug("a held link is gone: %s", r->why);
}

static void
count_link(void *arg, struct session *s)
{
	struct crawl *c = arg;
	struct dialog_peer peer;

	if (!session_peer(s, &peer))
		return;
	c->round.held_links++;
	record(c, session_endpoint(s), OUT_OK, &peer, utctime_monotonic());
	frontier_verify(c->frontier, session_endpoint(s), utc_now(c) / SECOND_MS);
}

void
held_count(struct crawl *c)
{
	if (c->panel != NULL)
		sessions_each_standing(c->sessions, count_link, c);
}
