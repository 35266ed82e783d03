/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the analysis concluded, kept beside what was observed (data/store/results.sql).
 *
 * Results are those of the sensor that the store works for (data/store/sensors.h);
 * the ids of incidents are unique in the whole database.
 *
 * Only analyze writes here, in one transaction a run; plots, export and the
 * report verbs read.  Everything can be dropped and computed again.  A count
 * or share that was not measured is NAN, never zero.
 */
#ifndef KANSOKU_DATA_STORE_RESULTS_H
#define KANSOKU_DATA_STORE_RESULTS_H

#include "data/store/store.h"

/* One row a round.  Counts are distinct nodes (address, port) unless named otherwise. */
struct series_row {
	uint32_t	round;
	int64_t		start_ms, end_ms;	/* UNKNOWN if not recorded */
	bool		complete;		/* if not, everything below is NAN */
	uint32_t	cut;		/* 1 << enum round_cut; of the round's own row, and not written */
	double		tried, reached;
	double		success_low, success_high; /* 95 % Wilson interval of reached/tried */
	double		instant;		/* sources of keys of this round ("blue") */
	double		day_keys;		/* the same over the 24 h to its end ("yellow") */
	double		day_all;		/* keys, neighbours and queries, 24 h ("red") */
	double		instant_clean, day_keys_clean, day_all_clean;
	double		day_addresses;		/* distinct addresses behind day_all */
	double		impossible_share;	/* of instant: sources that no node can have */
	double		new16_share;		/* of instant: in a /16 not seen in the baseline */
	double		one_shot_share;		/* of the sources of 24 h: seen in one round only */
	double		max_ports;		/* ports claimed for one address, 24 h */
	double		max_sources;		/* sources claimed for one file hash, 24 h */
	double		top_share;		/* share of the ten largest delivering peers in key records */
	double		records_keys, records_neighbours, records_queries;
	double		flood, flood_low, flood_high;	/* bogus sources in this round, 95 % interval */
	double		verified, verified_again, verified_before; /* handshakes: this round, both, the one before */
	double		sampling;	/* counts were made of one address in so many; 1: all; NAN: not said */
};

/* Stored by number.  What leaves the house, bundles and reports, holds only the bogus. */
enum verdict { VERDICT_GENUINE, VERDICT_BOGUS, VERDICT_UNDETERMINED, VERDICT_PROBABLY_BOGUS,
	VERDICT_N };
extern const char *const verdict_name[VERDICT_N];

/* Kinds of evidence on one node, each a log-likelihood ratio in nats: above 0 speaks for bogus. */
enum evidence {
	EVIDENCE_ADDRESS, EVIDENCE_PORT, EVIDENCE_PERSISTENCE, EVIDENCE_REACHABILITY,
	EVIDENCE_CONTENT, EVIDENCE_HASH, EVIDENCE_TIMER, EVIDENCE_RELAY, EVIDENCE_FANOUT, EVIDENCE_N
};
extern const char *const evidence_name[EVIDENCE_N];

/* Named signs, one bit each in verdict_row.flags; a sign alone convicts nobody. */
enum flag { /* flat */
	FLAG_SPECIAL, FLAG_UNALLOCATED, FLAG_NOVEL_SLASH16, FLAG_LAST_OCTET, FLAG_KNOWN_ADDRESS,
	FLAG_ONE_SHOT, FLAG_SHORT_LIVED, FLAG_UNREACHABLE, FLAG_REFUSED, FLAG_VERIFIED,
	FLAG_PORT_FANOUT, FLAG_HASH_FANOUT, FLAG_TIMER_OUTLIER, FLAG_RELAY_BURST,
	FLAG_NEIGHBOUR_ONLY, FLAG_PORT_ODD, FLAG_MOVED, FLAG_N
};

