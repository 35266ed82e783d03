/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/array.h"

#include <stdlib.h>
#include <string.h>

int
array_reach_any(struct array *a, size_t size, size_t n)
{
	size_t room = a->room < 8 ? 16 : a->room * 2;
	void *p;

	if (n > a->room) {
		room = room < n ? n : room;
		if (room > SIZE_MAX / 2 / size || (p = realloc(a->p, room * size)) == NULL)
			return -1;
		a->p = p;
		a->room = room;
	}
	if (n > a->n) {
		memset((char *)a->p + a->n * size, 0, (n - a->n) * size);
		a->n = n;
	}
	return 0;
}

void *
array_add_any(struct array *a, size_t size)
{
	if (array_reach_any(a, size, a->n + 1) != 0)
		return NULL;
	return (char *)a->p + (a->n - 1) * size;
}

void
array_drop_first_any(struct array *a, size_t size, size_t k)
{
	a->n -= k;
	if (k > 0 && a->n > 0)
		memmove(a->p, (char *)a->p + k * size, a->n * size);
}

void
array_free_any(struct array *a)
{
	free(a->p);
	memset(a, 0, sizeof(*a));
}
