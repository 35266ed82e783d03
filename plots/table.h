/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The numbers of a figure as CSV: exactly those that its picture shows, before
 * thinning to the paper's resolution.
 *
 * Panels of one kind share a table, a row for each round, first octet, bin or
 * rank.  A figure of several kinds becomes a long table: panel, key, column,
 * value.  UTF-8, times in RFC 3339 UTC, an empty cell was not measured.
 */
#ifndef KANSOKU_PLOTS_TABLE_H
#define KANSOKU_PLOTS_TABLE_H

#include <stdio.h>

#include "plots/figure.h"

void	table_write(const struct figure *, FILE *out);

#endif