struct verdict_row {
	int64_t		node;
	struct endpoint	endpoint;
	uint32_t	first_round, last_round;
	int64_t		first_ms, last_ms;	/* start of these rounds */
	int64_t		rounds;			/* rounds seen as a source */
	int64_t		keys;			/* distinct files advertised */
	int64_t		relays;			/* distinct peers that delivered it */
	int		contact;		/* enum outcome of the last try, or UNKNOWN */
	double		probability;		/* that it is bogus */
	enum verdict	verdict;
	uint32_t	flags;			/* bits; names from results_flag_name */
	int64_t		incident;		/* 0: none */
	bool		judged;			/* evidence was weighed; if not, evidence is NAN */
	float		evidence[EVIDENCE_N];
};
/* NULL past the last flag. */
const char	*results_flag_name(unsigned bit);

enum incident_kind {
	INC_RANDOM_SOURCES, INC_PORT_FANOUT, INC_TARGETED_HASH, INC_REACHABILITY_DROP,
	INC_OUTAGE, INC_POPULATION_STEP,
	/* of ids and who delivers, in overlays that have them: analysis/detect/identities.h */
	INC_MADE_UP_CONTACTS, INC_SYBIL_CLUSTER, INC_SYBIL_FLEET, INC_ID_HOP, INC_JUNK_HASHES, INC_NKIND
};
extern const char *const incident_kind_name[INC_NKIND];	/* "random-sources", ... */

/*
 * What is so of an incident at the last round that was analysed.  Of a flood that is not
 * closed: open while rounds bring new sources, quiet when the last one did not.  An
 * incident that a bundle or report spoke of and that is now another (other kind, start or,
 * once it was said to have ended, other end, rounds or a size outside today's interval, or
 * a probable injector no more) is revised, until a newer bundle or report says what is so;
 * withdrawn, if the analysis does not find it any more.
 */
enum incident_state { INCIDENT_OPEN, INCIDENT_QUIET, INCIDENT_CLOSED, INCIDENT_REVISED,
	INCIDENT_WITHDRAWN, INCIDENT_NSTATE };
extern const char *const incident_state_name[INCIDENT_NSTATE];	/* "open", "quiet since", ... */

struct incident_row {
	int64_t		id;		/* base + 1, base + 2, ...; stable once given, by start */
	enum incident_kind kind;
	uint32_t	first_round, last_round, peak_round;
	int64_t		start_ms, end_ms, peak_ms;	/* end_ms UNKNOWN: still open */
	int64_t		rounds;
	int		severity;	/* 1 minor .. 3 grave; 0 for outage and step */
	double		bogus, bogus_low, bogus_high;	/* distinct bogus sources, whole incident */
	unsigned	channels;	/* enum seen_bit */
	bool		injector;	/* some peer is a probable injector */
	int		roving;		/* injector moves: 1, stays: 0, UNKNOWN */
	const char	*summary;	/* one plain sentence; borrowed */
	int64_t		quiet;		/* an open flood: counted rounds since its last new bogus source */
	int64_t		last_ms;	/* end of that last round; UNKNOWN for what is no flood */
	bool		revised;	/* read alone: what was said of it is not so any more */
	uint32_t	sampling;	/* counted on one address in so many; 0: not said */
	bool		withdrawn;	/* read alone: analyze does not find it any more */
};
enum incident_state incident_state(const struct incident_row *);
/* "open", "quiet since 2010-05-21T03:00Z (open until more than six rounds are quiet)", ... */
#define INCIDENT_STATE_TEXT	96
char	*incident_state_text(char buf[INCIDENT_STATE_TEXT], const struct incident_row *);
/*
 * The one sentence on a flood, made of what the row says and of nothing else: who is the
 * probable injector (NULL: not determined), and whether it may be the sensor itself.
 * Bounds are rounded outward, as in JSON.
 */
#define INCIDENT_SENTENCE	400
char	*incident_sentence(char buf[INCIDENT_SENTENCE], const struct incident_row *, const char *injector,
	    bool may_be_us);
