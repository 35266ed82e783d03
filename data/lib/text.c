/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/text.h"

#include <stdbool.h>
#include <string.h>

#include "data/lib/utf8.h"

/* The longest escape of one character: "\u{10ffff}" and a NUL. */
#define ESCAPE_MAX	11

const char text_hex_digit[16] = "0123456789abcdef";

struct text
text_of(const char *s)
{
	if (s == NULL)
		s = "";
	return (struct text){ (const uint8_t *)s, strlen(s) };
}

/* ---- one character at a time ---- */

struct glyph {
	uint32_t	c;	/* its code; the byte itself if it is no character */
	size_t		n;	/* bytes it takes up in the text */
	bool		byte;	/* a byte that is no text: invalid here, or marked so before */
};

/* The character at the start of t, which is not empty. */
static struct glyph
next(struct text t)
{
	struct glyph g = { 0, 0, false };

	if ((g.n = utf8_get(&g.c, t.p, t.len)) == 0)
		return (struct glyph){ t.p[0], 1, true };
	if (g.c >= UTF8_MARKER)
		return (struct glyph){ g.c - UTF8_MARKER, g.n, true };
	return g;
}

static struct text
rest(struct text t, size_t n)
{
	return (struct text){ t.p + n, t.len - n };
}

/* How a human may see it, never more than ESCAPE_MAX bytes; returns the length. */
static size_t
show(char out[ESCAPE_MAX], struct glyph g, const uint8_t *as_is)
{
	if (g.byte || (g.c < 0x80 && (utf8_is_control(g.c) || g.c == '\\')))
		return (size_t)snprintf(out, ESCAPE_MAX, "\\x%02x", (unsigned)g.c);
	if (utf8_is_control(g.c) || utf8_is_bidi(g.c))
		return (size_t)snprintf(out, ESCAPE_MAX, "\\u{%x}", (unsigned)g.c);
	memcpy(out, as_is, g.n);
	return g.n;
}

static char *
escape(char *out, size_t size, struct text t, bool backslash)
{
	char piece[ESCAPE_MAX];
	size_t used = 0, n;

	if (size == 0)
		return out;
	while (t.len > 0) {
		struct glyph g = next(t);

		n = g.c == '\\' && !backslash ? (size_t)snprintf(piece, sizeof(piece), "\\")
		    : show(piece, g, t.p);
		if (n >= size - used)
			break;
		memcpy(out + used, piece, n);
		used += n;
		t = rest(t, g.n);
	}
	out[used] = '\0';
	return out;
}

char *
text_vis(char *out, size_t size, struct text t)
{
	return escape(out, size, t, true);
}

char *
text_line(char *out, size_t size, struct text t)
{
	return escape(out, size, t, false);
}

void
text_vis_write(FILE *f, struct text t)
{
	char piece[ESCAPE_MAX];

	while (t.len > 0) {
		struct glyph g = next(t);

		fwrite(piece, 1, show(piece, g, t.p), f);
		t = rest(t, g.n);
	}
}

/* ---- CSV ---- */

/* A spreadsheet runs a cell that begins so, also behind blanks. */
static bool
is_formula(struct text t)
{
	static const uint32_t starts[] = { '=', '+', '-', '@', '\t', '\r', '\n',
		0xff1d, 0xff0b, 0xff0d, 0xff20 };

	while (t.len > 0) {
		struct glyph g = next(t);

		if (g.byte)
			return false;
		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
			if (g.c == starts[i])
				return true;
		}
		if (g.c != ' ' && g.c != 0xa0 && g.c != 0x3000)
			return false;
		t = rest(t, g.n);
	}
	return false;
}

static bool
needs_quotes(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] != '\0' && strchr(",\"\r\n", t.p[i]) != NULL)
			return true;
	}
	return t.len > 0 && (t.p[0] == ' ' || t.p[t.len - 1] == ' ');
}

