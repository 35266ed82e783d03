/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/wire.h"

#include <string.h>

struct wire
wire_of(const uint8_t *p, size_t len)
{
	return (struct wire){ p, p + len, false };
}

size_t
wire_left(const struct wire *w)
{
	return (size_t)(w->end - w->p);
}

const uint8_t *
wire_bytes(struct wire *w, size_t n)
{
	const uint8_t *p = w->p;

	/* Compare with what is left; "p + n > end" can wrap. */
	if (w->bad || n > wire_left(w)) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	return p;
}

struct text
wire_text(struct wire *w, size_t n)
{
	const uint8_t *p = wire_bytes(w, n);

	return (struct text){ p, p == NULL ? 0 : n };
}

uint8_t
wire_u8(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, 1);

	return p == NULL ? 0 : *p;
}

uint16_t
wire_u16(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, 2);

	return p == NULL ? 0 : load_u16(p);
}

uint32_t
wire_u32(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, 4);

	return p == NULL ? 0 : load_u32(p);
}

int32_t
wire_i32(struct wire *w)
{
	return (int32_t)wire_u32(w);
}

float
wire_f32(struct wire *w)
{
	uint32_t bits = wire_u32(w);
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

uint32_t
wire_ip(struct wire *w)
{
	return __builtin_bswap32(wire_u32(w));
}

struct wire_out
wire_out_of(uint8_t *p, size_t size)
{
	return (struct wire_out){ p, p + size, false };
}

void
wire_put(struct wire_out *w, const void *bytes, size_t n)
{
	if (w->bad || n > (size_t)(w->end - w->p)) {
		w->bad = true;
		return;
	}
	if (n > 0)
		memcpy(w->p, bytes, n);
	w->p += n;
}

void
wire_put_u8(struct wire_out *w, uint8_t v)
{
	wire_put(w, &v, 1);
}

void
wire_put_u16(struct wire_out *w, uint16_t v)
{
	wire_put(w, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) }, 2);
}

void
wire_put_u32(struct wire_out *w, uint32_t v)
{
	wire_put(w, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 24) }, 4);
}

void
wire_put_i32(struct wire_out *w, int32_t v)
{
	wire_put_u32(w, (uint32_t)v);
}

void
wire_put_f32(struct wire_out *w, float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	wire_put_u32(w, bits);
}

void
wire_put_ip(struct wire_out *w, uint32_t ip)
{
	wire_put_u32(w, __builtin_bswap32(ip));
}

void
wire_put_padded(struct wire_out *w, struct text t, size_t width)
{
	size_t n = t.len < width ? t.len : width;

	if (width > (size_t)(w->end - w->p)) {
		w->bad = true;
		return;
	}
	wire_put(w, t.p, n);
	for (; n < width; n++)
		wire_put_u8(w, 0);
}

struct text
text_until_nul(struct text t)
{
	if (t.len > 0 && t.p[0] == '\0')	/* as mostly: nothing is before it */
		t.len = 0;
	else if (t.len > 0)
		t.len = strnlen((const char *)t.p, t.len);
	return t;
}
