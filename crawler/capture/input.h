/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file as a stream of its contents, whether it is plain, a pipe, or compressed by
 * gzip, zstd, xz, lz4 or bzip2.  Nothing is unpacked anywhere: a bomb costs time, not room.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_INPUT_H
#define KANSOKU_CRAWLER_CAPTURE_INPUT_H

#include <stdio.h>

#define INPUT_WHY	160

/* "-" is standard input.  NULL with the reason in why.  The stream is the caller's to close. */
FILE	*input_open(const char *path, char why[INPUT_WHY]);

#endif
