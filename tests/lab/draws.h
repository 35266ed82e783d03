/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The purposes for which a world draws random numbers, as prng_keyed has them: draws for
 * different ends do not agree. */
#ifndef KANSOKU_TESTS_LAB_DRAWS_H
#define KANSOKU_TESTS_LAB_DRAWS_H

#include "data/lib/prng.h"

enum draw {
	DRAW_SLOT = 1, DRAW_SLOT_MORE, DRAW_SESSION, DRAW_GENERATION,
	DRAW_MATE, DRAW_ARRIVE, DRAW_MOVE, DRAW_WORDS, DRAW_HELD,
	DRAW_POPULAR, DRAW_FILE, DRAW_FILE_MORE, DRAW_NAME, DRAW_AREA,
	DRAW_ENTRY, DRAW_FRESH, DRAW_PICK, DRAW_KEY, DRAW_LINK, DRAW_FLOOD,
	DRAW_SOURCE, DRAW_SOURCE_MORE, DRAW_ONOFF, DRAW_GATE, DRAW_HOST,
	DRAW_SILENCE, DRAW_COVER, DRAW_OUTCOME, DRAW_QUERY, DRAW_HOSTILE
};

#endif
