/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two values that every room passes along, whatever it knows of the rest: bytes that
 * belong to somebody else, and the number that was not measured.
 */
#ifndef KANSOKU_VALUES_H
#define KANSOKU_VALUES_H

#include <stddef.h>
#include <stdint.h>

/* Not said, not measured.  Every measured number here is >= 0. */
#define UNKNOWN	(-1)

/* A borrowed run of bytes, not NUL-terminated. */
struct text {
	const uint8_t	*p;
	size_t		 len;
};

#endif
