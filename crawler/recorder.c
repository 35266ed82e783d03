/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Turns findings into rows: gives an observation its round and its time, hands it to
 * the store, and puts on a list who is to be visited for it, by the overlay's traits and nothing else.
 */
#include <sodium.h>
#include <string.h>

#include "crawler/crawl.h"
#include "bounds.h"
#include "data/lib/text.h"

/* Those who tell are in one of two halves, by a keyed hash: two crawls of which each knows half. */
static int
half_of(const struct crawl *c, struct endpoint who)
{
	uint8_t packed[ENDPOINT_PACKED], h[crypto_shorthash_BYTES];

	_Static_assert(sizeof(c->secret) >= crypto_shorthash_KEYBYTES, "the secret is the key");
	crypto_shorthash(h, packed, endpoint_pack(packed, who), c->secret);
	return h[0] & 1;
}

/* The node that a finding names, put on a list: the next one, or the one that is being worked off. */
void
recorder_claim(struct crawl *c, struct session *s, struct endpoint source)
{
	enum claim (*list)(struct frontier *, struct endpoint, bool) =
	    c->overlay->traits->leads_at_once ? frontier_lead : frontier_claim;
	uint32_t *claims = &session_notes(s)->claims;
	struct endpoint peer = session_endpoint(s);
	/* A peer may name so many unheard-of sources in a visit. */
	uint32_t most = (uint32_t)(LIMIT_VISIT_CLAIMS + c->set.windows * LIMIT_WINDOW_CLAIMS);
	int64_t now_ms = session_now(s);
	struct endpoint to;
	enum scope_verdict verdict;

	/* Who is found in this very round and never visited is counted, and has no row. */
	if (c->overlay->traits->leads_at_once &&
	    (verdict = scope_judge(&c->scope, source, &to)) != SCOPE_DIAL) {
		c->round.excluded[verdict]++;
		return;
	}
	/* Most are known; only who is not costs a budget. */
	if (list(c->frontier, source, false) == CLAIM_KNOWN)
		return;
	if (*claims >= most ||
	    !claim_quota_left(c->claim_quota, peer, source, now_ms)) {
		c->round.spent++;
	} else if (list(c->frontier, source, true) == CLAIM_FRESH) {
		claim_quota_spend(c->claim_quota, peer, source, now_ms);
		++*claims;
		c->round.fresh++;
	}
}

/* Names are cut between two characters where they are longer than any usual one. */
static void
cut_texts(struct crawl *c, struct observation *o)
{
	for (int i = 0; o->fields != NULL && i < o->fields->of[o->type].n; i++) {
		struct text *t = &o->value[i].text;

		if (o->fields->of[o->type].field[i].type != FIELD_TEXT || t->len <= LIMIT_STORED_TEXT)
			continue;
		t->len = LIMIT_STORED_TEXT;
		while (t->len > 0 && (t->p[t->len] & 0xc0) == 0x80)
			t->len--;
		c->round.cut |= UINT32_C(1) << CUT_TEXT;
	}
}

static void
add_to_store(struct crawl *c, struct observation *o)
{
	cut_texts(c, o);
	c->heard_between |= c->round.id == 0;
	if (c->stop != STOP_FAULT && store_thread_add(c->store_thread, o) != 0)
		round_fault(c, store_error(c->store));
}

void
recorder_found(void *arg, struct session *s, const struct observation *found)
{
	struct crawl *c = arg;
	struct observation o = *found;

	o.round = c->recording;
	o.t_ms = round_utc(c, session_now(s));	/* one answer, one moment */
	c->round.keys += o.type == OBS_KEY;
	c->round.neighbours += o.type == OBS_NEIGHBOUR;
	c->round.queries += o.type == OBS_QUERY;
	if (session_follows(s, &o))
		recorder_claim(c, s, o.type == OBS_KEY ? o.key.source : o.neighbour.node);
	if (o.type == OBS_NEIGHBOUR && c->overlay->traits->leads_at_once)
		frontier_told(c->frontier, o.neighbour.node, half_of(c, session_endpoint(s)));
	add_to_store(c, &o);
}

void
recorder_contact(struct crawl *c, struct endpoint node, bool inbound, enum outcome outcome,
    const struct dialog_peer *peer, int64_t now_ms)
{
	struct observation o = {
		.type = OBS_CONTACT, .round = c->recording, .t_ms = round_utc(c, now_ms), .peer = node,
		.contact = { .node = node, .inbound = inbound, .outcome = outcome },
		.fields = c->overlay->fields,
	};

	if (peer != NULL && peer->dialog)
		memcpy(o.value, peer->contact, sizeof(o.value));
	else
		observation_clear_values(&o);
	add_to_store(c, &o);
}

int
recorder_round(struct crawl *c, enum round_stage stage)
{
	const struct round *r = &c->round;
	const struct round_facts facts = { r->listed, r->sampling, r->clock_jump_ms };
	bool open = stage == ROUND_OPEN;
	int bad = store_thread_finish(c->store_thread);
	struct observation o = {
		.type = OBS_ROUND, .round = r->id, .t_ms = r->start_ms,
		.run = { .sensor = text_of(c->set.sensor), .overlay = text_of(c->overlay->name),
			.start_ms = r->start_ms, .end_ms = open ? UNKNOWN : r->end_ms,
			.tried = open ? UNKNOWN : (int64_t)r->tried,
			.reached = open ? UNKNOWN : (int64_t)r->reached,
			.cut = open ? 0 : r->cut | store_budget_cut(c->store_budget),
			.not_dialled = open ? UNKNOWN : (int64_t)round_not_dialled(r),
			.not_stored = open ? UNKNOWN : (int64_t)store_budget_refused(c->store_budget) },
	};

	/* The facts belong to an open round: after it is opened, before it is completed. */
	if (bad != 0 ||
	    (open && store_add(c->store, &o) != 0) ||
	    store_round_facts(c->store, r->id, &facts) != 0 ||
	    (stage == ROUND_STOPPED && store_round_stopped(c->store, &o) != 0) ||
	    (stage == ROUND_COMPLETE && store_add(c->store, &o) != 0)) {
		round_fault(c, store_error(c->store));
		return -1;
	}
	return 0;
}
