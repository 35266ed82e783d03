/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers to bytes and back, for what one run keeps for the next.
 *
 * One function describes a layout for both ways: each call below appends the number to
 * the bytes of a writer, or sets it from the next bytes of a reader.  So what is read is
 * what is written, on any machine: little endian, IEEE 754, no padding.
 *
 *	static void facts(struct pack *p, struct facts *f)
 *	{
 *		pack_version(p, 3);
 *		pack_n32(p, &f->rounds);
 *		pack_f64(p, &f->bogus);
 *	}
 *
 * Failure sticks: a writer that lacks memory, a reader whose bytes end, or are of another
 * version, or hold a number that cannot be.  Everything read from then on is 0; what was
 * read is to be believed only if pack_is_read says so at the end.
 */
#ifndef KANSOKU_DATA_LIB_PACK_BYTES_H
#define KANSOKU_DATA_LIB_PACK_BYTES_H

#include <stdbool.h>

#include "data/lib/array.h"
#include "data/lib/text.h"

/* A writer is zeroed at first, and its bytes are freed by its owner (array_free). */
struct pack {
	bool		reading, failed;
	ARRAY_OF(uint8_t) bytes;	/* of a writer */
	struct text	rest;		/* of a reader: not read yet; borrowed */
};

/* A reader of bytes that somebody else may have changed. */
struct pack	 pack_reader(struct text);
/* True if nothing failed and every byte was read. */
bool		 pack_is_read(const struct pack *);
/* The bytes that a writer has written, borrowed until it writes again. */
struct text	 pack_text(const struct pack *);
/* For a caller that finds a number wrong, or lacks memory for what it reads. */
void		 pack_fail(struct pack *);

/* One byte that says which layout follows: a reader fails if it is another one. */
void	 pack_version(struct pack *, uint8_t version);
/* The length of a list.  Writes n and returns it; or reads one, which is never more than
 * there are bytes left, and 0 after a failure. */
size_t	 pack_count(struct pack *, size_t n);

void	 pack_u8(struct pack *, uint8_t *);
void	 pack_bool(struct pack *, bool *);	/* 0 or 1: anything else fails */
void	 pack_n16(struct pack *, uint16_t *);	/* short if small: 1 to 3 bytes, LEB128 */
void	 pack_n32(struct pack *, uint32_t *);	/* likewise, 1 to 5 */
void	 pack_u32(struct pack *, uint32_t *);
void	 pack_u64(struct pack *, uint64_t *);
void	 pack_i64(struct pack *, int64_t *);
void	 pack_f32(struct pack *, float *);	/* bit for bit, also what is no number */
void	 pack_f64(struct pack *, double *);

#endif
