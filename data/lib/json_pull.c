/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/json_pull.h"

#include <string.h>

#include "bounds.h"
#include "data/lib/utf8.h"

void
json_pull_start(struct json_pull *j, char *line, size_t len)
{
	j->p = (uint8_t *)line;
	j->end = j->p + len;
	j->why = NULL;
}

static bool
bad(struct json_pull *j, const char *why)
{
	j->why = why;
	return false;
}

/* The next byte that is no blank, or 0 at the end. */
static uint8_t
next_byte(struct json_pull *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\r' || *j->p == '\n'))
		j->p++;
	return j->p < j->end ? *j->p : 0;
}

enum json_pull_kind
json_pull_peek(struct json_pull *j)
{
	switch (next_byte(j)) {
	case '"': return JSON_STRING;
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9': return JSON_NUMBER;
	default: return JSON_NOTHING;
	}
}

/* ---- strings ---- */

/* Four hex digits, or -1. */
static int32_t
hex4(const struct json_pull *j)
{
	int32_t v = 0;

	if (j->end - j->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		uint8_t c = j->p[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit == -1)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* Behind "\u": the character, a pair of surrogates being one; -1 if it is none. */
static int32_t
unicode_escape(struct json_pull *j)
{
	int32_t high = hex4(j), low;

	if (high == -1 || (high >= 0xdc00 && high <= 0xdfff))
		return -1;
	j->p += 4;
	if (high < 0xd800 || high > 0xdbff)
		return high;
	if (j->end - j->p < 2 || j->p[0] != '\\' || j->p[1] != 'u')
		return -1;
	j->p += 2;
	if ((low = hex4(j)) < 0xdc00 || low > 0xdfff)
		return -1;
	j->p += 4;
	return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

/* At the byte behind a backslash; the character, or -1. */
static int32_t
escape(struct json_pull *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (j->p == j->end)
		return -1;
	if (*j->p == 'u') {
		j->p++;
		return unicode_escape(j);
	}
	if (*j->p == '\0' || (at = strchr(from, *j->p)) == NULL)
		return -1;
	j->p++;
	return to[at - from];
}

/* Over bytes that stand for themselves. */
static bool
plain(uint8_t b)
{
	return b >= 0x20 && b < 0x80 && b != '"' && b != '\\';
}

/* One thing inside a string that is not plain ASCII, nor its end; its bytes go to *out. */
static bool
odd_character(struct json_pull *j, uint8_t **out)
{
	uint32_t c;
	size_t n;

	if (*j->p == '\\') {
		int32_t e;

		j->p++;
		if ((e = escape(j)) == -1)
			return bad(j, "a string has an escape that is none");
		*out += utf8_put(*out, (uint32_t)e);	/* never longer than the escape */
		return true;
	}
	if (*j->p < 0x20)
		return bad(j, "a string has a control character; want it escaped");
	if ((n = utf8_get(&c, j->p, (size_t)(j->end - j->p))) == 0)
		return bad(j, "a string is not UTF-8");
	memmove(*out, j->p, n);
	*out += n;
	j->p += n;
	return true;
}

bool
json_pull_string(struct json_pull *j, struct text *t)
{
	uint8_t *out, *run;

	if (next_byte(j) != '"')
		return bad(j, "want a string");
	t->p = out = ++j->p;
	while (j->p < j->end && *j->p != '"') {
		run = j->p;
		while (j->p < j->end && plain(*j->p))
			j->p++;
		if (out != run)
			memmove(out, run, (size_t)(j->p - run));
		out += j->p - run;
		if (j->p < j->end && *j->p != '"' && !odd_character(j, &out))
			return false;
	}
	if (j->p == j->end)
		return bad(j, "a string does not end");
	t->len = (size_t)(out - t->p);
	*out = '\0';
	j->p++;
	return true;
}

/* ---- numbers and words ---- */

/* Over digits; false if there is none. */
static bool
digits(struct json_pull *j)
{
	uint8_t *start = j->p;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++;
	return j->p > start;
}

static bool
one_of(struct json_pull *j, const char *set)
{
	if (j->p == j->end || *j->p == '\0' || strchr(set, *j->p) == NULL)
		return false;
	j->p++;
	return true;
}

/* Over a number of any form; *whole if it has neither fraction nor exponent. */
static bool
number(struct json_pull *j, bool *whole)
{
	uint8_t *start;

	*whole = true;
	(void)one_of(j, "-");
	start = j->p;
	if (!digits(j) || (*start == '0' && j->p - start > 1))
		return bad(j, "a number is malformed");
	if (one_of(j, ".")) {
		*whole = false;
		if (!digits(j))
			return bad(j, "a number is malformed");
	}
	if (one_of(j, "eE")) {
		*whole = false;
		(void)one_of(j, "+-");
		if (!digits(j))
			return bad(j, "a number is malformed");
	}
	return true;
}

bool
json_pull_integer(struct json_pull *j, int64_t *v)
{
	uint8_t *start;
	uint64_t limit = INT64_MAX, n = 0;
	bool minus, whole;

	if (json_pull_peek(j) != JSON_NUMBER)
		return bad(j, "want a whole number");
	start = j->p;
	if (!number(j, &whole))
		return false;
	if (!whole)
		return bad(j, "want a whole number");
	minus = *start == '-';
	limit += minus;
	for (start += minus; start < j->p; start++) {
		unsigned digit = (unsigned)(*start - '0');

		if (n > (limit - digit) / 10)
			return bad(j, "a number is too large");
		n = n * 10 + digit;
	}
	*v = minus ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

bool
json_pull_word(struct json_pull *j)
{
	static const char *const words[] = { "true", "false", "null" };

	next_byte(j);
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(j->end - j->p) >= n && memcmp(j->p, words[i], n) == 0) {
			j->p += n;
			return true;
		}
	}
	return bad(j, "want true, false or null");
}

/* ---- what is skipped ---- */

/* Over a string, checking it as json_pull_string does but changing nothing. */
static bool
skip_string(struct json_pull *j)
{
	uint8_t copy[UTF8_MAX], *out;

	j->p++;
	while (j->p < j->end && *j->p != '"') {
		out = copy;
		if (plain(*j->p))
			j->p++;
		else if (!odd_character(j, &out))
			return false;
	}
	if (j->p == j->end)
		return bad(j, "a string does not end");
	j->p++;
	return true;
}

bool
json_pull_string_ahead(struct json_pull *j, struct text *t)
{
	if (next_byte(j) != '"')
		return bad(j, "want a string");
	t->p = j->p + 1;
	if (!skip_string(j))
		return false;
	t->len = (size_t)(j->p - 1 - t->p);
	return true;
}

/* Over a value that holds no others. */
static bool
skip_simple(struct json_pull *j)
{
	bool whole;

	switch (json_pull_peek(j)) {
	case JSON_STRING: return skip_string(j);
	case JSON_NUMBER: return number(j, &whole);
	case JSON_TRUE: case JSON_FALSE: case JSON_NULL: return json_pull_word(j);
	default: return bad(j, "want a value");
	}
}

/* The brackets that are open: one bit each, set for an object. */
struct nest {
	uint64_t	object;
	int		depth;
};
_Static_assert(JSON_DEPTH_MAX <= 64, "a bit for each");

/* In front of a value inside a bracket: over the name that a member has. */
static bool
skip_name(struct json_pull *j, const struct nest *n)
{
	if (n->depth == 0 || !(n->object & 1))
		return true;
	if (next_byte(j) != '"')
		return bad(j, "want a name in quotes");
	if (!skip_string(j))
		return false;
	if (next_byte(j) != ':')
		return bad(j, "want a colon");
	j->p++;
	return true;
}

/* Opens brackets until a value stands there that is over at once. */
static bool
descend(struct json_pull *j, struct nest *n)
{
	for (;;) {
		enum json_pull_kind k;

		if (!skip_name(j, n))
			return false;
		if ((k = json_pull_peek(j)) != JSON_ARRAY && k != JSON_OBJECT)
			return skip_simple(j);
		if (n->depth == JSON_DEPTH_MAX)
			return bad(j, "brackets are nested too deep");
		j->p++;
		n->object = n->object << 1 | (k == JSON_OBJECT);
		n->depth++;
		if (next_byte(j) == (k == JSON_OBJECT ? '}' : ']'))
			return true;	/* empty; ascend closes it */
	}
}

/* Behind a value: closes brackets.  True if the next value stands here, or all are closed. */
static bool
ascend(struct json_pull *j, struct nest *n)
{
	while (n->depth > 0) {
		uint8_t c = next_byte(j);

		if (c == ',') {
			j->p++;
			return true;
		}
		if (c != ((n->object & 1) ? '}' : ']'))
			return bad(j, "want a comma or a closing bracket");
		j->p++;
		n->object >>= 1;
		n->depth--;
	}
	return true;
}

bool
json_pull_skip(struct json_pull *j)
{
	struct nest n = { 0, 0 };

	do {
		if (!descend(j, &n) || !ascend(j, &n))
			return false;
	} while (n.depth > 0);
	return true;
}

/* ---- brackets ---- */

bool
json_pull_open(struct json_pull *j, char bracket)
{
	if (next_byte(j) != (uint8_t)bracket)
		return bad(j, bracket == '{' ? "want an object" : "want an array");
	j->p++;
	return true;
}

/* Over the comma between two, or the closing bracket: as json_pull_member. */
static int
between(struct json_pull *j, bool *first, char closing)
{
	uint8_t c = next_byte(j);

	if (c == (uint8_t)closing) {
		j->p++;
		return 0;
	}
	if (*first) {
		*first = false;
		return 1;
	}
	if (c != ',') {
		bad(j, "want a comma or a closing bracket");
		return -1;
	}
	j->p++;
	return 1;
}

static int
member(struct json_pull *j, bool *first, struct text *name, bool (*read)(struct json_pull *, struct text *))
{
	int more = between(j, first, '}');

	if (more != 1)
		return more;
	if (!read(j, name)) {
		j->why = "want a name in quotes";
		return -1;
	}
	if (next_byte(j) != ':') {
		bad(j, "want a colon");
		return -1;
	}
	j->p++;
	return 1;
}

int
json_pull_member(struct json_pull *j, bool *first, struct text *name)
{
	return member(j, first, name, json_pull_string);
}

int
json_pull_member_ahead(struct json_pull *j, bool *first, struct text *name)
{
	return member(j, first, name, json_pull_string_ahead);
}

int
json_pull_element(struct json_pull *j, bool *first)
{
	return between(j, first, ']');
}

bool
json_pull_over(struct json_pull *j)
{
	next_byte(j);
	return j->p == j->end || bad(j, "something stands behind the object");
}
