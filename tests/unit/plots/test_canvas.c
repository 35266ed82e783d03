/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libplot is fed and what becomes of it: SVG text, PNG pixels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cairo.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/plots/library_leaks.h"
#include "plots/canvas.h"
#include "plots/png.h"
#include "plots/svg.h"

static const struct face plain = { 12, false, false, COLOUR_TEXT, ALIGN_LEFT };

/* ---- pictures in memory --------------------------------------------------------- */

struct bytes { char *p; size_t n; };

static struct bytes
finish(struct canvas *c)
{
	struct bytes b = { NULL, 0 };
	FILE *f = open_memstream(&b.p, &b.n);

	assert_non_null(f);
	assert_int_equal(canvas_close(c, f), 0);
	assert_int_equal(fclose(f), 0);
	return b;
}

static struct canvas *
small(enum canvas_form form)
{
	struct canvas *c = canvas_open(form, 60, 40, "title", "about");

	assert_non_null(c);
	return c;
}

static size_t
count(const char *hay, const char *needle)
{
	size_t n = 0;

	for (; (hay = strstr(hay, needle)) != NULL; hay++)
		n++;
	return n;
}

static cairo_status_t
next_bytes(void *from, unsigned char *to, unsigned n)
{
	struct bytes *b = from;

	if (n > b->n)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(to, b->p, n);
	b->p += n;
	b->n -= n;
	return CAIRO_STATUS_SUCCESS;
}

/* A PNG, read again. */
static cairo_surface_t *
picture(const struct bytes *b)
{
	struct bytes rest = *b;
	cairo_surface_t *s = cairo_image_surface_create_from_png_stream(next_bytes, &rest);

	assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
	return s;
}

/* 0xRRGGBB */
static uint32_t
pixel(cairo_surface_t *s, int x, int y)
{
	const unsigned char *row = cairo_image_surface_get_data(s) + y * cairo_image_surface_get_stride(s);
	uint32_t v;

	memcpy(&v, row + x * 4, sizeof(v));
	return v & 0xffffff;
}

static void
draw_everything(struct canvas *c)
{
	struct point line[4] = { { 1, 1 }, { 20, 30 }, { 30, 5 }, { 59, 39 } };

	canvas_fill(c, (struct rect){ 5, 5, 20, 10 }, COLOUR_ALERT);
	canvas_frame(c, (struct rect){ 30, 10, 10, 10 }, COLOUR_BLOCKED, 1.3);
	canvas_area(c, line, 4, COLOUR_GREEN_PALE);
	canvas_path(c, line, 4, COLOUR_BLUE, 1.5);
	canvas_dashes(c, line[0], line[3], COLOUR_ALERT_CAP, 1);
	canvas_dot(c, line[1], 3, COLOUR_RED);
	canvas_text(c, (struct point){ 2, 20 }, plain, "12,345 \\sp nodes <b>&");
}

/* ---- SVG ---------------------------------------------------------------------------- */

static void
svg_has_pixels_title_and_role(void **state)
{
	struct bytes b = finish(small(CANVAS_SVG));

	(void)state;
	assert_non_null(strstr(b.p, "encoding=\"UTF-8\""));
	assert_non_null(strstr(b.p,
	    "width=\"60\" height=\"40\" viewBox=\"0 0 60 40\" role=\"img\""));
	assert_non_null(strstr(b.p, "<title id=\"title\">title</title>"));
	assert_non_null(strstr(b.p, "<desc id=\"about\">about</desc>"));
	assert_null(strstr(b.p, "DOCTYPE"));
	assert_null(strstr(b.p, "preserveAspectRatio"));
	assert_non_null(strstr(b.p, "</svg>\n"));
	free(b.p);
}

static void
svg_has_a_dark_form_of_the_inks_used(void **state)
{
	struct canvas *c = small(CANVAS_SVG);
	struct bytes b;

	(void)state;
	canvas_dot(c, (struct point){ 5, 5 }, 2, COLOUR_GREEN);
	b = finish(c);
	assert_non_null(strstr(b.p, "prefers-color-scheme:dark"));
	assert_non_null(strstr(b.p, "[fill=\"#18865a\"]{fill:#3ccb8d}"));
	assert_non_null(strstr(b.p, "[fill=\"#ffffff\"]{fill:#14181e}"));
	assert_null(strstr(b.p, "#cf2f2f"));
	free(b.p);
}

static void
every_ink_is_its_own_colour(void **state)
{
	(void)state;
	for (int i = 0; i < COLOUR_N; i++)
		for (int k = 0; k < i; k++)
			assert_true(palette[i].light != palette[k].light);
}

