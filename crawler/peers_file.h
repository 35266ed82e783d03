/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The peers file: the nodes that the operator names, in the overlay's own form. */
#ifndef KANSOKU_CRAWLER_PEERS_FILE_H
#define KANSOKU_CRAWLER_PEERS_FILE_H

#include "crawler/frontier.h"
#include "node/overlay.h"

/*
 * Names each entry to the frontier.  Bad lines are complained about as
 * FILE:LINE, counted and skipped.  0; or -1, complained about: the file cannot
 * be read, or no line of it is an entry.
 */
int	peers_read(struct frontier *, const struct overlay *, const char *path);

#endif
