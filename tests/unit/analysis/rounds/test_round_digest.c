/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests come back from bytes as they were, and nothing comes from bytes that are not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/round_digest.h"

#define MAX_NODE	1000

static struct round_digest *
made(void)
{
	struct round_digest *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	*d = (struct round_digest){ .round = 12, .complete = true, .start_ms = 5, .end_ms = 9,
	    .tried = UNKNOWN, .reached = 4, .totals = { 3, 2, 1, 0 } };
	*array_add(&d->named) = (struct named){ 900, SEEN_KEY };
	*array_add(&d->named) = (struct named){ 901, SEEN_NEIGHBOUR };
	*array_add(&d->source) = (struct source){ .node = 900, .link = 0, .claim = 0,
	    .first_peer = 3, .links = 1, .claims = 1, .ttl = TTL_UNKNOWN };
	*array_add(&d->link) = (struct link){ 900, 3, 2, 1490 };
	*array_add(&d->claim) = (struct claim){ UINT64_C(0xfedcba9876543210), 900, 0 };
	*array_add(&d->visit) = (struct visit){ 3, OUT_OK, true, false };
	*array_add(&d->mention) = (struct mention){ 901, 3, 70000 };
	*array_add(&d->peer) = (struct peer_total){ 3, 2, 1 };
	return d;
}

/* What becomes of it on the way to bytes and back; NULL: refused. */
static struct round_digest *
again(struct round_digest *d, uint32_t max_node)
{
	struct pack p = { 0 };
	struct round_digest *back;

	round_digest_pack(&p, d);
	assert_false(p.failed);
	back = round_digest_unpack(pack_text(&p), max_node);
	array_free(&p.bytes);
	return back;
}

static void
they_come_back_as_they_were(void **state)
{
	struct round_digest *d = made(), *back = again(d, MAX_NODE);

	(void)state;
	assert_non_null(back);
	assert_true(back->round == 12 && back->complete && back->start_ms == 5 && back->end_ms == 9);
	assert_true(back->tried == UNKNOWN && back->reached == 4);
	assert_memory_equal(&back->totals, &d->totals, sizeof(d->totals));
#define SAME(list) \
	assert_int_equal(back->list.n, d->list.n); \
	assert_memory_equal(back->list.p, d->list.p, d->list.n * sizeof(d->list.p[0]))
	SAME(named);
	SAME(link);
	SAME(claim);
	SAME(mention);
	SAME(peer);
#undef SAME
	assert_int_equal(back->source.p[0].ttl, TTL_UNKNOWN);
	assert_true(back->source.p[0].first_peer == 3 && back->source.p[0].links == 1);
	assert_true(back->visit.p[0].inbound && back->visit.p[0].outcome == OUT_OK);
	round_digest_free(back);
	round_digest_free(d);
}

static void
wrong_lengths_and_versions_are_refused(void **state)
{
	struct round_digest *d = made();
	struct pack p = { 0 };

	(void)state;
	round_digest_pack(&p, d);
	for (size_t len = 0; len < p.bytes.n; len++) {
		/* exactly as long, so that a sanitizer sees a read behind it */
		uint8_t *cut = malloc(len + (len == 0));

		assert_non_null(cut);
		memcpy(cut, p.bytes.p, len);
		assert_null(round_digest_unpack((struct text){ cut, len }, MAX_NODE));
		free(cut);
	}
	p.bytes.p[0]++;
	assert_null(round_digest_unpack(pack_text(&p), MAX_NODE));
	p.bytes.p[0]--;
	array_add(&p.bytes);
	assert_null(round_digest_unpack(pack_text(&p), MAX_NODE));
	array_free(&p.bytes);
	round_digest_free(d);
}

static void
what_lies_outside_its_bounds_is_refused(void **state)
{
	struct round_digest *d = made();

	(void)state;
	assert_null(again(d, 900));		/* node 901 does not exist */
#define SPOILT(member, wrong) do { \
	__typeof__(d->member) right = d->member; \
	d->member = (wrong); \
	assert_null(again(d, MAX_NODE)); \
	d->member = right; \
} while (0)
	SPOILT(named.p[1].node, 1001);
	SPOILT(source.p[0].node, 1001);
	SPOILT(source.p[0].first_peer, 1001);
	SPOILT(source.p[0].link, 1);
	SPOILT(source.p[0].link, UINT32_MAX);
	SPOILT(source.p[0].links, 0);
	SPOILT(source.p[0].claims, 2);
	SPOILT(source.p[0].claim, 2);
	SPOILT(link.p[0].source, 1001);
	SPOILT(link.p[0].peer, 1001);
	SPOILT(claim.p[0].source, 1001);
	SPOILT(visit.p[0].node, 1001);
	SPOILT(visit.p[0].outcome, OUT_N);
	SPOILT(mention.p[0].peer, 1001);
	SPOILT(peer.p[0].peer, 1001);
#undef SPOILT
	round_digest_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_back_as_they_were),
		cmocka_unit_test(wrong_lengths_and_versions_are_refused),
		cmocka_unit_test(what_lies_outside_its_bounds_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
