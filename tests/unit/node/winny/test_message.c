/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every command is decoded wholly or not at all, and nothing past its block. */
#include "tests/unit/node/wire_test.h"

#include "node/winny/key.h"
#include "node/winny/message.h"
#include "node/winny/limits.h"

/*
 * One payload of every command that has fields.  All bytes of `exact` ones are
 * needed: each proper prefix must be refused.  Others end in free text or data
 * from byte `needed` on.
 */
static const struct sample {
	uint8_t		 code;
	size_t		 needed;
	const char	*payload;	/* hex */
} samples[] = {
	{ 0, 20, "5f9c51446217f43658711c5eb7332084e7bb9b5d" },
	{ 1, 4, "0000f042" },
	{ 2, 4, "01000100" },
	{ 3, 21, "cb0071073f1e0000" "03010203" "612e62" "78" "7979" "7a7a7a" },
	{ 4, 24, "c63364177a240000411f00000178000000" "020101" "61626364" },
	{ 5, 4, "411f0000" },
	{ 11, 32, "01000000" "02000000" "20000000" "00112233445566778899aabbccddeeff" "00001000" },
	{ 17, 128, NULL },
	{ 12, 276, NULL },
	{ 15, 276, NULL },
	{ 13, 94, "01000000e9030000" "0141" "0000000000000000000000" "01cb0071073f1e" "0100"
		"c63364177a24" "cb0071074241" "00001000" "00112233445566778899aabbccddeeff"
		"02" "8300" "d00d" "4142434445464748494a4b" "03" "313233" "fc05" "00100000"
		"00f15365" "01" "06" },
	{ 21, 24, "0100000002000000" "00112233445566778899aabbccddeeff" "dada" },
	{ 22, 8, "c63364177a240000" },
	{ 23, 8, "c63364177a240000" },
	{ 24, 16, "00112233445566778899aabbccddeeff" "6869" },
	{ 25, 24, "c63364177a240000" "00112233445566778899aabbccddeeff" "6869" },
	{ 26, 20, "00112233445566778899aabbccddeeff" "01000000" },
	{ 27, 20, "00112233445566778899aabbccddeeff" "00000000" },
};
#define NSAMPLES	(sizeof(samples) / sizeof(samples[0]))

static struct bytes
payload_of(const struct sample *s)
{
	struct bytes b = hex(s->payload);

	if (s->payload == NULL) {	/* fixed fields of text */
		b.n = s->needed;
		memset(b.b, 'x', b.n);
		b.b[5] = '\0';
	}
	return b;
}

/* From an exact-size copy on the heap, so that a sanitizer sees an over-read. */
static enum message_error
decode(struct message *m, uint8_t code, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	enum message_error err;

	memcpy(copy, p, n);
	err = message_decode(m, code, (struct text){ copy, n });
	free(copy);
	return err;
}

static void
assert_nothing_left(const struct message *m, uint8_t code)
{
	struct message zero;

	memset(&zero, 0, sizeof(zero));
	zero.code = code;
	assert_memory_equal(m, &zero, sizeof(zero));
}

static void
every_command_with_fields_has_a_sample(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const struct command *c = command_find((uint8_t)code);
		bool sampled = false;

		for (size_t i = 0; i < NSAMPLES; i++)
			sampled |= samples[i].code == code;
		assert_int_equal(sampled, c != NULL && c->decode != NULL);
	}
}

static void
every_proper_prefix_is_refused_and_leaves_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < NSAMPLES; i++) {
		const struct sample *s = &samples[i];
		struct bytes b = payload_of(s);
		struct message m;

		assert_true(b.n >= s->needed);
		for (size_t n = 0; n < s->needed; n++) {
			if (decode(&m, s->code, b.b, n) == MESSAGE_OK)
				fail_msg("command %d: %zu of %zu bytes pass", s->code, n,
				    s->needed);
			assert_nothing_left(&m, s->code);
		}
		assert_int_equal(decode(&m, s->code, b.b, b.n), MESSAGE_OK);
		assert_ptr_equal(m.command, command_find(s->code));
	}
}

