/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8, one character at a time, from bytes that nobody vouches for.
 *
 * Bytes that a peer's own character set could not convert travel as the
 * private-use characters U+10FF00 + byte (see observation.h).
 */
#ifndef KANSOKU_DATA_LIB_UTF8_H
#define KANSOKU_DATA_LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX	4		/* bytes of the longest character */
#define UTF8_MARKER	0x10ff00u	/* + byte: a byte that is no text */

/*
 * Bytes of the well-formed character at p (1 to 4), its code in *c; 0 if there
 * is none: overlong, surrogate, past U+10FFFF, cut short, or left is 0.
 */
size_t	 utf8_get(uint32_t *c, const uint8_t *p, size_t left);
/* Writes c, at most U+10FFFF, and returns how many bytes that took. */
size_t	 utf8_put(uint8_t out[UTF8_MAX], uint32_t c);

/* C0, DEL and C1. */
bool	 utf8_is_control(uint32_t c);
/* Changes the order in which what follows is shown, or ends a line unseen. */
bool	 utf8_is_bidi(uint32_t c);

#endif
