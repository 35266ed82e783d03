/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the gossip's sensor share: its state, its population, its truth. */
#ifndef KANSOKU_TESTS_LAB_GOSSIP_SENSOR_IMPL_H
#define KANSOKU_TESTS_LAB_GOSSIP_SENSOR_IMPL_H

#include "data/lib/array.h"
#include "data/lib/prng.h"
#include "tests/lab/gossip_sensor.h"
#include "tests/lab/recent.h"

/* A place of the population, and who has it now. */
struct gossip_node {
	struct endpoint	at, before;	/* before: its last owner's, nobody at first */
	double		until;		/* world seconds: then somebody else has it */
	const char	*services;
	bool		reachable, popular;
	bool		gone;		/* its owner changed in this round */
	int8_t		event;		/* it came with that event; -1: it was there before */
};
struct gossip_bogus { struct endpoint at; double born; };

struct gossip_sensor {
	const struct gossip_world_file *file;
	uint64_t	 seed, prng;
	char		 name[SETTING_NAME + 32];
	double		 until, from;	/* of the play; of the round */
	uint32_t	 round;
	FILE		*truth;
	gossip_sink	*sink;
	void		*arg;
	int		 status;
	uint64_t	 made;
	int64_t		 tried, reached;
	ARRAY_OF(struct gossip_node) node;
	ARRAY_OF(struct gossip_bogus) bogus;
	ARRAY_OF(uint32_t) link;	/* places of the nodes at the other end */
	struct recent	*recent;
	uint64_t	 announced[GOSSIP_FLOODS];
	uint32_t	 alive[GOSSIP_FLOODS];	/* announced in this round */
	struct endpoint	 victim[GOSSIP_FLOODS];
};

static inline double
gossip_unit(struct gossip_sensor *s)
{
	return prng_unit(prng_next(&s->prng));
}

static inline uint32_t
gossip_below(struct gossip_sensor *s, uint32_t n)
{
	return prng_below(&s->prng, n);
}

static inline int64_t
gossip_utc(const struct gossip_sensor *s, double t)
{
	return s->file->world.start.ms + (int64_t)(t * 1000);
}

uint32_t	 gossip_poisson(struct gossip_sensor *, double mean);

/* ---- gossip_population.c: who is there ---- */
int		 gossip_population_make(struct gossip_sensor *);
int		 gossip_population_advance(struct gossip_sensor *);
bool		 gossip_is_there(const struct gossip_sensor *, const struct gossip_node *);
uint32_t	 gossip_reachable(struct gossip_sensor *);	/* the place of one that can be linked */
struct endpoint	 gossip_made_up(struct gossip_sensor *, unsigned flood);
/* The size of an event that is going on now, or 0. */
double		 gossip_event_on(const struct gossip_sensor *, enum gossip_event_kind);

/* ---- gossip_truth.c: what was really so, in the form of the other overlays' truth files ---- */
void		 gossip_truth_begin(struct gossip_sensor *);
void		 gossip_truth_bogus(struct gossip_sensor *, unsigned flood, struct endpoint);
void		 gossip_truth_round(struct gossip_sensor *);

#endif
