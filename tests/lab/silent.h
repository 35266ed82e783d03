/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Silence: whether a lab address never answers a SYN, as a pure function of the address.
 *
 * A timeout is real only if the kernel drops the SYN, and the only thing that
 * may drop it without privileges is a classic-BPF filter on the listening
 * socket.  Such a program has no tables, so silence must be arithmetic: an
 * address is silent when its mixed bits fall below a limit.  The world asks
 * here when it makes its nodes, and guard.c asks the kernel to compute the
 * same; nobody decides silence otherwise.
 *
 * Nodes behind a translator (port 0) drop SYNs too: a world takes them from
 * the silent addresses, by a second, lower limit on the same silent_mix.
 */
#ifndef KANSOKU_TESTS_LAB_SILENT_H
#define KANSOKU_TESTS_LAB_SILENT_H

#include <stdbool.h>
#include <stdint.h>

/* The mixer's odd multipliers; guard.c needs them too. */
#define SILENCE_MUL1	0x85ebca6bu
#define SILENCE_MUL2	0xc2b2ae35u

struct silent {
	uint32_t	salt;		/* from the world's seed */
	uint32_t	limit;		/* silent_limit(share); 0: all answer */
};

/* The limit that makes a share (0..1) of all addresses silent. */
uint32_t	 silent_limit(double share);
/* 32 bits, each depending on every bit of ip ^ salt (MurmurHash3's finaliser). */
uint32_t	 silent_mix(uint32_t salt, uint32_t ip);
/* ip in host byte order. */
bool		 silent_holds(const struct silent *, uint32_t ip);

#endif
