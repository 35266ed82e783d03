/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/frame.h"

#include <stdlib.h>
#include <string.h>

#include "node/winny/limits.h"

#define LENGTH_FIELD	4

void
frame_init(struct frame *f)
{
	memset(f, 0, sizeof(*f));
}

void
frame_clear(struct frame *f)
{
	free(f->body);
	f->body = NULL;
	f->room = 0;
}

void
frame_rekey(struct frame *f)
{
	link_cipher_rekey(&f->link);
}

bool
frame_at_rest(const struct frame *f)
{
	return f->started && !f->in_body && f->head_has == 0;
}

/* Moves up to want bytes of the chunk to out; returns how many there were. */
static size_t
take_bytes(struct frame *f, uint8_t *out, size_t want, const uint8_t **bytes, size_t *n)
{
	size_t got = want < *n ? want : *n;

	if (got == 0)
		return 0;
	if (f->started)
		link_cipher_apply(&f->link, out, *bytes, got);
	else
		memcpy(out, *bytes, got);
	*bytes += got;
	*n -= got;
	f->at += got;
	return got;
}

/* Collects the preamble or a length field; true when all of it is there. */
static bool
take_head(struct frame *f, size_t len, const uint8_t **bytes, size_t *n)
{
	f->head_has += (uint8_t)take_bytes(f, f->head + f->head_has, len - f->head_has, bytes, n);
	if (f->head_has < len)
		return false;
	f->head_has = 0;
	return true;
}

/*
 * Room for the bytes that are here, and at least twice what there was, so that
 * a block that drips in is copied a few times only; never more than the block.
 */
static bool
make_room(struct frame *f, size_t coming)
{
	uint32_t left = f->len - f->has;
	uint32_t need = f->has + (coming < left ? (uint32_t)coming : left);
	uint8_t *body;

	if (need <= f->room)
		return true;
	if (need < 2 * f->room)
		need = 2 * f->room < f->len ? 2 * f->room : f->len;
	if ((body = realloc(f->body, need)) == NULL)
		return false;
	f->body = body;
	f->room = need;
	return true;
}

/* The length field is complete: what does it announce? */
static enum frame_result
begin_block(struct frame *f, struct block *b)
{
	struct wire w = wire_of(f->head, LENGTH_FIELD);

	*b = (struct block){ .offset = f->at - LENGTH_FIELD, .len = wire_u32(&w) };
	if (b->len > LIMIT_BLOCK)
		return FRAME_TOO_LONG;
	f->len = b->len;
	f->has = 0;
	f->in_body = b->len > 0;
	return f->in_body ? FRAME_MORE : FRAME_EMPTY;
}

/* What comes of a block that is lost already. */
static void
pass_bytes(struct frame *f, const uint8_t **bytes, size_t *n)
{
	size_t got = f->len - f->has < *n ? f->len - f->has : *n;

	link_cipher_skip(&f->link, got);
	*bytes += got;
	*n -= got;
	f->at += got;
	f->has += (uint32_t)got;
}

static enum frame_result
continue_block(struct frame *f, const uint8_t **bytes, size_t *n, struct block *b)
{
	if (f->holed)
		pass_bytes(f, bytes, n);
	else if (!make_room(f, *n))
		return FRAME_NO_MEMORY;
	else
		f->has += (uint32_t)take_bytes(f, f->body + f->has, f->len - f->has, bytes, n);
	if (f->has < f->len)
		return FRAME_MORE;
	f->in_body = false;
	*b = (struct block){ .offset = f->at - f->len - LENGTH_FIELD, .len = f->len };
	if (f->holed) {
		f->holed = false;
		return FRAME_HOLED;
	}
	b->code = f->body[0];
	b->payload = (struct text){ f->body + 1, f->len - 1 };
	return FRAME_BLOCK;
}

enum frame_result
frame_next(struct frame *f, const uint8_t **bytes, size_t *n, struct block *b)
{
	enum frame_result r;

	if (!f->started && take_head(f, PREAMBLE_LEN, bytes, n)) {
		link_cipher_start(&f->link, f->head);
		f->started = true;
	}
	while (*n > 0) {
		if (!f->in_body) {
			if (!take_head(f, LENGTH_FIELD, bytes, n))
				break;
			if ((r = begin_block(f, b)) != FRAME_MORE)
				return r;
		}
		if (*n > 0 && (r = continue_block(f, bytes, n, b)) != FRAME_MORE)
			return r;
	}
	if (!f->in_body)
		frame_clear(f);
	return FRAME_MORE;
}

void
frame_gap(struct frame *f, uint64_t n)
{
	if (f->started)
		link_cipher_skip(&f->link, n);
	f->at += n;
	f->holed = f->in_body && n <= f->len - f->has;
	if (f->holed)
		f->has += (uint32_t)n;
	else {
		f->adrift = true;
		f->in_body = false;
		f->head_has = 0;
	}
	frame_clear(f);
}

void
frame_drift(struct frame *f, uint8_t *out, const uint8_t *in, size_t n)
{
	link_cipher_apply(&f->link, out, in, n);
	f->at += n;
}

bool
frame_resume(struct frame *f, const uint8_t *plain, size_t n)
{
	struct block b;

	f->adrift = false;
	f->head_has = (uint8_t)(n < LENGTH_FIELD ? n : 0);
	if (n > 0)
		memcpy(f->head, plain, n < LENGTH_FIELD ? n : LENGTH_FIELD);
	if (n < LENGTH_FIELD)
		return true;
	n -= LENGTH_FIELD;
	if (begin_block(f, &b) != FRAME_MORE || n >= f->len || !make_room(f, n))
		return false;
	if (n > 0)
		memcpy(f->body, plain + LENGTH_FIELD, n);
	f->has = (uint32_t)n;
	return true;
}

const char *
frame_result_text(enum frame_result r)
{
	static const char *const text[] = {
		[FRAME_MORE] = "the block is not complete",
		[FRAME_BLOCK] = "a block",
		[FRAME_EMPTY] = "an empty block",
		[FRAME_HOLED] = "a part of the block is missing",
		[FRAME_TOO_LONG] = "block is longer than a node accepts",
		[FRAME_NO_MEMORY] = "out of memory",
	};
	_Static_assert(sizeof(text) / sizeof(text[0]) == FRAME_NRESULT,
	    "every frame_result needs a text");

	return text[r];
}
