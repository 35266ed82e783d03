/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line of JSON (RFC 8259), pulled apart in place, one value at a time.
 *
 * jansson builds a tree for each line and reads 220,000 lines of ours a second
 * on the machine on which this was decided; import has to store 200,000 a
 * second on the same core.  This reader allocates nothing: strings are
 * unescaped where they stand, so the line is changed.  It is strict: UTF-8
 * well-formed, no lone surrogates, no raw controls.  What it accepts jansson
 * accepts, with the same values; a fuzz target compares them.
 *
 * Calls that return bool return false, with a reason in why, when what stands
 * there is something else.
 */
#ifndef KANSOKU_DATA_LIB_JSON_PULL_H
#define KANSOKU_DATA_LIB_JSON_PULL_H

#include <stdbool.h>

#include "values.h"

struct json_pull {
	uint8_t		*p, *end;
	const char	*why;
};

enum json_pull_kind { JSON_NOTHING, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL,
	JSON_ARRAY, JSON_OBJECT };

void		 json_pull_start(struct json_pull *, char *line, size_t len);
/* Tells what begins here, blanks skipped. */
enum json_pull_kind	 json_pull_peek(struct json_pull *);

/* NUL-terminated, and may hold a NUL: len counts. */
bool		 json_pull_string(struct json_pull *, struct text *);
/* A number without fraction and exponent. */
bool		 json_pull_integer(struct json_pull *, int64_t *);
/* true, false or null, after json_pull_peek said so. */
bool		 json_pull_word(struct json_pull *);
/* Any value, at most JSON_DEPTH_MAX deep; leaves the bytes alone. */
bool		 json_pull_skip(struct json_pull *);

/* '{' or '['. */
bool		 json_pull_open(struct json_pull *, char bracket);
/* 1: a member follows, its name is read; 0: that was the last; -1.  *first is true before. */
int		 json_pull_member(struct json_pull *, bool *first, struct text *name);
int		 json_pull_element(struct json_pull *, bool *first);
/* To look ahead with a copy: nothing is changed, texts are as written, escapes and all. */
bool		 json_pull_string_ahead(struct json_pull *, struct text *);
int		 json_pull_member_ahead(struct json_pull *, bool *first, struct text *name);
/* Nothing but blanks is left. */
bool		 json_pull_over(struct json_pull *);

#endif
