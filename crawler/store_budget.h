/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may still have something stored in this round: budgets of bytes and rows for each
 * peer, for each /24 (of IPv6: /48), for all who call us, for the round and for the whole
 * database, so that no few strangers can fill the disk.
 *
 * What is counted is what the database grows by, as the store reckons it (store_written):
 * a record that says nothing new costs little.  These are not the limits of what a visit
 * may bring over the wire, which are the session's.  A record that a budget refuses is
 * not stored, and counted; contacts that we made ourselves are always stored.
 *
 * The accounts are the store thread's; what was refused may be asked for at any time.
 */
#ifndef KANSOKU_CRAWLER_STORE_BUDGET_H
#define KANSOKU_CRAWLER_STORE_BUDGET_H

#include "observation.h"

/* 0: no limit. */
struct store_allowance { int64_t bytes, rows; };

enum store_account {
	ACCOUNT_PEER,		/* an endpoint that we dialled */
	ACCOUNT_NET,		/* its /24 */
	ACCOUNT_CALLER,		/* an address that called us */
	ACCOUNT_CALLER_NET,	/* its /24 */
	ACCOUNT_INBOUND,	/* all who called us */
	ACCOUNT_ROUND,
	ACCOUNT_DATABASE,
	ACCOUNT_N
};

struct store_limits { struct store_allowance of[ACCOUNT_N]; };

struct store_budget;

/* NULL without memory. */
struct store_budget	*store_budget_new(const struct store_limits *);
void	 store_budget_free(struct store_budget *);	/* NULL is fine */
/* A new round: all accounts are empty, nothing was refused, and the database may grow by room bytes. */
void	 store_budget_begin(struct store_budget *, int64_t room);
/* True: it must not be stored; that is counted. */
bool	 store_budget_refuses(struct store_budget *, const struct observation *);
/* It was stored, and cost so many bytes. */
void	 store_budget_spend(struct store_budget *, const struct observation *, uint64_t bytes);

/* Since the round began, for any thread: 1 << enum round_cut, and records that were not stored. */
uint32_t store_budget_cut(const struct store_budget *);
uint64_t store_budget_refused(const struct store_budget *);

#endif
