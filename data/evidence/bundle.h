/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An incident as one signed file that others can check without this program.
 *
 * FILE.tar (data/evidence/tar_pack.h) and FILE.tar.minisig.  The same data gives the
 * same tar; the signature tells its number in the sequence of bundles of this
 * database and the one before.  Its files and every number in them are
 * explained in its README.txt, METHOD.txt and manifest.json.
 */
#ifndef KANSOKU_DATA_EVIDENCE_BUNDLE_H
#define KANSOKU_DATA_EVIDENCE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bundle_request {
	const char	*db, *out;
	int64_t		 incident;
	const char	*key, *password_file;	/* the signing key; file or NULL to ask */
	bool		 pseudonymous;
	const char	*master;	/* key file of the pseudonyms; NULL: KEY.pseudonyms */
	const char	*checkpoints;	/* text file to carry along; or NULL */
	const char	*supersedes;	/* an older bundle of the incident that this one takes the place of; or NULL */
	int64_t		 records;	/* at most so many in keys.jsonl */
	bool		 charts;
};
#define BUNDLE_RECORDS	20000	/* 40 MB of keys.jsonl */

/* Writes the two files; complains itself; an exit_status. */
int	 bundle_export(const struct bundle_request *);

#endif
