/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and signatures in minisign's file format, both ways.
 *
 * Written files pass Debian's minisign 0.11, and its files are read here: key
 * pairs with and without a password, prehashed signatures ("ED": Ed25519 over
 * BLAKE2b-512 of the file).  The legacy form over the raw file ("Ed") is refused.
 *
 *   public key	comment line, base64( "Ed" | id 8 | pk 32 )
 *   secret key	comment line, base64( "Ed" | kdf 2 | "B2" | salt 32 | opslimit 8 |
 *		memlimit 8 | id 8 | sk 64 | checksum 32 ); kdf "Sc": the last three
 *		are XORed with scrypt of the password; 0 0: they are plain
 *   signature	comment line, base64( "ED" | id 8 | sig 64 ),
 *		"trusted comment: " text, base64( sig over sig 64 | text )
 *
 * Little-endian throughout.  The first comment of each file is covered by
 * nothing and never shown.  A secret key lives in sodium_malloc memory.
 */
#ifndef KANSOKU_DATA_EVIDENCE_MINISIGN_H
#define KANSOKU_DATA_EVIDENCE_MINISIGN_H

#include <stdint.h>
#include <stdio.h>

#define MINISIGN_HASH		64	/* BLAKE2b-512 of the signed file */
#define MINISIGN_ID		8
#define MINISIGN_COMMENT_MAX	8192	/* trusted comment with its NUL; minisign's own limit */
#define MINISIGN_ID_TEXT	17	/* 16 hex digits, as minisign shows them, and a NUL */

struct minisign_public {
	uint8_t	id[MINISIGN_ID];
	uint8_t	key[32];
};

struct minisign_secret;		/* opaque, in guarded memory */

enum minisign_error {
	MINISIGN_OK,
	MINISIGN_IO,		/* errno says more */
	MINISIGN_FORMAT,	/* not a file of this kind, or damaged */
	MINISIGN_LEGACY,	/* a signature over the raw file */
	MINISIGN_PASSWORD,	/* encrypted, and this is not the password */
	MINISIGN_MEMORY,	/* the key derivation needs more memory than there is */
	MINISIGN_OTHER_KEY,	/* signed by another key than this */
	MINISIGN_FILE,		/* the signature is not of this file */
	MINISIGN_COMMENT,	/* the trusted comment was changed */
	MINISIGN_NERROR
};
const char	*minisign_reason(enum minisign_error);

/* Cost of the password's key derivation (scrypt); minisign's own is the sensitive pair. */
struct minisign_cost { uint64_t ops, mem; };
extern const struct minisign_cost minisign_sensitive;

/* A new pair; NULL when out of memory.  Free with minisign_forget, which wipes. */
struct minisign_secret	*minisign_generate(void);
void			 minisign_forget(struct minisign_secret *);	/* NULL is fine */
void			 minisign_public_of(const struct minisign_secret *, struct minisign_public *);
char			*minisign_id(char buf[MINISIGN_ID_TEXT], const uint8_t id[MINISIGN_ID]);

/*
 * Secret key files.  password NULL: not encrypted; cost is used only with one.
 * The stream is flushed by the caller.  ask is called once, only when the file
 * is encrypted; it returns guarded memory (sodium_malloc) that is freed here,
 * or NULL to give up (MINISIGN_PASSWORD).
 */
enum minisign_error	 minisign_secret_write(FILE *, const struct minisign_secret *,
			    const char *password, struct minisign_cost);
enum minisign_error	 minisign_secret_read(FILE *, struct minisign_secret **,
			    char *(*ask)(void *), void *);

int			 minisign_public_write(FILE *, const struct minisign_public *);
enum minisign_error	 minisign_public_read(FILE *, struct minisign_public *);

/* BLAKE2b-512 of a stream from where it stands to its end; -1 with errno. */
int			 minisign_hash(FILE *, uint8_t hash[MINISIGN_HASH]);

/*
 * Writes the four lines.  trusted is one line of printable text (TAB allowed)
 * under MINISIGN_COMMENT_MAX; MINISIGN_FORMAT otherwise.
 */
enum minisign_error	 minisign_sign(FILE *, const struct minisign_secret *,
			    const uint8_t hash[MINISIGN_HASH], const char *trusted);

/*
 * Checks the four lines against a file's hash.  trusted gets the comment if it
 * is genuine (MINISIGN_OK; MINISIGN_FILE when it was signed with another file's
 * signature), and is empty otherwise.
 */
enum minisign_error	 minisign_verify(FILE *, const struct minisign_public *,
			    const uint8_t hash[MINISIGN_HASH],
			    char trusted[MINISIGN_COMMENT_MAX]);

#endif
