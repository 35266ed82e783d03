/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/font_metrics.h"

#include <string.h>

#include "data/lib/utf8.h"
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

uint32_t
font_next(const char **p)
{
	uint32_t c;
	size_t n;

	if (**p == '\0')
		return 0;
	n = utf8_get(&c, (const uint8_t *)*p, strnlen(*p, UTF8_MAX));
	*p += n > 0 ? n : 1;
	return n > 0 ? c : 0xfffd;
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
