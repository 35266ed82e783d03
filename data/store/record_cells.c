/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/record_cells.h"

#include <stdlib.h>
#include <string.h>

#include "data/store/writer.h"

int
scratch_room(struct vec *v, size_t len)
{
	size_t room = v->n + len + 1024;	/* both bounded by JSON_LINE_MAX */
	uint8_t *p;

	if (v->room - v->n >= len)
		return 0;
	if ((p = realloc(v->p, room)) == NULL)
		return -1;
	v->p = p;
	v->room = room;
	return 0;
}

void
scratch_add(struct vec *v, const void *p, size_t len)
{
	if (len > 0)
		memcpy(v->p + v->n, p, len);
	v->n += len;
}

int
scratch_add_values(struct vec *v, const struct store *s, enum field_level l,
    const union value value[FIELDS_MAX])
{
	static const struct endpoint nobody;
	const struct level_fields *level = &s->level[l];
	size_t room = sizeof(s->fields);

	for (int i = 0; i < level->n; i++)
		room += level->type[i] == FIELD_TEXT || level->type[i] == FIELD_BYTES ?
		    sizeof(size_t) + value[level->at[i]].text.len : ENDPOINT_PACKED;
	if (scratch_room(v, room) != 0)
		return -1;
	scratch_add(v, &s->fields, sizeof(s->fields));	/* no overlay's values are another's */
	for (int i = 0; i < level->n; i++) {
		const union value *x = &value[level->at[i]];

		switch ((enum field_type)level->type[i]) {
		case FIELD_INTEGER: case FIELD_FLAG:
			scratch_add(v, &x->number, sizeof(x->number));
			break;
		case FIELD_TEXT: case FIELD_BYTES:
			scratch_add(v, &x->text.len, sizeof(x->text.len));
			scratch_add(v, x->text.p, x->text.len);
			break;
		case FIELD_ENDPOINT:
			v->n += endpoint_pack(v->p + v->n, x->endpoint != NULL ? *x->endpoint : nobody);
			break;
		}
	}
	return 0;
}

int
cells_fill(struct store *s, enum field_level l, const union value value[FIELDS_MAX],
    union cell *cell)
{
	for (int i = 0; i < s->level[l].n; i++) {
		const union value *x = &value[s->level[l].at[i]];

		switch ((enum field_type)s->level[l].type[i]) {
		case FIELD_INTEGER: case FIELD_FLAG:
			cell[i].number = x->number;
			break;
		case FIELD_TEXT: case FIELD_BYTES:
			if (batch_text(&s->writer->batch, &cell[i].text, x->text) != 0)
				return writer_no_memory(s);
			break;
		case FIELD_ENDPOINT:
			cell[i].number = UNKNOWN;
			if (x->endpoint != NULL && (cell[i].number = identity_node(s, *x->endpoint)) == 0)
				return -1;
			break;
		}
	}
	return 0;
}

int
cells_bind_values(struct store *s, sqlite3_stmt *st, int at, enum field_level l,
    const union value value[FIELDS_MAX])
{
	for (int i = 0; i < s->level[l].n; i++, at++) {
		const union value *x = &value[s->level[l].at[i]];
		uint8_t type = s->level[l].type[i];
		int64_t node = UNKNOWN;

		if (type == FIELD_TEXT || type == FIELD_BYTES) {
			bind_some(st, at, x->text, type == FIELD_BYTES);
		} else if (type == FIELD_ENDPOINT) {
			if (x->endpoint != NULL && (node = identity_node(s, *x->endpoint)) == 0)
				return -1;
			bind_known(st, at, node);
		} else {
			bind_known(st, at, x->number);
		}
	}
	return 0;
}
