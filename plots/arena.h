/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for one chart: taken piece by piece, given back at once.
 *
 * A program that draws is short-lived and cannot go on without memory, so the
 * caller never sees NULL: what runs out of memory leaves by one door, which the
 * program's main sets (plots/main.c: a complaint, and exit 1).
 */
#ifndef KANSOKU_PLOTS_ARENA_H
#define KANSOKU_PLOTS_ARENA_H

#include <stddef.h>

/* Called without memory; does not return.  abort, until the program has set another. */
extern __attribute__((noreturn)) void (*arena_no_memory)(void);

struct arena { struct arena_block *blocks; };	/* {NULL} is an empty one */

/* n things of size bytes each, zeroed and aligned for anything; n may be 0. */
void	*arena_take(struct arena *, size_t n, size_t size);
char	*arena_copy(struct arena *, const char *);	/* NULL gives "" */
char	*arena_print(struct arena *, const char *fmt,
    ...) __attribute__((format(printf, 2, 3)));
void	 arena_free(struct arena *);

#endif
