/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plot.h>

#include "data/lib/log.h"
#include "plots/png.h"
#include "plots/svg.h"
#include "plots/font_metrics.h"

enum { PNG_SCALE = 2, MOST_PIXELS = 6000 };

struct canvas {
	enum canvas_form form;
	double		 w, h;
	char		*title, *about;
	FILE		*stream;	/* where libplot writes */
	char		*raw;		/* what it wrote */
	size_t		 raw_size;
	plPlotterParams	*params;
	plPlotter	*plotter;
	struct svg_label *labels;	/* the texts, drawn as tokens */
	size_t		 nlabels, room;
	bool		 failed;
};

/* libplot's handlers are process-wide and know no plotter. */
static bool plot_failed;

static int
note_warning(const char *text)
{
	log_debug("libplot: %s", text);
	return 0;
}

static int
note_error(const char *text)
{
	plot_failed = true;
	log_error("libplot: %s", text);
	return 0;
}

/* ---- opening --------------------------------------------------------------- */

/* Everything that libplot would otherwise take from the environment. */
static bool
set_params(plPlotterParams *params, double w, double h)
{
	char page[64];
	const struct { const char *name; char value[64]; } set[] = {
		{ "BG_COLOR", "white" }, { "MAX_LINE_LENGTH", "1000000" },
		{ "ROTATION", "0" }, { "EMULATE_COLOR", "no" },
	};
	bool ok;

	snprintf(page, sizeof(page), "letter,xsize=%.4fin,ysize=%.4fin", w / 96, h / 96);
	ok = pl_setplparam(params, "PAGESIZE", page) >= 0;
	for (size_t i = 0; ok && i < sizeof(set) / sizeof(set[0]); i++) {
		char value[64];

		memcpy(value, set[i].value, sizeof(value));
		ok = pl_setplparam(params, set[i].name, value) >= 0;
	}
	return ok;
}

static bool
open_plotter(struct canvas *c)
{
	c->stream = open_memstream(&c->raw, &c->raw_size);
	if (c->stream == NULL || (c->params = pl_newplparams()) == NULL ||
	    !set_params(c->params, c->w, c->h))
		return false;
	c->plotter = pl_newpl_r("svg", NULL, c->stream, stderr, c->params);
	if (c->plotter == NULL || pl_openpl_r(c->plotter) < 0 ||
	    pl_fspace_r(c->plotter, 0, 0, c->w, c->h) < 0 || pl_erase_r(c->plotter) < 0)
		return false;
	pl_joinmod_r(c->plotter, "round");
	pl_capmod_r(c->plotter, "round");
	return !plot_failed;
}

struct canvas *
canvas_open(enum canvas_form form, double w, double h, const char *title, const char *about)
{
	struct canvas *c = calloc(1, sizeof(*c));

	if (c == NULL || !(w >= 1 && w <= MOST_PIXELS) || !(h >= 1 && h <= MOST_PIXELS)) {
		free(c);
		return NULL;
	}
	pl_libplot_warning_handler = note_warning;
	pl_libplot_error_handler = note_error;
	plot_failed = false;
	c->form = form;
	c->w = ceil(w);
	c->h = ceil(h);
	c->title = strdup(title);
	c->about = strdup(about);
	if (c->title == NULL || c->about == NULL || !open_plotter(c)) {
		canvas_abandon(c);
		return NULL;
	}
	canvas_fill(c, (struct rect){ 0, 0, c->w, c->h }, COLOUR_PAPER);
	return c;
}

void
canvas_abandon(struct canvas *c)
{
	if (c == NULL)
		return;
	if (c->plotter != NULL)
		pl_deletepl_r(c->plotter);
	if (c->params != NULL)
		pl_deleteplparams(c->params);
	if (c->stream != NULL)
		fclose(c->stream);
	for (size_t i = 0; i < c->nlabels; i++)
		free(c->labels[i].text);
	free(c->labels);
	free(c->raw);
	free(c->title);
	free(c->about);
	free(c);
}

/* ---- numbers that libplot may see -------------------------------------------- */

static bool
is_point(struct point p)
{
	return isfinite(p.x) && isfinite(p.y);
}

/* On the paper, y upwards as libplot has it. */
static struct point
placed(const struct canvas *c, struct point p)
{
	return (struct point){
		fmax(0, fmin(c->w, p.x)), c->h - fmax(0, fmin(c->h, p.y)),
	};
}

static int
channel(uint32_t colour, int shift)
{
	return (int)(colour >> shift & 255) * 257;	/* 16 bits */
}

static void
use_pen(struct canvas *c, enum colour colour, double width)
{
	uint32_t rgb = palette[colour].light;

	pl_pentype_r(c->plotter, 1);
	pl_filltype_r(c->plotter, 0);
	pl_pencolor_r(c->plotter, channel(rgb, 16), channel(rgb, 8), channel(rgb, 0));
	pl_flinewidth_r(c->plotter, isfinite(width) ? fmax(0.2, fmin(40, width)) : 1);
}

static void
use_fill(struct canvas *c, enum colour colour)
{
	uint32_t rgb = palette[colour].light;

	pl_pentype_r(c->plotter, 0);
	pl_filltype_r(c->plotter, 1);
	pl_fillcolor_r(c->plotter, channel(rgb, 16), channel(rgb, 8), channel(rgb, 0));
}

/* ---- shapes -------------------------------------------------------------------- */

