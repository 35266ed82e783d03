/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/minisign.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES	(MINISIGN_COMMENT_MAX + 64)
#define SEALED_BYTES	104	/* id, sk, checksum: what the password hides */
#define MEMORY_MAX	(UINT64_C(4) << 30)	/* of a key derivation we would run */

/* On disk: bytes only, so neither padding nor byte order leaks in. */
struct public_file { uint8_t alg[2], id[8], key[32]; };
struct secret_file {
	uint8_t	alg[2], kdf[2], chk[2], salt[32], ops[8], mem[8];
	uint8_t	sealed[SEALED_BYTES];
};
struct signature_file { uint8_t alg[2], id[8], sig[64]; };
_Static_assert(sizeof(struct public_file) == 42, "as minisign writes it");
_Static_assert(sizeof(struct secret_file) == 158, "as minisign writes it");
_Static_assert(sizeof(struct signature_file) == 74, "as minisign writes it");

struct minisign_secret {
	uint8_t	id[8], sk[64], checksum[32];	/* laid out as sealed */
};
_Static_assert(sizeof(struct minisign_secret) == SEALED_BYTES, "no padding");

const struct minisign_cost minisign_sensitive = {
	crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE,
	crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE
};

const char *
minisign_reason(enum minisign_error e)
{
	static const char *const text[] = {
		[MINISIGN_OK] = "good",
		[MINISIGN_IO] = "cannot be read or written",
		[MINISIGN_FORMAT] = "not in minisign's format, or damaged",
		[MINISIGN_LEGACY] = "a legacy signature over the raw file; make it with prehashing",
		[MINISIGN_PASSWORD] = "wrong password, or none given",
		[MINISIGN_MEMORY] = "not enough memory to derive the key from the password",
		[MINISIGN_OTHER_KEY] = "made with another key",
		[MINISIGN_FILE] = "the signature is not of this file",
		[MINISIGN_COMMENT] = "the trusted comment was changed",
	};
	_Static_assert(sizeof(text) / sizeof(text[0]) == MINISIGN_NERROR, "every error needs a text");

	return text[e];
}

/* ---- small parts ------------------------------------------------------------ */

static void
put_le64(uint8_t out[8], uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t
get_le64(const uint8_t in[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)in[i] << 8 * i;
	return v;
}

char *
minisign_id(char buf[MINISIGN_ID_TEXT], const uint8_t id[MINISIGN_ID])
{
	snprintf(buf, MINISIGN_ID_TEXT, "%016llX", (unsigned long long)get_le64(id));
	return buf;
}

/* One line without its end (LF or CRLF); false at the end or when it is too long. */
static bool
read_line(FILE *f, char line[LINE_MAX_BYTES])
{
	size_t n;

	if (fgets(line, LINE_MAX_BYTES, f) == NULL)
		return false;
	n = strlen(line);
	if (n > 0 && line[n - 1] == '\n')
		n--;
	else if (!feof(f))
		return false;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	return true;
}

static enum minisign_error
short_read(FILE *f)
{
	return ferror(f) ? MINISIGN_IO : MINISIGN_FORMAT;
}

/* libsodium 1.0.18 takes some bytes over 0x7f for letters. */
static bool
is_base64(const char *s)
{
	return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")] == '\0';
}

/* A base64 line of exactly n bytes. */
static enum minisign_error
read_bytes(FILE *f, void *out, size_t n)
{
	char line[LINE_MAX_BYTES];
	enum minisign_error e = MINISIGN_OK;
	const char *end;
	size_t got;

	if (!read_line(f, line))
		return short_read(f);
	if (!is_base64(line) || sodium_base642bin(out, n, line, strlen(line), NULL, &got, &end,
	    sodium_base64_VARIANT_ORIGINAL) != 0 || got != n || *end != '\0')
		e = MINISIGN_FORMAT;
	sodium_memzero(line, sizeof(line));	/* it may have been a secret key */
	return e;
}

/* "untrusted comment: ..." and the base64 line behind it. */
static enum minisign_error
read_file(FILE *f, void *out, size_t n)
{
	char line[LINE_MAX_BYTES];
	static const char want[] = "untrusted comment: ";

	if (!read_line(f, line))
		return short_read(f);
	if (strncmp(line, want, sizeof(want) - 1) != 0)
		return MINISIGN_FORMAT;
	return read_bytes(f, out, n);
}

static int
write_bytes(FILE *f, const void *p, size_t n)
{
	char text[sodium_base64_ENCODED_LEN(sizeof(struct secret_file),
	    sodium_base64_VARIANT_ORIGINAL)];
	int bad;

	assert(n <= sizeof(struct secret_file));
	sodium_bin2base64(text, sizeof(text), p, n, sodium_base64_VARIANT_ORIGINAL);
	bad = fprintf(f, "%s\n", text) < 0;
	sodium_memzero(text, sizeof(text));
	return bad ? -1 : 0;
}

int
minisign_hash(FILE *f, uint8_t hash[MINISIGN_HASH])
{
	crypto_generichash_state st;
	uint8_t buf[1 << 16];
	size_t n;

	crypto_generichash_init(&st, NULL, 0, MINISIGN_HASH);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		crypto_generichash_update(&st, buf, n);
	crypto_generichash_final(&st, hash, MINISIGN_HASH);
	return ferror(f) ? -1 : 0;
}

/* ---- secret keys ---------------------------------------------------------------- */

/* BLAKE2b-256 of "Ed", id and sk: tells a right password from a wrong one. */
static void
checksum(const struct minisign_secret *s, uint8_t out[32])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, 32);
	crypto_generichash_update(&st, (const uint8_t *)"Ed", 2);
	crypto_generichash_update(&st, s->id, sizeof(s->id));
	crypto_generichash_update(&st, s->sk, sizeof(s->sk));
	crypto_generichash_final(&st, out, 32);
	sodium_memzero(&st, sizeof(st));
}

