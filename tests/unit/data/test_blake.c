/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "data/blake.h"

#define LONGEST	700

/* Lane k of n hashes len[k] bytes, each message another one. */
static void
compare(const size_t len[BLAKE_LANES], int n)
{
	static uint8_t text[BLAKE_LANES][LONGEST];
	const uint8_t *message[BLAKE_LANES];
	uint8_t out[BLAKE_LANES + 1][BLAKE_HASH], want[BLAKE_HASH];

	memset(out, 0xee, sizeof(out));
	for (int k = 0; k < n; k++) {
		randombytes_buf_deterministic(text[k], sizeof(text[k]), (uint8_t[32]){ (uint8_t)(k + 1) });
		message[k] = text[k];
	}
	blake_hash(out, message, len, n);
	for (int k = 0; k < n; k++) {
		crypto_generichash(want, sizeof(want), text[k], len[k], NULL, 0);
		assert_memory_equal(out[k], want, sizeof(want));
	}
	assert_int_equal(out[n][0], 0xee);
}

static void
every_length_is_what_libsodium_says(void **state)
{
	(void)state;
	for (size_t len = 0; len < LONGEST - 3; len++)
		compare((size_t[BLAKE_LANES]){ len, len + 1, len + 2, len + 3 }, BLAKE_LANES);
}

static void
lengths_may_differ_by_blocks(void **state)
{
	static const size_t some[] = { 0, 1, 65, 127, 128, 129, 255, 256, 257, 384, 700 };
	enum { N = sizeof(some) / sizeof(some[0]) };

	(void)state;
	for (int a = 0; a < N; a++)
		for (int b = 0; b < N; b++)
			compare((size_t[BLAKE_LANES]){ some[a], some[b], some[(a + b) % N],
			    some[(a + 2 * b) % N] }, BLAKE_LANES);
}

static void
fewer_messages_leave_the_rest_alone(void **state)
{
	(void)state;
	for (int n = 1; n < BLAKE_LANES; n++)
		compare((size_t[BLAKE_LANES]){ 300, 20, 150, 0 }, n);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_is_what_libsodium_says),
		cmocka_unit_test(lengths_may_differ_by_blocks),
		cmocka_unit_test(fewer_messages_leave_the_rest_alone),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
