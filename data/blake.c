/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/blake.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

#define BLOCK	128
#define ROUNDS	12

/* One 64-bit word of each message; gcc and clang make vector instructions of it. */
typedef uint64_t lanes __attribute__((vector_size(8 * BLAKE_LANES)));

static const uint64_t iv[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

/* What goes into a step: a block of each message, and where it stands in it. */
struct step {
	lanes	word[16];
	lanes	counter, last, active;	/* bytes so far; all ones or nothing */
};

#define ROTATE(x, n)	((x) >> (n) | (x) << (64 - (n)))
#define MIX(a, b, c, d, x, y) do { \
	a += b + (x); d = ROTATE(d ^ a, 32); c += d; b = ROTATE(b ^ c, 24); \
	a += b + (y); d = ROTATE(d ^ a, 16); c += d; b = ROTATE(b ^ c, 63); \
} while (0)

static inline __attribute__((always_inline)) void
compress_any(lanes h[8], const struct step *s)
{
	const lanes *m = s->word;
	lanes v[16];

	for (int i = 0; i < 8; i++) {
		v[i] = h[i];
		v[i + 8] = (lanes){ 0 } + iv[i];
	}
	v[12] ^= s->counter;
	v[14] ^= s->last;
	for (int r = 0; r < ROUNDS; r++) {
		const uint8_t *o = sigma[r % 10];

		MIX(v[0], v[4], v[8], v[12], m[o[0]], m[o[1]]);
		MIX(v[1], v[5], v[9], v[13], m[o[2]], m[o[3]]);
		MIX(v[2], v[6], v[10], v[14], m[o[4]], m[o[5]]);
		MIX(v[3], v[7], v[11], v[15], m[o[6]], m[o[7]]);
		MIX(v[0], v[5], v[10], v[15], m[o[8]], m[o[9]]);
		MIX(v[1], v[6], v[11], v[12], m[o[10]], m[o[11]]);
		MIX(v[2], v[7], v[8], v[13], m[o[12]], m[o[13]]);
		MIX(v[3], v[4], v[9], v[14], m[o[14]], m[o[15]]);
	}
	for (int i = 0; i < 8; i++)
		h[i] ^= (v[i] ^ v[i + 8]) & s->active;
}

/* The same for every processor, and for one whose registers are as wide as the lanes. */
static void
compress_plain(lanes h[8], const struct step *s)
{
	compress_any(h, s);
}

#ifdef __x86_64__
static __attribute__((target("avx2"))) void
compress_wide(lanes h[8], const struct step *s)
{
	compress_any(h, s);
}
#else
#define compress_wide	compress_plain
#endif

/* Block number b of a message into its lane; past the end the lane rests. */
static void
take_block(struct step *s, int lane, size_t b, const uint8_t *message, size_t len)
{
	size_t from = b * BLOCK, left = len > from ? len - from : 0;
	uint8_t padded[BLOCK] = { 0 };
	const uint8_t *p = padded;
	uint64_t word;

	if (left >= BLOCK)
		p = message + from;
	else if (left > 0)
		memcpy(padded, message + from, left);
	for (int i = 0; i < 16; i++) {
		memcpy(&word, p + 8 * i, sizeof(word));
		s->word[i][lane] = le64toh(word);
	}
	s->counter[lane] = left >= BLOCK ? from + BLOCK : len;
	s->last[lane] = left <= BLOCK ? UINT64_MAX : 0;
	s->active[lane] = left > 0 || b == 0 ? UINT64_MAX : 0;
}

void
blake_hash(uint8_t out[][BLAKE_HASH], const uint8_t *const message[], const size_t len[], int n)
{
	void (*compress)(lanes *, const struct step *) = sodium_runtime_has_avx2() ?
	    compress_wide : compress_plain;
	lanes h[8];
	struct step s = { .active = { 0 } };
	size_t blocks = 1;
	uint64_t word;

	for (int i = 0; i < 8; i++)
		h[i] = (lanes){ 0 } + iv[i];
	h[0] ^= 0x01010000 ^ BLAKE_HASH;	/* no key, tree of one */
	for (int k = 0; k < n; k++)
		if (len[k] > blocks * BLOCK)
			blocks = (len[k] + BLOCK - 1) / BLOCK;
	for (size_t b = 0; b < blocks; b++) {
		for (int k = 0; k < n; k++)
			take_block(&s, k, b, message[k], len[k]);
		compress(h, &s);
	}
	for (int k = 0; k < n; k++) {
		for (int i = 0; i < BLAKE_HASH / 8; i++) {
			word = htole64(h[i][k]);
			memcpy(out[k] + 8 * i, &word, sizeof(word));
		}
	}
}
