/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/bencode.h"

#include <string.h>

struct bencode
bencode_of(const uint8_t *p, size_t len)
{
	struct bencode b;

	/* The stack of containers is not cleared: each is as it opens. */
	b.p = p;
	b.end = p + len;
	b.bad = NULL;
	b.sloppy = 0;
	b.depth = 0;
	b.begun = false;
	b.number = 0;
	b.text = (struct text){ NULL, 0 };
	return b;
}

static enum bencode_token
fail(struct bencode *b, const char *why)
{
	b->bad = why;
	return BENCODE_BAD;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The digits up to the mark, and the mark.  False after fail. */
static bool
read_digits(struct bencode *b, uint8_t mark, uint64_t most, uint64_t *v)
{
	const uint8_t *first = b->p;

	for (*v = 0; b->p < b->end && is_digit(*b->p); b->p++) {
		uint64_t digit = (uint64_t)(*b->p - '0');

		if (*v > (most - digit) / 10)
			return fail(b, "number out of range");
		*v = *v * 10 + digit;
	}
	if (b->p == b->end)
		return fail(b, "truncated");
	if (b->p == first || *b->p != mark)
		return fail(b, "not a number");
	if (*first == '0' && b->p - first > 1)
		b->sloppy |= SLOPPY_NUMBER;
	b->p++;
	return true;
}

static enum bencode_token
read_integer(struct bencode *b)
{
	bool negative = ++b->p < b->end && *b->p == '-';
	uint64_t v;

	b->p += negative;
	if (!read_digits(b, 'e', (uint64_t)INT64_MAX + negative, &v))
		return BENCODE_BAD;
	if (negative && v == 0)
		b->sloppy |= SLOPPY_NUMBER;
	b->number = negative ? (int64_t)(0 - v) : (int64_t)v;
	return BENCODE_INTEGER;
}

static bool
read_string(struct bencode *b)
{
	uint64_t n;

	if (!read_digits(b, ':', INT64_MAX, &n))
		return false;
	if (n > (uint64_t)(b->end - b->p))
		return fail(b, "truncated");
	b->text = (struct text){ b->p, (size_t)n };
	b->p += n;
	return true;
}

/* By bytes, a prefix before what it begins. */
static int
compare(struct text a, struct text b)
{
	int d = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return d != 0 ? d : (a.len > b.len) - (a.len < b.len);
}

static enum bencode_token
read_key(struct bencode *b)
{
	struct text *last = &b->open[b->depth - 1].key;
	int d;

	if (!is_digit(*b->p))
		return fail(b, "a key that is no string");
	if (!read_string(b))
		return BENCODE_BAD;
	if (last->p != NULL && (d = compare(b->text, *last)) <= 0)
		b->sloppy |= d == 0 ? SLOPPY_DOUBLED : SLOPPY_ORDER;
	*last = b->text;
	b->open[b->depth - 1].keyed = true;
	return BENCODE_KEY;
}

static enum bencode_token
open_container(struct bencode *b, bool dict)
{
	if (b->depth == LIMIT_DEPTH)
		return fail(b, "too deep");
	b->p++;
	b->open[b->depth].dict = dict;
	b->open[b->depth].keyed = false;
	b->open[b->depth].key.p = NULL;
	b->depth++;
	return dict ? BENCODE_DICT : BENCODE_LIST;
}

static enum bencode_token
read_value(struct bencode *b)
{
	switch (*b->p) {
	case 'd':
		return open_container(b, true);
	case 'l':
		return open_container(b, false);
	case 'i':
		return read_integer(b);
	default:
		return !is_digit(*b->p) ? fail(b, "no value") :
		    read_string(b) ? BENCODE_STRING : BENCODE_BAD;
	}
}

enum bencode_token
bencode_next(struct bencode *b)
{
	if (b->bad != NULL)
		return BENCODE_BAD;
	if (b->depth == 0 && b->begun)
		return BENCODE_OVER;
	if (b->p == b->end)
		return fail(b, "truncated");
	b->begun = true;
	if (b->depth > 0) {
		bool dict = b->open[b->depth - 1].dict, keyed = b->open[b->depth - 1].keyed;

		if (*b->p == 'e' && !keyed) {
			b->p++;
			b->depth--;
			return BENCODE_END;
		}
		if (dict && !keyed)
			return read_key(b);
		b->open[b->depth - 1].keyed = false;
	}
	return read_value(b);
}
