/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every known answer of tests/unit/node/mainline/vectors.json, against the module that gives it. */
#define VECTORS	"tests/unit/node/mainline/vectors.json"
#include "tests/unit/node/wire_test.h"

#include <math.h>

#include "node/mainline/krpc.h"
#include "node/mainline/node_id.h"
#include "node/mainline/question.h"

/* A slice as hex digits; "-" where there is none. */
static const char *
hex_text(char *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		sprintf(out + 2 * i, "%02x", t.p[i]);
	out[2 * t.len] = '\0';
	return t.p == NULL ? "-" : out;
}

static void
assert_slice(json_t *expect, const char *name, struct text t)
{
	char out[2 * BYTES_MAX + 1];
	json_t *v = json_object_get(expect, name);

	if (v != NULL)
		assert_string_equal(hex_text(out, t), json_string_value(v));
}

static void
assert_number(json_t *expect, const char *name, int64_t got)
{
	json_t *v = json_object_get(expect, name);

	if (v != NULL)
		assert_int_equal(got, json_integer_value(v));
}

static void
assert_endpoint(json_t *v, struct endpoint e)
{
	char out[ENDPOINT_TEXT];

	assert_string_equal(endpoint_format(out, e), json_string_value(v));
}

static void
assert_contacts(json_t *expect, const char *name, const struct krpc_body *b, bool ipv6)
{
	json_t *list = json_object_get(expect, name), *v;
	struct krpc_contact c;
	char id[2 * NODE_ID + 1];
	size_t i, at = 0;

	json_array_foreach(list, i, v) {
		assert_true(krpc_contact(b, ipv6, &at, &c));
		assert_string_equal(hex_text(id, (struct text){ c.id, NODE_ID }),
		    json_string_value(json_array_get(v, 0)));
		assert_endpoint(json_array_get(v, 1), c.at);
	}
	assert_int_equal(list != NULL, b->nodes[ipv6].p != NULL);
	assert_false(krpc_contact(b, ipv6, &at, &c));
}

static void
assert_lists(json_t *expect, const struct krpc_body *b)
{
	json_t *v;
	char out[2 * NODE_ID + 1];
	struct endpoint e;
	size_t i, at = 0;

	assert_contacts(expect, "nodes", b, false);
	assert_contacts(expect, "nodes6", b, true);
	json_array_foreach(json_object_get(expect, "values"), i, v) {
		assert_true(krpc_value(b, &at, &e));
		assert_endpoint(v, e);
	}
	assert_false(krpc_value(b, &at, &e));
	json_array_foreach(json_object_get(expect, "samples"), i, v)
		assert_string_equal(hex_text(out, (struct text){ b->samples.p + i * NODE_ID, NODE_ID }),
		    json_string_value(v));
	assert_int_equal(b->samples.len, NODE_ID * json_array_size(json_object_get(expect, "samples")));
}

static void
assert_estimate(json_t *expect, const char *name, struct text filter)
{
	json_t *v = json_object_get(expect, name);

	assert_int_equal(v != NULL, filter.p != NULL);
	if (v != NULL)
		assert_true(fabs(krpc_bloom_estimate(filter.p) - json_number_value(v)) < 5e-5);
}

static void
assert_sloppy(json_t *expect, unsigned sloppy)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(expect, "sloppy"), i, v) {
		int kind = 0;

		while (kind < SLOPPY_KINDS && strcmp(sloppy_name[kind], json_string_value(v)) != 0)
			kind++;
		assert_true(sloppy & 1u << kind);
		sloppy &= ~(1u << kind);
	}
	assert_int_equal(sloppy, 0);
}

