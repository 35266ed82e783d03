/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data of the panels that charts are put together from; private to the chart_*.c files.
 * Each function fills *panel and returns 0, 1 when it has nothing to show, or -1 after
 * a complaint.
 */
#ifndef KANSOKU_PLOTS_PANELS_DATA_H
#define KANSOKU_PLOTS_PANELS_DATA_H

#include "plots/charts.h"
#include "plots/time_frame.h"
#include "plots/row_counts.h"

/* Rounds to look at and rounds to compare them with: as many, or none. */
struct comparison {
	struct rounds	at, before;
	const struct incident_row *incident;	/* that at lies in; NULL if none */
};

/*
 * Around the incident's peak at most a day of it; without an incident the last
 * day of the window, or the flood in it.  Against the baseline: the last rounds
 * in one piece before that, with no flood among them, at most 60 days back.
 */
void	panel_data_compare(const struct request *, struct comparison *);
/* "57 rounds, 2010-06-25 12:00 to 2010-06-26 12:00" */
const char *panel_data_rounds(const struct request *, const struct rounds *);

int	panel_data_octets(const struct request *, const struct comparison *, struct panel *,
	    double *total,
	    double *impossible);
int	panel_data_octets_change(const struct request *, const struct comparison *,
    struct panel *);
int	panel_data_ttl(const struct request *, const struct comparison *, struct panel *,
    size_t *rounds);
int	panel_data_keys(const struct request *, const struct comparison *, struct panel *);
int	panel_data_peers(const struct request *, struct panel *);

/* Time panels for the sheet; the request's frame is given. */
enum time_topic { TIME_NODES, TIME_FLOOD, TIME_SUCCESS, TIME_TRIED, TIME_PORTS,
	TIME_FILE_SOURCES, TIME_CHANNELS };
int	panel_data_time(const struct request *, const struct time_frame *, enum time_topic,
    struct panel *);

#endif