/* Each length and count, from the value on that the block cannot hold. */
static void
lengths_and_counts_that_lie_are_refused(void **state)
{
	static const struct { uint8_t code; size_t at; uint8_t was, from; } lies[] = {
		{ 3, 8, 3, 4 }, { 3, 9, 1, 2 }, { 3, 10, 2, 3 }, { 3, 11, 3, 4 },
		{ 4, 17, 2, 3 }, { 4, 18, 1, 2 }, { 4, 19, 1, 2 },
		{ 13, 8, 1, 72 }, { 13, 21, 1, 12 }, { 13, 28, 1, 2 }, { 13, 29, 0, 1 },
		{ 13, 62, 2, 3 }, { 13, 78, 3, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct sample *s = samples;
		struct message m;
		struct bytes b;

		while (s->code != lies[i].code)
			s++;
		b = payload_of(s);
		assert_int_equal(b.b[lies[i].at], lies[i].was);
		for (unsigned v = lies[i].from; v < 256; v++) {
			b.b[lies[i].at] = (uint8_t)v;
			if (decode(&m, s->code, b.b, b.n) == MESSAGE_OK)
				fail_msg("command %d, byte %zu: %u passes", s->code, lies[i].at, v);
			assert_nothing_left(&m, s->code);
		}
	}
}

static void
a_signature_beyond_11_bytes_costs_the_block(void **state)
{
	const struct sample *s = samples;
	struct message m;
	struct bytes b;

	(void)state;
	while (s->code != 13)
		s++;
	b = payload_of(s);
	memmove(b.b + 78 + 9, b.b + 78, b.n - 78);
	b.b[78] = 12;	/* and there are 12 bytes, or bytes enough for 12 */
	assert_int_equal(decode(&m, 13, b.b, b.n + 9), MESSAGE_SIGNATURE);
	b.b[78] = 11;
	assert_int_not_equal(decode(&m, 13, b.b, b.n + 9), MESSAGE_SIGNATURE);
}

static void
bytes_after_the_fields_are_tolerated(void **state)
{
	(void)state;
	for (size_t i = 0; i < NSAMPLES; i++) {
		struct bytes b = payload_of(&samples[i]);
		struct message m;

		b.b[b.n++] = 0xee;
		assert_int_equal(decode(&m, samples[i].code, b.b, b.n), MESSAGE_OK);
	}
}

static void
transfer_and_bbs_layouts_are_read(void **state)
{
	struct message m;
	struct bytes b;

	(void)state;
	b = payload_of(&samples[6]);
	assert_int_equal(message_decode(&m, 11, (struct text){ b.b, b.n }), MESSAGE_OK);
	assert_int_equal(m.file_request.task, 1);
	assert_int_equal(m.file_request.first, 2);
	assert_int_equal(m.file_request.count, 32);
	assert_ptr_equal(m.file_request.hash, b.b + 12);
	assert_int_equal(m.file_request.size, 0x100000);

	b = payload_of(&samples[11]);
	assert_int_equal(message_decode(&m, 21, (struct text){ b.b, b.n }), MESSAGE_OK);
	assert_int_equal(m.file_block.task, 1);
	assert_int_equal(m.file_block.number, 2);
	assert_ptr_equal(m.file_block.md5, b.b + 8);
	assert_int_equal(m.file_block.data.len, 2);

	b = payload_of(&samples[15]);
	assert_int_equal(message_decode(&m, 25, (struct text){ b.b, b.n }), MESSAGE_OK);
	assert_int_equal(m.post.to.ip, 0xc6336417);
	assert_int_equal(m.post.to.port, 9338);
	assert_ptr_equal(m.post.hash, b.b + 8);
	assert_text(m.post.text, "hi");

	b = payload_of(&samples[16]);
	assert_int_equal(message_decode(&m, 26, (struct text){ b.b, b.n }), MESSAGE_OK);
	assert_int_equal(m.post_result.ok, 1);

	b = payload_of(&samples[7]);
	assert_int_equal(message_decode(&m, 17, (struct text){ b.b, b.n }), MESSAGE_OK);
	assert_text(m.board, "xxxxx");
}

static void
a_long_header_is_read_and_its_tail_cut(void **state)
{
	uint8_t long_header[300] = { 0 };
	struct message m;

	(void)state;
	assert_int_equal(decode(&m, 0, long_header, sizeof(long_header)), MESSAGE_OK);
	assert_int_equal(header_text(&m.header).len, HEADER_PLAIN_MAX - 4);
	assert_false(header_accepted(&m.header));
}

static void
a_node_accepts_two_ranges_of_versions(void **state)
{
	static const int32_t good[] = { 12660, 12710, 12899, 20000, 20999 };
	static const int32_t bad[] = { 12659, 12900, 19999, 21000, 0, -1, INT32_MIN, INT32_MAX };
	struct header h = { .plain_len = HEADER_LEN };

	(void)state;
	memcpy(h.plain + 4, "Winny Ver2.0b1  ", 16);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		h.version = good[i];
		assert_true(header_accepted(&h));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		h.version = bad[i];
		assert_false(header_accepted(&h));
	}
	h.version = good[0];
	memcpy(h.plain + 4, "Winny Ver2.0xyz ", 16);
	assert_true(header_accepted(&h));	/* twelve characters count */
	h.plain[4 + 11] = '1';
	assert_false(header_accepted(&h));
}

