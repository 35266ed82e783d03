/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes that cp932_to_utf8 made a text of, by iconv: the sensor needs no way back. */
#ifndef KANSOKU_TESTS_UNIT_NODE_WINNY_CP932_BACK_H
#define KANSOKU_TESTS_UNIT_NODE_WINNY_CP932_BACK_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* in is valid UTF-8; out holds n.  False where CP932 has no such character. */
static bool
cp932_back(uint8_t *out, size_t *len, const uint8_t *in, size_t n)
{
	static iconv_t cd;
	char *from = (char *)(uintptr_t)in, *to = (char *)out;
	const char *end = from + n;
	size_t room = n;

	if (cd == NULL)
		cd = iconv_open("CP932", "UTF-8");
	while (from < end) {
		const uint8_t *p = (const uint8_t *)from;
		size_t left = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

		if (left == 4) {	/* U+10FF80 to U+10FFFF is a byte that was kept */
			if (p[0] != 0xf4 || p[1] != 0x8f || p[2] < 0xbe)
				return false;
			*to++ = (char)(p[2] << 6 | (p[3] & 0x3f));
			room--;
			from += 4;
		} else if (iconv(cd, &from, &left, &to, &room) != 0) {
			return false;
		}
	}
	*len = (size_t)(to - (char *)out);
	return true;
}

#endif
