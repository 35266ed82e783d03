/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cursors stay inside their bytes, fail for good, and do not wrap. */
#include "tests/unit/node/wire_test.h"

#include <math.h>

#include "node/wire.h"

static void
integers_are_little_endian_and_addresses_dotted(void **state)
{
	const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 0xff, 0xff, 0xff, 0xff, 203, 0, 113, 7,
		0, 0, 0xf0, 0x42 };
	struct wire w = wire_of(in, sizeof(in));

	(void)state;
	assert_int_equal(wire_u8(&w), 1);
	assert_int_equal(wire_u16(&w), 0x0302);
	assert_int_equal(wire_u32(&w), 0x07060504);
	assert_int_equal(wire_i32(&w), -1);
	assert_int_equal(wire_ip(&w), 0xcb007107);
	assert_true(wire_f32(&w) == 120.0f);
	assert_int_equal(wire_left(&w), 0);
	assert_false(w.bad);
}

static void
a_read_that_does_not_fit_fails_for_good(void **state)
{
	const uint8_t in[] = { 1, 2, 3 };
	struct wire w = wire_of(in, sizeof(in));

	(void)state;
	assert_int_equal(wire_u32(&w), 0);
	assert_true(w.bad);
	assert_ptr_equal(w.p, in);
	assert_int_equal(wire_u8(&w), 0);	/* would fit, but something failed before */
	assert_null(wire_bytes(&w, 0));
	assert_int_equal(wire_text(&w, 1).len, 0);
	assert_int_equal(wire_u16(&w), 0);
	assert_true(wire_f32(&w) == 0.0f);
}

static void
huge_lengths_do_not_wrap(void **state)
{
	const uint8_t in[] = { 1, 2, 3 };
	static const size_t huge[] = { 4, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		struct wire w = wire_of(in, sizeof(in));
		uint8_t room[3];
		struct wire_out o = wire_out_of(room, sizeof(room));

		assert_null(wire_bytes(&w, huge[i]));
		wire_put(&o, in, huge[i]);
		assert_true(o.bad);
		o.bad = false;
		wire_put_padded(&o, (struct text){ in, 1 }, huge[i]);
		assert_true(o.bad);
		assert_ptr_equal(o.p, room);
	}
}

static void
what_is_written_reads_back(void **state)
{
	uint8_t room[32];
	struct wire_out o = wire_out_of(room, sizeof(room));
	struct wire w = wire_of(room, sizeof(room));

	(void)state;
	wire_put_u8(&o, 0xfe);
	wire_put_u16(&o, 0xfedc);
	wire_put_u32(&o, 0xfedcba98);
	wire_put_i32(&o, -2);
	wire_put_f32(&o, -1.5f);
	wire_put_ip(&o, 0xcb007107);
	wire_put_padded(&o, text("abc"), 5);
	wire_put_padded(&o, text("abcdef"), 5);
	assert_int_equal(o.p - room, 29);
	assert_int_equal(wire_u8(&w), 0xfe);
	assert_int_equal(wire_u16(&w), 0xfedc);
	assert_int_equal(wire_u32(&w), 0xfedcba98);
	assert_int_equal(wire_i32(&w), -2);
	assert_true(wire_f32(&w) == -1.5f);
	assert_int_equal(wire_ip(&w), 0xcb007107);
	assert_memory_equal(wire_bytes(&w, 10), "abc\0\0abcde", 10);
	assert_false(o.bad || w.bad);
}

static void
a_write_that_does_not_fit_writes_nothing(void **state)
{
	uint8_t room[4] = { 9, 9, 9, 9 };
	struct wire_out o = wire_out_of(room, 3);

	(void)state;
	wire_put_u32(&o, 0);
	assert_true(o.bad);
	wire_put_u8(&o, 0);
	assert_memory_equal(room, "\x09\x09\x09\x09", 4);
	assert_ptr_equal(o.p, room);
}

static void
a_text_ends_before_its_nul(void **state)
{
	(void)state;
	assert_text(text_until_nul((struct text){ (const uint8_t *)"ab\0c", 4 }), "ab");
	assert_text(text_until_nul((struct text){ (const uint8_t *)"abcd", 3 }), "abc");
	assert_int_equal(text_until_nul((struct text){ NULL, 0 }).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_little_endian_and_addresses_dotted),
		cmocka_unit_test(a_read_that_does_not_fit_fails_for_good),
		cmocka_unit_test(huge_lengths_do_not_wrap),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(a_write_that_does_not_fit_writes_nothing),
		cmocka_unit_test(a_text_ends_before_its_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
