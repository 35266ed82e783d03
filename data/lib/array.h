/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The growable array of the tree: items of one type, one behind the other.
 *
 *	ARRAY_OF(struct round_row) pending = { 0 };
 *	struct round_row *row = array_add(&pending);	// the type is checked
 *
 * Zeroed is empty.  The owner of the array frees it; what its items own is not its
 * business.  Items move when it grows: keep indices, not pointers.
 */
#ifndef KANSOKU_DATA_LIB_ARRAY_H
#define KANSOKU_DATA_LIB_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* An array whose type is forgotten: what the functions below see of any of them. */
struct array { void *p; size_t n, room; };

/* p[0] to p[n - 1] are its items, p may be NULL where n is 0.  Two of these are of two
 * types even where they look alike: hand p and n to a function, or what holds the array. */
#define ARRAY_OF(type)	union { struct { type *p; size_t n, room; }; struct array any; }

/* One more item at the end, zeroed; NULL without memory. */
#define array_add(a)		((array_item(a) *)array_add_any(&(a)->any, sizeof((a)->p[0])))
/* At least n items, the new ones zeroed.  0, or -1 without memory. */
#define array_reach(a, n)	array_reach_any(&(a)->any, sizeof((a)->p[0]), (n))
/* Lets the first k items go, of which there are so many at least. */
#define array_drop_first(a, k)	array_drop_first_any(&(a)->any, sizeof((a)->p[0]), (k))
/* Empty again, and the memory given back. */
#define array_free(a)		array_free_any(&(a)->any)

/* Goes through the items: `item` is a pointer to each in turn.  Nothing is added meanwhile. */
#define array_each(item, a) \
	for (array_item(a) *item = (a)->p; item != NULL && item < (a)->p + (a)->n; item++)

/* The type of its items. */
#define array_item(a)	__typeof__((a)->p[0])

void	*array_add_any(struct array *, size_t size);
int	 array_reach_any(struct array *, size_t size, size_t n);
void	 array_drop_first_any(struct array *, size_t size, size_t k);
void	 array_free_any(struct array *);

#endif
