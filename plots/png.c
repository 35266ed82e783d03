/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/png.h"

#include <math.h>
#include <stdbool.h>

#include <librsvg/rsvg.h>

#include "data/lib/log.h"

static cairo_status_t
write_bytes(void *out, const unsigned char *bytes, unsigned n)
{
	return fwrite(bytes, 1, n, out) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t
draw(RsvgHandle *svg, double w, double h, double scale, FILE *out, GError **why)
{
	cairo_surface_t *paper = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
	    (int)lround(w * scale), (int)lround(h * scale));
	cairo_t *pen = cairo_create(paper);
	cairo_status_t status;
	bool drawn;

	cairo_set_source_rgb(pen, 1, 1, 1);
	cairo_paint(pen);
	cairo_scale(pen, scale, scale);
	drawn = rsvg_handle_render_document(svg, pen, &(RsvgRectangle){ 0, 0, w, h }, why);
	if ((status = cairo_status(pen)) == CAIRO_STATUS_SUCCESS && drawn)
		status = cairo_surface_write_to_png_stream(paper, write_bytes, out);
	cairo_destroy(pen);
	cairo_surface_destroy(paper);
	return status;
}

int
png_of_svg(const char *bytes, size_t len, double w, double h, double scale, FILE *out)
{
	GError *why = NULL;
	RsvgHandle *svg = rsvg_handle_new_from_data((const guint8 *)bytes, len, &why);
	cairo_status_t status = svg == NULL ? CAIRO_STATUS_SUCCESS : draw(svg, w, h, scale, out, &why);
	int result = why == NULL && status == CAIRO_STATUS_SUCCESS ? 0 : -1;

	if (result != 0)
		log_error("the picture could not be made a PNG: %s",
		    why != NULL ? why->message : cairo_status_to_string(status));
	g_clear_error(&why);
	if (svg != NULL)
		g_object_unref(svg);
	return result;
}
