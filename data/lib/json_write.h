/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON writer: members come out in the order of the calls, so that the same
 * facts give the same bytes.  Texts go through text_json; a number that is not
 * finite is null.  It checks that what was opened is closed, and no more: two
 * members of one name are the caller's mistake.
 *
 * key is NULL inside an array.  A value costs no memory of its own: all goes
 * into one buffer, which is written to the stream when it is full and when the
 * outermost value ends; nothing else may be written to the stream in between.
 * Errors stay in the stream: test ferror at the end.
 */
#ifndef KANSOKU_DATA_LIB_JSON_WRITE_H
#define KANSOKU_DATA_LIB_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "values.h"

#define JSON_OUT_DEPTH	12
#define JSON_OUT_ROOM	4096

enum json_form {
	JSON_FORM_LINE,		/* all in one line, without blanks */
	JSON_FORM_ROWS,		/* the same, but the outermost has one member a line */
	JSON_FORM_INDENTED,	/* one member a line, two blanks a level */
};

struct json_out {
	FILE	*f;		/* NULL: the text stays in memory */
	char	*buf, *p, *end;	/* what is not yet in the stream is buf to p */
	enum json_form form;
	bool	 oom;		/* memory only: the text is not whole */
	int	 depth;
	char	 closes[JSON_OUT_DEPTH];
	bool	 filled[JSON_OUT_DEPTH];	/* something was written at this depth */
	char	 room[JSON_OUT_ROOM];
};

/* For one outermost value; f NULL: into memory, to be fetched with json_text. */
void	 json_start(struct json_out *, FILE *f, enum json_form);
/* What was written to memory, whole or not: the caller's, with a NUL.  NULL without memory. */
char	*json_text(struct json_out *, size_t *len);

void	 json_put_object(struct json_out *, const char *key);
void	 json_put_array(struct json_out *, const char *key);
void	 json_put_end(struct json_out *);	/* of the innermost; a stream ends with LF */
void	 json_put_text(struct json_out *, const char *key, struct text);
void	 json_put_string(struct json_out *, const char *key,
    const char *);	/* NULL is null */
void	 json_put_int(struct json_out *, const char *key, int64_t);
void	 json_put_known(struct json_out *, const char *key, int64_t);	/* UNKNOWN is null */
void	 json_put_real(struct json_out *, const char *key, double);	/* ten digits */
void	 json_put_share(struct json_out *, const char *key, double);	/* six digits */
void	 json_put_count(struct json_out *, const char *key,
    double);	/* rounded to a whole one */
void	 json_put_bool(struct json_out *, const char *key, bool);
void	 json_put_hex(struct json_out *, const char *key, const uint8_t *, size_t);
void	 json_put_time(struct json_out *, const char *key, int64_t ms);	/* UNKNOWN is null */
void	 json_put_null(struct json_out *, const char *key);
/* A value that is JSON already, as it stands. */
void	 json_put_json(struct json_out *, const char *key, const char *json);

#endif
