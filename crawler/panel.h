/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom to hold a link to, over many rounds: where peers tell news by themselves, a visit sees
 * what they remember and a held link what happens.
 *
 * Candidates are nodes that completed a handshake in the last day.  The choice among them is
 * by a keyed hash, so that nobody else can foresee it, and the same key chooses the same nodes
 * again.  One link a node, few in a network; who ended one is left alone for a day.  A place
 * that becomes free is filled by the next candidate, no faster than a dial a second.
 *
 * The panel opens no link and owns none: it says whom to dial, and is told what became of it.
 * Times are UTC milliseconds as observations have them, of a lab too.
 */
#ifndef KANSOKU_CRAWLER_PANEL_H
#define KANSOKU_CRAWLER_PANEL_H

#include "observation.h"

struct panel;

#define PANEL_KEY	16

/* To hold `target` links.  NULL without memory. */
struct panel	*panel_new(size_t target, const uint8_t key[PANEL_KEY]);
void		 panel_free(struct panel *);	/* NULL is fine */

/* It answered at this time.  0, or -1 without memory. */
int		 panel_candidate(struct panel *, struct endpoint, int64_t answered_ms);
/* It ended a link of ours at this time. */
int		 panel_rest(struct panel *, struct endpoint, int64_t ended_ms);

/* The next one to dial, if a place is free and it is time; it has the place from here on. */
bool		 panel_next(struct panel *, int64_t now_ms, struct endpoint *);
/* Its link is up, and counts from now on. */
void		 panel_up(struct panel *, struct endpoint, int64_t now_ms);
/* The link is gone, or never was; its place is free.  refused: by the other side, so it rests. */
void		 panel_lost(struct panel *, struct endpoint, int64_t now_ms, bool refused);

/* Has it a place: is it held, or being dialled for that? */
bool		 panel_holds(const struct panel *, struct endpoint);
/* Milliseconds that it was held since this was last asked; 0 if it is not. */
int64_t		 panel_exposure(struct panel *, struct endpoint, int64_t now_ms);
size_t		 panel_held(const struct panel *);

#endif