void
canvas_fill(struct canvas *c, struct rect r, enum colour colour)
{
	struct point a = { r.x, r.y }, b = { r.x + r.w, r.y + r.h };

	if (!is_point(a) || !is_point(b))
		return;
	a = placed(c, a);
	b = placed(c, b);
	if (a.x == b.x || a.y == b.y)
		return;
	use_fill(c, colour);
	pl_fbox_r(c->plotter, a.x, b.y, b.x, a.y);
	pl_endpath_r(c->plotter);
}

void
canvas_frame(struct canvas *c, struct rect r, enum colour colour, double width)
{
	struct point p[5] = {
		{ r.x, r.y }, { r.x + r.w, r.y }, { r.x + r.w, r.y + r.h }, { r.x, r.y + r.h },
		{ r.x, r.y },
	};

	canvas_path(c, p, 5, colour, width);
}

void
canvas_line(struct canvas *c, struct point a, struct point b, enum colour colour, double width)
{
	struct point p[2] = { a, b };

	pl_capmod_r(c->plotter, "butt");
	canvas_path(c, p, 2, colour, width);
	pl_capmod_r(c->plotter, "round");
}

void
canvas_dashes(struct canvas *c, struct point a, struct point b, enum colour colour,
    double width)
{
	pl_linemod_r(c->plotter, "shortdashed");
	canvas_line(c, a, b, colour, width);
	pl_linemod_r(c->plotter, "solid");
}

void
canvas_dashed_path(struct canvas *c, const struct point *p, size_t n, enum colour colour,
    double width)
{
	pl_linemod_r(c->plotter, "shortdashed");
	pl_capmod_r(c->plotter, "butt");
	canvas_path(c, p, n, colour, width);
	pl_capmod_r(c->plotter, "round");
	pl_linemod_r(c->plotter, "solid");
}

/* Runs libplot's pen through the points; false if there was nothing to draw. */
static bool
trace(struct canvas *c, const struct point *p, size_t n)
{
	size_t drawn = 0;

	for (size_t i = 0; i < n; i++) {
		struct point q;

		if (!is_point(p[i]))
			continue;
		q = placed(c, p[i]);
		if (drawn++ == 0)
			pl_fmove_r(c->plotter, q.x, q.y);
		else
			pl_fcont_r(c->plotter, q.x, q.y);
	}
	pl_endpath_r(c->plotter);
	return drawn > 1;
}

void
canvas_path(struct canvas *c, const struct point *p, size_t n, enum colour colour, double width)
{
	use_pen(c, colour, width);
	if (!trace(c, p, n) && n > 0)
		canvas_dot(c, p[0], width / 2, colour);
}

void
canvas_area(struct canvas *c, const struct point *p, size_t n, enum colour colour)
{
	if (n < 3)
		return;
	use_fill(c, colour);
	trace(c, p, n);
}

void
canvas_dot(struct canvas *c, struct point p, double radius, enum colour colour)
{
	if (!is_point(p) || !(radius > 0 && radius < 100))
		return;
	p = placed(c, p);
	use_fill(c, colour);
	pl_fcircle_r(c->plotter, p.x, p.y, radius);
	pl_endpath_r(c->plotter);
}

/* ---- text ----------------------------------------------------------------------- */

/* Remembers a label for svg_rewrite and gives libplot a token in its place. */
void
canvas_text(struct canvas *c, struct point at, struct face f, const char *utf8)
{
	struct point p = placed(c, at);
	char token[32];

	if (!is_point(at) || *utf8 == '\0')
		return;
	use_pen(c, f.colour, 1);
	if (c->nlabels == c->room) {
		size_t room = c->room == 0 ? 64 : c->room * 2;
		struct svg_label *more = realloc(c->labels, room * sizeof(*more));

		if (more == NULL) {
			c->failed = true;
			return;
		}
		c->labels = more;
		c->room = room;
	}
	c->labels[c->nlabels] = (struct svg_label){ at, f, strdup(utf8) };
	if (c->labels[c->nlabels].text == NULL) {
		c->failed = true;
		return;
	}
	snprintf(token, sizeof(token), "@@%zu@@", c->nlabels++);
	pl_fontname_r(c->plotter, "Helvetica");
	pl_ffontsize_r(c->plotter, 10);
	pl_fmove_r(c->plotter, p.x, p.y);
	pl_alabel_r(c->plotter, 'l', 'x', token);
}

/* ---- closing --------------------------------------------------------------------- */

static int
write_svg(struct canvas *c, FILE *out)
{
	struct svg_page page = {
		.w = c->w, .h = c->h, .title = c->title, .about = c->about,
		.labels = c->labels, .nlabels = c->nlabels,
	};

	if (svg_rewrite(c->raw, &page, out) == 0)
		return 0;
	log_error("libplot wrote an SVG of an unknown form; version 4.4 is expected");
	return -1;
}

static int
write_png(struct canvas *c, FILE *out)
{
	char *svg = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&svg, &len);
	int result = -1;

	if (memory == NULL || write_svg(c, memory) != 0 || fflush(memory) != 0)
		log_error("no room to draw the picture in");
	else
		result = png_of_svg(svg, len, c->w, c->h, PNG_SCALE, out);
	if (memory != NULL)
		fclose(memory);
	free(svg);
	return result;
}

int
canvas_close(struct canvas *c, FILE *out)
{
	int result = -1;

	if (pl_closepl_r(c->plotter) < 0 || plot_failed || c->failed)
		log_error("libplot could not finish the picture");
	else if (fflush(c->stream) != 0 || ferror(c->stream))
		log_error("no room to draw the picture in");
	else
		result = c->form == CANVAS_SVG ? write_svg(c, out) : write_png(c, out);
	canvas_abandon(c);
	return result;
}
