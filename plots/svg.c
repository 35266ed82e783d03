/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/svg.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/text.h"

enum { STYLE = 192 };

#define FONTS	"Helvetica,Arial,'Liberation Sans','Nimbus Sans','Hiragino Sans'," \
		"'Noto Sans CJK JP','Yu Gothic',Meiryo,sans-serif"

/* The rewriting under way. */
struct rewrite {
	const struct svg_page *page;
	FILE		*out;
	char		 style[STYLE];	/* of the open path; "" if none is open */
	bool		 used[COLOUR_N];
	int		 x, y;		/* where the pen is, in tenths of a pixel */
};

/* ---- one element of libplot's, which it writes on one line ------------------ */

/* The value of an attribute, up to its closing quote; NULL if it is not there.
 * key is " name=\"", so that no longer name matches. */
static const char *
attribute(const char *line, const char *key)
{
	const char *p = strstr(line, key);

	return p == NULL ? NULL : p + strlen(key);
}

static double
number(const char *line, const char *key)
{
	const char *p = attribute(line, key);
	double v = p == NULL ? 0 : strtod(p, NULL);

	return isfinite(v) ? v : 0;
}

static int
tenths(double v)
{
	return (int)lround(fmax(-1e8, fmin(1e8, v * 10)));
}

/* libplot's y goes up. */
static int
flipped(const struct rewrite *r, double y)
{
	return tenths(r->page->h - y);
}

/* ---- paint ------------------------------------------------------------------- */

/* libplot calls two of its colours by name. */
static const char *
colour_value(const char *v)
{
	if (v == NULL || *v == '#')
		return v;
	return strncmp(v, "white", 5) == 0 ? "#ffffff" : strncmp(v, "black", 5) == 0 ?
	    "#000000" : NULL;
}

static bool
add_colour(struct rewrite *r, char style[STYLE], const char *line, const char *key)
{
	const char *v = colour_value(attribute(line, key));
	size_t n = strlen(style);

	if (v == NULL)
		return false;
	for (int i = 0; i < COLOUR_N; i++)
		if (strtoul(v + 1, NULL, 16) == palette[i].light)
			r->used[i] = true;
	snprintf(style + n, STYLE - n, "%s%.7s\"", key, v);
	return true;
}

/* The paint of an element, in the words of the new file. */
static void
read_style(struct rewrite *r, const char *line, char style[STYLE])
{
	const char *cap = attribute(line, " stroke-linecap=\"");
	size_t n;

	style[0] = '\0';
	add_colour(r, style, line, " fill=\"");
	if (!add_colour(r, style, line, " stroke=\""))
		return;
	n = strlen(style);
	snprintf(style + n, STYLE - n, " stroke-width=\"%d\"%s%s",
	    tenths(fmax(0.1, number(line, " stroke-width=\""))),
	    attribute(line, " stroke-dasharray=\"") != NULL ? " stroke-dasharray=\"40 30\"" :
	    "",
	    cap != NULL && strncmp(cap, "round", 5) == 0 ? " stroke-linecap=\"round\"" : "");
}

/* ---- paths ------------------------------------------------------------------- */

static void
close_path(struct rewrite *r)
{
	if (r->style[0] != '\0')
		fprintf(r->out, "\"%s/>\n", r->style);
	r->style[0] = '\0';
}

static void
move_to(struct rewrite *r, int x, int y)
{
	fprintf(r->out, "M%d %dl", r->x = x, r->y = y);
}

/* "3-4 5 6": a blank only where no sign parts the numbers. */
static void
line_to(struct rewrite *r, int x, int y, bool first)
{
	int dx = x - r->x, dy = y - r->y;

	fprintf(r->out, first || dx < 0 ? "%d" : " %d", dx);
	fprintf(r->out, dy < 0 ? "%d" : " %d", dy);
	r->x = x;
	r->y = y;
}

static bool
put_polyline(struct rewrite *r, const char *line)
{
	const char *p = attribute(line, " points=\"");
	size_t n = 0, drawn = 0;

	while (p != NULL && *p != '"' && *p != '\0') {
		char *end;
		double x = strtod(p, &end), y;

		if (end == p || *end != ',')
			return false;
		y = strtod(end + 1, &end);
		if (n++ == 0)
			move_to(r, tenths(x), flipped(r, y));
		else if (tenths(x) != r->x || flipped(r, y) != r->y || drawn == 0)
			line_to(r, tenths(x), flipped(r, y), drawn++ == 0);
		p = end + strspn(end, " ");
	}
	return drawn > 0;
}

static bool
put_polygon(struct rewrite *r, const char *line)
{
	bool ok = put_polyline(r, line);

	putc('z', r->out);
	return ok;
}

static bool
put_line(struct rewrite *r, const char *line)
{
	move_to(r, tenths(number(line, " x1=\"")), flipped(r, number(line, " y1=\"")));
	line_to(r, tenths(number(line, " x2=\"")), flipped(r, number(line, " y2=\"")), true);
	return true;
}

