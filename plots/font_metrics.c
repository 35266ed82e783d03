/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/font_metrics.h"

#include <string.h>

#include "plots/arena.h"

/* Thousandths of an em for ' ' to '~'. */
static const uint16_t widths[2][95] = {
	{
		278, 278, 355, 556, 556, 889, 667, 222, 333, 333, 389, 584, 278, 584, 278, 278,
		556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
		1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
		667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 556, 278, 469, 556,
		222, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
		556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
	},
	{
		278, 333, 474, 556, 556, 889, 722, 278, 333, 333, 389, 584, 278, 584, 278, 278,
		556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
		975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
		667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 556, 333, 584, 556,
		278, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
		611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
	},
};

/* Bytes that follow a first byte, or -1 if none can begin with it. */
static int
followers(unsigned char c)
{
	if (c < 0x80)
		return 0;
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c >= 0xe0 && c <= 0xef)
		return 2;
	if (c >= 0xf0 && c <= 0xf4)
		return 3;
	return -1;
}

uint32_t
font_next(const char **p)
{
	static const uint8_t first_bits[4] = { 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *s = (const unsigned char *)*p;
	int n = followers(s[0]);
	uint32_t c;

	if (s[0] == '\0')
		return 0;
	*p += 1;
	if (n < 0)
		return 0xfffd;
	c = s[0] & first_bits[n];
	for (int i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s[i] & 0x3f);
	}
	*p += n;
	return c;
}

/* Hangul, kana, kanji, full-width forms: the blocks that are set on one em. */
static bool
is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0xff01 && c <= 0xff60) || (c >= 0x20000 && c <= 0x3fffd);
}

double
font_width(const char *text, double size, bool bold)
{
	double thousandths = 0;
	uint32_t c;

	while ((c = font_next(&text)) != 0) {
		if (c >= ' ' && c <= '~')
			thousandths += widths[bold][c - ' '];
		else
			thousandths += is_wide(c) ? 1000 : 556;
	}
	return thousandths * size / 1000;
}

/* How many bytes of s make a line: whole words, at least one of them. */
static size_t
line_length(struct arena *a, const char *s, double size, bool bold, double width)
{
	size_t best = 0;

	for (size_t end = 0; s[end] != '\0';) {
		char *head;

		end += strspn(s + end, " ");
		end += strcspn(s + end, " ");
		head = arena_print(a, "%.*s", (int)end, s);
		if (best > 0 && font_width(head, size, bold) > width)
			break;
		best = end;
	}
	return best;
}

char **
font_wrap(struct arena *a, const char *text, double size, bool bold, double width, size_t most)
{
	char **lines = arena_take(a, most + 1, sizeof(*lines));
	size_t n = 0;

	while (n < most && *(text += strspn(text, " ")) != '\0') {
		size_t len = line_length(a, text, size, bold, width);
		const char *rest = text + len + strspn(text + len, " ");
		bool cut = n + 1 == most && *rest != '\0';

		lines[n++] = arena_print(a, "%.*s%s", (int)len, text, cut ? "..." : "");
		text = rest;
	}
	return lines;
}
