/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/resync.h"

#include <stdlib.h>
#include <string.h>

#include "node/winny/limits.h"
#include "node/winny/message.h"

#define LENGTH_FIELD	4
#define CHAIN		3
#define FRAMED		(LENGTH_FIELD + LIMIT_BLOCK)
/* Bytes after which to look again while a block that may be one is not yet whole. */
#define LOOK_EVERY	4096

enum place { PLACE_NO, PLACE_OPEN, PLACE_BLOCK };

void
resync_clear(struct resync *r)
{
	free(r->p);
	*r = (struct resync){ NULL, 0, 0, 0, 0 };
}

/* The oldest bytes go where more wait than any three blocks have. */
static void
forget_oldest(struct resync *r)
{
	size_t n = r->n > CHAIN * FRAMED ? r->n - CHAIN * FRAMED : r->at;

	if (n == 0)
		return;
	memmove(r->p, r->p + n, r->n - n);
	r->n -= n;
	r->at -= n < r->at ? n : r->at;
	r->looked -= n < r->looked ? n : r->looked;
}

uint8_t *
resync_add(struct resync *r, size_t n)
{
	size_t room = r->room > 0 ? r->room : LOOK_EVERY;
	uint8_t *p;

	if (r->n + n > r->room) {
		forget_oldest(r);
		while (room < r->n + n)
			room *= 2;
		if ((p = realloc(r->p, room)) == NULL)
			return NULL;
		r->p = p;
		r->room = room;
	}
	r->n += n;
	return r->p + r->n - n;
}

/* Can the block be read, a query to its last byte? */
static bool
is_block(const uint8_t *p, uint32_t len)
{
	struct message m;

	if (message_decode(&m, p[0], (struct text){ p + 1, len - 1 }) != MESSAGE_OK)
		return false;
	return p[0] != CMD_HEADER && (p[0] != CMD_QUERY || m.query.keys.end == p + len);
}

/* Where the chain of blocks from `at` ends is put into *end. */
static enum place
look_at(const struct resync *r, size_t at, bool at_end, size_t *chain_end)
{
	const uint8_t *p = r->p + at, *end = r->p + r->n;

	for (int i = 0; i < CHAIN && !(at_end && i > 0 && p == end); i++) {
		uint32_t len;

		if (end - p < LENGTH_FIELD + 1)
			return PLACE_OPEN;
		len = load_u32(p);
		if (len < 1 || len > LIMIT_BLOCK || command_find(p[LENGTH_FIELD]) == NULL)
			return PLACE_NO;
		if ((size_t)(end - p) < LENGTH_FIELD + (size_t)len)
			return PLACE_OPEN;
		if (!is_block(p + LENGTH_FIELD, len))
			return PLACE_NO;
		p += LENGTH_FIELD + len;
	}
	*chain_end = (size_t)(p - r->p);
	return PLACE_BLOCK;
}

/*
 * Of several chains that which is whole first, as if the bytes had come one by one: how
 * the stream was cut into packets makes no difference.
 */
bool
resync_find(struct resync *r, enum resync_when when)
{
	size_t open = r->n, best = r->n, best_end = r->n + 1, end;

	if (when == RESYNC_MORE && r->looked > 0 && r->n - r->looked < LOOK_EVERY)
		return false;
	for (size_t at = r->at; at < r->n && at < best_end; at++) {
		enum place place = look_at(r, at, when == RESYNC_END, &end);

		if (place == PLACE_BLOCK && end < best_end) {
			best = at;
			best_end = end;
		} else if (place == PLACE_OPEN && open == r->n)
			open = at;
	}
	r->looked = r->n;
	r->at = best_end <= r->n ? best : open;
	return best_end <= r->n;
}
