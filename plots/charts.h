/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The charts there are, in one table: out of a source, a figure.
 *
 * A chart is of a window, of the last day of one, or of an incident.  Charts
 * that need single rows open the database themselves, reading only.
 */
#ifndef KANSOKU_PLOTS_CHARTS_H
#define KANSOKU_PLOTS_CHARTS_H

#include "plots/figure.h"
#include "plots/source.h"
#include "plots/window.h"

struct request {
	struct arena	*arena;
	const struct source *source;
	const char	*database;	/* path; NULL in tests that need no rows */
	struct window	 window;
	const struct incident_row *incident;	/* for charts of an incident */
	int		 offset_minutes;
	bool		 addresses;	/* name delivering peers in full */
};

enum scope { SCOPE_WINDOW, SCOPE_DAY, SCOPE_INCIDENT };

struct chart {
	const char	*name;		/* stem of its files */
	const char	*title;		/* in the gallery */
	enum scope	 scope;
	/* 0 made, 1 nothing to show, -1 after a complaint. */
	int		(*make)(const struct request *, struct figure *);
	const char	*explains;	/* what its lines mean; "" if another text tells */
};
extern const struct chart charts[];
extern const size_t ncharts;

/* The makers, by file. */
int	chart_nodes(const struct request *, struct figure *);
int	chart_success(const struct request *, struct figure *);
int	chart_flood(const struct request *, struct figure *);
int	chart_channels(const struct request *, struct figure *);
int	chart_signs(const struct request *, struct figure *);
int	chart_blocks(const struct request *, struct figure *);
int	chart_ttl(const struct request *, struct figure *);
int	chart_keys(const struct request *, struct figure *);
int	chart_peers(const struct request *, struct figure *);
int	chart_sheet(const struct request *, struct figure *);

/* Fills in what the titles and feet of all charts have in common. */
void	chart_head(const struct request *, struct figure *, const char *what,
    const char *subtitle);
/* "2010-05-21 00:00 to 2010-07-03 06:00 JST, 2,470 rounds about 25 minutes apart" */
const char *chart_when(const struct request *, const struct figure *);

#endif
