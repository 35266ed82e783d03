/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/utf8.h"

/* Bytes that a character with this first byte has, and the least code that needs so many. */
static size_t
length_of(uint8_t first, uint32_t *least)
{
	static const uint32_t needs[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2
	    : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;

	*least = needs[n];
	return n;
}

size_t
utf8_get(uint32_t *c, const uint8_t *p, size_t left)
{
	uint32_t least, v;
	size_t n;

	if (left == 0 || (n = length_of(p[0], &least)) == 0 || n > left)
		return 0;
	v = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*c = v;
	return n;
}

size_t
utf8_put(uint8_t out[UTF8_MAX], uint32_t c)
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i > 1; i--) {
		out[i - 1] = (uint8_t)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (uint8_t)(lead[n] | c);
	return n;
}

bool
utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool
utf8_is_bidi(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}
