/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/minisign.h"

/* A pair made by minisign 0.11 -G -W, and its signature of "hello\n". */
#define THEIR_SECRET "untrusted comment: minisign encrypted secret key\n" \
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlKLvo7RivL2h" \
	"D836973RaIdAfj3fzWVnCTA7dsVa5vvk7r9p37/+QfKiqJOH2/vKHvKkBonGqu7S31ePO/BqpScEWSu/TAIq" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define THEIR_PUBLIC "untrusted comment: minisign public key BDBC62B4A3EFA294\n" \
	"RWSUou+jtGK8vfKiqJOH2/vKHvKkBonGqu7S31ePO/BqpScEWSu/TAIq\n"
#define THEIR_COMMENT "timestamp:1795363921\tfile:m\thashed"
#define THEIR_SIGNATURE "untrusted comment: signature from minisign secret key\n" \
	"RUSUou+jtGK8vVVGhLtVom8pxV8+V16Ax9BeC38PSDBRtjUbH9IblYXs00HQM8TKqJKYt6/rbyEfp3uduhpca+yU" \
	"NU3YTPHIRgs=\n" \
	"trusted comment: " THEIR_COMMENT "\n" \
	"buHYorVJ6Cn1xZSqxviX4iMtz5RMBkicriy208t0OgiLe2va81r5FiXPbx636sBGRsQH5dwsut5ErmOvDq0wAQ==\n"

static const struct minisign_cost cheap = { 32768, 1 << 24 };

/* A stream over a copy of n bytes. */
static FILE *
stream(const void *p, size_t n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	rewind(f);
	return f;
}

static void
hash_of(const char *text, uint8_t hash[MINISIGN_HASH])
{
	FILE *f = stream(text, strlen(text));

	assert_int_equal(minisign_hash(f, hash), 0);
	fclose(f);
}

static enum minisign_error
verify(const char *sig, size_t n, const struct minisign_public *p, const char *of, char *trusted)
{
	uint8_t hash[MINISIGN_HASH];
	FILE *f = stream(sig, n);
	enum minisign_error e;

	hash_of(of, hash);
	e = minisign_verify(f, p, hash, trusted);
	fclose(f);
	return e;
}

static void
their_public(struct minisign_public *p)
{
	FILE *f = stream(THEIR_PUBLIC, strlen(THEIR_PUBLIC));

	assert_int_equal(minisign_public_read(f, p), MINISIGN_OK);
	fclose(f);
}

static char *
no_password(void *arg)
{
	(void)arg;
	fail_msg("asked for a password of a plain key");
	return NULL;
}

/* The password that arg points to, or none. */
static char *
this_password(void *arg)
{
	char *p;

	if (arg == NULL)
		return NULL;
	p = sodium_malloc(strlen(arg) + 1);
	assert_non_null(p);
	return strcpy(p, arg);
}

static struct minisign_secret *
read_secret(const char *text, const char *password, enum minisign_error want)
{
	FILE *f = stream(text, strlen(text));
	char *copy = password != NULL ? strdup(password) : NULL;
	struct minisign_secret *s;

	assert_int_equal(minisign_secret_read(f, &s, this_password, copy), want);
	fclose(f);
	free(copy);
	return s;
}

static void
their_files_are_read(void **state)
{
	struct minisign_public p, again;
	char trusted[MINISIGN_COMMENT_MAX], id[MINISIGN_ID_TEXT];
	FILE *f = stream(THEIR_SECRET, strlen(THEIR_SECRET));
	struct minisign_secret *s;

	(void)state;
	their_public(&p);
	assert_string_equal(minisign_id(id, p.id), "BDBC62B4A3EFA294");
	assert_int_equal(minisign_secret_read(f, &s, no_password, NULL), MINISIGN_OK);
	fclose(f);
	minisign_public_of(s, &again);
	assert_memory_equal(&p, &again, sizeof(p));
	minisign_forget(s);
	assert_int_equal(verify(THEIR_SIGNATURE, strlen(THEIR_SIGNATURE), &p, "hello\n", trusted),
	    MINISIGN_OK);
	assert_string_equal(trusted, THEIR_COMMENT);
}

/* Ed25519 is deterministic: the same key and comment give the same file. */
static void
our_signature_is_theirs(void **state)
{
	struct minisign_secret *s = read_secret(THEIR_SECRET, NULL, MINISIGN_OK);
	uint8_t hash[MINISIGN_HASH];
	char *out = NULL, *ours, *theirs;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	(void)state;
	hash_of("hello\n", hash);
	assert_int_equal(minisign_sign(f, s, hash, THEIR_COMMENT), MINISIGN_OK);
	fclose(f);
	ours = strchr(out, '\n');	/* all but the first comment */
	theirs = strchr(THEIR_SIGNATURE, '\n');
	assert_string_equal(ours, theirs);
	free(out);
	minisign_forget(s);
}

