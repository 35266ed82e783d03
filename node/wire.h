/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cursors over bytes: a reader that cannot read past its end and a writer that
 * cannot write past its.  Both fail for good at the first thing that does not
 * fit, so that decoders and encoders are straight lines with one test at the
 * end.  Integers are little-endian, IPv4 addresses are in dotted order.
 */
#ifndef KANSOKU_NODE_WIRE_H
#define KANSOKU_NODE_WIRE_H

#include <stdbool.h>

#include "observation.h"

/* Reads that do not fit give zero or NULL, stay where they are, and set bad. */
struct wire {
	const uint8_t	*p;	/* next unread byte */
	const uint8_t	*end;	/* one past the last byte */
	bool		 bad;	/* some read did not fit */
};

/* For a record whose bytes were claimed as a whole: one test, then plain loads. */
static inline uint16_t
load_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
load_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline struct endpoint
load_endpoint(const uint8_t *p)
{
	return (struct endpoint){ .ip = __builtin_bswap32(load_u32(p)), .port = load_u16(p + 4) };
}

struct wire	 wire_of(const uint8_t *, size_t len);
size_t		 wire_left(const struct wire *);
const uint8_t	*wire_bytes(struct wire *, size_t n);
struct text	 wire_text(struct wire *, size_t n);	/* {NULL, 0} if it does not fit */
uint8_t		 wire_u8(struct wire *);
uint16_t	 wire_u16(struct wire *);
uint32_t	 wire_u32(struct wire *);
int32_t		 wire_i32(struct wire *);
float		 wire_f32(struct wire *);
uint32_t	 wire_ip(struct wire *);		/* host byte order */

/* Writes that do not fit write nothing and set bad. */
struct wire_out {
	uint8_t	*p;	/* where the next byte goes */
	uint8_t	*end;
	bool	 bad;
};

struct wire_out	 wire_out_of(uint8_t *, size_t size);
void		 wire_put(struct wire_out *, const void *, size_t n);
void		 wire_put_u8(struct wire_out *, uint8_t);
void		 wire_put_u16(struct wire_out *, uint16_t);
void		 wire_put_u32(struct wire_out *, uint32_t);
void		 wire_put_i32(struct wire_out *, int32_t);
void		 wire_put_f32(struct wire_out *, float);
void		 wire_put_ip(struct wire_out *, uint32_t ip);
/* At most width bytes of the text, then zeros up to width. */
void		 wire_put_padded(struct wire_out *, struct text, size_t width);

/* The text before its first zero byte. */
struct text	 text_until_nul(struct text);

#endif
