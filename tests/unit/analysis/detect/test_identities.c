/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each kind of liar is found in a round of honest nodes, by name and size; honest rounds have no findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/detect/identities.h"
#include "data/lib/prng.h"
#include "node/mainline/fields.h"

#define HONEST	200
#define LIAR	1000

struct scene { struct identities d; uint64_t state; };

static struct endpoint
at(uint32_t i)
{
	return endpoint_ipv4(0x51000000 + i * 65537, (uint16_t)(2000 + i));
}

static void
id_of(uint8_t id[20], uint32_t i, int prefix)
{
	for (int k = 0; k < 20; k++)
		id[k] = k < prefix ? 0x38 : (uint8_t)prng_keyed(7, i, (uint64_t)k, 0);
}

static void
met(struct scene *s, struct endpoint e, const uint8_t id[20], const uint8_t *second, const uint8_t *samples, size_t n,
    int64_t num, int64_t interval)
{
	struct observation o = { .type = OBS_CONTACT, .peer = e, .fields = &mainline_fields };

	o.contact = (struct obs_contact){ .node = e, .outcome = OUT_OK };
	observation_clear_values(&o);
	o.value[MAINLINE_CONTACT_ID].text = (struct text){ id, 20 };
	if (second != NULL)
		o.value[MAINLINE_CONTACT_SECOND_ID].text = (struct text){ second, 20 };
	o.value[MAINLINE_CONTACT_VERSION].number = 1;
	o.value[MAINLINE_CONTACT_SAMPLES].text = (struct text){ samples, n * 20 };
	o.value[MAINLINE_CONTACT_NUM].number = num;
	o.value[MAINLINE_CONTACT_INTERVAL].number = interval;
	assert_int_equal(identities_note(&s->d, &o), 0);
}

static void
silent(struct scene *s, struct endpoint e)
{
	struct observation o = { .type = OBS_CONTACT, .peer = e, .fields = &mainline_fields };

	o.contact = (struct obs_contact){ .node = e, .outcome = OUT_TIMEOUT };
	observation_clear_values(&o);
	assert_int_equal(identities_note(&s->d, &o), 0);
}

static void
tell(struct scene *s, struct endpoint peer, struct endpoint node, int bits)
{
	struct observation o = { .type = OBS_NEIGHBOUR, .peer = peer, .fields = &mainline_fields };
	uint8_t id[20];

	observation_clear_values(&o);
	id_of(id, node.ip, 0);
	o.neighbour.node = node;
	o.value[MAINLINE_NEIGHBOUR_ID].text = (struct text){ id, 20 };
	o.value[MAINLINE_NEIGHBOUR_TARGET_BITS].number = bits;
	assert_int_equal(identities_note(&s->d, &o), 0);
}

static void
hold(struct scene *s, struct endpoint peer, uint32_t content, struct endpoint source)
{
	struct observation o = { .type = OBS_KEY, .peer = peer, .fields = &mainline_fields };

	observation_clear_values(&o);
	o.key.content.len = 20;
	id_of(o.key.content.id, 500000 + content, 0);
	o.key.source = source;
	assert_int_equal(identities_note(&s->d, &o), 0);
}

/* Nodes that answer, and as many dead ones; each names 16 of them; contents have three stores each. */
static void
honest(struct scene *s)
{
	uint8_t id[20], sample[40];

	memset(s, 0, sizeof(*s));
	for (uint32_t i = 0; i < HONEST; i++) {
		id_of(id, i, 0);
		id_of(sample, 500000 + i / 3, 0);
		id_of(sample + 20, 500000 + (i / 3 + 1) % (HONEST / 3), 0);
		met(s, at(i), id, NULL, sample, 2, 2, 21600);
		silent(s, at(HONEST + i));
		for (uint32_t k = 0; k < 16; k++)
			tell(s, at(i), at(prng_below(&s->state, 2 * HONEST)), 3);
		for (uint32_t k = 0; k < 10; k++)
			hold(s, at(i), i / 3, endpoint_ipv4(0x70000000 + (i / 3) * 1000 + k, 6881));
	}
}

static const struct id_finding *
only(struct scene *s, struct id_finding out[ID_TESTS], enum incident_kind kind)
{
	assert_int_equal(identities_find(&s->d, out), 1);
	assert_int_equal(out[0].kind, kind);
	return &out[0];
}

