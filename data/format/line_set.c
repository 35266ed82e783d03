/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/line_set.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/format/jsonl.h"
#include "data/lib/log.h"

struct entry { uint32_t times, unused; uint8_t hash[crypto_shorthash_BYTES]; };

void
line_set_init(struct line_set *s)
{
	s->round = 0;
	crypto_shorthash_keygen(s->key);
	hash_table_init_hashes(&s->table, sizeof(struct entry), offsetof(struct entry, hash),
	    sizeof(((struct entry *)0)->hash));
}

void
line_set_free(struct line_set *s)
{
	hash_table_free(&s->table);
}

int64_t
line_set_meet(struct line_set *s, uint32_t round, const void *line, size_t len)
{
	uint8_t hash[crypto_shorthash_BYTES];
	struct entry *e;

	_Static_assert(sizeof(s->key) == crypto_shorthash_KEYBYTES, "the key of SipHash");
	if (round != s->round || s->table.n >= LINES_REMEMBERED)
		hash_table_clear(&s->table);
	s->round = round;
	crypto_shorthash(hash, line, len, s->key);
	if ((e = hash_table_find(&s->table, hash)) != NULL)
		return e->times++;
	if ((e = hash_table_add(&s->table, hash)) == NULL)
		return -1;
	e->times = 1;
	return 0;
}

int
line_writer_open(struct line_writer *w, FILE *f)
{
	*w = (struct line_writer){ .f = f };
	line_set_init(&w->met);
	if ((w->line = open_memstream(&w->text, &w->len)) != NULL)
		return 0;
	log_error("%s", memory_missing());
	return -1;
}

void
line_writer_close(struct line_writer *w)
{
	if (w->line != NULL)
		fclose(w->line);
	free(w->text);
	line_set_free(&w->met);
}

int
line_writer_put(struct line_writer *w, const struct observation *o)
{
	struct observation copy;
	int64_t again;
	size_t len;

	rewind(w->line);
	if (jsonl_write(w->line, o) != 0 || fflush(w->line) != 0 || (again = line_set_meet(&w->met,
	    o->round, w->text, len = (size_t)ftell(w->line))) == -1) {
		log_error("%s", memory_missing());
		return -1;
	}
	if (again == 0)
		return fwrite(w->text, 1, len, w->f) == len ? 0 : -1;
	copy = *o;
	copy.copy = (uint32_t)again;
	return jsonl_write(w->f, &copy);
}
