/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One crawl while it runs, and what its parts share.  Private to the files that
 * include it: crawl_start and crawl_store (what it needs), round (when), visits (whom),
 * recorder (what was seen), crawl_report (what the operator reads),
 * crawl_metrics (what monitors read).
 */
#ifndef KANSOKU_CRAWLER_CRAWL_H
#define KANSOKU_CRAWLER_CRAWL_H

#include "crawler/net/claim_quota.h"
#include "crawler/frontier.h"
#include "crawler/panel.h"
#include "crawler/revisit.h"
#include "crawler/net/listener.h"
#include "crawler/net/dial_window.h"
#include "crawler/net/rate.h"
#include "crawler/net/service_manager.h"
#include "crawler/store_thread.h"
#include "crawler/net/session.h"
#include "crawler/settings.h"
#include "crawler/zone_estimate.h"
#include "data/lib/confine.h"
#include "data/store/store.h"

#define FAREWELLS	512	/* numbers of messages that end a visit are below; the rest counts as 0 */

/* A round and its result: one outcome for each node on its list. */
struct round {
	uint32_t	 id;			/* 0 between rounds */
	int64_t		 start_ms, end_ms;	/* UTC; by the monotonic clock from the start */
	int64_t		 begun_ms, ended_ms;	/* monotonic */
	int64_t		 listed;
	uint32_t	 sampling;		/* of claims one in so many is on the list */
	bool		 complete;
	const char	*given_up;		/* why it was not seen through, or NULL */
	uint64_t	 tried, reached;
	uint64_t	 outcome[OUT_N];
	uint64_t	 excluded[SCOPE_NVERDICT];	/* those of OUT_EXCLUDED, by reason */
	uint64_t	 rested;		/* left alone: dialled in the last day, say */
	uint64_t	 capped;		/* left out: too many in one /24 */
	uint64_t	 crowded;		/* left out: too many ports of one address */
	uint32_t	 cut;			/* 1 << enum round_cut: limits that it met */
	uint64_t	 unreached;		/* on the list, and not dialled any more for that */
	uint64_t	 dials;
	uint64_t	 not_stored;		/* records that budgets left out */
	uint64_t	 told_to_leave[FAREWELLS];	/* by the message, whatever the outcome */
	uint64_t	 retried;		/* dialled a second time */
	uint64_t	 keys, bad_keys, neighbours, queries, windows;
	struct zone_tally zone;			/* of the part of the id space that is measured */
	uint64_t	 fresh;			/* sources on neither list before */
	uint64_t	 spent;			/* fresh sources past a budget, stored only */
	uint64_t	 over_budget;		/* peers that sent too much */
	uint64_t	 inbound, tests;	/* links that peers opened */
	uint64_t	 held_links, held_lost;	/* held when it ended; ended by others */
	int64_t		 held_ms;		/* link-milliseconds, by UTC */
	uint64_t	 passed_over;		/* records of held links past their budget */
	uint64_t	 bytes_in, bytes_out;
	uint64_t	 local_errors;
	int		 local_errno;		/* the last of them */
	int64_t		 last_dial_ms;		/* a packet left; monotonic */
	int64_t		 clock_jump_ms;		/* largest step of the wall clock */
};

/* Nodes of its list that no limit let us dial. */
static inline uint64_t
round_not_dialled(const struct round *r)
{
	return r->capped + r->crowded + r->unreached;
}

/* Is nobody dialled any more in this round?  Budgets of single peers do not end it. */
static inline bool
round_dials_are_over(const struct round *r)
{
	return (r->cut & CUT_SHORT) != 0;
}

/* What the process did so far, for monitors. */
#define METRICS_BUCKETS	8	/* of the lengths of rounds; the last has no end */

struct metrics {
	uint64_t	complete, incomplete;	/* rounds */
	uint64_t	contact[OUT_N];		/* dials by how they ended */
	uint64_t	keys, neighbours, queries, bad_keys;
	uint64_t	bytes_in, bytes_out, inbound, over_budget, clock_jumps, local_errors;
	uint64_t	bucket[METRICS_BUCKETS];	/* rounds of this length, not added up yet */
	double		seconds;		/* of all rounds */
};

#define CRAWL_SIGNALS	3	/* SIGINT, SIGTERM, SIGHUP end a round */
enum crawl_stop { STOP_NO, STOP_SIGNAL, STOP_FULL, STOP_FAULT };

struct crawl {
	struct settings	 set;
	char		*sensor;		/* its name, if out of the database */
	char		*folder;		/* where the database lies */
	uint8_t		 secret[32];		/* the database's, from which lasting choices follow */
	char		*metrics_folder;	/* where --metrics lies, or NULL */
	struct confinement confined;
	struct service_manager manager;
	struct metrics	 metrics;
	const struct overlay *overlay;
	struct scope	 scope;
	struct store	*store;
	struct store_budget *store_budget;	/* who may still have something stored */
	bool		 warned_full;
	struct store_thread *store_thread;	/* adds to the store during a round */
	struct frontier	*frontier;
	struct panel	*panel;			/* NULL: no links are held */
	struct revisit	*revisit;		/* NULL: each node is dialled once a round */
	struct claim_quota *claim_quota;	/* who may still add to the frontier */
	struct event_base *base;
	struct event	*tick, *signals[CRAWL_SIGNALS];
	struct sessions	*sessions;
	struct listener	*listener;		/* NULL without --listen */
	struct quota	*net_quota;		/* NULL without a limit per /24 */
	struct quota	*address_quota;		/* of ports, where leads join a round under way; or NULL */
	struct zone	 zone;
	struct bucket	 dial_rate;
	struct dial_window dial_window;
	struct round	 round;
	enum crawl_stop	 stop;
	bool		 ever_reached;		/* somebody, in any round of this run */
	int64_t		 last_start_ms;		/* UTC, of the last round with an answer, or UNKNOWN */
	int64_t		 clock_offset_ms;	/* wall minus monotonic clock, last looked at */
	int64_t		 begun_ms;		/* monotonic, when the crawl began */
	int64_t		 lab_epoch_ms;		/* UTC then, as the lab's clock has it */
	int64_t		 clock_checked_ms;
	int64_t		 until_ms;		/* with held links: a round is a cut of time up to here */
	int64_t		 passed_ms;		/* when the store thread last got what there was */
	/* The round that what comes belongs to: the one under way, between rounds the next. */
	uint32_t	 recording;
	bool		 heard_between;		/* rows of it were added before it began */
	bool		 keep_list;		/* the last round gave no better one */
};