static void
svg_paths_are_where_they_were_drawn(void **state)
{
	struct canvas *c = small(CANVAS_SVG);
	struct bytes b;

	(void)state;
	canvas_path(c, (struct point[]){ { 10, 5 }, { 12.5, 4 }, { 20, 20 } }, 3, COLOUR_BLUE,
	    1.5);
	canvas_frame(c, (struct rect){ 30, 10, 10, 8 }, COLOUR_BLOCKED, 1.3);
	b = finish(c);
	assert_non_null(strstr(b.p, "M100 50l25-10 75 160"));
	assert_non_null(strstr(b.p, "M300 100l100 0 0 80-100 0z"));
	free(b.p);
}

static void
svg_text_is_utf8_and_never_markup(void **state)
{
	struct canvas *c = small(CANVAS_SVG);
	struct bytes b;

	(void)state;
	canvas_text(c, (struct point){ 1, 9 }, plain,
	    "\xe8\xa6\xb3\xe6\xb8\xac <script>&\"\\*a@@0@@");
	canvas_text(c, (struct point){ 1, 9 }, (struct face){ 12, true, true, COLOUR_TEXT,
	    ALIGN_RIGHT }, "up");
	b = finish(c);
	assert_non_null(strstr(b.p,
	    ">\xe8\xa6\xb3\xe6\xb8\xac &lt;script&gt;&amp;&quot;\\*a@@0@@</text>"));
	assert_null(strstr(b.p, "<script"));
	assert_non_null(strstr(b.p, "font-weight=\"bold\" text-anchor=\"end\""));
	assert_int_equal(count(b.p, "<text "), 2);
	free(b.p);
}

static void
a_title_of_markup_stays_text(void **state)
{
	struct canvas *c = canvas_open(CANVAS_SVG, 60, 40, "</title><script>",
	    "\x1b[2J\xff]]>");
	struct bytes b;

	(void)state;
	assert_non_null(c);
	b = finish(c);
	assert_null(strstr(b.p, "<script"));
	assert_null(strchr(b.p, 0x1b));
	assert_null(strchr(b.p, 0xff));
	free(b.p);
}

static void
what_libplot_does_not_write_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "<svg>", "<g id=\"content\"", "<g id=\"content\">\n",
		"<g id=\"content\">\n<script>\n</g>",
		    "<g id=\"content\">\n<text x=\"1\">@@7@@</text>\n</g>",
		"<g id=\"content\">\n<text x=\"1\">words</text>\n</g>",
		"<g id=\"content\">\n<polyline points=\"1;2\" stroke=\"#1f66c1\" />\n</g>",
	};
	struct svg_page page = { 60, 40, "t", "a", NULL, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bytes b = { NULL, 0 };
		FILE *f = open_memstream(&b.p, &b.n);
		char *raw = strdup(wrong[i]);

		assert_int_equal(svg_rewrite(raw, &page, f), -1);
		fclose(f);
		free(b.p);
		free(raw);
	}
}

/* ---- numbers that would end libplot ---------------------------------------------------- */

static void
draw_badly(struct canvas *c, double bad)
{
	struct point p = { bad, 5 }, q = { 5, bad };

	canvas_fill(c, (struct rect){ bad, 1, 2, 3 }, COLOUR_RED);
	canvas_fill(c, (struct rect){ 1, 1, bad, 3 }, COLOUR_RED);
	canvas_frame(c, (struct rect){ 1, bad, 2, 3 }, COLOUR_RED, bad);
	canvas_path(c, (struct point[]){ { 1, 1 }, p, q, { 9, 9 } }, 4, COLOUR_RED, bad);
	canvas_path(c, &p, 1, COLOUR_RED, 1);
	canvas_area(c, (struct point[]){ { 1, 1 }, p, q, { 9, 9 } }, 4, COLOUR_RED);
	canvas_dot(c, p, 3, COLOUR_RED);
	canvas_dot(c, (struct point){ 5, 5 }, bad, COLOUR_RED);
	canvas_text(c, p, plain, "x");
}

static void
bad_numbers_draw_nothing_bad(void **state)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e9, -1e9 };

	(void)state;
	for (int form = CANVAS_SVG; form <= CANVAS_PNG; form++)
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			struct canvas *c = small(form);
			struct bytes b;

			draw_badly(c, bad[i]);
			b = finish(c);
			if (form == CANVAS_SVG) {
				assert_null(strstr(b.p, "nan"));
				assert_null(strstr(b.p, "inf"));
				assert_null(strstr(b.p, "e+"));
			}
			free(b.p);
		}
}

