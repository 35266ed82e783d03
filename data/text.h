/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The doors through which peer text reaches a human or a file format.  Nothing
 * that a peer wrote is printed, logged or exported any other way.
 */
#ifndef KANSOKU_DATA_TEXT_H
#define KANSOKU_DATA_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "observation.h"

/*
 * For terminals and logs: printable UTF-8 as it is; control characters, bidi
 * controls, invalid bytes and the backslash as \xHH or \u{H}.  Writes at most
 * size-1 bytes and a NUL, cutting on a character; returns out.
 */
char	*text_vis(char *out, size_t size, struct text);

/*
 * One CSV cell, RFC 4180: always quoted when it holds a comma, quote, CR or LF.
 * A cell that a spreadsheet would take for a formula (begins, after blanks, with
 * = + - @ TAB CR or their full-width forms) gets a leading apostrophe.  C0 and
 * bidi controls are escaped as text_vis does.
 */
void	 text_csv(FILE *, struct text);

/* A JSON string with its quotes; invalid UTF-8 becomes U+10FF00 + byte. */
void	 text_json(FILE *, struct text);

/* Escaped for XML and HTML text and quoted attributes; controls dropped. */
void	 text_xml(FILE *, struct text);

/* Lower-case hex, no prefix. */
void	 text_hex(FILE *, const uint8_t *, size_t);

struct text text_of(const char *);	/* borrowed view of a C string; NULL is "" */

#endif
