/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nodes that do to their callers what a sensor must survive, one kind a
 * [hostile.N] section of the world file; kansoku-lab(1) says what each does.
 * They stay on loopback like all of the lab.
 */
#ifndef KANSOKU_TESTS_LAB_HOSTILE_H
#define KANSOKU_TESTS_LAB_HOSTILE_H

#include "tests/lab/peer.h"

/* hostile_keys.c: answers that are well formed and full of lies. */
void	answer_miscounted(struct peer *);	/* more keys promised than there are */
void	answer_special(struct peer *);		/* sources that no node can have */
void	answer_names(struct peer *);		/* names that attack whoever shows them */
void	answer_own(struct peer *);		/* nothing but the node itself: no lie */
void	answer_impostor(struct peer *);		/* the caller itself as a source */
void	answer_framing(struct peer *);		/* a flood that seems to come from a neighbour */
void	answer_flood(struct peer *);		/* a flood, whoever it seems to come from */
void	answer_seeping(struct peer *);		/* a few more made-up sources each time */
void	answer_own_list(struct peer *);		/* the caller's address and its neighbours', port by port */
void	answer_crowding(struct peer *);		/* other ports of genuine nodes' addresses */
void	answer_bystander(struct peer *);	/* port after port of one address */
void	answer_nets(struct peer *);		/* a source in each of many /24s */
void	answer_low_ports(struct peer *);	/* well-known ports everywhere */
void	answer_one_hash(struct peer *);		/* many sources of one file */
void	answer_many_hashes(struct peer *);	/* many files, with names as long as they get */
void	answer_borrowed(struct peer *);		/* many files of a genuine neighbour */

#endif
