/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packets of a capture file, pcap of any kind or pcapng, plain or compressed.
 *
 * A file that is cut or damaged gives the packets before the fault, and then the
 * reason with the number of the record.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_SAVEFILE_H
#define KANSOKU_CRAWLER_CAPTURE_SAVEFILE_H

#include "crawler/capture/input.h"
#include "crawler/capture/packet.h"

struct savefile;

#define SAVEFILE_WHY	400

/* NULL with the reason in why; "-" is standard input. */
struct savefile *savefile_open(const char *path, char why[SAVEFILE_WHY]);
void	 savefile_close(struct savefile *);	/* NULL is fine */
/* 1: a packet.  0: the end.  -1, with the reason in why. */
int	 savefile_next(struct savefile *, struct packet *, char why[SAVEFILE_WHY]);
/* Of the interface of the packet just given; "" where the file does not say. */
const char *savefile_interface(const struct savefile *);
/* As pcapng_dropped. */
int64_t	 savefile_dropped(const struct savefile *);

#endif
