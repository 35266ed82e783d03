/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Node strings, "@" and hex digits for "host:port", and lines of node files (protocol 8).
 *
 * The key of a string is its own checksum byte and a fixed tail; where that
 * byte is zero the C-string rule leaves the single byte 00.
 */
#ifndef KANSOKU_NODE_WINNY_NODESTR_H
#define KANSOKU_NODE_WINNY_NODESTR_H

#include "observation.h"

/* Room for a text with its NUL: a host name of 253, a colon, a port. */
#define NODESTR_TEXT	260
/* Room for its encoded form with its NUL. */
#define NODESTR_CODE	(1 + 2 + 2 * (NODESTR_TEXT - 1) + 1)

/*
 * NULL when done, else what is wrong; the text need not be freed, and out is
 * then empty.  A host is letters, digits, dots and hyphens; a port 1..65535.
 */
const char	*nodestr_encode(char out[NODESTR_CODE], const char *text);
const char	*nodestr_decode(char out[NODESTR_TEXT], const char *code);

/* Either way, by what the name is, without the line end behind it: "@..." is decoded. */
const char	*nodestr_convert(char out[NODESTR_CODE], const char *name);

/*
 * One line of Noderef.txt without its LF, "@hex" or "a.b.c.d:port".  False when
 * it names no node: *why says what is wrong, or is NULL where a node would
 * skip the line without a thought (under four characters; we also skip "#...").
 */
bool		 nodestr_line(struct endpoint *, const char *line, const char **why);

#endif