void
text_csv(FILE *f, struct text t)
{
	bool quoted = needs_quotes(t);
	char piece[ESCAPE_MAX];

	if (quoted)
		putc('"', f);
	if (is_formula(t))
		putc('\'', f);
	while (t.len > 0) {
		struct glyph g = next(t);

		size_t n = show(piece, g, t.p);

		if (g.c == '"' && !g.byte)
			putc('"', f);
		fwrite(piece, 1, n, f);
		t = rest(t, g.n);
	}
	if (quoted)
		putc('"', f);
}

/* ---- JSON ---- */

static char *
json_escape(char *out, uint32_t c)
{
	static const char brief[][2] = { { '"', '"' }, { '\\', '\\' }, { '\b', 'b' },
		{ '\f', 'f' }, { '\n', 'n' }, { '\r', 'r' }, { '\t', 't' } };

	*out++ = '\\';
	for (size_t i = 0; i < sizeof(brief) / sizeof(brief[0]); i++) {
		if (c == (uint32_t)brief[i][0]) {
			*out++ = brief[i][1];
			return out;
		}
	}
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = text_hex_digit[c >> shift & 15];
	return out;
}

/* Bytes that a JSON string holds as they are, whatever stands around them. */
static size_t
plain_run(struct text t)
{
	size_t n = 0;

	while (n < t.len && t.p[n] >= 0x20 && t.p[n] < 0x7f && t.p[n] != '"' && t.p[n] != '\\')
		n++;
	return n;
}

/* One character that is not plain; *t moves on behind it. */
static char *
json_glyph(char *out, struct text *t)
{
	uint32_t c;
	size_t n = utf8_get(&c, t->p, t->len);

	if (n == 0) {
		out += utf8_put((uint8_t *)out, UTF8_MARKER + t->p[0]);
		n = 1;
	} else if (utf8_is_control(c) || utf8_is_bidi(c) || c == '"' || c == '\\') {
		out = json_escape(out, c);
	} else {
		memcpy(out, t->p, n);
		out += n;
	}
	*t = rest(*t, n);
	return out;
}

char *
text_json_put(char *out, struct text t)
{
	*out++ = '"';
	while (t.len > 0) {
		size_t n = plain_run(t);

		memcpy(out, t.p, n);
		out += n;
		t = rest(t, n);
		if (t.len > 0)
			out = json_glyph(out, &t);
	}
	*out++ = '"';
	return out;
}

void
text_json(FILE *f, struct text t)
{
	char piece[TEXT_JSON_ROOM(1)];

	putc('"', f);
	while (t.len > 0) {
		size_t n = plain_run(t);

		fwrite(t.p, 1, n, f);
		t = rest(t, n);
		if (t.len > 0) {
			n = (size_t)(json_glyph(piece, &t) - piece);
			fwrite(piece, 1, n, f);
		}
	}
	putc('"', f);
}

/* ---- XML and hex ---- */

static void
xml_glyph(FILE *f, struct glyph g, const uint8_t *as_is)
{
	if (g.byte || g.c == 0xfffe || g.c == 0xffff)
		fputs("\xef\xbf\xbd", f);		/* U+FFFD */
	else if (g.c == '\t' || g.c == '\n' || g.c == '\r')
		putc(' ', f);
	else if (g.c == '&')
		fputs("&amp;", f);
	else if (g.c == '<')
		fputs("&lt;", f);
	else if (g.c == '>')
		fputs("&gt;", f);
	else if (g.c == '"')
		fputs("&quot;", f);
	else if (g.c == '\'')
		fputs("&#39;", f);
	else if (!utf8_is_control(g.c) && !utf8_is_bidi(g.c))
		fwrite(as_is, 1, g.n, f);
}

void
text_xml(FILE *f, struct text t)
{
	while (t.len > 0) {
		struct glyph g = next(t);

		xml_glyph(f, g, t.p);
		t = rest(t, g.n);
	}
}

void
text_hex(FILE *f, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		putc(text_hex_digit[p[i] >> 4], f);
		putc(text_hex_digit[p[i] & 15], f);
	}
}
