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
	uint16_t	 back[65536];		/* pair or byte of a character, 0: none */
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

/* The bytes that this character is, or 0. */
static uint16_t
ask_back(iconv_t cd, uint16_t c)
{
	char in[2] = { (char)(c >> 8), (char)c }, out[8], *from = in, *to = out;
	size_t left = sizeof(in), room = sizeof(out), n;

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &room) != 0 || left != 0)
		return 0;
	n = sizeof(out) - room;
	if (n == 1)
		return (uint8_t)out[0];
	return n == 2 ? (uint16_t)((uint8_t)out[0] << 8 | (uint8_t)out[1]) : 0;
}

static void
read_tables(struct cp932 *t, iconv_t to, iconv_t from)
{
	uint8_t rows = 0;

	for (int b = 0x80; b < 256; b++) {
		const uint8_t byte = (uint8_t)b;

		t->one[b] = ask(to, &byte, 1);
		if (t->one[b] == 0 && rows < sizeof(t->two) / sizeof(t->two[0])) {
			uint16_t *row = t->two[rows];
			bool any = false;

			for (int second = TRAIL_MIN; second < 256; second++) {
				const uint8_t pair[2] = { byte, (uint8_t)second };

				row[second - TRAIL_MIN] = ask(to, pair, 2);
				any |= row[second - TRAIL_MIN] != 0;
			}
			if (any)
				t->lead[byte] = ++rows;
		}
	}
	for (uint32_t c = 0x80; c < 0x10000; c++)
		t->back[c] = ask_back(from, (uint16_t)c);
}

static struct cp932 table;	/* const once made */

static void
make_table(void)
{
	iconv_t to = iconv_open("UTF-16BE", "CP932"), from = iconv_open("CP932", "UTF-16BE");

	for (uint16_t b = 0; b < 0x80; b++)
		table.one[b] = table.back[b] = b;
	if (to != (iconv_t)-1 && from != (iconv_t)-1) {
		read_tables(&table, to, from);
		table.complete = true;
	}
	if (to != (iconv_t)-1)
		iconv_close(to);
	if (from != (iconv_t)-1)
		iconv_close(from);
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

/* ---- to UTF-8 --------------------------------------------------------------- */

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

/* ---- from UTF-8 ------------------------------------------------------------- */

/* Length of a sequence by its first byte, 0 if it begins none. */
static size_t
sequence_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* One character in its shortest form; 0 bytes used if it is none. */
static size_t
get_utf8(uint32_t *c, const uint8_t *in, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = sequence_length(in[0]);

	if (len == 0 || len > n)
		return 0;
	*c = len == 1 ? in[0] : in[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (in[i] & 63);
	}
	return *c < least[len] || *c > 0x10ffff ? 0 : len;
}

bool
cp932_from_utf8(const struct cp932 *t, uint8_t *out, size_t *len, const uint8_t *in, size_t n)
{
	uint8_t *p = out;
	uint32_t c;

	for (size_t used; n > 0; in += used, n -= used) {
		uint16_t code;

		if ((used = get_utf8(&c, in, n)) == 0)
			return false;
		if (c >= KEPT + 0x80 && c <= KEPT + 0xff) {	/* ASCII is never kept */
			*p++ = (uint8_t)c;
			continue;
		}
		code = c < 0x10000 ? t->back[c] : 0;	/* surrogates have none */
		if (code == 0 && c != 0)
			return false;
		if (code > 0xff)
			*p++ = (uint8_t)(code >> 8);
		*p++ = (uint8_t)code;
	}
	*len = (size_t)(p - out);
	return true;
}
