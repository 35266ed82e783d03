/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets on disk: signing keys, their passwords, and the master of the pseudonyms.
 *
 * Secret files are created 0600 and never overwritten (O_EXCL); what is read
 * from them lives in guarded memory and is wiped.  Every failure is complained
 * about here, with the file's name.
 */
#ifndef KANSOKU_DATA_EVIDENCE_KEYS_H
#define KANSOKU_DATA_EVIDENCE_KEYS_H

#include <stdbool.h>

#include "data/evidence/minisign.h"

/* Call once before anything else here; -1 when libsodium cannot start. */
int			 keys_start(void);

/*
 * Writes a pair: the secret with the password in password_file, or asked for
 * twice on the terminal when ask, or without one.  Neither file may exist.
 */
int			 keys_generate(const char *secret_path, const char *public_path,
			    const char *password_file, bool ask);

/* The signing key; an encrypted one takes its password from password_file or the terminal. */
struct minisign_secret	*keys_secret(const char *path, const char *password_file);
int			 keys_public(const char *path, struct minisign_public *);

/*
 * The 32 bytes in path, as 64 hex digits and a newline; made from the random
 * source if there is no such file.  Free with sodium_free; NULL after a complaint.
 */
uint8_t			*keys_master(const char *path);

#endif
