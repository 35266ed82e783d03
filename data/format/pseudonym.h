/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is named in an export: addresses as they are, or tokens in their place.
 *
 * A token is keyed BLAKE2b-128 in hex behind a letter: n for an address with
 * its port, a for an address, t for a text.  The key is derived for one export
 * from a master key file and from what is exported, so the same data gives the
 * same tokens, and two exports cannot be joined by them.  Without the key a
 * token cannot be tried against the 2^32 addresses; with it, it can: keep the
 * master file, or delete it to make the tokens final.
 */
#ifndef KANSOKU_DATA_FORMAT_PSEUDONYM_H
#define KANSOKU_DATA_FORMAT_PSEUDONYM_H

#include "observation.h"

#define TOKEN_BYTES	16
#define NAME_TEXT	34	/* a letter, 32 hex digits, a NUL; or an endpoint */
#define EXPORT_KEY	32

struct names {
	bool		 hidden;
	uint8_t		*key;		/* EXPORT_KEY bytes of guarded memory; NULL if not hidden */
};

/* Derives the key of one export; what is anything that names it.  -1 without memory. */
int	 names_hide(struct names *, const uint8_t master[EXPORT_KEY], const void *what, size_t len);
void	 names_forget(struct names *);
/* A public name of the key, to tell exports apart: 16 hex digits. */
char	*names_id(const struct names *, char buf[NAME_TEXT]);

/* The token itself; the kind is hashed, so that no token of one kind meets one of another. */
void	 names_token(const struct names *, char kind, const void *p, size_t len,
	    uint8_t out[TOKEN_BYTES]);
char	*names_node(const struct names *, struct endpoint, char buf[NAME_TEXT]);
char	*names_address(const struct names *, uint32_t ip, char buf[NAME_TEXT]);
/* The text itself, or its token in buf; empty stays empty. */
struct text names_text(const struct names *, struct text, char buf[NAME_TEXT]);

/*
 * The observation as an export may show it: endpoints zero and texts replaced
 * by their tokens in buf, no raw record; for its canonical record, re-encoded.
 */
void	 names_strip(const struct names *, struct observation *, char buf[3][NAME_TEXT]);

#endif
