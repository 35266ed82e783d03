/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The doors through which peer text reaches a human or a file format.  Nothing
 * that a peer wrote is printed, logged or exported any other way.
 */
#ifndef KANSOKU_DATA_LIB_TEXT_H
#define KANSOKU_DATA_LIB_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "values.h"

/*
 * For terminals and logs: printable UTF-8 as it is; control characters, bidi
 * controls, bytes that are no text and the backslash as \xHH or \u{H}.  Writes at most
 * size-1 bytes and a NUL, cutting on a character; returns out.
 */
char	*text_vis(char *out, size_t size, struct text);
/* The same to a stream, in full. */
void	 text_vis_write(FILE *, struct text);
/* The same as text_vis, but a backslash stays: for a line that holds escapes already. */
char	*text_line(char *out, size_t size, struct text);

/*
 * One CSV cell, RFC 4180: always quoted when it holds a comma, quote, CR or LF.
 * A cell that a spreadsheet would take for a formula (begins, after blanks, with
 * = + - @ TAB CR or their full-width forms) gets a leading apostrophe.  C0 and
 * bidi controls are escaped as text_vis does.
 */
void	 text_csv(FILE *, struct text);

/*
 * A JSON string with its quotes; invalid UTF-8 becomes U+10FF00 + byte.  Control
 * and bidi characters are written as \uXXXX, so the exact text is kept and a
 * terminal that shows the line is safe.  text_json_put writes the same into a
 * buffer that has TEXT_JSON_ROOM(t.len) bytes left and returns its new end.
 */
#define TEXT_JSON_ROOM(len)	((len) * 6 + 2)
void	 text_json(FILE *, struct text);
char	*text_json_put(char *out, struct text t);

/*
 * Escaped for XML and HTML text and quoted attributes; controls are dropped,
 * tab and line ends become a blank, bytes that are no text become U+FFFD.
 */
void	 text_xml(FILE *, struct text);

/* Lower-case hex, no prefix. */
void	 text_hex(FILE *, const uint8_t *, size_t);
extern const char text_hex_digit[16];

struct text text_of(const char *);	/* borrowed view of a C string; NULL is "" */

#endif
