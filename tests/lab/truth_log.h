/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The truth file of a world that is being played: each round's lines are written
 * as the round begins, for all of it is known by then.  truth.h has the lines.
 */
#ifndef KANSOKU_TESTS_LAB_TRUTH_LOG_H
#define KANSOKU_TESTS_LAB_TRUTH_LOG_H

#include "tests/lab/links.h"

struct truth_log;

/*
 * Begins with round 1, and goes on while the loop of the links runs; a write
 * that fails stops it.  until: seconds of world time, 0 if nobody knows.
 * NULL after a complaint.
 */
struct truth_log *truth_log_open(struct links *, const char *path, double until);
/* False after a complaint if the file is not whole.  NULL is fine. */
bool		 truth_log_close(struct truth_log *);

#endif