struct minisign_secret *
minisign_generate(void)
{
	struct minisign_secret *s = sodium_malloc(sizeof(*s));
	uint8_t pk[32];

	if (s == NULL)
		return NULL;
	randombytes_buf(s->id, sizeof(s->id));
	crypto_sign_keypair(pk, s->sk);
	checksum(s, s->checksum);
	return s;
}

void
minisign_forget(struct minisign_secret *s)
{
	sodium_free(s);
}

void
minisign_public_of(const struct minisign_secret *s, struct minisign_public *p)
{
	memcpy(p->id, s->id, sizeof(p->id));
	crypto_sign_ed25519_sk_to_pk(p->key, s->sk);
}

/* XORs sealed with the key stream that the password gives. */
static enum minisign_error
apply_password(struct secret_file *d, const char *password)
{
	uint8_t *stream = sodium_malloc(SEALED_BYTES);
	enum minisign_error e = MINISIGN_MEMORY;

	if (stream != NULL && crypto_pwhash_scryptsalsa208sha256(stream, SEALED_BYTES,
	    password, strlen(password), d->salt, get_le64(d->ops), get_le64(d->mem)) == 0) {
		for (size_t i = 0; i < SEALED_BYTES; i++)
			d->sealed[i] ^= stream[i];
		e = MINISIGN_OK;
	}
	sodium_free(stream);
	return e;
}

enum minisign_error
minisign_secret_write(FILE *f, const struct minisign_secret *s, const char *password,
    struct minisign_cost cost)
{
	struct secret_file *d = sodium_malloc(sizeof(*d));
	enum minisign_error e = MINISIGN_OK;
	char id[MINISIGN_ID_TEXT];

	if (d == NULL)
		return MINISIGN_MEMORY;
	memset(d, 0, sizeof(*d));
	memcpy(d->alg, "Ed", 2);
	memcpy(d->chk, "B2", 2);
	memcpy(d->sealed, s, SEALED_BYTES);
	if (password != NULL) {
		memcpy(d->kdf, "Sc", 2);
		randombytes_buf(d->salt, sizeof(d->salt));
		put_le64(d->ops, cost.ops);
		put_le64(d->mem, cost.mem);
		e = apply_password(d, password);
	}
	if (e == MINISIGN_OK && (fprintf(f, "untrusted comment: %s secret key %s\n",
	    password != NULL ? "minisign encrypted" : "minisign", minisign_id(id, s->id)) < 0 ||
	    write_bytes(f, d, sizeof(*d)) != 0))
		e = MINISIGN_IO;
	sodium_free(d);
	return e;
}

/* Asks for the password of an encrypted key and takes it off. */
static enum minisign_error
unseal(struct secret_file *d, char *(*ask)(void *), void *arg)
{
	enum minisign_error e;
	char *password;

	if (memcmp(d->kdf, "Sc", 2) != 0 || get_le64(d->mem) > MEMORY_MAX)
		return MINISIGN_FORMAT;
	if ((password = ask(arg)) == NULL)
		return MINISIGN_PASSWORD;
	e = apply_password(d, password);
	sodium_free(password);
	return e;
}

enum minisign_error
minisign_secret_read(FILE *f, struct minisign_secret **out, char *(*ask)(void *), void *arg)
{
	struct secret_file *d = sodium_malloc(sizeof(*d));
	struct minisign_secret *s = sodium_malloc(sizeof(*s));
	enum minisign_error e = MINISIGN_MEMORY;
	uint8_t sum[32];
	bool sealed;

	*out = NULL;
	if (d == NULL || s == NULL || (e = read_file(f, d, sizeof(*d))) != MINISIGN_OK)
		goto done;
	e = MINISIGN_FORMAT;
	if (memcmp(d->alg, "Ed", 2) != 0 || memcmp(d->chk, "B2", 2) != 0)
		goto done;
	sealed = d->kdf[0] != 0 || d->kdf[1] != 0;
	if (sealed && (e = unseal(d, ask, arg)) != MINISIGN_OK)
		goto done;
	memcpy(s, d->sealed, SEALED_BYTES);
	checksum(s, sum);
	/* minisign -W leaves the checksum of a plain key zero. */
	e = !sealed || memcmp(sum, s->checksum, sizeof(sum)) == 0 ? MINISIGN_OK : MINISIGN_PASSWORD;
	if (e == MINISIGN_OK) {
		memcpy(s->checksum, sum, sizeof(sum));
		*out = s;
		s = NULL;
	}
done:
	sodium_free(d);
	sodium_free(s);
	return e;
}