static void
check_packet(json_t *v)
{
	struct bytes b = hex_of(v, "hex");
	json_t *e = json_object_get(v, "expect");
	struct krpc m;
	const char *bad = krpc_read(&m, b.b, b.n);
	char y[2] = { m.y, '\0' };

	if (!json_is_true(json_object_get(e, "ok"))) {
		assert_non_null(bad);
		assert_string_equal(bad, string_of(e, "why"));
		return;
	}
	assert_null(bad);
	assert_string_equal(y, string_of(e, "y"));
	assert_slice(e, "t", m.t);
	assert_slice(e, "v", m.v);
	if (json_object_get(e, "q") != NULL)
		assert_text(m.q, string_of(e, "q"));
	if (json_object_get(e, "message") != NULL)
		assert_text(m.message, string_of(e, "message"));
	if (json_object_get(e, "ip") != NULL)
		assert_endpoint(json_object_get(e, "ip"), m.ip);
	assert_number(e, "ro", m.ro);
	assert_number(e, "code", m.code);
	assert_slice(e, "id", m.body.id);
	assert_slice(e, "target", m.body.target);
	assert_slice(e, "info_hash", m.body.info_hash);
	assert_slice(e, "token", m.body.token);
	assert_number(e, "port", m.body.port);
	assert_number(e, "implied_port", m.body.implied_port);
	assert_number(e, "num", m.body.num);
	assert_number(e, "interval", m.body.interval);
	assert_lists(e, &m.body);
	assert_estimate(e, "BFsd_estimate", m.body.bloom[0]);
	assert_estimate(e, "BFpe_estimate", m.body.bloom[1]);
	assert_sloppy(e, m.sloppy);
}

static void
packets_are_read_as_known(void **state)
{
	(void)state;
	each_vector("packet", 50, check_packet);
}

/* A ping is known, too: the sensor has none. */
static void
check_question(json_t *v)
{
	json_t *spec = json_object_get(v, "spec");
	struct bytes want = hex_of(v, "hex"), id = hex_of(spec, "id"), t = hex_of(spec, "t"),
	    target = hex_of(spec, "target");
	uint8_t out[LIMIT_QUERY];
	int q = 0;

	while (q < ASK_N && strcmp(question_name[q], string_of(spec, "q")) != 0)
		q++;
	if (strcmp(string_of(spec, "q"), "ping") == 0) {
		assert_int_equal(q, ASK_N);
		return;
	}
	assert_true(q < ASK_N);
	assert_int_equal(question_write(out, (enum question)q, id.b, (struct text){ t.b, t.n }, target.b), want.n);
	assert_memory_equal(out, want.b, want.n);
}

static void
questions_are_written_as_known(void **state)
{
	(void)state;
	each_vector("encode", 3, check_question);
}

static void
check_fit(json_t *v)
{
	struct bytes id = hex_of(v, "id");
	char spelled[80];
	struct endpoint e;
	bool exempt = json_is_true(json_object_get(v, "exempt"));

	snprintf(spelled, sizeof(spelled), strchr(string_of(v, "ip"), ':') != NULL ? "[%s]:1" : "%s:1",
	    string_of(v, "ip"));
	assert_true(endpoint_parse(&e, spelled));
	assert_int_equal(node_id_checksum(e, id.b[NODE_ID - 1]), strtoul(string_of(v, "crc32c"), NULL, 16));
	assert_int_equal(node_id_fits(id.b, e), exempt ? UNKNOWN : int_of(v, "fits"));
}

static void
ids_fit_their_addresses_as_known(void **state)
{
	(void)state;
	each_vector("bep42", 11, check_fit);
	assert_int_equal(node_id_crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
}

static void
check_bloom(json_t *v)
{
	struct bytes filter = hex_of(v, "hex");

	assert_int_equal(filter.n, 256);
	assert_true(fabs(krpc_bloom_estimate(filter.b) -
	    json_number_value(json_object_get(v, "estimate"))) < 5e-3);
}

static void
filters_are_estimated_as_known(void **state)
{
	(void)state;
	each_vector("bep33", 3, check_bloom);
}

static void
check_distance(json_t *v)
{
	struct bytes a = hex_of(v, "a"), b = hex_of(v, "b"), target = hex_of(v, "target");
	int nearer = node_id_nearer(a.b, b.b, target.b);

	assert_int_equal(node_id_shared_bits(a.b, b.b), int_of(v, "common_bits"));
	assert_true(strcmp(string_of(v, "closer"), "a") == 0 ? nearer < 0 : nearer > 0);
}

static void
distances_are_as_known(void **state)
{
	(void)state;
	each_vector("xor", 2, check_distance);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_read_as_known),
		cmocka_unit_test(questions_are_written_as_known),
		cmocka_unit_test(ids_fit_their_addresses_as_known),
		cmocka_unit_test(filters_are_estimated_as_known),
		cmocka_unit_test(distances_are_as_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
