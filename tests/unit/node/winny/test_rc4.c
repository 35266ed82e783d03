/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys without a zero byte give the keystream of RFC 6229; others are cut. */
#include "tests/unit/node/wire_test.h"

#include "node/winny/rc4.h"

#define STREAM	4112

/* The keys 01 02 03 ... of RFC 6229 section 2, at three of its offsets. */
static const struct {
	size_t		 len;
	const char	*at_0, *at_240, *at_4096;
} rfc6229[] = {
	{ 5, "b2396305f03dc027ccc3524a0a1118a8", "28cb1132c96ce286421dcaadb8b69eae",
	    "ff25b58995996707e51fbdf08b34d875" },
	{ 7, "293f02d47f37c9b633f2af5285feb46b", "914f02531c9218810df60f67e338154c",
	    "e74b0b9731227fd37c0ec08a47ddd8b8" },
	{ 8, "97ab8a1bf0afb96132f2f67258da15a8", "9636ebc9841926f4f7d1f362bddf6e18",
	    "3fb46e2c8f0f068edce8cdcd7dfc5862" },
	{ 10, "ede3b04643e586cc907dc21851709902", "3cfd6cb58ee0fdde640176ad0000044d",
	    "08b6be45124a43e2eb77953f84dc8553" },
	{ 16, "9ac7cc9a609d1ef7b2932899cde41b97", "065902e4b620f6cc36c8589f66432f2b",
	    "a36a4c301ae8ac13610ccbc12256cacc" },
	{ 24, "0595e57fe5f0bb3c706edac8a4b2db11", "b06b9b1e195d13d8f4a7995c4553ac05",
	    "3cb0f3b5020a98b82af9fe154484a168" },
	{ 32, "eaa6bd25880bf93d3f5d1e4ca2611d91", "114ae344ded71b35f2e60febad727fd8",
	    "f3e4c0a2e02d1d01f7f0a74618af2b48" },
};

static void
keystream(uint8_t out[STREAM], const uint8_t *key, size_t len)
{
	struct rc4 r;

	memset(out, 0, STREAM);
	rc4_key(&r, key, len);
	rc4_apply(&r, out, out, STREAM);
}

static void
keystreams_are_those_of_rfc_6229(void **state)
{
	uint8_t key[32], out[STREAM];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < sizeof(rfc6229) / sizeof(rfc6229[0]); i++) {
		keystream(out, key, rfc6229[i].len);
		assert_memory_equal(out, hex(rfc6229[i].at_0).b, 16);
		assert_memory_equal(out + 240, hex(rfc6229[i].at_240).b, 16);
		assert_memory_equal(out + 4096, hex(rfc6229[i].at_4096).b, 16);
	}
}

static void
a_key_ends_before_its_first_zero(void **state)
{
	uint8_t cut[STREAM], whole[STREAM];

	(void)state;
	keystream(whole, (const uint8_t[]){ 0xa1, 0x7b }, 2);
	keystream(cut, (const uint8_t[]){ 0xa1, 0x7b, 0, 0x3c }, 4);
	assert_memory_equal(cut, whole, STREAM);
	keystream(whole, (const uint8_t[]){ 0 }, 1);
	keystream(cut, (const uint8_t[]){ 0, 0xab, 0xcd, 0xef }, 4);
	assert_memory_equal(cut, whole, STREAM);
}

/* Pieces of 1, 2, 3, ... bytes, in place, across the end of the state's round. */
static void
pieces_make_no_difference(void **state)
{
	const uint8_t key[] = { 9, 8, 7, 6 };
	uint8_t whole[STREAM], pieces[STREAM] = { 0 };
	struct rc4 r;

	(void)state;
	keystream(whole, key, sizeof(key));
	rc4_key(&r, key, sizeof(key));
	rc4_apply(&r, pieces, pieces, 0);
	for (size_t at = 0, n = 1; at < STREAM; at += n, n = n % 29 + 1) {
		if (n > STREAM - at)
			n = STREAM - at;
		rc4_apply(&r, pieces + at, pieces + at, n);
	}
	assert_memory_equal(pieces, whole, STREAM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keystreams_are_those_of_rfc_6229),
		cmocka_unit_test(a_key_ends_before_its_first_zero),
		cmocka_unit_test(pieces_make_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
