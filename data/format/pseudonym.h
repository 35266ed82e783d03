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
#define NAME_TEXT	ENDPOINT_TEXT	/* a letter, 32 hex digits, a NUL; or an endpoint */
#define EXPORT_KEY	32

struct pseudonyms {
	bool		 hidden;
	uint8_t		*key;		/* EXPORT_KEY bytes of guarded memory; NULL if not hidden */
};

/* Derives the key of one export; what is anything that names it.  -1 without memory. */
int	 pseudonym_hide(struct pseudonyms *, const uint8_t master[EXPORT_KEY], const void *what, size_t len);
void	 pseudonym_forget(struct pseudonyms *);
/* A public name of the key, to tell exports apart: 16 hex digits. */
char	*pseudonym_id(const struct pseudonyms *, char buf[NAME_TEXT]);

/* The token itself; the kind is hashed, so that no token of one kind meets one of another. */
void	 pseudonym_token(const struct pseudonyms *, char kind, const void *p, size_t len,
	    uint8_t out[TOKEN_BYTES]);
char	*pseudonym_node(const struct pseudonyms *, struct endpoint, char buf[NAME_TEXT]);
/* The token of the address alone, whatever the port. */
char	*pseudonym_address(const struct pseudonyms *, struct endpoint, char buf[NAME_TEXT]);
/* The text itself, or its token in buf; empty stays empty. */
struct text pseudonym_text(const struct pseudonyms *, struct text, char buf[NAME_TEXT]);

/*
 * The observation as an export may show it: endpoints zero and texts replaced
 * by their tokens in buf, no raw record; for its canonical record, re-encoded.
 */
void	 pseudonym_strip(const struct pseudonyms *, struct observation *,
	    char buf[FIELDS_MAX][NAME_TEXT]);

#endif
