/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/png.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

enum { LINEAR_STEPS = 4096 };

/* sRGB (IEC 61966-2-1) to linear light in 0..LINEAR_STEPS-1 and back. */
struct light {
	uint16_t	linear[256];
	uint8_t		srgb[LINEAR_STEPS];
};

static void
light_init(struct light *l)
{
	for (int i = 0; i < 256; i++) {
		double c = i / 255.0;
		double v = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);

		l->linear[i] = (uint16_t)lround(v * (LINEAR_STEPS - 1));
	}
	for (int i = 0; i < LINEAR_STEPS; i++) {
		double v = (double)i / (LINEAR_STEPS - 1);
		double c = v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;

		l->srgb[i] = (uint8_t)lround(c * 255);
	}
}

/* ---- the map ---------------------------------------------------------- */

struct map { FILE *in; int kind; unsigned w, h; uint8_t *raw; };

/* A decimal number after blanks and comments, up to 100,000; 0 on failure. */
static unsigned
read_number(FILE *in)
{
	unsigned v = 0;
	int c;

	while ((c = getc(in)) == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '#')
		if (c == '#')
			while ((c = getc(in)) != EOF && c != '\n')
				;
	for (; c >= '0' && c <= '9' && v <= 10000; c = getc(in))
		v = v * 10 + (unsigned)(c - '0');
	return v;		/* the one blank after it is read as well */
}

static bool
map_open(struct map *m, FILE *in)
{
	m->in = in;
	if (getc(in) != 'P' || (m->kind = getc(in)) < '4' || m->kind > '6')
		return false;
	m->w = read_number(in);
	m->h = read_number(in);
	if (m->w == 0 || m->h == 0 || (m->kind != '4' && read_number(in) != 255))
		return false;
	m->raw = malloc((size_t)m->w * 3);
	return m->raw != NULL;
}

/* The next row as linear light, three samples a pixel. */
static bool
map_row(struct map *m, const struct light *l, uint16_t *rgb)
{
	size_t bytes = m->kind == '4' ? (m->w + 7) / 8 : m->kind == '5' ? m->w :
	    (size_t)m->w * 3;

	if (fread(m->raw, 1, bytes, m->in) != bytes)
		return false;
	for (size_t x = 0; x < m->w; x++)
		for (size_t k = 0; k < 3; k++) {
			uint8_t v = m->kind == '6' ? m->raw[x * 3 + k] :
			    m->kind == '5' ? m->raw[x] :
			    m->raw[x / 8] >> (7 - x % 8) & 1 ? 0 : 255;

			rgb[x * 3 + k] = l->linear[v];
		}
	return true;
}

/* Averages scale rows into one row of w pixels. */
static bool
smooth_row(struct map *m, const struct light *l, unsigned scale, uint16_t *row, uint32_t *sum,
    uint8_t *out)
{
	size_t w = m->w / scale;
	uint32_t cell = scale * scale;

	memset(sum, 0, w * 3 * sizeof(*sum));
	for (unsigned y = 0; y < scale; y++) {
		if (!map_row(m, l, row))
			return false;
		for (size_t x = 0; x < w * scale; x++)
			for (size_t k = 0; k < 3; k++)
				sum[x / scale * 3 + k] += row[x * 3 + k];
	}
	for (size_t i = 0; i < w * 3; i++)
		out[i] = l->srgb[(sum[i] + cell / 2) / cell];
	return true;
}

/* ---- the PNG ------------------------------------------------------------ */

static void
write_head(png_structp png, png_infop info, unsigned w, unsigned h, const char *title,
    FILE *out)
{
	char key[] = "Title", *text = strdup(title);
	png_text t = { .compression = PNG_TEXT_COMPRESSION_NONE, .key = key, .text = text };

	png_init_io(png, out);
	png_set_compression_level(png, 9);
	png_set_IHDR(png, info, w, h, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
	for (char *p = text; p != NULL && *p != '\0'; p++)	/* tEXt is Latin-1 */
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	if (text != NULL)
		png_set_text(png, info, &t, 1);
	free(text);
	png_write_info(png, info);
}

/* libpng would print; the caller complains. */
static void
leave(png_structp png, png_const_charp why)
{
	(void)why;
	png_longjmp(png, 1);
}

static void
ignore(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

struct rows { struct light light; uint16_t *row; uint32_t *sum; uint8_t *out; };

/* libpng leaves by longjmp, so nothing that it must free lives in here. */
static int
write_png(struct map *m, struct rows *r, unsigned h, unsigned scale, const char *title,
    FILE *out)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, leave, ignore);
	png_infop info = png == NULL ? NULL : png_create_info_struct(png);
	volatile int result = -1;

	if (info != NULL && setjmp(png_jmpbuf(png)) == 0) {
		unsigned y = 0;

		write_head(png, info, m->w / scale, h, title, out);
		for (; y < h && smooth_row(m, &r->light, scale, r->row, r->sum, r->out); y++)
			png_write_row(png, r->out);
		if (y == h) {
			png_write_end(png, info);
			result = 0;
		}
	}
	png_destroy_write_struct(&png, &info);
	return result;
}

int
png_smooth(FILE *in, unsigned w, unsigned h, unsigned scale, const char *title, FILE *out)
{
	struct map m = { 0 };
	struct rows r = { 0 };
	int result = -1;

	light_init(&r.light);
	if (map_open(&m, in) && scale > 0 && scale <= 16 && m.w == w * scale &&
	    m.h == h * scale) {
		r.row = malloc((size_t)m.w * 3 * sizeof(*r.row));
		r.sum = malloc((size_t)w * 3 * sizeof(*r.sum));
		r.out = malloc((size_t)w * 3);
		if (r.row != NULL && r.sum != NULL && r.out != NULL)
			result = write_png(&m, &r, h, scale, title, out);
	}
	free(r.row);
	free(r.sum);
	free(r.out);
	free(m.raw);
	return result;
}
