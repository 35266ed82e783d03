/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages: index.html and one for each incident.
 *
 * Static and self-contained: no script, nothing from elsewhere, and a content
 * security policy that says so.  They read well on a phone and turn dark with
 * the reader.
 */
#ifndef KANSOKU_PLOTS_GALLERY_H
#define KANSOKU_PLOTS_GALLERY_H

#include <stdio.h>

#include "plots/draw_process.h"
#include "plots/summary.h"

struct gallery {
	struct summary_page summary;
	const struct picture *picture;
	size_t		 npictures;
	const struct window *window;
	size_t		 nwindows;
};

/* 0, or -1 when the stream failed. */
int	gallery_write_index(const struct gallery *, FILE *);
int	gallery_write_incident(const struct gallery *, const struct incident_row *,
	    const struct test_row *, size_t ntests, FILE *);

/* Whether some picture of the incident was asked for: it has a page. */
bool	gallery_has_page(const struct gallery *, const struct incident_row *);

#endif
