/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line of JSON (RFC 8259), pulled apart in place.
 *
 * jansson builds a tree for each line and reads 220,000 lines of ours a second
 * on the machine on which this was decided; import has to store 200,000 a
 * second on the same core.  This reader allocates nothing: strings are
 * unescaped where they stand, so the line is changed.  It is strict: UTF-8
 * well-formed, no lone surrogates, no raw controls; every text that it accepts
 * jansson accepts, with the same values (a test compares them).
 *
 * Calls that return bool return false, with a reason in why, when what stands
 * there is something else.
 */
#ifndef KANSOKU_DATA_JSON_H
#define KANSOKU_DATA_JSON_H

#include "observation.h"

struct json {
	uint8_t		*p, *end;
	const char	*why;
};

enum json_kind { JSON_NOTHING, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL,
	JSON_ARRAY, JSON_OBJECT };

void		 json_start(struct json *, char *line, size_t len);
/* What begins here, blanks skipped. */
enum json_kind	 json_peek(struct json *);

/* NUL-terminated, and may hold a NUL: len counts. */
bool		 json_string(struct json *, struct text *);
/* A number without fraction and exponent. */
bool		 json_integer(struct json *, int64_t *);
/* true, false or null, after json_peek said so. */
bool		 json_word(struct json *);
/* Any value, at most JSON_DEPTH_MAX deep; leaves the bytes alone. */
bool		 json_skip(struct json *);

/* '{' or '['. */
bool		 json_open(struct json *, char bracket);
/* 1: a member follows, its name is read; 0: that was the last; -1.  *first is true before. */
int		 json_member(struct json *, bool *first, struct text *name);
int		 json_element(struct json *, bool *first);
/* To look ahead with a copy: nothing is changed, texts are as written, escapes and all. */
bool		 json_string_ahead(struct json *, struct text *);
int		 json_member_ahead(struct json *, bool *first, struct text *name);
/* Nothing but blanks is left. */
bool		 json_over(struct json *);

#endif
