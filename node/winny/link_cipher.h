/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cipher of one direction of a link (protocol 1.1, 1.3).
 *
 * A direction begins with six bytes in clear: two of noise, then the four-byte
 * seed that keys everything after them.  Once a protocol header (command 0)
 * has passed, the cipher starts anew under the seed with its last three bytes
 * XORed with 0x39.  The two directions know nothing of each other.
 */
#ifndef KANSOKU_NODE_WINNY_LINK_CIPHER_H
#define KANSOKU_NODE_WINNY_LINK_CIPHER_H

#include "node/winny/rc4.h"

#define PREAMBLE_LEN	6

struct link_cipher {
	struct rc4	rc4, next;	/* next: as after command 0 */
};

void	link_cipher_start(struct link_cipher *, const uint8_t preamble[PREAMBLE_LEN]);
/* Right after the last byte of the command 0 block, in its direction. */
void	link_cipher_rekey(struct link_cipher *);
/* Encrypts or decrypts the next n bytes; out may be in. */
void	link_cipher_apply(struct link_cipher *, uint8_t *out, const uint8_t *in, size_t n);
/* Passes over n bytes that nobody has. */
void	link_cipher_skip(struct link_cipher *, uint64_t n);

#endif
