/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks come out whole however they went in, and memory follows what came. */
#include "tests/unit/node/wire_test.h"

#include <stdio.h>

#include "node/winny/frame.h"
#include "node/winny/limits.h"

static const uint8_t preamble[PREAMBLE_LEN] = { 1, 2, 3, 4, 5, 6 };

/* A stream under construction: preamble, then blocks under one key. */
struct stream {
	struct link_cipher	link;
	size_t		n;
	uint8_t		b[300000];
};
static struct stream s;

static void
begin(void)
{
	link_cipher_start(&s.link, preamble);
	memcpy(s.b, preamble, PREAMBLE_LEN);
	s.n = PREAMBLE_LEN;
}

/* The length field says len; `there` bytes of body follow, all of them v. */
static void
add(uint32_t len, size_t there, uint8_t v)
{
	struct wire_out w = wire_out_of(s.b + s.n, sizeof(s.b) - s.n);

	wire_put_u32(&w, len);
	memset(w.p, v, there);
	link_cipher_apply(&s.link, s.b + s.n, s.b + s.n, there + 4);
	s.n += there + 4;
}

static enum frame_result
feed(struct frame *f, size_t from, size_t to, struct block *b)
{
	const uint8_t *p = s.b + from;
	size_t n = to - from;
	enum frame_result r = frame_next(f, &p, &n, b);

	if (r == FRAME_MORE)
		assert_int_equal(n, 0);
	return r;
}

static void
chunks_of_any_size_give_the_same_blocks(void **state)
{
	static const size_t size[] = { 1, 2, 3, 5, 7, 64, 1000, 300000 };

	(void)state;
	begin();
	add(1, 1, 97);
	add(0, 0, 0);
	add(5000, 5000, 13);
	add(3, 3, 4);
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		char seen[128] = "";
		struct block b;
		struct frame f;

		frame_init(&f);
		for (size_t at = 0; at < s.n; at += size[i]) {
			const uint8_t *p = s.b + at;
			size_t n = size[i] < s.n - at ? size[i] : s.n - at;
			enum frame_result r;

			while ((r = frame_next(&f, &p, &n, &b)) != FRAME_MORE)
				snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
				    "%u@%u:%d ", (unsigned)b.len, (unsigned)b.offset,
				    r == FRAME_EMPTY ? -1 : b.code);
		}
		assert_string_equal(seen, "1@6:97 0@11:-1 5000@15:13 3@5019:4 ");
		assert_true(frame_at_rest(&f));
		assert_null(f.body);
		frame_clear(&f);
	}
}

static void
the_longest_block_passes_and_one_byte_more_does_not(void **state)
{
	struct block b;
	struct frame f;

	(void)state;
	begin();
	add(LIMIT_BLOCK, LIMIT_BLOCK, 7);
	frame_init(&f);
	assert_int_equal(feed(&f, 0, s.n, &b), FRAME_BLOCK);
	assert_int_equal(b.payload.len, LIMIT_BLOCK - 1);
	assert_int_equal(b.payload.p[LIMIT_BLOCK - 2], 7);
	frame_clear(&f);

	begin();
	add(LIMIT_BLOCK + 1, 0, 0);
	frame_init(&f);
	assert_int_equal(feed(&f, 0, s.n - 1, &b), FRAME_MORE);
	assert_int_equal(feed(&f, s.n - 1, s.n, &b), FRAME_TOO_LONG);
	assert_int_equal(b.len, LIMIT_BLOCK + 1);
	assert_int_equal(b.offset, PREAMBLE_LEN);
	assert_null(f.body);
}

static void
negative_and_overflowing_lengths_are_refused_at_once(void **state)
{
	static const uint32_t len[] = { 0x80000000, 0xffffffff, 0x7fffffff, 0x7ffffffc, 1 << 22 };

	(void)state;
	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		struct block b;
		struct frame f;

		begin();
		add(len[i], 0, 0);
		frame_init(&f);
		assert_int_equal(feed(&f, 0, s.n, &b), FRAME_TOO_LONG);
		assert_null(f.body);
	}
}

/*
 * A length field alone costs nothing; a trickle never holds more than twice
 * what came, and moves it a few times only.
 */
static void
memory_follows_the_bytes_that_came(void **state)
{
	uint32_t room = 0, moves = 0;
	struct block b;
	struct frame f;

	(void)state;
	begin();
	add(LIMIT_BLOCK, LIMIT_BLOCK, 7);
	frame_init(&f);
	assert_int_equal(feed(&f, 0, 10, &b), FRAME_MORE);
	assert_null(f.body);
	assert_true(!frame_at_rest(&f));
	for (size_t at = 10; at < 100000; at++) {
		assert_int_equal(feed(&f, at, at + 1, &b), FRAME_MORE);
		assert_true(f.room <= 2 * f.has && f.room <= LIMIT_BLOCK);
		moves += f.room != room;
		room = f.room;
	}
	assert_true(moves < 20);
	assert_int_equal(feed(&f, 100000, s.n, &b), FRAME_BLOCK);
	assert_int_equal(feed(&f, s.n, s.n, &b), FRAME_MORE);
	assert_null(f.body);
	frame_clear(&f);
	frame_clear(&f);
}

static void
a_new_key_begins_right_after_the_block_that_brings_it(void **state)
{
	const uint8_t *p = s.b;
	struct block b;
	struct frame f;
	size_t n;

	(void)state;
	begin();
	add(1, 1, 0);
	link_cipher_rekey(&s.link);
	add(2, 2, 10);
	n = s.n;
	frame_init(&f);
	assert_int_equal(frame_next(&f, &p, &n, &b), FRAME_BLOCK);
	frame_rekey(&f);
	assert_int_equal(frame_next(&f, &p, &n, &b), FRAME_BLOCK);
	assert_int_equal(b.code, 10);
	assert_int_equal(b.payload.p[0], 10);
	frame_clear(&f);
}

static void
it_knows_where_a_stream_may_end(void **state)
{
	struct block b;
	struct frame f;

	(void)state;
	begin();
	add(0, 0, 0);
	frame_init(&f);
	assert_false(frame_at_rest(&f));
	feed(&f, 0, 5, &b);
	assert_false(frame_at_rest(&f));
	feed(&f, 5, 6, &b);
	assert_true(frame_at_rest(&f));
	feed(&f, 6, 9, &b);
	assert_false(frame_at_rest(&f));
	assert_int_equal(feed(&f, 9, 10, &b), FRAME_EMPTY);
	assert_true(frame_at_rest(&f));
}

static void
every_result_has_a_text(void **state)
{
	(void)state;
	for (int r = 0; r < FRAME_NRESULT; r++)
		assert_true(strlen(frame_result_text((enum frame_result)r)) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_of_any_size_give_the_same_blocks),
		cmocka_unit_test(the_longest_block_passes_and_one_byte_more_does_not),
		cmocka_unit_test(negative_and_overflowing_lengths_are_refused_at_once),
		cmocka_unit_test(memory_follows_the_bytes_that_came),
		cmocka_unit_test(a_new_key_begins_right_after_the_block_that_brings_it),
		cmocka_unit_test(it_knows_where_a_stream_may_end),
		cmocka_unit_test(every_result_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
