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

#include "observation.h"

struct pull {
	uint8_t		*p, *end;
	const char	*why;
};

enum pull_kind { PULL_NOTHING, PULL_STRING, PULL_NUMBER, PULL_TRUE, PULL_FALSE, PULL_NULL,
	PULL_ARRAY, PULL_OBJECT };

void		 pull_start(struct pull *, char *line, size_t len);
/* What begins here, blanks skipped. */
enum pull_kind	 pull_peek(struct pull *);

/* NUL-terminated, and may hold a NUL: len counts. */
bool		 pull_string(struct pull *, struct text *);
/* A number without fraction and exponent. */
bool		 pull_integer(struct pull *, int64_t *);
/* true, false or null, after pull_peek said so. */
bool		 pull_word(struct pull *);
/* Any value, at most JSON_DEPTH_MAX deep; leaves the bytes alone. */
bool		 pull_skip(struct pull *);

/* '{' or '['. */
bool		 pull_open(struct pull *, char bracket);
/* 1: a member follows, its name is read; 0: that was the last; -1.  *first is true before. */
int		 pull_member(struct pull *, bool *first, struct text *name);
int		 pull_element(struct pull *, bool *first);
/* To look ahead with a copy: nothing is changed, texts are as written, escapes and all. */
bool		 pull_string_ahead(struct pull *, struct text *);
int		 pull_member_ahead(struct pull *, bool *first, struct text *name);
/* Nothing but blanks is left. */
bool		 pull_over(struct pull *);

#endif
