/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CP932 (Windows-31J), the text of the Winny overlay, to UTF-8.
 *
 * Every byte string converts: what CP932 does not know is kept byte by byte as
 * U+10FF00 + byte.  CP932 has 398 pairs of bytes that mean the same character as
 * another pair; nothing else is lost, so that the bytes can be told from the text.
 *
 * The tables are made from iconv on the first call of cp932, which any thread
 * may make, and are constant after.  Without iconv's CP932 (cut-down systems)
 * ASCII converts and all else is kept as bytes.
 */
#ifndef KANSOKU_NODE_WINNY_CP932_H
#define KANSOKU_NODE_WINNY_CP932_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 bytes that n bytes of CP932 can become. */
#define CP932_UTF8_MAX(n)	(4 * (size_t)(n))

struct cp932;

const struct cp932	*cp932(void);
/* Did iconv know CP932? */
bool	 cp932_complete(const struct cp932 *);
/* out holds CP932_UTF8_MAX(n); returns the bytes written.  in may hold NULs. */
size_t	 cp932_to_utf8(const struct cp932 *, uint8_t *out, const uint8_t *in, size_t n);

#endif
