/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and times as cells of CSV, on stdout. */
#ifndef KANSOKU_ANALYSIS_CELLS_H
#define KANSOKU_ANALYSIS_CELLS_H

#include <stdint.h>
#include <stdio.h>

/* CSV: what was not measured is an empty cell.  The first cell of a line has no comma. */
void	 cell_count(FILE *, double);	/* NAN: not measured */
void	 cell_share(FILE *, double);
void	 cell_time(FILE *, int64_t ms);	/* UNKNOWN: not recorded */

/*
 * With more than one sensor, whose row it is: the first cell of a CSV line and its
 * comma, the first two members of an object, a heading above a table.  They write
 * nothing where there is only one.
 */
struct json_out;
struct sensor_row;
void	 cell_sensor(FILE *, const struct sensor_row *);
void	 json_sensor(struct json_out *, const struct sensor_row *);
void	 print_sensor(const struct sensor_row *);

/* Whether stdout took everything: EXIT_DONE, or EXIT_FAILED with a complaint. */
int	 print_end(void);

#endif