static void
each_wrong_is_named(void **state)
{
	struct minisign_public p, other;
	char trusted[MINISIGN_COMMENT_MAX];
	char changed[] = THEIR_SIGNATURE, legacy[] = THEIR_SIGNATURE;

	(void)state;
	their_public(&p);
	assert_int_equal(verify(THEIR_SIGNATURE, strlen(THEIR_SIGNATURE), &p, "hello", trusted),
	    MINISIGN_FILE);
	assert_string_equal(trusted, THEIR_COMMENT);	/* genuine, of another file */
	*strstr(changed, "file:m") = 'F';
	assert_int_equal(verify(changed, strlen(changed), &p, "hello\n", trusted), MINISIGN_COMMENT);
	assert_string_equal(trusted, "");
	memcpy(strstr(legacy, "RUSU"), "RWSU", 4);
	assert_int_equal(verify(legacy, strlen(legacy), &p, "hello\n", trusted), MINISIGN_LEGACY);
	other = p;
	other.id[0] ^= 1;
	assert_int_equal(verify(THEIR_SIGNATURE, strlen(THEIR_SIGNATURE), &other, "hello\n", trusted),
	    MINISIGN_OTHER_KEY);
}

/* Only the first line may change; CRLF line ends and a missing last one are fine. */
static void
every_cut_and_every_flip_is_refused(void **state)
{
	struct minisign_public p;
	char trusted[MINISIGN_COMMENT_MAX], sig[sizeof(THEIR_SIGNATURE)];
	size_t n = strlen(THEIR_SIGNATURE);
	size_t first = (size_t)(strchr(THEIR_SIGNATURE, '\n') - THEIR_SIGNATURE);

	(void)state;
	their_public(&p);
	for (size_t i = 0; i < n - 1; i++)
		assert_int_not_equal(verify(THEIR_SIGNATURE, i, &p, "hello\n", trusted), MINISIGN_OK);
	for (size_t i = first + 1; i < n - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(sig, THEIR_SIGNATURE, n);
			sig[i] = (char)(sig[i] ^ 1 << bit);
			if (verify(sig, n, &p, "hello\n", trusted) == MINISIGN_OK)
				fail_msg("bit %d of byte %zu flipped, and taken", bit, i);
		}
}

static void
passwords_hide_the_key(void **state)
{
	struct minisign_secret *s = minisign_generate(), *again;
	struct minisign_public a, b;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	assert_non_null(s);
	assert_int_equal(minisign_secret_write(f, s, "correct horse", cheap), MINISIGN_OK);
	fclose(f);
	again = read_secret(text, "correct horse", MINISIGN_OK);
	minisign_public_of(s, &a);
	minisign_public_of(again, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_null(read_secret(text, "battery staple", MINISIGN_PASSWORD));
	assert_null(read_secret(text, NULL, MINISIGN_PASSWORD));
	minisign_forget(again);
	minisign_forget(s);
	free(text);
}

static void
damaged_keys_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "\n", "untrusted comment: x\n", "untrusted comment: x\nRWQ=\n",
		"comment: x\n" "RWSUou+jtGK8vfKiqJOH2/vKHvKkBonGqu7S31ePO/BqpScEWSu/TAIq\n",
		"untrusted comment: x\nRWSUou+jtGK8vfKiqJOH2/vKHvKkBonGqu7S31ePO/BqpScEWSu/TAI\n",
		"untrusted comment: x\nRWSUou+jtGK8vfKiqJOH2/vKHvKkBonGqu7S31ePO/BqpScEWSu/TAIqAA==\n",
		"untrusted comment: x\nRUSUou+jtGK8vfKiqJOH2/vKHvKkBonGqu7S31ePO/BqpScEWSu/TAIq\n",
	};
	struct minisign_public p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FILE *f = stream(bad[i], strlen(bad[i]));

		assert_int_equal(minisign_public_read(f, &p), MINISIGN_FORMAT);
		fclose(f);
		assert_null(read_secret(bad[i], NULL, MINISIGN_FORMAT));
	}
}

static void
a_comment_is_one_printable_line(void **state)
{
	struct minisign_secret *s = minisign_generate();
	static const uint8_t hash[MINISIGN_HASH];
	char *longest = malloc(MINISIGN_COMMENT_MAX + 1);
	FILE *f = tmpfile();

	(void)state;
	assert_int_equal(minisign_sign(f, s, hash, "two\nlines"), MINISIGN_FORMAT);
	assert_int_equal(minisign_sign(f, s, hash, "esc\033[2J"), MINISIGN_FORMAT);
	memset(longest, 'a', MINISIGN_COMMENT_MAX);
	longest[MINISIGN_COMMENT_MAX] = '\0';
	assert_int_equal(minisign_sign(f, s, hash, longest), MINISIGN_FORMAT);
	longest[MINISIGN_COMMENT_MAX - 1] = '\0';
	assert_int_equal(minisign_sign(f, s, hash, longest), MINISIGN_OK);
	fclose(f);
	free(longest);
	minisign_forget(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(their_files_are_read),
		cmocka_unit_test(our_signature_is_theirs),
		cmocka_unit_test(each_wrong_is_named),
		cmocka_unit_test(every_cut_and_every_flip_is_refused),
		cmocka_unit_test(passwords_hide_the_key),
		cmocka_unit_test(damaged_keys_are_refused),
		cmocka_unit_test(a_comment_is_one_printable_line),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
