/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers come back from bytes as they were, and nothing comes from bytes that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "data/lib/pack_bytes.h"

struct sample {
	uint8_t byte;
	bool yes;
	uint16_t small;
	uint32_t varying, fixed;
	uint64_t large;
	int64_t below;
	float nan;
	double fraction;
};

static void
pack_sample(struct pack *p, struct sample *s)
{
	pack_version(p, 3);
	pack_u8(p, &s->byte);
	pack_bool(p, &s->yes);
	pack_n16(p, &s->small);
	pack_n32(p, &s->varying);
	pack_u32(p, &s->fixed);
	pack_u64(p, &s->large);
	pack_i64(p, &s->below);
	pack_f32(p, &s->nan);
	pack_f64(p, &s->fraction);
}

static void
numbers_come_back_as_they_were(void **state)
{
	static const uint32_t edge[] = { 0, 1, 127, 128, 16383, 16384, UINT16_MAX, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
		struct sample in = { (uint8_t)edge[i], i % 2, (uint16_t)edge[i], edge[i], edge[i],
		    UINT64_MAX - edge[i], -(int64_t)edge[i] - 1, NAN, edge[i] / 3.0 }, out = { .byte = 0 };
		struct pack p = { 0 }, r;

		pack_sample(&p, &in);
		assert_false(p.failed);
		r = pack_reader(pack_text(&p));
		pack_sample(&r, &out);
		assert_true(pack_is_read(&r));
		assert_true(out.byte == in.byte && out.yes == in.yes && out.small == in.small);
		assert_true(out.varying == in.varying && out.fixed == in.fixed);
		assert_true(out.large == in.large && out.below == in.below);
		assert_memory_equal(&out.nan, &in.nan, sizeof(in.nan));
		assert_memory_equal(&out.fraction, &in.fraction, sizeof(in.fraction));
		array_free(&p.bytes);
	}
}

/* The bytes are the same on every machine. */
static void
the_layout_is_fixed(void **state)
{
	static const uint8_t want[] = { 7, 0x34, 0x12, 0, 0, 0xac, 0x02, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f };
	struct pack p = { 0 };
	uint32_t fixed = 0x1234, varying = 300;
	double fraction = 1.5;

	(void)state;
	pack_version(&p, 7);
	pack_u32(&p, &fixed);
	pack_n32(&p, &varying);
	pack_f64(&p, &fraction);
	assert_int_equal(pack_text(&p).len, sizeof(want));
	assert_memory_equal(pack_text(&p).p, want, sizeof(want));
	array_free(&p.bytes);
}

static void
wrong_lengths_and_versions_are_refused(void **state)
{
	struct sample in = { .varying = 70000, .fixed = 1 }, out = { .byte = 0 };
	struct pack p = { 0 };
	struct text bytes;

	(void)state;
	pack_sample(&p, &in);
	pack_u8(&p, &in.byte);		/* one too many */
	bytes = pack_text(&p);
	for (size_t len = 0; len <= bytes.len; len++) {
		struct pack r = pack_reader((struct text){ bytes.p, len });

		pack_sample(&r, &out);
		assert_int_equal(pack_is_read(&r), len == bytes.len - 1);
		assert_true(len >= bytes.len - 1 || out.fraction == 0);	/* after a failure: 0 */
	}
	p.bytes.p[0] = 4;
	p.bytes.n--;
	p = (struct pack){ .reading = true, .rest = pack_text(&p), .bytes.any = p.bytes.any };
	pack_sample(&p, &out);
	assert_false(pack_is_read(&p));
	array_free(&p.bytes);
}

static bool
reads_n32(const char *bytes, size_t len)
{
	struct pack r = pack_reader((struct text){ (const uint8_t *)bytes, len });
	uint32_t v = 1;

	pack_n32(&r, &v);
	assert_true(!r.failed || v == 0);
	return pack_is_read(&r);
}

static void
numbers_that_cannot_be_are_refused(void **state)
{
	struct pack r = pack_reader((struct text){ (const uint8_t *)"\x02", 1 });
	bool yes = true;

	(void)state;
	assert_true(reads_n32("\xff\xff\xff\xff\x0f", 5));
	assert_false(reads_n32("\xff\xff\xff\xff\x10", 5));	/* 2^32 and more */
	assert_false(reads_n32("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11));
	pack_bool(&r, &yes);
	assert_true(r.failed && !yes);
	/* A list cannot have more items than there are bytes. */
	r = pack_reader((struct text){ (const uint8_t *)"\x03xx", 3 });
	assert_int_equal(pack_count(&r, 0), 0);
	assert_true(r.failed);
	r = pack_reader((struct text){ (const uint8_t *)"\x02xx", 3 });
	assert_int_equal(pack_count(&r, 0), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_back_as_they_were),
		cmocka_unit_test(the_layout_is_fixed),
		cmocka_unit_test(wrong_lengths_and_versions_are_refused),
		cmocka_unit_test(numbers_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
