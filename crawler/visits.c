/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chooses whom to dial next, and notes what became of it.
 *
 * The queue goes first, then those whose /24 was busy, then the late ones with
 * their longer limit: silent nodes do not hold up the others.
 */
#include <string.h>

#include "crawler/crawl.h"
#include "bounds.h"
#include "crawler/net/block.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define RELEASE_AT_ONCE	256	/* held nodes that get another look, each pump */
#define DIALS_AT_ONCE	256	/* some 10 ms of the kernel's time: then answers have their turn */

/* ---- ends ------------------------------------------------------------------------ */

/*
 * The one outcome of a node on the list.  Who is excluded gets a row when he first
 * is, and is only counted as long as it stays so: it says nothing new.
 */
static void
conclude_visit(struct crawl *c, node_id n, enum outcome outcome, const struct dialog_peer *peer,
    int64_t now_ms)
{
	struct round *r = &c->round;
	bool excluded = outcome == OUT_EXCLUDED;
	bool news = frontier_exclude(c->frontier, n, excluded);

	frontier_move(c->frontier, n, NODE_DONE);
	r->outcome[outcome]++;
	r->tried += !excluded;
	r->reached += outcome == OUT_OK;
	if (!excluded && c->revisit != NULL &&
	    revisit_note(c->revisit, frontier_endpoint(c->frontier, n), round_utc(c, now_ms)) != 0)
		round_fault(c, "out of memory");
	if (news || !excluded)
		recorder_contact(c, frontier_endpoint(c->frontier, n), false, outcome, peer,
		    now_ms);
}

static void
exclude_node(struct crawl *c, node_id n, enum scope_verdict why, int64_t now_ms)
{
	c->round.excluded[why]++;
	conclude_visit(c, n, OUT_EXCLUDED, NULL, now_ms);
}

static void
note_local_error(struct crawl *c, int error, int64_t now_ms)
{
	c->round.local_errors++;
	c->round.local_errno = error;
	dial_window_local_error(&c->dial_window, now_ms);
}

/* Silence in the short pass: another try later, for whom the settings grant it. */
static bool
is_late(const struct crawl *c, node_id n, const struct session_result *r)
{
	if (r->connected || r->outcome != OUT_TIMEOUT || frontier_was_late(c->frontier, n) ||
	    round_dials_are_over(&c->round))
		return false;
	return c->set.retry == RETRY_ALL ||
	    (c->set.retry == RETRY_VERIFIED && frontier_verified(c->frontier, n));
}

static void
count_visit(struct crawl *c, const struct session_result *r)
{
	struct round *round = &c->round;

	round->bytes_in += r->bytes_in;
	round->bytes_out += r->bytes_out;
	round->over_budget += r->over_budget;
	round->bad_keys += r->peer.bad_keys;
	round->windows += r->peer.windows;
	if (r->peer.farewell != UNKNOWN)
		round->told_to_leave[r->peer.farewell < FAREWELLS ? r->peer.farewell : 0]++;
}

/* With -v, the first few of each kind of failure with their reason. */
static void
log_failure(const struct crawl *c, const struct session *s, const struct session_result *r)
{
	char text[ENDPOINT_TEXT];

	if (r->connected && r->outcome != OUT_OK &&
	    c->round.outcome[r->outcome] < LIMIT_BAD_LINES)
		log_debug("%s: %s: %s", endpoint_format(text, session_endpoint(s)),
		    outcome_name[r->outcome], r->why);
}

static void
outbound_done(struct crawl *c, struct session *s, const struct session_result *r)
{
	node_id n = session_tag(s);

	if (c->net_quota != NULL)
		quota_close(c->net_quota, address_block_number(session_endpoint(s)));
	if (!r->peer.handshaken && !r->cut_short && r->local_error == 0)
		dial_window_ended(&c->dial_window, session_notes(s)->cohort,
		    !r->connected && r->outcome == OUT_REFUSED, r->ended_ms);
	if (r->local_error != 0) {
		note_local_error(c, r->local_error, r->ended_ms);
		frontier_move(c->frontier, n, NODE_QUEUED);
		if (round_dials_are_over(&c->round))
			c->round.unreached += frontier_cut(c->frontier);
	} else if (is_late(c, n, r)) {
		frontier_move(c->frontier, n, NODE_LATE);
	} else if (r->cut_short && r->outcome != OUT_OK) {
		frontier_move(c->frontier, n, NODE_DONE);	/* we left: no outcome */
	} else {
		count_visit(c, r);
		log_failure(c, s, r);
		/* Who only showed the way is asked again as long as nobody else is there to ask. */
		if (r->outcome == OUT_OK && !r->peer.outside) {
			++*(r->peer.tries > 1 ? &c->round.zone.second : &c->round.zone.first);
			if (c->overlay->traits->leads_at_once)
				frontier_told(c->frontier, session_endpoint(s), FRONTIER_MET);
		}
		if (r->outcome == OUT_OK && (!r->peer.outside || c->round.zone.first == 0))
			frontier_verify(c->frontier, session_endpoint(s),
			    round_utc(c, r->ended_ms) / SECOND_MS);
		if (r->outcome == OUT_OK && c->panel != NULL && panel_candidate(c->panel, session_endpoint(s),
		    round_utc(c, r->ended_ms)) != 0)
			round_fault(c, "out of memory");
		conclude_visit(c, n, r->outcome, &r->peer, r->ended_ms);
	}
}

