/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nodes that do to their callers what a sensor must survive, one kind a
 * [hostile.N] section of the world file; kansoku-lab(1) says what each does.
 * They stay on loopback like all of the lab.
 */
#ifndef KANSOKU_TESTS_LAB_HOSTILE_H
#define KANSOKU_TESTS_LAB_HOSTILE_H

#include "tests/lab/peer.h"

/* The role of a kind of world_hostile; -1 is a genuine node. */
const struct role *role_of(int kind);

/* hostile_keys.c: answers that are well formed and full of lies. */
void	answer_miscounted(struct peer *);	/* more keys promised than there are */
void	answer_special(struct peer *);		/* sources that no node can have */
void	answer_names(struct peer *);		/* names that attack whoever shows them */
void	answer_own(struct peer *);		/* nothing but the node itself: no lie */
void	answer_impostor(struct peer *);		/* the caller itself as a source */
void	answer_framing(struct peer *);		/* a flood that seems to come from a neighbour */

#endif
