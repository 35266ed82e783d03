/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Token buckets, and a table of them by key.  Time is passed in, in
 * monotonic milliseconds.
 *
 * A bucket holds at most `burst` tokens and gains `rate` a second; rate 0 means
 * no limit.  The table (quota) counts what is open per key too: a /24 that we
 * dial, an address that dials us.  Strangers choose these keys: the table's hash has
 * a secret.
 */
#ifndef KANSOKU_CRAWLER_NET_RATE_H
#define KANSOKU_CRAWLER_NET_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bucket {
	double		rate;		/* tokens a second; 0: no limit */
	double		burst;
	double		tokens;
	int64_t		at_ms;		/* when tokens was right */
};

void	 bucket_init(struct bucket *, double rate, double burst, int64_t now_ms);
/* Takes one token; false when there is none yet. */
bool	 bucket_take(struct bucket *, int64_t now_ms);
/* Milliseconds until there is a token; 0 now. */
int64_t	 bucket_wait(const struct bucket *, int64_t now_ms);

struct quota;

struct quota_limits {
	uint32_t	open;		/* at once, per key; 0: no limit */
	double		per_minute;	/* per key; 0: no limit */
	uint32_t	total;		/* until the next quota_reset, per key; 0: no limit */
	size_t		keys;		/* entries to hold; past it, new keys are refused */
};
enum quota_answer { QUOTA_OK, QUOTA_LATER, QUOTA_SPENT };

/* NULL without memory. */
struct quota	*quota_new(const struct quota_limits *);
void		 quota_free(struct quota *);	/* NULL is fine */
/*
 * Takes one place for the key; give it back with quota_close when it is QUOTA_OK.  Who
 * is not first gets none while somebody waits (quota_wait).
 */
enum quota_answer quota_open(struct quota *, uint32_t key, int64_t now_ms, bool first);
void		 quota_close(struct quota *, uint32_t key);
/* One more who is first waits for a place of the key, or (by -1) one less. */
void		 quota_wait(struct quota *, uint32_t key, int by);
/* A new round: totals start anew and idle keys are forgotten. */
void		 quota_reset(struct quota *);

#endif