void
visit_done(void *arg, struct session *s, const struct session_result *r)
{
	struct crawl *c = arg;

	if (session_standing(s))
		held_done(c, s, r);
	else if (!session_inbound(s))
		outbound_done(c, s, r);
	else if (c->listener != NULL)
		listener_done(c->listener, session_tag(s), session_endpoint(s).ip);
}

/*
 * A handshake is done.  On a link that a peer opened it is the contact, for the
 * link may outlast the round; junk that never said who it is leaves no row.
 */
void
visit_greeted(void *arg, struct session *s, const struct dialog_peer *peer)
{
	struct crawl *c = arg;
	int64_t now_ms = session_now(s);

	if (session_standing(s)) {
		held_greeted(c, s);
		return;
	}
	if (!session_inbound(s)) {
		dial_window_ended(&c->dial_window, session_notes(s)->cohort, true, now_ms);
		return;
	}
	if (peer->test_link) {
		c->round.tests++;	/* part of our own visit, no call */
		return;
	}
	c->round.inbound++;
	/* The port is what the caller says: a claim like any other, until we have dialled it. */
	if (!peer->undialable && peer->announced.port != 0)
		recorder_claim(c, s, peer->announced);
	recorder_contact(c, endpoint_is_nobody(peer->announced) ? session_endpoint(s)
	    : peer->announced, true, OUT_OK, peer, now_ms);
}

void
visit_up(void *arg, struct session *s)
{
	struct crawl *c = arg;

	if (!session_standing(s))
		frontier_move(c->frontier, session_tag(s), NODE_TALKING);
}

/* ---- beginnings --------------------------------------------------------------------- */

/* Is it never dialled?  Then that is its outcome, which costs no rate and no place. */
static bool
passed_over(struct crawl *c, node_id n, enum scope_verdict verdict, int64_t now_ms)
{
	if (verdict == SCOPE_DIAL)
		return false;
	if (verdict == SCOPE_NOWHERE)
		conclude_visit(c, n, OUT_TIMEOUT, NULL, now_ms);
	else
		exclude_node(c, n, verdict, now_ms);
	return true;
}

/* Nothing was begun: say why, unless it may be tried again. */
static bool
not_begun(struct crawl *c, node_id n, const struct dialled *d, int64_t now_ms)
{
	if (passed_over(c, n, d->verdict, now_ms))
		return true;
	switch (dial_fault(d->error, true)) {
	case FAULT_REFUSED:
		conclude_visit(c, n, OUT_REFUSED, NULL, now_ms);
		return true;
	case FAULT_TIMEOUT:
		conclude_visit(c, n, OUT_TIMEOUT, NULL, now_ms);
		return true;
	case FAULT_FORBIDDEN:
		exclude_node(c, n, SCOPE_FORBIDDEN, now_ms);
		return true;
	case FAULT_LOCAL:
		break;
	}
	note_local_error(c, d->error, now_ms);
	return false;		/* it keeps its place */
}

/* Dials one node.  False: not now, nor the next one. */
static bool
dial_node(struct crawl *c, node_id n, int64_t now_ms)
{
	struct endpoint e = frontier_endpoint(c->frontier, n);
	bool late = frontier_was_late(c->frontier, n);
	const struct session_notes notes = { .cohort = c->dial_window.newest };
	struct dialled d;

	d = session_dial(c->sessions, e, late ? c->set.retry_limit_ms : c->set.connect_limit_ms,
	    n, &notes);
	if (d.verdict == SCOPE_DIAL && d.fd != -1) {
		(void)bucket_take(&c->dial_rate, now_ms);
		(void)dial_window_dialled(&c->dial_window);
		frontier_move(c->frontier, n, NODE_DIALLING);
		c->round.last_dial_ms = now_ms;
		c->round.retried += late;
		c->round.dials++;
		return true;
	}
	if (c->net_quota != NULL)
		quota_close(c->net_quota, address_block_number(e));
	return not_begun(c, n, &d, now_ms);
}

static bool
scope_permits(struct crawl *c, node_id n, int64_t now_ms)
{
	struct endpoint target;
	enum scope_verdict v =
	    scope_judge(&c->scope, frontier_endpoint(c->frontier, n), &target);

	return !passed_over(c, n, v, now_ms);
}

/*
 * Has its address had enough of its claimed ports visited?  A list that is made before the
 * round keeps to that by itself; leads that join it come here, after their /24 was asked.
 * Of IPv6 a /48 is an address.
 */
static bool
address_permits(struct crawl *c, node_id n, int64_t now_ms)
{
	struct endpoint e = frontier_endpoint(c->frontier, n);
	uint32_t address = e.net == NET_IPV4 ? e.ip : address_block_number(e);

	if (c->address_quota == NULL || frontier_first_class(c->frontier, n))
		return true;
	if (quota_open(c->address_quota, address, now_ms, false) == QUOTA_OK) {
		quota_close(c->address_quota, address);	/* only their number counts */
		return true;
	}
	if (c->net_quota != NULL)
		quota_close(c->net_quota, address_block_number(e));
	frontier_move(c->frontier, n, NODE_DONE);
	c->round.crowded++;
	return false;
}

