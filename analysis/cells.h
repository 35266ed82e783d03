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

/* Whether stdout took everything: EXIT_DONE, or EXIT_FAILED with a complaint. */
int	 print_end(void);

#endif
