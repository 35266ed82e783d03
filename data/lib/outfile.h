/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that appears whole or not at all: written beside its place, then
 * checked, synced and renamed.  "-" is standard output, checked but not moved.
 */
#ifndef KANSOKU_DATA_LIB_OUTFILE_H
#define KANSOKU_DATA_LIB_OUTFILE_H

#include <stdio.h>
#include <sys/types.h>

struct outfile;

/* NULL with errno set.  The stream belongs to the outfile. */
struct outfile	*outfile_open(const char *path, mode_t mode);
/* The same, but never in place of a file that is there: EEXIST now or when it is committed. */
struct outfile	*outfile_open_new(const char *path, mode_t mode);
/* The same, in place of a file that is there only if it is empty or begins so: it is ours. */
struct outfile	*outfile_open_over(const char *path, mode_t mode, const char *begins);
FILE		*outfile_stream(struct outfile *);
/* 0, or -1 with errno set and nothing left behind; frees the outfile. */
int		 outfile_commit(struct outfile *);
void		 outfile_abandon(struct outfile *);	/* NULL is fine */

#endif
