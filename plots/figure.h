/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A chart before it is drawn: what is to be shown, as plain numbers and words.
 *
 * charts.c makes figures out of data, render.c makes pictures out of figures,
 * table.c writes their numbers as CSV; so picture and CSV cannot differ.  All
 * memory belongs to the arena that the figure was made in.
 */
#ifndef KANSOKU_PLOTS_FIGURE_H
#define KANSOKU_PLOTS_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plots/axis.h"
#include "plots/palette.h"
#include "plots/layout.h"
#include "plots/series_prep.h"

/* ---- time series ---------------------------------------------------------- */

/* Something that happened, shaded across all panels and named in the list. */
enum mark_kind { MARK_ALERT, MARK_WARN, MARK_STEP, MARK_OUTAGE };
struct mark {
	struct span	when;
	enum mark_kind	kind;
	char		name[12];	/* "#3" */
	const char	*text;		/* for the list of events */
	int		rank;		/* gravity */
	bool		listed;		/* has a line in the list of events */
};

/* All time panels of a figure share this.  Point i is the round that ended then. */
struct time_frame {
	struct span	window;
	int		offset_minutes;
	bool		weekends;	/* shade Saturdays and Sundays */
	size_t		n;
	const uint32_t	*round;
	const int64_t	*start_ms, *end_ms;
	const uint8_t	*cut;		/* see series_prep_gaps */
	const double	*day_share;	/* of the 24 h to its end, measured: 0..1 */
	bool		partial;	/* some sums of 24 h lack measurements, but not all */
	bool		young;		/* all do: there are no 24 h yet, or none are whole */
	const struct span *gaps;
	size_t		ngaps;
	size_t		ncut;		/* rounds of which a budget or a limit left something out, */
	uint32_t	cut_by;		/* and which: 1 << enum round_cut */
	const struct mark *marks;
	size_t		nmarks;
};

struct line {
	const char	*column;	/* heading in the CSV */
	const char	*label, *brief;	/* in the table; brief on narrow pages */
	enum colour	colour;
	double		width;
	const double	*v;		/* frame.n values, NAN where not measured */
	const double	*low, *high;	/* interval, or NULL */
	const double	*down_to;	/* the space between is shaded, or NULL */
	bool		of_day;		/* a sum of 24 h: dashed where less was measured */
	enum colour	pale;		/* of interval or space */
};

/* A sum of 24 h is one if this share of them was measured. */
#define FULL_DAY	0.97

enum { PANEL_LINES = 8 };

struct time_panel {
	struct line	line[PANEL_LINES];
	size_t		nlines;
	enum unit	unit;
	double		threshold;	/* NAN: none */
	const char	*threshold_label;
};

/* ---- the address space ------------------------------------------------------ */

struct map_panel {
	double		cell[256];	/* by first octet */
	bool		signed_scale;	/* difference: less and more than nothing */
	const char	*legend;	/* what a cell counts */
	const char	*column;	/* heading in the CSV */
};
/* First octets that hold no address a node can be reached at: 0, 10, 127, 224 to 255. */
bool	figure_blocked_octet(unsigned octet);

/* ---- histograms and rankings -------------------------------------------------- */

enum { BARS_SERIES = 4 };
struct bars_series { const char *label, *column; enum colour colour; const double *v; };
struct bars_panel {
	size_t		nbins;
	const char	*const *bin;	/* labels, as in the CSV */
	const char	*x_label, *bin_column;
	struct bars_series series[BARS_SERIES];
	size_t		nseries;
	bool		log;		/* the height */
	enum unit	unit;
	bool		values;		/* write them above the bars */
};

/* label is what the colour means; low and high are an interval, or NAN. */
struct rank { const char *name, *label, *note; double value, low, high; enum colour colour; };
struct ranks_panel {
	const struct rank *row;
	size_t		n;
	const char	*x_label, *name_column, *value_column;
	enum unit	unit;
};

/* ---- the whole ------------------------------------------------------------------ */

enum panel_kind { PANEL_TIME, PANEL_MAP, PANEL_BARS, PANEL_RANKS, PANEL_NKIND };
struct panel {
	enum panel_kind	kind;
	const char	*heading;	/* what is shown, with its unit */
	double		height, narrow_height;	/* of the plot; a map takes its width */
	union {
		struct time_panel	time;
		struct map_panel	map;
		struct bars_panel	bars;
		struct ranks_panel	ranks;
	};
};

struct figure {
	const char	*title, *subtitle;
	const char	*about;		/* for readers who cannot see it */
	const char	*foot_left, *foot_right;
	double		width;		/* of the wide form; 0: page_wide's */
	struct time_frame	frame;		/* for time panels */
	struct panel	panel[LAYOUT_PANELS];
	size_t		npanels, columns;
	bool		headings;	/* above the panels on wide pages, too */
	bool		table;		/* of the lines: last, min, mean, max */
};

#endif
