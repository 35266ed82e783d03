/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lab cannot leave loopback: the addresses, the filter, the sockets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/guard.h"

static const struct silences nobody;
static const struct silences half = { { 0x5eed5eed, 0x80000000u }, { 0, 0 } };

static void
loopback_is_all_of_127_but_the_broadcast(void **state)
{
	static const struct { uint32_t ip; bool inside; } cases[] = {
		{ 0x7f000001, true }, { 0x7f000000, true }, { 0x7ffffffe, true },
		{ 0x7fffffff, false }, { 0x7effffff, false }, { 0x80000000, false },
		{ 0x00000000, false }, { 0xffffffff, false }, { 0x0100007f, false },
		{ 0xc0a80001, false }, { 0x0a000001, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(guard_loopback(cases[i].ip), cases[i].inside);
}

/* ---- a machine for the few instructions the filter uses ------------------- */

struct segment {
	uint8_t	ip[20];
	uint8_t	tcp[20];
};

static uint32_t
load(const struct segment *s, const struct sock_filter *i)
{
	if (i->k >= (uint32_t)SKF_NET_OFF) {
		const uint8_t *p = s->ip + (i->k - (uint32_t)SKF_NET_OFF);

		assert_int_equal(BPF_SIZE(i->code), BPF_W);
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	}
	assert_int_equal(BPF_SIZE(i->code), BPF_B);
	return s->tcp[i->k];
}

static uint32_t
alu(const struct sock_filter *i, uint32_t a, uint32_t x)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_AND: return a & v;
	case BPF_XOR: return a ^ v;
	case BPF_RSH: return a >> v;
	case BPF_MUL: return a * v;
	}
	fail_msg("instruction %#x is not known here", i->code);
	return 0;
}

static bool
jump(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ: return a == i->k;
	case BPF_JGE: return a >= i->k;
	case BPF_JSET: return (a & i->k) != 0;
	}
	fail_msg("jump %#x is not known here", i->code);
	return false;
}

static bool
kept(const struct silences *s, uint32_t from, uint32_t to, uint8_t flags)
{
	struct sock_filter code[GUARD_FILTER];
	struct segment seg = { .tcp[13] = flags };
	unsigned n = guard_program(code, s);
	uint32_t a = 0, x = 0;

	for (int i = 0; i < 4; i++) {
		seg.ip[12 + i] = (uint8_t)(from >> (24 - 8 * i));
		seg.ip[16 + i] = (uint8_t)(to >> (24 - 8 * i));
	}
	for (unsigned pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &code[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD: a = load(&seg, i); break;
		case BPF_ALU: a = alu(i, a, x); break;
		case BPF_MISC: x = a; break;
		case BPF_JMP: pc += jump(i, a) ? i->jt : i->jf; break;
		case BPF_RET: return i->k != 0;
		default: fail_msg("class %#x is not known here", i->code);
		}
	}
	fail_msg("the program runs past its end");
	return false;
}

#define SYN 0x02
#define ACK 0x10

static void
the_filter_drops_all_that_is_not_loopback(void **state)
{
	static const uint32_t outside[] = { 0, 1, 0x0a000001, 0x7effffff, 0x80000000,
		0x08080808, 0xc0a80001, 0xe0000001, 0xffffffff, 0x0100007f };
	static const uint8_t flags[] = { SYN, SYN | ACK, ACK, 0, 0xff };

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		for (size_t f = 0; f < sizeof(flags); f++) {
			assert_false(kept(&nobody, outside[i], 0x7f000001, flags[f]));
			assert_false(kept(&nobody, 0x7f000001, outside[i], flags[f]));
			assert_false(kept(&nobody, outside[i], outside[i], flags[f]));
		}
	assert_true(kept(&nobody, 0x7f000001, 0x7f010203, SYN));
	assert_true(kept(&nobody, 0x7f000001, 0x7ffffffe, ACK));
}

static void
the_filter_and_the_world_agree_on_silence(void **state)
{
	unsigned silent = 0;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t ip = 0x7f000001 + i * 827;
		bool drop = silent_holds(&half.always, ip);

		silent += drop;
		assert_int_equal(kept(&half, 0x7f000001, ip, SYN), !drop);
	}
	assert_in_range(silent, 9700, 10300);
}

static void
silent_is_for_the_first_segment_only(void **state)
{
	const struct silences all = { { 7, UINT32_MAX }, { 0, 0 } };

	(void)state;
	assert_false(kept(&all, 0x7f000001, 0x7f000002, SYN));
	assert_true(kept(&all, 0x7f000001, 0x7f000002, ACK));
}

static void
silent_for_a_time_adds_to_the_other(void **state)
{
	static const struct silences both = { { 0x5eed5eed, 0x40000000u }, { 99, 0x80000000u } };
	unsigned silent = 0;

	(void)state;
	for (uint32_t ip = 0x7f000001; ip < 0x7f000001 + 20000; ip++) {
		bool drop = silent_holds(&both.always, ip) || silent_holds(&both.now, ip);

		silent += drop;
		assert_int_equal(kept(&both, 0x7f000001, ip, SYN), !drop);
	}
	assert_in_range(silent, 12200, 12800);	/* 1 - 3/4 * 1/2 */
}

static void
the_share_of_silent_addresses_is_what_was_asked(void **state)
{
	static const double share[] = { 0, 0.01, 0.3, 0.6, 0.95, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
		struct silent s = { 0x12345678, silent_limit(share[i]) };
		int n = 0;

		for (uint32_t ip = 0; ip < 100000; ip++)
			n += silent_holds(&s, 0x7f000000 + ip);
		assert_in_range(n + 1000, share[i] * 100000 + 1000 - 500,
		    share[i] * 100000 + 1000 + 500);
	}
	assert_int_equal(silent_limit(-1), 0);
}

static void
no_dial_leaves_loopback(void **state)
{
	static const uint32_t outside[] = { 0, 0x0a000001, 0x08080808, 0x7fffffff, 0xc0a80101 };

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		errno = 0;
		assert_int_equal(guard_dial(0x7f000001, (struct endpoint){ outside[i], 9 }), -1);
		assert_int_equal(errno, EACCES);
		errno = 0;
		assert_int_equal(guard_dial(outside[i], (struct endpoint){ 0x7f000001, 9 }), -1);
		assert_int_equal(errno, EACCES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_is_all_of_127_but_the_broadcast),
		cmocka_unit_test(the_filter_drops_all_that_is_not_loopback),
		cmocka_unit_test(the_filter_and_the_world_agree_on_silence),
		cmocka_unit_test(silent_is_for_the_first_segment_only),
		cmocka_unit_test(silent_for_a_time_adds_to_the_other),
		cmocka_unit_test(the_share_of_silent_addresses_is_what_was_asked),
		cmocka_unit_test(no_dial_leaves_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