struct test_row { int64_t incident; const char *name, *family; double statistic, threshold; };
/* What is said of a peer that delivered; a label is one of these texts. */
enum delivered { DELIVERED_BY, DELIVERED_INJECTOR, DELIVERED_SELF, DELIVERED_N };
extern const char *const delivered_name[DELIVERED_N];	/* "delivered by", ... */
struct delivering_row {
	int64_t		incident;
	int64_t		peer;		/* node id */
	struct endpoint	endpoint;
	int		rank;
	double		share;		/* bogus share of what it delivered */
	double		ratio;		/* to the median peer */
	double		full_timer_share, first_seen_share;
	int64_t		keys, rounds;	/* bogus keys it delivered, rounds in which it did */
	const char	*label;		/* of delivered_name */
};

int	results_series(struct store *, int64_t from_ms, int64_t to_ms,	/* by end_ms */
	    int (*fn)(const struct series_row *, void *), void *);
int	results_series_from(struct store *, uint32_t round,	/* in order */
	    int (*fn)(const struct series_row *, void *), void *);
/* All rounds in order, with what changes are looked for in: round, times, complete, tried,
 * reached, instant, the clean counts of keys, flood, the verified and what cut it; the rest is 0. */
int	results_clean_counts(struct store *, int (*fn)(const struct series_row *, void *), void *);
int	results_verdicts(struct store *, int (*fn)(const struct verdict_row *, void *), void *);
int	results_incidents(struct store *, int (*fn)(const struct incident_row *, void *), void *);
/* Those that a bundle or report spoke of and that are there no more: with id, kind, times, rounds
 * and bogus as was said last. */
int	results_withdrawn(struct store *, int (*fn)(const struct incident_row *, void *), void *);
/* Complete rounds of the sensor: how many there are, and how many were not analysed yet. */
int	results_analysed(struct store *, int64_t *complete, int64_t *missing);
int	results_tests(struct store *, int64_t incident, int (*fn)(const struct test_row *, void *), void *);
int	results_delivering(struct store *, int64_t incident, int (*fn)(const struct delivering_row *, void *), void *);

/*
 * Incidents of the sensor have the ids base + 1 to base + INCIDENTS - 1; the base of
 * the first sensor is 0.
 */
#define INCIDENTS	1000000
int64_t	results_incident_base(const struct store *);
/* From here on the store works for the sensor whose incident it is; 0 or -1. */
int	results_select(struct store *, int64_t incident);

/* Writers, for analysis/ only; between begin and commit. */
int	results_begin(struct store *);
int	results_commit(struct store *);
void	results_rollback(struct store *);
int	results_clear(struct store *);			/* everything of the sensor, to compute anew */
int	results_put_series(struct store *, const struct series_row *);
int	results_put_verdict(struct store *, const struct verdict_row *, struct text memory);
int	results_put_incident(struct store *, const struct incident_row *);	/* replaces id with its tests and peers */
int	results_put_test(struct store *, const struct test_row *);
int	results_put_delivering(struct store *, const struct delivering_row *);
int	results_delete_incidents(struct store *, int64_t from_id);
int	results_delete_series(struct store *, uint32_t from_round);

/*
 * What analyze keeps for its next run.  Bytes are opaque here, borrowed until the
 * call or callback returns.  The getters answer 0 found, 1 absent, -1 error.
 */
int	results_state_put(struct store *, const char *name, struct text);
int	results_state_get(struct store *, const char *name,
	    int (*fn)(struct text, void *), void *);
int	results_memory(struct store *, int64_t node,
	    int (*fn)(const struct verdict_row *, struct text memory, void *), void *);
int	results_forget_memories(struct store *);	/* of all nodes, and all digests; results stay */
int	results_digest_put(struct store *, uint32_t round, struct text);
int	results_digest_each(struct store *, int (*fn)(uint32_t round, struct text, void *), void *);
int	results_digest_drop(struct store *, uint32_t before_round);

/* The secret by which analyze draws addresses, made when it is asked for the first time:
 * the whole file's, for good, and in no export. */
#define SAMPLING_KEY	16
int	results_sampling_key(struct store *, uint8_t key[SAMPLING_KEY]);
/* 64 bits that look random to who does not know the key: the same for all ports of an address. */
uint64_t results_sampling_draw(const uint8_t key[SAMPLING_KEY], struct endpoint);

#endif
