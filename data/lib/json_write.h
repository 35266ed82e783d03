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

struct jout {
	FILE	*f;
	bool	 lines;		/* one member a line, indented; else all in one line */
	int	 depth;
	char	 closes[JOUT_DEPTH];
	bool	 filled[JOUT_DEPTH];	/* something was written at this depth */
};

void	 jout_object(struct jout *, const char *key);
void	 jout_array(struct jout *, const char *key);
void	 jout_end(struct jout *);	/* of the innermost; of the outermost with its LF */
void	 jout_text(struct jout *, const char *key, struct text);
void	 jout_string(struct jout *, const char *key, const char *);	/* NULL is null */
void	 jout_int(struct jout *, const char *key, int64_t);
void	 jout_known(struct jout *, const char *key, int64_t);	/* UNKNOWN is null */
void	 jout_real(struct jout *, const char *key, double);	/* ten digits */
void	 jout_bool(struct jout *, const char *key, bool);
void	 jout_hex(struct jout *, const char *key, const uint8_t *, size_t);
void	 jout_time(struct jout *, const char *key, int64_t ms);	/* UNKNOWN is null */
void	 jout_null(struct jout *, const char *key);

#endif
