/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RC4 with the key rule of the Winny overlay.
 *
 * Plain RC4, no dropped bytes.  The one deviation: a key is handled as a C
 * string.  It ends before its first zero byte, and a key that begins with zero
 * is the single byte 00.  Keys without a zero give the keystream of RFC 6229.
 * This is obfuscation, not protection; nothing of ours relies on it.
 */
#ifndef KANSOKU_NODE_WINNY_RC4_H
#define KANSOKU_NODE_WINNY_RC4_H

#include <stddef.h>
#include <stdint.h>

struct rc4 {
	uint8_t	s[256];
	uint8_t	i, j;
};

/* Starts the keystream; key holds len > 0 bytes, of which the rule picks. */
void	rc4_key(struct rc4 *, const uint8_t *key, size_t len);
/* Two at once, of keys as long, in little more than the time of one: neither waits for the other. */
void	rc4_key_both(struct rc4 *, const uint8_t *key, struct rc4 *, const uint8_t *key2, size_t len);
/* XORs the next n bytes of the keystream; out may be in. */
void	rc4_apply(struct rc4 *, uint8_t *out, const uint8_t *in, size_t n);

#endif
