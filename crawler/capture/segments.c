/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/segments.h"

#include <stdlib.h>
#include <string.h>

static size_t
size_of(const struct segment *g)
{
	/* What malloc adds counts too: strangers choose how small segments are. */
	return sizeof(*g) + g->n + 2 * sizeof(void *);
}

struct segment *
segments_take(struct segments *s)
{
	struct segment *g = s->first;

	s->first = g->next;
	if (s->first == NULL)
		s->last = NULL;
	s->bytes -= size_of(g);
	s->count--;
	return g;
}

void
segments_clear(struct segments *s)
{
	while (s->first != NULL)
		free(segments_take(s));
}

/* Behind `before`, or first of all if that is NULL. */
static bool
insert(struct segments *s, struct segment *before, uint32_t seq, const uint8_t *p, uint32_t n,
    uint32_t len)
{
	struct segment *g = malloc(sizeof(*g) + n);

	if (g == NULL)
		return false;
	*g = (struct segment){ .next = before == NULL ? s->first : before->next, .seq = seq,
		.n = n, .len = len };
	if (n > 0)
		memcpy(g->bytes, p, n);
	if (before == NULL)
		s->first = g;
	else
		before->next = g;
	if (g->next == NULL)
		s->last = g;
	s->bytes += size_of(g);
	s->count++;
	return true;
}

/* Lets k bytes go, of those that are here or of those that are missing. */
static void
skip(uint32_t *seq, const uint8_t **p, uint32_t *n, uint32_t *len, uint32_t k)
{
	uint32_t here = k < *n ? k : *n;

	*seq += k;
	*p += here;
	*n -= here;
	*len -= k;
}

bool
segments_add(struct segments *s, uint32_t seq, const uint8_t *p, uint32_t n, uint32_t len)
{
	struct segment *before = NULL, *at = s->first;

	/* Most come in order: behind the last. */
	if (s->last != NULL && sequence_distance(s->last->seq + s->last->len, seq) >= 0) {
		before = s->last;
		at = NULL;
	}
	while (len > 0) {
		uint32_t room = len;

		if (at != NULL && sequence_distance(at->seq, seq) >= 0) {
			uint32_t into = seq - at->seq;

			if (into < at->len) {
				room = at->len - into;
				skip(&seq, &p, &n, &len, room < len ? room : len);
			}
			before = at;
			at = at->next;
			continue;
		}
		if (at != NULL && (uint32_t)sequence_distance(seq, at->seq) < room)
			room = at->seq - seq;
		if (!insert(s, before, seq, p, n < room ? n : room, room))
			return false;
		before = before == NULL ? s->first : before->next;
		skip(&seq, &p, &n, &len, room);
	}
	return true;
}
