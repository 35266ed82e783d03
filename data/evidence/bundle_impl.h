/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bundle while it is made: each file is one function. */
#ifndef KANSOKU_DATA_EVIDENCE_BUNDLE_IMPL_H
#define KANSOKU_DATA_EVIDENCE_BUNDLE_IMPL_H

#include "data/evidence/bundle.h"
#include "data/evidence/checkpoint.h"
#include "data/evidence/incident_rows.h"
#include "data/lib/json_write.h"
#include "data/evidence/tar_pack.h"
#include "data/format/pseudonym.h"
#include "data/store/translog.h"

#define BUNDLE_FORMAT	"kansoku-evidence/3"

struct bundle {
	const struct bundle_request *ask;
	struct store	*s;
	struct incident_rows	 f;
	struct pseudonyms	 pseudonyms;
	struct tar_pack	 tar;
	char		*sensor, *overlay, *database;
	uint8_t		 superseded[MINISIGN_HASH];	/* hash of the bundle that this one supersedes */
	struct minisign_public public;	/* of the key that signs */
	char		*checkpoints;	/* of this log, in the range of the chain or just before it */
	size_t		 ncheckpoints, checkpoints_len;
	bool		 spanned;	/* the last of them is not before the last entry of the incident */
	int64_t		 log_entries;	/* of the whole chain when the bundle was made, and its head */
	uint8_t		 log_head[MERKLE_HASH];
	struct translog_entry *chain;	/* from the first to the last that is of the incident */
	size_t		 nchain;
	uint8_t		 before[MERKLE_HASH];	/* the head before chain[0] */
	struct series_row *series;	/* of the incident's rounds, by round */
	size_t		 nseries;
	int64_t		 clock_us;	/* largest known bound on the clock's error; UNKNOWN */
	int64_t		 jump_ms;	/* largest jump of the clock during a round */
	bool		 clock_known;	/* of all rounds */
	bool		 oom;
};

/* Each writes its file to f: 0; -1 with a complaint.  Errors of f are the caller's. */
int	 bundle_keys_jsonl(struct bundle *, FILE *f);
int	 bundle_rounds_csv(struct bundle *, FILE *f);
int	 bundle_peers_csv(struct bundle *, FILE *f);
int	 bundle_case_json(struct bundle *, FILE *f);
int	 bundle_readme(struct bundle *, FILE *f);
int	 bundle_verify_sh(struct bundle *, FILE *f);
int	 bundle_method(struct bundle *, FILE *f);
/* Only where bundle_shows_seen: their number is bounded, and no token stands for a name. */
int	 bundle_seen(struct bundle *, FILE *f);
bool	 bundle_shows_seen(const struct bundle *);
int	 bundle_manifest(struct bundle *, FILE *f);
int	 bundle_sums(struct bundle *, FILE *f);
int	 bundle_checkpoints(struct bundle *, FILE *f);
/* Adds charts/NAME.svg for each chart that kansoku-plot draws; without it, says so. */
int	 bundle_charts(struct bundle *);

/*
 * Reads the file of checkpoints that was asked for and keeps those of this log that its
 * chain from chain[0] on holds; nchain then reaches to the one that spans chain[last - 1].
 * -1 after a complaint: one is not signed by the key, is not in the log, or none is left.
 */
int	 bundle_checkpoints_choose(struct bundle *, size_t last);
/* What METHOD.txt says, for who checks it: the tests are those of the incident. */
int	 bundle_method_write(FILE *f, const struct found_test *, size_t n);

/* When the last round of the incident ended: the time of every file. */
int64_t	 bundle_end_ms(const struct bundle *);
/* What a bundle claims, by how many rounds of the incident came which way. */
const char *bundle_claim(const int64_t origin[ORIGIN_N]);
/* What manifest.json says of the checkpoints that a bundle carries. */
const char *bundle_witness(int64_t checkpoints, bool spanned);
extern const char bundle_not_claimed[];
/* What is known of a peer's delivering, by how many of its records were imported. */
const char *bundle_level(const struct found_peer *);
/* "2010-05-21T03:00:00Z", cut to the second. */
char	*bundle_second(char buf[32], int64_t ms);
/* The chain's last word on a round, or NULL. */
const struct translog_entry *bundle_entry(const struct bundle *, uint32_t round);

#endif
