/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a bundle what it says?  Checks everything that can be checked without the
 * sensor's database, goes on after a failure, and names each one.
 */
#ifndef KANSOKU_DATA_EVIDENCE_INSPECT_H
#define KANSOKU_DATA_EVIDENCE_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "data/evidence/minisign.h"

struct inspection {
	/* part: "signature", "name", "tar", or the file in the bundle; what: one line,
	 * fit to print.  May be NULL. */
	void	(*fail)(const char *part, const char *what, void *);
	void	*arg;
	/* Filled in. */
	int64_t	 failures;
	char	 trusted[MINISIGN_COMMENT_MAX];	/* the signed comment, fit to print; "" if not genuine */
	enum minisign_error signature;	/* what it does not vouch for is not parsed at all */
	int64_t	 records, rounds;		/* proved; in the chain */
	int	 pseudonymous;
	int	 counted;			/* the sources of each round are counted anew */
	int	 spanned;			/* its own checkpoints cover all of it */
	int64_t	 agreeing;			/* published checkpoints that it agrees with */
	struct inspected *kept;			/* for inspect_pair; free with inspect_forget */
};

/* What is kept of a bundle for comparing it with another. */
struct inspected;
void	 inspect_forget(struct inspected *);	/* NULL is fine */
/*
 * Can what both bundles say be true?  Tells by a's fail what contradicts, and by tell what
 * follows from comparing them.  The number of entries or rounds that both hold and that
 * agree; 0: nothing was compared.
 */
int64_t	 inspect_pair(struct inspection *a, const struct inspection *b,
	    void (*tell)(const char *, void *), void *arg);

/*
 * path.minisig must be there.  previous is the bundle before this one, or NULL;
 * published a file of checkpoints that others kept, or NULL.
 * 0 if all is well, 1 if something failed, -1 after a complaint (a file that
 * cannot be read at all).
 */
int	 inspect_bundle(struct inspection *, const char *path, const struct minisign_public *,
	    const char *previous, const char *published);

/* All but signature and name, of a tar in memory or a file: what a fuzzer feeds. */
struct tar_pack;
void	 inspect_tar(struct inspection *, const struct tar_pack *, const struct minisign_public *);

#endif