static void
a_node_announces_ports_up_to_32767(void **state)
{
	static const int32_t bad[] = { 0, -1, LIMIT_PORT + 1, 65535, INT32_MAX, INT32_MIN };
	struct other_node n = { .port = 1 };

	(void)state;
	assert_true(other_node_accepted(&n));
	n.port = LIMIT_PORT;
	assert_true(other_node_accepted(&n));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n.port = bad[i];
		assert_false(other_node_accepted(&n));
	}
}

static void
requests_are_bare_and_closes_may_carry_anything(void **state)
{
	const uint8_t byte[1] = { 0 };
	struct message m;

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const struct command *c = command_find((uint8_t)code);
		bool bare = code == 10 || code == 16;
		bool closes = code == 37 || (code >= 31 && code <= 35);

		if (c == NULL) {
			assert_int_equal(decode(&m, (uint8_t)code, byte, 0), MESSAGE_UNKNOWN);
			assert_int_equal(decode(&m, (uint8_t)code, byte, 1), MESSAGE_UNKNOWN);
			continue;
		}
		assert_int_equal(c->bare, bare);
		assert_int_equal(c->closes, closes);
		if (bare)
			assert_int_equal(decode(&m, (uint8_t)code, byte, 1), MESSAGE_LENGTH);
		else if (c->decode == NULL)
			assert_int_equal(decode(&m, (uint8_t)code, byte, 1), MESSAGE_OK);
		if (c->decode == NULL)
			assert_int_equal(decode(&m, (uint8_t)code, byte, 0), MESSAGE_OK);
	}
	assert_null(command_find(14));
	assert_null(command_find(36));
	assert_null(command_find(100));
}

static void
the_sensor_may_send_seven_commands(void **state)
{
	static const uint8_t ours[] = { 0, 1, 2, 3, 10, 31, 97 };
	size_t n = 0;

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const struct command *c = command_find((uint8_t)code);

		if (c == NULL || !c->ours)
			continue;
		assert_true(n < sizeof(ours));
		assert_int_equal(code, ours[n++]);
	}
	assert_int_equal(n, sizeof(ours));
}

static void
every_error_has_a_text(void **state)
{
	(void)state;
	for (int e = 0; e < MESSAGE_NERR; e++)
		assert_true(strlen(message_error_text((enum message_error)e)) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_with_fields_has_a_sample),
		cmocka_unit_test(every_proper_prefix_is_refused_and_leaves_nothing),
		cmocka_unit_test(lengths_and_counts_that_lie_are_refused),
		cmocka_unit_test(a_signature_beyond_11_bytes_costs_the_block),
		cmocka_unit_test(bytes_after_the_fields_are_tolerated),
		cmocka_unit_test(transfer_and_bbs_layouts_are_read),
		cmocka_unit_test(a_long_header_is_read_and_its_tail_cut),
		cmocka_unit_test(a_node_accepts_two_ranges_of_versions),
		cmocka_unit_test(a_node_announces_ports_up_to_32767),
		cmocka_unit_test(requests_are_bare_and_closes_may_carry_anything),
		cmocka_unit_test(the_sensor_may_send_seven_commands),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
