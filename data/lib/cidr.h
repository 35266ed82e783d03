/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPv4 address blocks, and sets of them.
 *
 * Addresses are in host byte order.  A set is filled, sealed once, then asked;
 * asking costs one binary search.  This is not a routing table: blocks carry no
 * values.
 */
#ifndef KANSOKU_DATA_LIB_CIDR_H
#define KANSOKU_DATA_LIB_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cidr {
	uint32_t	base;	/* host bits are zero */
	uint8_t		bits;	/* 0..32 */
};

#define CIDR_TEXT	20	/* "255.255.255.255/32", NUL, and one to spare */

/* "a.b.c.d/n", or "a.b.c.d" for n = 32.  NULL if it is one, else what is wrong. */
const char	*cidr_parse(struct cidr *, const char *text);
char		*cidr_format(char buf[CIDR_TEXT], struct cidr);
bool		 cidr_contains(struct cidr, uint32_t ip);
/* Every address of the first is in the second. */
bool		 cidr_within(struct cidr inner, struct cidr outer);

struct cidr_range {
	uint32_t	first, last;	/* both belong to it */
};
struct cidr_set {
	struct cidr_range *range;	/* ascending and apart once sealed */
	size_t		 n, room;
};

/* 0, or -1 without memory.  A set of zeros is an empty one. */
int	 cidr_set_add(struct cidr_set *, struct cidr);
void	 cidr_set_seal(struct cidr_set *);
bool	 cidr_set_contains(const struct cidr_set *, uint32_t ip);
void	 cidr_set_free(struct cidr_set *);

/*
 * Adds each line of a file: a block or an address; "#" begins a comment.  A
 * line that cannot be read is complained about as FILE:LINE and fails the
 * whole file: who opted out must not be dialled because of a typing error.
 */
int	 cidr_set_read(struct cidr_set *, const char *path);

#endif