/* Was it dialled so lately that it is left alone?  Then it has no outcome in this round. */
static bool
is_resting(struct crawl *c, node_id n, int64_t now_ms)
{
	if (c->revisit == NULL || frontier_was_late(c->frontier, n) ||
	    revisit_is_due(c->revisit, frontier_endpoint(c->frontier, n), round_utc(c, now_ms)))
		return false;
	frontier_move(c->frontier, n, NODE_DONE);
	c->round.rested++;
	return true;
}

/* A node has one link: who is held is not visited, and has no outcome in this round but that. */
static bool
is_held(struct crawl *c, node_id n)
{
	if (c->panel == NULL || !panel_holds(c->panel, frontier_endpoint(c->frontier, n)))
		return false;
	frontier_move(c->frontier, n, NODE_DONE);
	return true;
}

/* May the node's /24 be dialled?  If not, the node is put aside. */
static bool
net_permits(struct crawl *c, node_id n, int64_t now_ms)
{
	bool first = frontier_first_class(c->frontier, n);
	uint32_t block;

	if (c->net_quota == NULL)
		return true;
	block = address_block_number(frontier_endpoint(c->frontier, n));
	switch (quota_open(c->net_quota, block, now_ms, first)) {
	case QUOTA_OK:
		return true;
	case QUOTA_LATER:
		frontier_move(c->frontier, n, NODE_HELD);
		if (first)
			quota_wait(c->net_quota, block, 1);
		return false;
	case QUOTA_SPENT:
		frontier_move(c->frontier, n, NODE_DONE);
		c->round.capped++;
		return false;
	}
	return false;
}

static void
release_held(struct crawl *c)
{
	node_id n;

	for (int i = 0; i < RELEASE_AT_ONCE; i++) {
		if ((n = frontier_first(c->frontier, NODE_HELD)) == NO_NODE)
			return;
		if (frontier_first_class(c->frontier, n))
			quota_wait(c->net_quota,
			    address_block_number(frontier_endpoint(c->frontier, n)), -1);
		frontier_move(c->frontier, n,
		    frontier_was_late(c->frontier, n) ? NODE_LATE : NODE_QUEUED);
	}
}

static node_id
next_node(const struct crawl *c)
{
	node_id n = frontier_first(c->frontier, NODE_QUEUED);

	return n != NO_NODE ? n : frontier_first(c->frontier, NODE_LATE);
}

/* Links that may be opened now. */
static uint32_t
links_allowed(const struct crawl *c, int64_t now_ms)
{
	uint32_t open = (uint32_t)(sessions_open(c->sessions) - sessions_standing(c->sessions));
	uint32_t left = open < c->set.max_sessions ? (uint32_t)c->set.max_sessions - open : 0, paced;

	/* No router keeps a place for each of them: the rate alone limits datagrams. */
	if (c->overlay->carrier == CARRIER_DATAGRAM)
		return datagram_congested(c->sessions) ? 0 : left;
	/* A caller takes a place, but none of those that our dials have found out. */
	paced = dial_window_room(
	    &c->dial_window, open - (uint32_t)sessions_inbound(c->sessions), now_ms);

	return left < paced ? left : paced;
}

bool
visit_pump(struct crawl *c)
{
	int64_t now_ms = utctime_monotonic();
	uint32_t may = links_allowed(c, now_ms),
	    left = may < DIALS_AT_ONCE ? may : DIALS_AT_ONCE;
	node_id n;

	release_held(c);
	while (left > 0 && c->stop == STOP_NO && (int64_t)c->round.dials < c->set.round_dials &&
	    bucket_wait(&c->dial_rate, now_ms) == 0 && (n = next_node(c)) != NO_NODE) {
		if (is_held(c, n) || is_resting(c, n, now_ms) || !scope_permits(c, n, now_ms) ||
		    !net_permits(c, n, now_ms) || !address_permits(c, n, now_ms))
			continue;
		if (!dial_node(c, n, now_ms))
			return false;
		left--;
	}
	return left == 0 && may > DIALS_AT_ONCE;
}

/* Late ones have had their short pass, and its outcome. */
void
visit_cut(struct crawl *c, enum round_cut limit)
{
	int64_t now_ms = utctime_monotonic();
	node_id n;

	c->round.cut |= UINT32_C(1) << limit;
	c->round.unreached += frontier_cut(c->frontier);
	while ((n = frontier_first(c->frontier, NODE_LATE)) != NO_NODE)
		conclude_visit(c, n, OUT_TIMEOUT, NULL, now_ms);
}

bool
visit_over(const struct crawl *c)
{
	static const enum node_state open[] = { NODE_QUEUED, NODE_HELD, NODE_DIALLING,
		NODE_TALKING, NODE_LATE };

	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (frontier_count(c->frontier, open[i]) > 0)
			return false;
	return true;
}
