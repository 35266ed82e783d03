/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/checkpoint.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/text.h"
#include "data/lib/utctime.h"

#define LINE	(MINISIGN_COMMENT_MAX + 64)
#define BODY	1024		/* bytes of the six lines */

/* ---- writing ---------------------------------------------------------------------- */

static int
body(char out[BODY], const struct checkpoint *c)
{
	char head[2 * MERKLE_HASH + 1], when[WHEN_TEXT];

	sodium_bin2hex(head, sizeof(head), c->head, sizeof(c->head));
	utctime_format(when, c->t_ms);
	return snprintf(out, BODY, "kansoku checkpoint\norigin: %s\nentry: %" PRId64 "\nround: %"
	    PRId64 "\nhead: %s\ntime: %.19sZ\n", c->origin, c->entry, c->round, head, when);
}

static void
hash_body(const char *text, size_t n, uint8_t hash[MINISIGN_HASH])
{
	crypto_generichash(hash, MINISIGN_HASH, (const uint8_t *)text, n, NULL, 0);
}

enum minisign_error
checkpoint_write(FILE *f, const struct checkpoint *c, const struct minisign_secret *key)
{
	uint8_t hash[MINISIGN_HASH];
	char text[BODY], trusted[CHECKPOINT_ORIGIN + 64];
	int n = body(text, c);
	enum minisign_error e;

	if (n < 0 || n >= BODY)
		return MINISIGN_FORMAT;
	hash_body(text, (size_t)n, hash);
	snprintf(trusted, sizeof(trusted), "kansoku checkpoint %s %" PRId64, c->origin, c->entry);
	if (fwrite(text, 1, (size_t)n, f) != (size_t)n)
		return MINISIGN_IO;
	if ((e = minisign_sign(f, key, hash, trusted)) != MINISIGN_OK)
		return e;
	return putc('\n', f) == EOF ? MINISIGN_IO : MINISIGN_OK;
}

/* ---- reading ------------------------------------------------------------------------- */

/* The lines under way, with the line ends that they were signed with. */
struct reader {
	FILE	*f;
	int	*line;
	char	 text[BODY + 4 * LINE];
	size_t	 len;
	bool	 broken;	/* a line without an end, or too long */
};

/* Appends the next line; NULL at the end of the file or when it is too long. */
static char *
next_line(struct reader *r)
{
	char *p = r->text + r->len;
	size_t left = sizeof(r->text) - r->len, n;

	if (fgets(p, (int)(left < LINE ? left : LINE), r->f) == NULL)
		return NULL;
	++*r->line;
	n = strlen(p);
	r->broken = n == 0 || p[n - 1] != '\n';
	if (r->broken)
		return NULL;
	r->len += n;
	return p;
}

/* "name: value\n" to value without its end. */
static bool
field(struct reader *r, const char *name, char *out, size_t size)
{
	const char *p = next_line(r);
	size_t n = strlen(name), len;

	if (p == NULL || strncmp(p, name, n) != 0 || strncmp(p + n, ": ", 2) != 0)
		return false;
	len = strlen(p + n + 2) - 1;
	return (size_t)snprintf(out, size, "%.*s", (int)len, p + n + 2) < size;
}

static bool
number(struct reader *r, const char *name, int64_t *v)
{
	char text[24], *end;

	if (!field(r, name, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
		return false;
	*v = strtoll(text, &end, 10);
	return *end == '\0';
}

static bool
read_body(struct reader *r, struct checkpoint *c)
{
	char head[2 * MERKLE_HASH + 1], when[WHEN_TEXT], origin[CHECKPOINT_ORIGIN];
	size_t got;

	if (!field(r, "origin", origin, sizeof(origin)) || !number(r, "entry", &c->entry) ||
	    !number(r, "round", &c->round) || !field(r, "head", head, sizeof(head)) ||
	    !field(r, "time", when, sizeof(when)))
		return false;
	text_vis(c->origin, sizeof(c->origin), text_of(origin));
	return strlen(head) == 2 * MERKLE_HASH && utctime_parse(&c->t_ms, when) &&
	    sodium_hex2bin(c->head, sizeof(c->head), head, strlen(head), NULL, &got, NULL) == 0 &&
	    got == sizeof(c->head);
}

/* The four lines of the signature, over what was read before them. */
static bool
read_signature(struct reader *r, const struct minisign_public *p, enum minisign_error *sig)
{
	size_t signed_len = r->len;
	uint8_t hash[MINISIGN_HASH];
	char trusted[MINISIGN_COMMENT_MAX];
	FILE *f;

	for (int i = 0; i < 4; i++)
		if (next_line(r) == NULL)
			return false;
	*sig = MINISIGN_OK;
	if (p == NULL)
		return true;
	hash_body(r->text, signed_len, hash);
	if ((f = fmemopen(r->text + signed_len, r->len - signed_len, "r")) == NULL)
		return false;
	*sig = minisign_verify(f, p, hash, trusted);
	fclose(f);
	return true;
}

int
checkpoint_each(FILE *f, const struct minisign_public *p, int *line,
    int (*fn)(const struct checkpoint *, enum minisign_error, void *), void *arg)
{
	struct reader *r = calloc(1, sizeof(*r));
	enum minisign_error sig;
	struct checkpoint c;
	const char *first;
	int stop = 0;

	*line = 0;
	if (r == NULL)
		return -1;
	r->f = f;
	r->line = line;
	while (stop == 0 && (first = next_line(r)) != NULL) {
		if (strcmp(first, "\n") == 0) {
			r->len = 0;
			continue;
		}
		stop = -1;
		if (strcmp(first, "kansoku checkpoint\n") == 0 && read_body(r, &c) &&
		    read_signature(r, p, &sig)) {
			c.text = r->text;
			c.len = r->len;
			stop = fn(&c, sig, arg);
		}
		r->len = 0;
	}
	if (stop == 0 && (r->broken || ferror(f)))
		stop = -1;
	free(r);
	return stop;
}
