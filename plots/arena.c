/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t		 used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

__attribute__((noreturn)) void (*arena_no_memory)(void) = abort;

void *
arena_take(struct arena *a, size_t n, size_t size)
{
	size_t align = _Alignof(max_align_t), need;
	void *p;

	if (size != 0 && n > (SIZE_MAX / 2) / size)
		arena_no_memory();
	need = (n * size + align - 1) / align * align;
	if (a->blocks == NULL || need > a->blocks->size - a->blocks->used) {
		size_t room = need > BLOCK ? need : BLOCK;
		struct arena_block *b = calloc(1, sizeof(*b) + room);

		if (b == NULL)
			arena_no_memory();
		b->size = room;
		b->next = a->blocks;
		a->blocks = b;
	}
	p = a->blocks->bytes + a->blocks->used;
	a->blocks->used += need;
	return p;
}

char *
arena_copy(struct arena *a, const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);
	char *p = arena_take(a, n + 1, 1);

	if (n > 0)
		memcpy(p, s, n);
	return p;
}

char *
arena_print(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s, *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		arena_no_memory();
	p = arena_copy(a, s);
	free(s);
	return p;
}

void
arena_free(struct arena *a)
{
	while (a->blocks != NULL) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}
