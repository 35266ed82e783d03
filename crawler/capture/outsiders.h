/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How addresses outside the own network are shown and stored: they are other people's
 * hosts, whom nobody asked.
 *
 * Tokens are keyed with a key that lives as long as the run, so that nobody can join two
 * runs by them, nor try addresses.  Tokens that keep prefixes tell which addresses are
 * neighbours, and whoever can send packets into the capture can unmask them.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_OUTSIDERS_H
#define KANSOKU_CRAWLER_CAPTURE_OUTSIDERS_H

#include "data/format/pseudonym.h"

enum outsiders_form { OUTSIDERS_TOKENS, OUTSIDERS_PREFIX, OUTSIDERS_PLAIN };

struct outsiders {
	enum outsiders_form form;
	uint8_t		 key[16];
	struct pseudonyms names;
};

/* -1 without memory. */
int	 outsiders_begin(struct outsiders *, enum outsiders_form, const uint8_t key[32]);
void	 outsiders_end(struct outsiders *);
/* What is printed in place of the endpoint. */
char	*outsider_text(const struct outsiders *, struct endpoint, char buf[NAME_TEXT]);
/* Of the address alone. */
char	*outsider_address(const struct outsiders *, struct endpoint, char buf[NAME_TEXT]);
/*
 * What is stored in its place: a token is an address of 100::/64, where no host is
 * (RFC 6666), and no port.
 */
struct endpoint outsider_stored(const struct outsiders *, struct endpoint);

#endif
