/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/pseudonym.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

int
pseudonym_hide(struct pseudonyms *n, const uint8_t master[EXPORT_KEY], const void *what, size_t len)
{
	static const char context[] = "kansoku export";
	crypto_generichash_state st;

	n->hidden = true;
	if ((n->key = sodium_malloc(EXPORT_KEY)) == NULL)
		return -1;
	crypto_generichash_init(&st, master, EXPORT_KEY, EXPORT_KEY);
	crypto_generichash_update(&st, (const uint8_t *)context, sizeof(context));
	crypto_generichash_update(&st, what, len);
	crypto_generichash_final(&st, n->key, EXPORT_KEY);
	sodium_memzero(&st, sizeof(st));
	return 0;
}

void
pseudonym_forget(struct pseudonyms *n)
{
	sodium_free(n->key);
	n->key = NULL;
}

void
pseudonym_token(const struct pseudonyms *n, char kind, const void *p, size_t len, uint8_t out[TOKEN_BYTES])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, n->key, EXPORT_KEY, TOKEN_BYTES);
	crypto_generichash_update(&st, (const uint8_t *)&kind, 1);
	crypto_generichash_update(&st, p, len);
	crypto_generichash_final(&st, out, TOKEN_BYTES);
	sodium_memzero(&st, sizeof(st));
}

static char *
token_text(const struct pseudonyms *n, char kind, const void *p, size_t len, char buf[NAME_TEXT])
{
	uint8_t t[TOKEN_BYTES];

	pseudonym_token(n, kind, p, len, t);
	buf[0] = kind;
	sodium_bin2hex(buf + 1, NAME_TEXT - 1, t, sizeof(t));
	return buf;
}

char *
pseudonym_id(const struct pseudonyms *n, char buf[NAME_TEXT])
{
	token_text(n, 'k', "", 0, buf);
	memmove(buf, buf + 1, 16);
	buf[16] = '\0';
	return buf;
}

static void
put_endpoint(uint8_t out[6], struct endpoint e)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(e.ip >> (24 - 8 * i));
	out[4] = (uint8_t)(e.port >> 8);
	out[5] = (uint8_t)e.port;
}

char *
pseudonym_node(const struct pseudonyms *n, struct endpoint e, char buf[NAME_TEXT])
{
	uint8_t bytes[6];

	if (!n->hidden)
		return endpoint_format(buf, e);
	put_endpoint(bytes, e);
	return token_text(n, 'n', bytes, 6, buf);
}

char *
pseudonym_address(const struct pseudonyms *n, uint32_t ip, char buf[NAME_TEXT])
{
	uint8_t bytes[6];

	put_endpoint(bytes, (struct endpoint){ ip, 0 });
	if (n->hidden)
		return token_text(n, 'a', bytes, 4, buf);
	snprintf(buf, NAME_TEXT, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
	return buf;
}

struct text
pseudonym_text(const struct pseudonyms *n, struct text t, char buf[NAME_TEXT])
{
	if (!n->hidden || t.len == 0)
		return t;
	token_text(n, 't', t.p, t.len, buf);
	return (struct text){ (const uint8_t *)buf, strlen(buf) };
}

void
pseudonym_strip(const struct pseudonyms *n, struct observation *o, char buf[3][NAME_TEXT])
{
	static const struct endpoint nobody;

	o->peer = nobody;
	if (o->type == OBS_KEY) {
		o->key.source = o->key.bbs = nobody;
		o->key.name = pseudonym_text(n, o->key.name, buf[0]);
		o->key.trip = pseudonym_text(n, o->key.trip, buf[1]);
		o->key.bbs_trip = pseudonym_text(n, o->key.bbs_trip, buf[2]);
		o->key.raw.len = 0;
	} else if (o->type == OBS_NEIGHBOUR) {
		o->neighbour.node = nobody;
		for (int i = 0; i < 3; i++)
			o->neighbour.words[i] = pseudonym_text(n, o->neighbour.words[i], buf[i]);
	}
}