static bool
put_rect(struct rewrite *r, const char *line)
{
	int w = tenths(number(line, " width=\"")), h = tenths(number(line, " height=\""));

	fprintf(r->out, "M%d %dh%dv%dh%dz", tenths(number(line, " x=\"")),
	    flipped(r, number(line, " y=\"")), w, -h, -w);
	return true;
}

/* Draws two half circles, so that dots of one colour are of one kind with the rest. */
static bool
put_circle(struct rewrite *r, const char *line)
{
	int radius = tenths(number(line, " r=\"")), x = tenths(number(line, " cx=\""));

	fprintf(r->out, "M%d %da%d %d 0 1 0 %d 0a%d %d 0 1 0 %d 0z", x - radius,
	    flipped(r, number(line, " cy=\"")), radius, radius, 2 * radius, radius, radius,
	    -2 * radius);
	return true;
}

/* ---- text ---------------------------------------------------------------------- */

static bool
put_text(struct rewrite *r, const char *line)
{
	static const char *const anchor[] = {
		[ALIGN_LEFT] = "", [ALIGN_CENTRE] = " text-anchor=\"middle\"",
		[ALIGN_RIGHT] = " text-anchor=\"end\"",
	};
	const char *token = strstr(line, ">@@");
	unsigned long i = token == NULL ? ULONG_MAX : strtoul(token + 3, NULL, 10);
	const struct svg_label *l;
	int x, y;

	if (i >= r->page->nlabels)
		return false;
	l = &r->page->labels[i];
	x = tenths(l->at.x);
	y = tenths(l->at.y);
	r->used[l->face.colour] = true;
	close_path(r);
	if (l->face.upright)
		fprintf(r->out, "<text transform=\"matrix(0-1 1 0 %d %d)\"", x, y);
	else
		fprintf(r->out, "<text x=\"%d\" y=\"%d\"", x, y);
	fprintf(r->out, " font-size=\"%d\"%s%s fill=\"#%06" PRIx32 "\">", tenths(l->face.size),
	    l->face.bold ? " font-weight=\"bold\"" : "", anchor[l->face.align],
	    palette[l->face.colour].light);
	text_xml(r->out, text_of(l->text));
	fputs("</text>\n", r->out);
	return true;
}

/* ---- the file -------------------------------------------------------------------- */

static const struct { const char *tag; bool (*put)(struct rewrite *, const char *); } shapes[] =
    {
	{ "<polyline ", put_polyline }, { "<polygon ", put_polygon }, { "<line ", put_line },
	{ "<rect ", put_rect }, { "<circle ", put_circle },
};

static bool
put_element(struct rewrite *r, const char *line)
{
	char style[STYLE];

	if (strncmp(line, "<text ", 6) == 0)
		return put_text(r, line);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strncmp(line, shapes[i].tag, strlen(shapes[i].tag)) != 0)
			continue;
		read_style(r, line, style);
		if (style[0] == '\0')
			return true;		/* neither line nor filling */
		/* Strokes of one paint that follow each other share a path; fills do not. */
		if (strcmp(style, r->style) != 0 || strstr(style, " fill=") != NULL) {
			close_path(r);
			fputs("<path d=\"", r->out);
			snprintf(r->style, sizeof(r->style), "%s", style);
		}
		return shapes[i].put(r, line);
	}
	return false;
}

static void
put_head(FILE *out, const struct svg_page *page)
{
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\""
	    " viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"title about\">\n"
	    "<title id=\"title\">", page->w, page->h, page->w, page->h);
	text_xml(out, text_of(page->title));
	fputs("</title>\n<desc id=\"about\">", out);
	text_xml(out, text_of(page->about));
	fputs("</desc>\n", out);
}

/* An attribute's colour gives way to a style's: so dark needs no other file. */
static void
put_dark(const struct rewrite *r)
{
	fputs("<style>@media (prefers-color-scheme:dark){", r->out);
	for (int i = 0; i < COLOUR_N; i++)
		if (r->used[i])
			fprintf(r->out, "[fill=\"#%06" PRIx32 "\"]{fill:#%06" PRIx32 "}"
			    "[stroke=\"#%06" PRIx32 "\"]{stroke:#%06" PRIx32 "}",
			    palette[i].light, palette[i].dark, palette[i].light,
			    palette[i].dark);
	fputs("}</style>\n", r->out);
}

static bool
put_body(struct rewrite *r, char *body)
{
	char *line, *rest = body;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "</g>", 4) == 0) {
			close_path(r);
			return true;
		}
		if (*line == '<' && !put_element(r, line))
			return false;
	}
	return false;
}

int
svg_rewrite(char *raw, const struct svg_page *page, FILE *out)
{
	char *body = strstr(raw, "<g id=\"content\"");
	struct rewrite r = { .page = page, .out = out };

	if (body == NULL || (body = strchr(body, '\n')) == NULL)
		return -1;
	put_head(out, page);
	fputs("<g transform=\"scale(.1)\" fill=\"none\" stroke-linejoin=\"round\""
	    " font-family=\"" FONTS "\">\n", out);
	if (!put_body(&r, body + 1))
		return -1;
	fputs("</g>\n", out);
	put_dark(&r);
	fputs("</svg>\n", out);
	return 0;
}
