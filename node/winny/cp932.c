/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/cp932.h"

#include <iconv.h>
#include <string.h>
#include <threads.h>

#define KEPT		0x10ff00	/* + byte: a byte without a character */
#define TRAIL_MIN	0x40
#define NTRAIL		(256 - TRAIL_MIN)

struct cp932 {
	bool		 complete;
	uint16_t	 one[256];		/* character of a single byte, 0: none */
	uint8_t		 lead[256];		/* row of a first byte + 1, 0: no first byte */
	uint16_t	 two[64][NTRAIL];	/* character of a pair, 0: none */
};

/* ---- making the tables ------------------------------------------------------ */

/* The one character that these bytes are, or 0. */
static uint16_t
ask(iconv_t cd, const uint8_t *bytes, size_t n)
{
	char in[2], out[8], *from = in, *to = out;
	size_t left = n, room = sizeof(out);

	memcpy(in, bytes, n);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &room) != 0 || left != 0 || sizeof(out) - room != 2)
		return 0;
	return (uint16_t)((uint8_t)out[0] << 8 | (uint8_t)out[1]);
}

static void
read_tables(struct cp932 *t, iconv_t cd)
{
	uint8_t rows = 0;

	for (int b = 0x80; b < 256; b++) {
		const uint8_t byte = (uint8_t)b;

		t->one[b] = ask(cd, &byte, 1);
		if (t->one[b] == 0 && rows < sizeof(t->two) / sizeof(t->two[0])) {
			uint16_t *row = t->two[rows];
			bool any = false;

			for (int second = TRAIL_MIN; second < 256; second++) {
				const uint8_t pair[2] = { byte, (uint8_t)second };

				row[second - TRAIL_MIN] = ask(cd, pair, 2);
				any |= row[second - TRAIL_MIN] != 0;
			}
			if (any)
				t->lead[byte] = ++rows;
		}
	}
}

static struct cp932 table;	/* const once made */

static void
make_table(void)
{
	iconv_t cd = iconv_open("UTF-16BE", "CP932");

	for (uint16_t b = 0; b < 0x80; b++)
		table.one[b] = b;
	if (cd == (iconv_t)-1)
		return;
	read_tables(&table, cd);
	table.complete = true;
	iconv_close(cd);
}

const struct cp932 *
cp932(void)
{
	static once_flag made = ONCE_FLAG_INIT;

	call_once(&made, make_table);
	return &table;
}

bool
cp932_complete(const struct cp932 *t)
{
	return t->complete;
}

/* ---- converting ------------------------------------------------------------- */

static uint8_t *
put_utf8(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (uint8_t)c;
	} else if (c < 0x800) {
		*out++ = (uint8_t)(0xc0 | c >> 6);
		*out++ = (uint8_t)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*out++ = (uint8_t)(0xe0 | c >> 12);
		*out++ = (uint8_t)(0x80 | (c >> 6 & 63));
		*out++ = (uint8_t)(0x80 | (c & 63));
	} else {
		*out++ = (uint8_t)(0xf0 | c >> 18);
		*out++ = (uint8_t)(0x80 | (c >> 12 & 63));
		*out++ = (uint8_t)(0x80 | (c >> 6 & 63));
		*out++ = (uint8_t)(0x80 | (c & 63));
	}
	return out;
}

/* The next character that is not ASCII; *used says of how many bytes. */
static uint32_t
next_character(const struct cp932 *t, const uint8_t *in, size_t n, size_t *used)
{
	uint16_t c = t->one[in[0]];

	*used = 1;
	if (c != 0)
		return c;
	if (t->lead[in[0]] == 0 || n < 2 || in[1] < TRAIL_MIN)
		return KEPT + in[0];
	c = t->two[t->lead[in[0]] - 1][in[1] - TRAIL_MIN];
	if (c == 0)
		return KEPT + in[0];
	*used = 2;
	return c;
}

/* Copies ASCII eight bytes at a time; returns how many. */
static size_t
copy_ascii(uint8_t *out, const uint8_t *in, size_t n)
{
	size_t i = 0;
	uint64_t v;

	for (; n - i >= sizeof(v); i += sizeof(v)) {
		memcpy(&v, in + i, sizeof(v));
		if ((v & 0x8080808080808080) != 0)
			break;
		memcpy(out + i, &v, sizeof(v));
	}
	return i;
}

size_t
cp932_to_utf8(const struct cp932 *t, uint8_t *out, const uint8_t *in, size_t n)
{
	uint8_t *p = out;
	size_t used;

	for (; n > 0; in += used, n -= used) {
		if (*in >= 0x80) {
			p = put_utf8(p, next_character(t, in, n, &used));
		} else if ((used = copy_ascii(p, in, n)) > 0) {
			p += used;
		} else {
			*p++ = *in;
			used = 1;
		}
	}
	return (size_t)(p - out);
}
