/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPv4 and IPv6 address blocks, and sets of them.
 *
 * The families are apart: ::/0 holds no IPv4 address.  A set is filled, sealed
 * once, then asked; asking costs one binary search.  This is not a routing
 * table: blocks carry no values.
 */
#ifndef KANSOKU_DATA_LIB_CIDR_H
#define KANSOKU_DATA_LIB_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address in network byte order; of IPv4 the first four bytes, the rest is zero. */
struct ip {
	uint8_t	family;		/* 4 or 6: first, so that addresses compare byte by byte */
	uint8_t	byte[16];
};

struct ip ip_of_ipv4(uint32_t host_order);
struct ip ip_of_ipv6(const uint8_t byte[16]);

struct cidr {
	struct ip	base;	/* host bits are zero */
	uint8_t		bits;	/* 0..32, 0..128 */
};

#define CIDR_TEXT	52	/* the longest IPv6 address, "/128" and a NUL */

/*
 * "a.b.c.d/n", or "a.b.c.d" for n = 32; "2001:db8::/n", or one address for
 * n = 128.  NULL if it is one, else what is wrong.
 */
const char	*cidr_parse(struct cidr *, const char *text);
char		*cidr_format(char buf[CIDR_TEXT], struct cidr);
/* The block that is one address. */
struct cidr	 cidr_of_ip(struct ip);
bool		 cidr_contains(const struct cidr *, const struct ip *);
/* Every address of the first is in the second. */
bool		 cidr_within(const struct cidr *inner, const struct cidr *outer);

struct cidr_range {
	struct ip	first, last;	/* both belong to it */
};
struct cidr_set {
	struct cidr_range *range;	/* ascending and apart once sealed */
	size_t		 n, room;
};

/* 0, or -1 without memory.  A set of zeros is an empty one. */
int	 cidr_set_add(struct cidr_set *, struct cidr);
void	 cidr_set_seal(struct cidr_set *);
bool	 cidr_set_contains(const struct cidr_set *, const struct ip *);
void	 cidr_set_free(struct cidr_set *);

/*
 * Adds each line of a file: a block or an address; "#" begins a comment.  A
 * line that cannot be read is complained about as FILE:LINE and fails the
 * whole file: who opted out must not be dialled because of a typing error.
 */
int	 cidr_set_read(struct cidr_set *, const char *path);

#endif
