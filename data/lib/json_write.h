/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON written in the order of the calls, so that the same facts give the same
 * bytes.  Texts go through text_json; a number that is not finite is null.
 *
 * key NULL inside an array.  Errors stay in the stream: test ferror at the end.
 */
#ifndef KANSOKU_DATA_LIB_JSON_WRITE_H
#define KANSOKU_DATA_LIB_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "observation.h"

#define JOUT_DEPTH	12

struct json_out {
	FILE	*f;
	bool	 lines;		/* one member a line, indented; else all in one line */
	int	 depth;
	char	 closes[JOUT_DEPTH];
	bool	 filled[JOUT_DEPTH];	/* something was written at this depth */
};

void	 json_put_object(struct json_out *, const char *key);
void	 json_put_array(struct json_out *, const char *key);
void	 json_put_end(struct json_out *);	/* of the innermost; of the outermost with its LF */
void	 json_put_text(struct json_out *, const char *key, struct text);
void	 json_put_string(struct json_out *, const char *key, const char *);	/* NULL is null */
void	 json_put_int(struct json_out *, const char *key, int64_t);
void	 json_put_known(struct json_out *, const char *key, int64_t);	/* UNKNOWN is null */
void	 json_put_real(struct json_out *, const char *key, double);	/* ten digits */
void	 json_put_bool(struct json_out *, const char *key, bool);
void	 json_put_hex(struct json_out *, const char *key, const uint8_t *, size_t);
void	 json_put_time(struct json_out *, const char *key, int64_t ms);	/* UNKNOWN is null */
void	 json_put_null(struct json_out *, const char *key);

#endif