static void
test_honest(void **state)
{
	struct id_finding out[ID_TESTS];
	struct scene s;

	(void)state;
	honest(&s);
	assert_int_equal(identities_find(&s.d, out), 0);
	identities_free(&s.d);
}

static void
test_contacts(void **state)
{
	struct id_finding out[ID_TESTS];
	const struct id_finding *f;
	struct scene s;
	uint8_t id[20];

	(void)state;
	for (int echo = 0; echo < 2; echo++) {
		honest(&s);
		id_of(id, LIAR, 0);
		met(&s, at(LIAR), id, NULL, NULL, 0, UNKNOWN, UNKNOWN);
		for (uint32_t k = 0; k < 24; k++) {
			tell(&s, at(LIAR), at(2000 + k), echo ? 60 : 4);
			if (!echo)
				silent(&s, at(2000 + k));
		}
		f = only(&s, out, INC_MADE_UP_CONTACTS);
		assert_int_equal(f->peers, 1);
		assert_int_equal(endpoint_compare(f->peer[0].at, at(LIAR)), 0);
		assert_true(f->size == 24 && f->test == (echo ? TEST_ECHO : TEST_SHARED));
		identities_free(&s.d);
	}
}

static void
test_stores(void **state)
{
	struct id_finding out[ID_TESTS];
	struct scene s;
	uint8_t id[20];

	(void)state;
	/* Exchanged ports are the same holders; addresses of nobody's list are not. */
	for (int lies = 0; lies < 2; lies++) {
		honest(&s);
		id_of(id, LIAR, 0);
		met(&s, at(LIAR), id, NULL, NULL, 0, UNKNOWN, UNKNOWN);
		for (uint32_t content = 0; content < 4; content++)
			for (uint32_t k = 0; k < 10; k++)
				hold(&s, at(LIAR), content, endpoint_ipv4((lies ? 0x20000000 : 0x70000000) + content * 1000 + k,
				    57626));
		if (lies)
			assert_true(only(&s, out, INC_RANDOM_SOURCES)->size == 40);
		else
			assert_int_equal(identities_find(&s.d, out), 0);
		identities_free(&s.d);
	}
}

static void
test_ids(void **state)
{
	struct id_finding out[ID_TESTS];
	struct scene s;
	uint8_t id[20], other[20], samples[400];

	(void)state;
	honest(&s);
	id_of(id, LIAR, 0);
	id_of(other, LIAR + 1, 0);
	met(&s, at(LIAR), id, other, NULL, 0, UNKNOWN, UNKNOWN);
	assert_int_equal(only(&s, out, INC_ID_HOP)->peers, 1);
	identities_free(&s.d);

	for (int prefix = 4; prefix <= 8; prefix += 4) {	/* of 8 bytes: alike in all that fits a number */
		honest(&s);
		for (uint32_t i = 0; i < 9; i++) {
			id_of(id, LIAR + i, prefix);
			met(&s, at(LIAR + i), id, NULL, NULL, 0, UNKNOWN, UNKNOWN);
		}
		assert_true(only(&s, out, INC_SYBIL_CLUSTER)->size == 9);
		identities_free(&s.d);
	}

	honest(&s);
	for (uint32_t i = 0; i < 20; i++)
		id_of(samples + 20 * i, 900000 + i, 0);
	id_of(id, LIAR, 0);
	met(&s, at(LIAR), id, NULL, samples, 20, 1000000000, 0);
	assert_true(only(&s, out, INC_JUNK_HASHES)->size == 20);
	identities_free(&s.d);
}

/* One program with many ids: one table.  People behind one address have tables of their own. */
static void
test_fleets(void **state)
{
	struct id_finding out[ID_TESTS];
	struct scene s;
	uint8_t id[20];

	(void)state;
	for (int fleet = 0; fleet < 2; fleet++) {
		honest(&s);
		for (uint32_t i = 0; i < 20; i++) {
			struct endpoint e = endpoint_ipv4(0x52000001, (uint16_t)(3000 + i));

			id_of(id, LIAR + i, 0);
			met(&s, e, id, NULL, NULL, 0, UNKNOWN, UNKNOWN);
			for (uint32_t k = 0; k < 8; k++)
				tell(&s, e, at(fleet ? k : (i * 8 + k) % HONEST), 3);
		}
		if (fleet)
			assert_true(only(&s, out, INC_SYBIL_FLEET)->size == 20);
		else
			assert_int_equal(identities_find(&s.d, out), 0);
		identities_free(&s.d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_fleets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
