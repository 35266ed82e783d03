/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/batch.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>


#define FIRST_ROOM	1024	/* rows, or bytes of text */

/* ---- gathering ---- */

void
batch_layout(struct batch *b, const struct level_fields level[LEVEL_N])
{
	static const struct { size_t head; int level; } row[B_N] = {
		[B_NODE] = { sizeof(struct row_node), -1 },
		[B_FILE] = { offsetof(struct row_file, cell), LEVEL_CONTENT },
		[B_ADVERT] = { offsetof(struct row_advert, cell), LEVEL_ADVERT },
		[B_CLAIM] = { offsetof(struct row_claim, cell), LEVEL_CLAIM },
		[B_ROUND] = { sizeof(struct row_round), -1 },
		[B_DELIVERY] = { offsetof(struct row_delivery, cell), LEVEL_DELIVERY },
		[B_SIGHTING] = { offsetof(struct row_sighting, cell), LEVEL_SIGHTING },
		[B_RAW] = { sizeof(struct row_raw), -1 },
		[B_NEIGHBOUR] = { offsetof(struct row_neighbour, cell), LEVEL_TELLING },
		[B_QUERY] = { offsetof(struct row_query, cell), LEVEL_QUERY },
		[B_CONTACT] = { offsetof(struct row_contact, cell), LEVEL_CONTACT },
		[B_TEXT] = { 1, -1 },
	};

	for (int k = 0; k < B_N; k++) {
		b->cells[k] = row[k].level == -1 ? 0 : level[row[k].level].n;
		b->width[k] = row[k].head + b->cells[k] * sizeof(union cell);
		free(b->rows[k].p);
		b->rows[k] = (struct vec){ NULL, 0, 0 };
	}
}

/* Room for n more rows of a kind; they are not counted yet. */
static uint8_t *
make_room(struct batch *b, enum batch_kind k, size_t n)
{
	struct vec *v = &b->rows[k];
	size_t room = v->room == 0 ? FIRST_ROOM : v->room;
	uint8_t *p;

	while (room - v->n < n)
		room *= 2;
	if (room != v->room) {
		if ((p = realloc(v->p, room * b->width[k])) == NULL)
			return NULL;
		v->p = p;
		v->room = room;
	}
	return v->p + v->n * b->width[k];
}

/*
 * Bytes of the file that a row takes without its texts, its entries in indexes (of which
 * pages are half full when keys are random) and its share of the round's seen rows
 * included; a field takes as many bytes as in memory and one more.  Measured, and rounded up.
 */
static const uint8_t on_disk[B_N] = {
	[B_NODE] = 80, [B_FILE] = 100, [B_ADVERT] = 80, [B_CLAIM] = 60, [B_ROUND] = 250, [B_DELIVERY] = 60,
	[B_SIGHTING] = 32, [B_RAW] = 16, [B_NEIGHBOUR] = 80, [B_QUERY] = 80, [B_CONTACT] = 80,
};

void *
batch_add(struct batch *b, enum batch_kind k)
{
	uint8_t *row = make_room(b, k, 1);

	if (row == NULL)
		return NULL;
	b->rows[k].n++;
	b->bytes += b->width[k];
	b->written += on_disk[k] + b->cells[k] * (sizeof(union cell) + 1u);
	return memset(row, 0, b->width[k]);
}

void *
batch_last(const struct batch *b, enum batch_kind k)
{
	const struct vec *v = &b->rows[k];

	return v->n == 0 ? NULL : v->p + (v->n - 1) * b->width[k];
}

int
batch_text(struct batch *b, struct span *s, struct text t)
{
	struct vec *v = &b->rows[B_TEXT];
	uint8_t *p;

	if (t.len > UINT32_MAX - v->n || (p = make_room(b, B_TEXT, t.len)) == NULL)
		return -1;
	if (t.len > 0)
		memcpy(p, t.p, t.len);
	*s = (struct span){ (uint32_t)v->n, (uint32_t)t.len };
	v->n += t.len;
	b->bytes += t.len;
	b->written += t.len;
	return 0;
}

void
batch_clear(struct batch *b)
{
	for (int k = 0; k < B_N; k++)
		b->rows[k].n = 0;
	b->bytes = 0;
}

void
batch_free(struct batch *b)
{
	for (int k = 0; k < B_N; k++)
		free(b->rows[k].p);
	memset(b, 0, sizeof(*b));
}

struct text
batch_text_at(const struct batch *b, struct span s)
{
	return (struct text){ b->rows[B_TEXT].p + s.at, s.len };
}
