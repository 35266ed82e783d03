/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for one chart: taken piece by piece, given back at once.
 *
 * A program that draws is short-lived and cannot go on without memory, so
 * running out ends it (exit 1) with a complaint; the caller never sees NULL.
 */
#ifndef KANSOKU_PLOTS_ARENA_H
#define KANSOKU_PLOTS_ARENA_H

#include <stddef.h>

struct arena { struct arena_block *blocks; };	/* {NULL} is an empty one */

/* n things of size bytes each, zeroed and aligned for anything; n may be 0. */
void	*arena_take(struct arena *, size_t n, size_t size);
char	*arena_copy(struct arena *, const char *);	/* NULL gives "" */
char	*arena_print(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void	 arena_free(struct arena *);

#endif
