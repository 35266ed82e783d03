/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which network an address belongs to, if the user gives an MMDB file (of ASNs
 * or countries) and this program was built with libmaxminddb.
 */
#ifndef KANSOKU_DATA_EVIDENCE_NETWORK_H
#define KANSOKU_DATA_EVIDENCE_NETWORK_H

#include <stddef.h>
#include <stdint.h>

struct networks;

#define NETWORK_NAME	32	/* "AS4294967295", "JP"; fit for a folder's name */

/* NULL after a complaint: no such file, damaged, or built without the library. */
struct networks	*networks_open(const char *path);
void		 networks_close(struct networks *);	/* NULL is fine */
/* "unknown" where the file does not know; without a file (NULL), "". */
char		*networks_name(const struct networks *, uint32_t ip, char buf[NETWORK_NAME]);

#endif
