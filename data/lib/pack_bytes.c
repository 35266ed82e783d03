/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/pack_bytes.h"

#include <string.h>

struct pack
pack_reader(struct text bytes)
{
	return (struct pack){ .reading = true, .rest = bytes };
}

bool
pack_is_read(const struct pack *p)
{
	return !p->failed && p->rest.len == 0;
}

struct text
pack_text(const struct pack *p)
{
	return (struct text){ p->bytes.p, p->bytes.n };
}

void
pack_fail(struct pack *p)
{
	p->failed = true;
}

/* ---- bytes ---- */

/* The next byte of a reader, or 0. */
static uint8_t
next_byte(struct pack *p)
{
	if (p->failed || p->rest.len == 0) {
		p->failed = true;
		return 0;
	}
	p->rest.len--;
	return *p->rest.p++;
}

/* Room for so many more bytes of a writer, or NULL. */
static uint8_t *
append(struct pack *p, size_t len)
{
	size_t n = p->bytes.n;

	if (p->failed || array_reach(&p->bytes, n + len) != 0) {
		p->failed = true;
		return NULL;
	}
	return &p->bytes.p[n];
}

/* Puts so many bytes, the lowest first. */
static uint64_t
fixed(struct pack *p, uint64_t v, unsigned len)
{
	uint8_t *to = p->reading ? NULL : append(p, len);
	uint64_t read = 0;

	for (unsigned i = 0; i < len && to != NULL; i++)
		to[i] = (uint8_t)(v >> 8 * i);
	for (unsigned i = 0; i < len && p->reading; i++)
		read |= (uint64_t)next_byte(p) << 8 * i;
	return !p->reading ? v : p->failed ? 0 : read;
}

/* Seven bits a byte, the lowest first; the eighth says that more follow (LEB128). */
static uint64_t
varying(struct pack *p, uint64_t v, uint64_t most)
{
	unsigned shift = 0;
	uint8_t byte;

	if (!p->reading) {
		uint8_t bytes[10], *to;
		size_t n = 0;

		for (; v >= 0x80; v >>= 7)
			bytes[n++] = (uint8_t)(v | 0x80);
		bytes[n++] = (uint8_t)v;
		if ((to = append(p, n)) != NULL)
			memcpy(to, bytes, n);
		return 0;
	}
	v = 0;
	do {
		byte = next_byte(p);
		v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) != 0 && shift < 63);
	if ((byte & 0x80) != 0 || v > most)
		p->failed = true;
	return p->failed ? 0 : v;
}

/* ---- numbers ---- */

void
pack_version(struct pack *p, uint8_t version)
{
	if (fixed(p, version, 1) != version)
		p->failed = true;
}

size_t
pack_count(struct pack *p, size_t n)
{
	uint64_t read = varying(p, n, SIZE_MAX);

	if (!p->reading)
		return n;
	if (read > p->rest.len)
		pack_fail(p);
	return p->failed ? 0 : (size_t)read;
}

void
pack_u8(struct pack *p, uint8_t *v)
{
	*v = (uint8_t)fixed(p, *v, 1);
}

void
pack_bool(struct pack *p, bool *v)
{
	uint64_t bit = fixed(p, p->reading ? 0 : *v, 1);

	if (bit > 1)
		p->failed = true;
	*v = bit == 1;
}

void
pack_n16(struct pack *p, uint16_t *v)
{
	uint64_t read = varying(p, *v, UINT16_MAX);

	if (p->reading)
		*v = (uint16_t)read;
}

void
pack_n32(struct pack *p, uint32_t *v)
{
	uint64_t read = varying(p, *v, UINT32_MAX);

	if (p->reading)
		*v = (uint32_t)read;
}

void
pack_u32(struct pack *p, uint32_t *v)
{
	*v = (uint32_t)fixed(p, *v, 4);
}

void
pack_u64(struct pack *p, uint64_t *v)
{
	*v = fixed(p, *v, 8);
}

void
pack_i64(struct pack *p, int64_t *v)
{
	*v = (int64_t)fixed(p, (uint64_t)*v, 8);
}

void
pack_f32(struct pack *p, float *v)
{
	uint32_t bits;

	memcpy(&bits, v, sizeof(bits));
	pack_u32(p, &bits);
	memcpy(v, &bits, sizeof(bits));
}

void
pack_f64(struct pack *p, double *v)
{
	uint64_t bits;

	memcpy(&bits, v, sizeof(bits));
	pack_u64(p, &bits);
	memcpy(v, &bits, sizeof(bits));
}
