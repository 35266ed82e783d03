/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Things that render.c and render_tables.c share; private to them. */
#ifndef KANSOKU_PLOTS_RENDER_IMPL_H
#define KANSOKU_PLOTS_RENDER_IMPL_H

#include "plots/arena.h"
#include "plots/canvas.h"
#include "plots/figure.h"

/* A figure on its way to paper: texts broken into lines, places found. */
struct rendering {
	const struct figure *fig;
	struct page	 page;
	struct arena	*arena;
	char		**title, **subtitle, **foot;
	struct layout	 at;
};

/* Lines that the table of lines and the list of events have, without their heads. */
size_t	render_legend_rows(const struct figure *);
size_t	render_event_rows(const struct figure *);
void	render_legend(const struct rendering *, struct canvas *);
void	render_events(const struct rendering *, struct canvas *);

#endif