/* ---- crawl_start.c, crawl_store.c: exit statuses, logged unless EXIT_DONE ---- */
int	 crawl_start_scope(struct crawl *);		/* settings to scope, overlay, limits */
int	 crawl_start_peers(struct crawl *);		/* a frontier, from the peers file */
int	 crawl_start_user(struct crawl *);		/* root is given up; folder is known */
int	 crawl_start_store(struct crawl *);		/* opened, locked, ours; unchanged */
int	 crawl_start_frontier(struct crawl *);		/* from the database, too */
int	 crawl_start_loop(struct crawl *);		/* sockets, signals, timers */
/* Nothing but the folder and TCP from here on; says what is not in force. */
void	 crawl_start_confined(struct crawl *);
int	 crawl_start_lasting(struct crawl *);		/* what the database keeps for good */
void	 crawl_close(struct crawl *);			/* frees whatever there is */
/* A node that answered at or after this UTC second belongs on a list made now. */
int64_t	 crawl_start_verified_since(const struct crawl *, int64_t now_ms);

/* ---- visit_list.c ---- */
/*
 * Claims whom the overlay's leads named in the last complete round that heard any, and verifies
 * who answered since, or in the last round that reached somebody; when that one
 * began is c->last_start_ms, or UNKNOWN.  0, or -1 with a reason in store_error.
 */
int	 visit_list_load(struct crawl *, int64_t since_ms);

/* ---- round.c ---- */
int	 round_all(struct crawl *);		/* all rounds; an exit status */
/* A monotonic time of the round under way as UTC ms: no step of the wall clock shows in it. */
int64_t	 round_utc(const struct crawl *, int64_t monotonic_ms);
/*
 * UTC now, as observations have it.  With --time-scale it is the lab's clock,
 * which runs as much faster: a lab's half hours are half hours in the database.
 */
int64_t	 round_clock(const struct crawl *);
/* Empties the accounts of what is stored; an exit status, complained about: nothing more may be. */
int	 round_budgets(struct crawl *);
/* Ends the crawl: the store or memory failed.  Logs it once. */
void	 round_fault(struct crawl *, const char *why);

/* ---- visits.c ---- */
/* Dials some of those that may be dialled now; true when there are more. */
bool	 visit_pump(struct crawl *);
/* Lets nobody else be dialled in this round, for that limit. */
void	 visit_cut(struct crawl *, enum round_cut);
bool	 visit_over(const struct crawl *);	/* nobody left on the list or on a link */
void	 visit_up(void *crawl, struct session *);
void	 visit_greeted(void *crawl, struct session *, const struct dialog_peer *);
void	 visit_done(void *crawl, struct session *, const struct session_result *);

/* ---- held_links.c ---- */
int	 held_start(struct crawl *);		/* a panel, if the settings want one; an exit status */
void	 held_fill(struct crawl *);		/* dials for a free place, if it is time */
void	 held_greeted(struct crawl *, struct session *);
void	 held_done(struct crawl *, struct session *, const struct session_result *);
void	 held_count(struct crawl *);		/* exposure of all, at the end of a round */

/* ---- recorder.c ---- */
void	 recorder_found(void *crawl, struct session *, const struct observation *);
/* What a link claims to be a node: on the next list, as far as the budgets of claims go. */
void	 recorder_claim(struct crawl *, struct session *, struct endpoint);
void	 recorder_contact(struct crawl *, struct endpoint, bool inbound, enum outcome,
	    const struct dialog_peer *, int64_t now_ms);	/* peer NULL: nothing known */
/* The round's own row: when it begins, and when it ends one way or the other. */
enum round_stage { ROUND_OPEN, ROUND_COMPLETE, ROUND_STOPPED };
int	 recorder_round(struct crawl *, enum round_stage);

/* ---- crawl_report.c ---- */
/* What confinement is in force, as text; it may be written into buf. */
const char *crawl_report_confined(char buf[CONFINE_TEXT], const struct crawl *);
void	 crawl_report_start(const struct crawl *);
void	 crawl_report_progress(const struct crawl *);
void	 crawl_report_round(const struct crawl *);
int	 crawl_report_dry_run(const struct crawl *);	/* an exit status */

/* ---- crawl_metrics.c ---- */
/*
 * Adds the round that has just ended and writes the file of --metrics, if there is
 * one, in Prometheus' text format, whole or not at all: counters since the process
 * began, the last round.  Every series has the labels sensor and overlay, so that
 * several sensors' files may lie in one folder.  What the analysis found is in the file
 * that kansoku-plot writes; the names of the two do not meet.  A failure is complained of.
 */
void	 crawl_metrics_round(struct crawl *);

/* ---- crawl_report_json.c ---- */
char	*crawl_report_parameters(const struct crawl *);	/* free it; NULL without memory */
void	 crawl_report_json(const struct crawl *);	/* the round that has just ended */

#endif
