/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packets of a pcapng file (draft-ietf-opsawg-pcapng), one after another.
 *
 * Sections of either byte order, interfaces of unequal link types, time units
 * and names, packets that name theirs, and what the statistics say was dropped: all
 * that libpcap's interface cannot carry.  Blocks that are not known, and options,
 * are passed over.  It writes no such file, and names of hosts in it are not read.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_PCAPNG_H
#define KANSOKU_CRAWLER_CAPTURE_PCAPNG_H

#include <stdbool.h>
#include <stdio.h>

#include "crawler/capture/packet.h"

#define PCAPNG_NAME	32	/* bytes of an interface's name with its NUL; longer ones are cut */

struct pcapng;

/* The stream stands at the file's first byte and stays the caller's.  NULL without memory. */
struct pcapng *pcapng_new(FILE *);
void	 pcapng_free(struct pcapng *);
/* 1: a packet.  0: the end.  -1: what is there cannot be read on, with the reason in pcapng_why. */
int	 pcapng_next(struct pcapng *, struct packet *);
const char *pcapng_why(const struct pcapng *);
/* Of the interface of the packet just given; "" if it has none. */
const char *pcapng_interface(const struct pcapng *);
/* Packets that the system or the interface dropped, as far as the file says; -1: it does not. */
int64_t	 pcapng_dropped(const struct pcapng *);

#endif
