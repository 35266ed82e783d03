/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/rc4.h"

#include <string.h>

/*
 * The key schedule, like the generator below, one step ahead of itself: `a` is
 * s[k], loaded before the swap of the step before was stored.
 */
struct schedule {
	uint8_t	*s;
	const uint8_t *key;
	size_t	 n, at, j, a;
};

static inline struct schedule
begin(struct rc4 *r, const uint8_t *key, size_t len)
{
	size_t n = strnlen((const char *)key, len);

	for (size_t k = 0; k < 256; k++)
		r->s[k] = (uint8_t)k;
	r->i = r->j = 0;
	/* A key without a byte is key[0], which is zero. */
	return (struct schedule){ .s = r->s, .key = key, .n = n == 0 ? 1 : n };
}

static inline void
mix(struct schedule *m, size_t k)
{
	size_t j = (m->j + m->a + m->key[m->at]) & 255, next = (k + 1) & 255;
	size_t b = m->s[j], ahead = next == j ? m->a : m->s[next];

	m->s[k] = (uint8_t)b;
	m->s[j] = (uint8_t)m->a;
	m->j = j;
	m->a = ahead;
	m->at = m->at + 1 == m->n ? 0 : m->at + 1;
}

void
rc4_key(struct rc4 *r, const uint8_t *key, size_t len)
{
	struct schedule m = begin(r, key, len);

	for (size_t k = 0; k < 256; k++)
		mix(&m, k);
}

void
rc4_key_both(struct rc4 *r, const uint8_t *key, struct rc4 *r2, const uint8_t *key2, size_t len)
{
	struct schedule m = begin(r, key, len), m2 = begin(r2, key2, len);

	for (size_t k = 0; k < 256; k++) {
		mix(&m, k);
		mix(&m2, k);
	}
}

/*
 * The generator one step ahead of itself: `a` is s[i], loaded before the swap
 * of the step before was stored, so that the processor need not wait for it.
 */
struct walk {
	uint8_t	*s;
	size_t	 i, j, a;
};

static inline uint64_t
step(struct walk *w)
{
	size_t j = (w->j + w->a) & 255, next = (w->i + 1) & 255;
	size_t a = w->a, b = w->s[j];
	size_t ahead = next == j ? a : w->s[next];	/* as it will be after the swap */

	w->s[w->i] = (uint8_t)b;
	w->s[j] = (uint8_t)a;
	w->i = next;
	w->j = j;
	w->a = ahead;
	return w->s[(a + b) & 255];
}

/* Unrolled by hand: gcc -O2 does not, and it is a third of the speed. */
static inline uint64_t
eight_steps(struct walk *w)
{
	uint64_t k = step(w);

	k |= step(w) << 8;
	k |= step(w) << 16;
	k |= step(w) << 24;
	k |= step(w) << 32;
	k |= step(w) << 40;
	k |= step(w) << 48;
	k |= step(w) << 56;
	return k;
}

static inline uint64_t
load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

static inline void
store_le64(uint8_t *p, uint64_t v)
{
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

void
rc4_apply(struct rc4 *r, uint8_t *out, const uint8_t *in, size_t n)
{
	size_t first = (r->i + 1u) & 255;
	struct walk w = { r->s, first, r->j, r->s[first] };

	for (; n >= 8; n -= 8, in += 8, out += 8)
		store_le64(out, load_le64(in) ^ eight_steps(&w));
	for (; n > 0; n--)
		*out++ = (uint8_t)(*in++ ^ step(&w));
	r->i = (uint8_t)((w.i - 1) & 255);
	r->j = (uint8_t)w.j;
}
