/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was really so: the file that a sensor's findings are scored against.
 *
 * JSON lines, flushed round by round: the world, its floods and events, then
 * for each round the bogus sources that appear in it and one line of numbers.
 * kansoku-lab(1) says what each number means.
 */
#ifndef KANSOKU_TESTS_LAB_TRUTH_H
#define KANSOKU_TESTS_LAB_TRUTH_H

#include <stdio.h>

#include "tests/lab/recent.h"
#include "tests/lab/world.h"

struct truth;

/*
 * Writes the world, floods and events to f, which stays the caller's.  until is
 * when the world's play ends, in seconds, or 0 if nobody knows.  NULL: no memory.
 */
struct truth	*truth_new(struct world *, FILE *f, double until);
void		 truth_free(struct truth *);
/*
 * Begins round n (from 1), which lasts from (n - 1) to n round lengths: counts
 * who is there in its middle.  -1: no memory.
 */
int		 truth_begin(struct truth *, uint32_t round);
/* The numbers that were noted in it; simulate adds what it wrote. */
struct recent	*truth_recent(struct truth *);
/* Writes the round.  seen: the series SEEN_* hold what the sensor saw. */
int		 truth_end(struct truth *, bool seen);

#endif
