/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream that somebody packed with gzip or zstd, read as if he had not: libarchive
 * does the work.  What it is shows in its first bytes.  This is no reader of archives
 * that hold files.
 */
#ifndef KANSOKU_DATA_LIB_UNPACK_H
#define KANSOKU_DATA_LIB_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct unpack;

/* Whether a stream that begins so is packed; four bytes tell. */
bool	 unpack_is_packed(const char *first, size_t n);
/* Reads fd on behind its first n bytes, which are copied.  NULL without memory. */
struct unpack *unpack_open(int fd, const char *first, size_t n);
/* As read(2); -1: unpack_why says why. */
ssize_t	 unpack_read(struct unpack *, void *buf, size_t n);
const char *unpack_why(const struct unpack *);
void	 unpack_close(struct unpack *);	/* NULL is fine; fd stays open */

#endif
