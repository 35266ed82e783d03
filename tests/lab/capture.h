/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the other side of each link sent, kept as it came: one file a link, made
 * to be read by `kansoku decode`.  For tests; every chunk is an open, a write
 * and a close, so that it costs no descriptors.
 *
 * Files are DIR/NUMBER-NODE-KIND.bin: links counted from 1, the lab endpoint of
 * the node that was linked, "in" for a link that was accepted, "out" and "test"
 * for those that the node made.
 */
#ifndef KANSOKU_TESTS_LAB_CAPTURE_H
#define KANSOKU_TESTS_LAB_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/peer.h"

/* False, with errno, when the bytes could not be kept. */
bool	capture_append(const char *dir, uint64_t link, const struct peer *,
	    const uint8_t *, size_t);

#endif
