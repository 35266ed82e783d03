/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which network an address belongs to, if the user gives an MMDB file (of ASNs
 * or countries) and this program was built with libmaxminddb.
 */
#ifndef KANSOKU_DATA_EVIDENCE_NETWORK_H
#define KANSOKU_DATA_EVIDENCE_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "observation.h"

struct networks;

#define NETWORK_NAME	32	/* "AS4294967295", "JP"; fit for a folder's name */

/* NULL after a complaint: no such file, damaged, or built without the library. */
struct networks	*networks_open(const char *path);
void		 networks_close(struct networks *);	/* NULL is fine */
/*
 * "unknown" where the file does not know the address; without a file (NULL), "".
 * A lookup that fails (a damaged file, one of IPv4 alone, one that holds neither ASNs
 * nor countries) is no such answer: -1 after a complaint that names the file.
 */
int		 networks_name(const struct networks *, struct endpoint, char buf[NETWORK_NAME]);

#endif