static void
papers_of_no_size_are_refused(void **state)
{
	static const double bad[] = { 0, -5, NAN, INFINITY, 1e7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(canvas_open(CANVAS_PNG, bad[i], 40, "t", "a"));
	canvas_abandon(NULL);
	canvas_abandon(small(CANVAS_SVG));
	canvas_abandon(small(CANVAS_PNG));
}

static void
the_same_drawing_gives_the_same_bytes(void **state)
{
	(void)state;
	for (int form = CANVAS_SVG; form <= CANVAS_PNG; form++) {
		struct canvas *c = small(form);
		struct bytes a, b;

		draw_everything(c);
		a = finish(c);
		setenv("BITMAPSIZE", "33x44", 1);	/* libplot would obey */
		setenv("BG_COLOR", "black", 1);
		c = small(form);
		draw_everything(c);
		b = finish(c);
		unsetenv("BITMAPSIZE");
		unsetenv("BG_COLOR");
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.p, b.p, a.n);
		free(a.p);
		free(b.p);
	}
}

/* ---- PNG ---------------------------------------------------------------------------------- */

static void
png_has_the_size_and_the_colours(void **state)
{
	struct canvas *c = small(CANVAS_PNG);
	cairo_surface_t *s;
	struct bytes b;

	(void)state;
	canvas_fill(c, (struct rect){ 10, 10, 20, 20 }, COLOUR_RED);
	b = finish(c);
	s = picture(&b);
	assert_int_equal(cairo_image_surface_get_width(s), 2 * 60);
	assert_int_equal(cairo_image_surface_get_height(s), 2 * 40);
	assert_int_equal(pixel(s, 0, 0), palette[COLOUR_PAPER].light);
	assert_int_equal(pixel(s, 40, 40), palette[COLOUR_RED].light);
	assert_int_equal(pixel(s, 40, 70), palette[COLOUR_PAPER].light);
	assert_null(memmem(b.p, b.n, "tIME", 4));
	assert_null(memmem(b.p, b.n, "Creation", 8));
	cairo_surface_destroy(s);
	free(b.p);
}

/* How many dark pixels a text of m's leaves in the left and the right half. */
static void
png_has_letters_where_they_belong(void **state)
{
	struct canvas *c = small(CANVAS_PNG);
	unsigned dark[2] = { 0, 0 };
	cairo_surface_t *s;
	struct bytes b;

	(void)state;
	canvas_text(c, (struct point){ 2, 20 }, plain, "mm");
	b = finish(c);
	s = picture(&b);
	for (int y = 0; y < 80; y++)
		for (int x = 0; x < 120; x++)
			dark[x / 60] += (pixel(s, x, y) & 0xff) < 0x80;
	assert_in_range(dark[0], 40, 1000);
	assert_int_equal(dark[1], 0);
	cairo_surface_destroy(s);
	free(b.p);
}

static void
what_is_no_svg_is_refused(void **state)
{
	static const char *const wrong[] = { "", "GIF89a", "<svg", "<html></html>" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bytes b = { NULL, 0 };
		FILE *out = open_memstream(&b.p, &b.n);

		assert_int_equal(png_of_svg(wrong[i], strlen(wrong[i]), 60, 40, 2, out), -1);
		fclose(out);
		free(b.p);
	}
}

static void
a_full_disk_is_noticed(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct canvas *c = small(CANVAS_PNG);

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	draw_everything(c);
	assert_int_equal(canvas_close(c, full), -1);
	fclose(full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(svg_has_pixels_title_and_role),
		cmocka_unit_test(svg_has_a_dark_form_of_the_inks_used),
		cmocka_unit_test(every_ink_is_its_own_colour),
		cmocka_unit_test(svg_paths_are_where_they_were_drawn),
		cmocka_unit_test(svg_text_is_utf8_and_never_markup),
		cmocka_unit_test(a_title_of_markup_stays_text),
		cmocka_unit_test(what_libplot_does_not_write_is_refused),
		cmocka_unit_test(bad_numbers_draw_nothing_bad),
		cmocka_unit_test(papers_of_no_size_are_refused),
		cmocka_unit_test(the_same_drawing_gives_the_same_bytes),
		cmocka_unit_test(png_has_the_size_and_the_colours),
		cmocka_unit_test(png_has_letters_where_they_belong),
		cmocka_unit_test(what_is_no_svg_is_refused),
		cmocka_unit_test(a_full_disk_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
