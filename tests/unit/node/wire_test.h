/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of node/ share: cmocka, hex, texts, the known answers. */
#ifndef KANSOKU_TESTS_WIRE_TEST_H
#define KANSOKU_TESTS_WIRE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "observation.h"

#define BYTES_MAX	4096

/* A short byte string by value, so that tests can be written as expressions. */
struct bytes {
	size_t	n;
	uint8_t	b[BYTES_MAX];
};

static inline struct bytes
hex(const char *digits)
{
	struct bytes out = { 0 };

	for (unsigned v; digits != NULL && sscanf(digits, "%2x", &v) == 1; digits += 2) {
		assert_true(out.n < BYTES_MAX);
		out.b[out.n++] = (uint8_t)v;
	}
	return out;
}

static inline struct text
text(const char *s)
{
	return (struct text){ (const uint8_t *)s, strlen(s) };
}

static inline void
assert_text(struct text t, const char *expected)
{
	if (t.len != strlen(expected) || (t.len > 0 && memcmp(t.p, expected, t.len) != 0))
		fail_msg("\"%.*s\" is not \"%s\"", (int)t.len, (const char *)t.p, expected);
}

/* ---- known answers ---------------------------------------------------------------------------- */

#ifndef VECTORS		/* a test of another wire says where its own are */
#define VECTORS	"tests/unit/node/winny/vectors.json"
#endif

static inline json_t *
vectors(void)
{
	json_error_t err;
	json_t *all = json_load_file(VECTORS, 0, &err);

	if (all == NULL)
		fail_msg("%s:%d: %s", VECTORS, err.line, err.text);
	return all;
}

static inline struct bytes
hex_of(json_t *v, const char *name)
{
	return hex(json_string_value(json_object_get(v, name)));
}

static inline const char *
string_of(json_t *v, const char *name)
{
	const char *s = json_string_value(json_object_get(v, name));

	assert_non_null(s);
	return s;
}

static inline json_int_t
int_of(json_t *v, const char *name)
{
	json_t *n = json_object_get(v, name);

	assert_non_null(n);
	return json_is_boolean(n) ? json_is_true(n) : json_integer_value(n);
}

/* Calls check on every vector of a kind; there must be n of them. */
static inline void
each_vector(const char *kind, size_t n, void (*check)(json_t *))
{
	json_t *all = vectors(), *v;
	size_t i, seen = 0;

	json_array_foreach(json_object_get(all, "vectors"), i, v) {
		if (strcmp(string_of(v, "kind"), kind) != 0)
			continue;
		print_message("%s\n", string_of(v, "id"));
		check(v);
		seen++;
	}
	assert_int_equal(seen, n);
	json_decref(all);
}

#endif
