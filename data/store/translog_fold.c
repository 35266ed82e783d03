/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folding a round of the log: the hashes of its leaves stay, its records may go. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/translog_impl.h"
#include "data/lib/text.h"

struct folding {
	struct store	*s;
	uint32_t	 round;
	struct merkle	 tree[OBS_NTYPE];
	enum observation_type of;	/* whose hashes are gathered */
	uint8_t		*hashes;
	size_t		 n;
	uint8_t		 own_salt[MERKLE_SALT];
};

/* Writes what is gathered as the next part of its tree. */
static int
flush_part(struct folding *f)
{
	uint64_t last = f->tree[f->of].n;
	size_t n = f->n;

	f->n = 0;
	if (n == 0)
		return 0;
	return query_do(f->s, Q_LOG_LEAF_ADD, "iiib", scoped_key(f->s, f->round), (int64_t)f->of,
	    (int64_t)((last - 1) / LEAVES_A_PART), (struct text){ f->hashes, n * MERKLE_HASH });
}

static int
fold_leaf(const struct translog_leaf *leaf, void *arg)
{
	struct folding *f = arg;

	if (leaf->tree == OBS_ROUND) {
		memcpy(f->own_salt, leaf->salt, sizeof(f->own_salt));
		return 0;
	}
	if ((leaf->tree != f->of || f->n == LEAVES_A_PART) && flush_part(f) != 0)
		return -1;
	f->of = leaf->tree;
	memcpy(f->hashes + f->n++ * MERKLE_HASH, leaf->hash, MERKLE_HASH);
	merkle_add(&f->tree[leaf->tree], leaf->hash);
	return 0;
}

static bool
matches(const struct folding *f, const struct log_round *l)
{
	uint8_t a[MERKLE_HASH], b[MERKLE_HASH];

	for (int t = OBS_ROUND + 1; t < OBS_NTYPE; t++) {
		merkle_root(&f->tree[t], a);
		merkle_root(&l->tree[t], b);
		if (f->tree[t].n != l->tree[t].n || memcmp(a, b, sizeof(a)) != 0)
			return false;
	}
	return true;
}

int
translog_fold(struct store *s, uint32_t round)
{
	struct folding f = { .s = s, .round = round };
	struct log_round l;
	int bad = -1, absent;

	if ((f.hashes = malloc((size_t)LEAVES_A_PART * MERKLE_HASH)) == NULL)
		return store_fail(s, "out of memory");
	if ((absent = translog_leaves(s, round, fold_leaf, &f)) == 1)
		store_fail(s, "round %u is not in the log, so it is not pruned", round);
	if (absent == 0 && flush_part(&f) == 0 && log_round_load(s, round, &l) == 0) {
		bad = matches(&f, &l) ? query_do(s, Q_LOG_FOLD, "ib", scoped_key(s, round),
		    (struct text){ f.own_salt, sizeof(f.own_salt) }) :
		    store_fail(s, "round %u does not match the log, so it is not pruned;"
		    " \"kansoku verify --db\" tells more", round);
		log_round_clear(&l);
	}
	if (bad == 0)
		bad = query_do(s, Q_LOG_RAW_DROP, "i", scoped_key(s, round));
	free(f.hashes);
	sodium_memzero(f.own_salt, sizeof(f.own_salt));
	return bad;
}

static int
fold_raw_row(sqlite3_stmt *st, void *arg)
{
	struct text record = column_blob(st, 1);
	uint8_t hash[32];

	crypto_generichash(hash, sizeof(hash), record.p, record.len, NULL, 0);
	return query_do(arg, Q_LOG_RAW_ADD, "ib", sqlite3_column_int64(st, 0),
	    (struct text){ hash, sizeof(hash) });
}

int
translog_fold_raw(struct store *s, uint32_t round)
{
	sqlite3_stmt *st = statement_walk(s, Q_LOG_RAW_OF);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, scoped_key(s, round));
	return statement_each(s, st, fold_raw_row, s);
}
