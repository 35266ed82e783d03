/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packets of a classic pcap file (draft-ietf-opsawg-pcap), one after another:
 * of either byte order, in micro- or nanoseconds, with the longer record header of
 * old Linux systems.
 *
 * Here and not by libpcap, so that files can be read where that is not.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_PCAP_FILE_H
#define KANSOKU_CRAWLER_CAPTURE_PCAP_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "crawler/capture/packet.h"

struct pcap_file {
	FILE		*f;
	bool		 swapped, nanoseconds, old_lengths, lengths_in_doubt;
	uint32_t	 head;		/* bytes before each packet */
	int		 link;
	uint8_t		*p;		/* a packet */
};

/* The stream stands at the first byte and stays the caller's.  NULL, or what is wrong. */
const char *pcap_file_begin(struct pcap_file *, FILE *);
void	 pcap_file_end(struct pcap_file *);
/* 1: a packet.  0: the end.  -1: what is there cannot be read on, with the reason in *why. */
int	 pcap_file_next(struct pcap_file *, struct packet *, const char **why);

#endif