/* ---- public keys ------------------------------------------------------------------ */

int
minisign_public_write(FILE *f, const struct minisign_public *p)
{
	struct public_file d;
	char id[MINISIGN_ID_TEXT];

	memcpy(d.alg, "Ed", 2);
	memcpy(d.id, p->id, sizeof(d.id));
	memcpy(d.key, p->key, sizeof(d.key));
	if (fprintf(f, "untrusted comment: minisign public key %s\n", minisign_id(id, p->id)) < 0)
		return -1;
	return write_bytes(f, &d, sizeof(d));
}

enum minisign_error
minisign_public_read(FILE *f, struct minisign_public *p)
{
	struct public_file d;
	enum minisign_error e = read_file(f, &d, sizeof(d));

	if (e == MINISIGN_OK && memcmp(d.alg, "Ed", 2) != 0)
		e = MINISIGN_FORMAT;
	if (e == MINISIGN_OK) {
		memcpy(p->id, d.id, sizeof(p->id));
		memcpy(p->key, d.key, sizeof(p->key));
	}
	return e;
}

/* ---- signatures -------------------------------------------------------------------- */

/* What the second signature covers: the first, then the comment's text. */
static size_t
commented(uint8_t out[64 + MINISIGN_COMMENT_MAX], const uint8_t sig[64], const char *trusted)
{
	size_t n = strlen(trusted);

	memcpy(out, sig, 64);
	memcpy(out + 64, trusted, n);
	return 64 + n;
}

/* One line that minisign will print: no control bytes but TAB. */
static bool
is_comment(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (((uint8_t)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return n < MINISIGN_COMMENT_MAX;
}

enum minisign_error
minisign_sign(FILE *f, const struct minisign_secret *s, const uint8_t hash[MINISIGN_HASH],
    const char *trusted)
{
	uint8_t covered[64 + MINISIGN_COMMENT_MAX], global[64];
	struct signature_file d;
	char id[MINISIGN_ID_TEXT];

	if (!is_comment(trusted))
		return MINISIGN_FORMAT;
	memcpy(d.alg, "ED", 2);
	memcpy(d.id, s->id, sizeof(d.id));
	crypto_sign_detached(d.sig, NULL, hash, MINISIGN_HASH, s->sk);
	crypto_sign_detached(global, NULL, covered, commented(covered, d.sig, trusted), s->sk);
	if (fprintf(f, "untrusted comment: signature from minisign secret key %s\n",
	    minisign_id(id, s->id)) < 0 || write_bytes(f, &d, sizeof(d)) != 0 ||
	    fprintf(f, "trusted comment: %s\n", trusted) < 0 ||
	    write_bytes(f, global, sizeof(global)) != 0)
		return MINISIGN_IO;
	return MINISIGN_OK;
}

/* The four lines, taken apart. */
static enum minisign_error
read_signature(FILE *f, struct signature_file *d, char trusted[MINISIGN_COMMENT_MAX],
    uint8_t global[64])
{
	static const char want[] = "trusted comment: ";
	char line[LINE_MAX_BYTES];
	enum minisign_error e = read_file(f, d, sizeof(*d));

	if (e != MINISIGN_OK)
		return e;
	if (memcmp(d->alg, "Ed", 2) == 0)
		return MINISIGN_LEGACY;
	if (memcmp(d->alg, "ED", 2) != 0)
		return MINISIGN_FORMAT;
	if (!read_line(f, line))
		return short_read(f);
	if (strncmp(line, want, sizeof(want) - 1) != 0 || !is_comment(line + sizeof(want) - 1))
		return MINISIGN_FORMAT;
	memcpy(trusted, line + sizeof(want) - 1, strlen(line) - (sizeof(want) - 1) + 1);
	return read_bytes(f, global, 64);
}

enum minisign_error
minisign_verify(FILE *f, const struct minisign_public *p, const uint8_t hash[MINISIGN_HASH],
    char trusted[MINISIGN_COMMENT_MAX])
{
	uint8_t covered[64 + MINISIGN_COMMENT_MAX], global[64];
	struct signature_file d;
	enum minisign_error e;

	bool file, comment;

	trusted[0] = '\0';
	e = read_signature(f, &d, trusted, global);
	if (e == MINISIGN_OK && memcmp(d.id, p->id, sizeof(d.id)) != 0)
		e = MINISIGN_OTHER_KEY;
	if (e != MINISIGN_OK) {
		trusted[0] = '\0';
		return e;
	}
	file = crypto_sign_verify_detached(d.sig, hash, MINISIGN_HASH, p->key) == 0;
	comment = crypto_sign_verify_detached(global, covered,
	    commented(covered, d.sig, trusted), p->key) == 0;
	if (!comment)
		trusted[0] = '\0';
	return !file ? MINISIGN_FILE : !comment ? MINISIGN_COMMENT : MINISIGN_OK;
}
