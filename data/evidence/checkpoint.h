/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed heads of the log in a text file that only grows, fit for publishing.
 *
 * A checkpoint is six lines, four more as minisign writes them over those six,
 * and an empty one:
 *
 *	kansoku checkpoint
 *	origin: NAME OF THE SENSOR
 *	entry: NUMBER IN THE CHAIN
 *	round: NUMBER
 *	head: 64 hex digits
 *	time: 2010-05-21T03:00:00Z
 *	untrusted comment: ...
 *
 * Once others have it, everything that the log held up to then is fixed.
 */
#ifndef KANSOKU_DATA_EVIDENCE_CHECKPOINT_H
#define KANSOKU_DATA_EVIDENCE_CHECKPOINT_H

#include "data/evidence/minisign.h"
#include "data/format/merkle.h"

#define CHECKPOINT_ORIGIN	256

struct checkpoint {
	char	origin[CHECKPOINT_ORIGIN];	/* fit to print */
	int64_t	entry, round;
	uint8_t	head[MERKLE_HASH];
	int64_t	t_ms;
	const char *text;	/* read: the ten lines as they are, until the callback returns */
	size_t	len;
};

/* The six lines and their signature; MINISIGN_OK, or why not. */
enum minisign_error	 checkpoint_write(FILE *, const struct checkpoint *,
			    const struct minisign_secret *);
/*
 * Each checkpoint of a file, oldest first, until fn returns non-zero; that is
 * returned.  With a public key, sig says whether the signature is good.  -1 if
 * the file is none of this kind; *line is where.
 */
int			 checkpoint_each(FILE *, const struct minisign_public *, int *line,
			    int (*fn)(const struct checkpoint *, enum minisign_error sig, void *),
			    void *);

#endif
