/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <sodium.h>
#include <sys/stat.h>

#include "data/lib/cli.h"
#include "data/evidence/bundle.h"
#include "data/evidence/inspect.h"
#include "data/evidence/keys.h"
#include "data/evidence/tar_pack.h"
#include "data/lib/log.h"
#include "tests/unit/data/evidence/fixture.h"

/* ---- making and checking ---- */

static int
make(const char *name, bool pseudonymous)
{
	char db[160], out[160], key[160];
	struct bundle_request r = { .db = fx_path(db, "db"), .out = fx_path(out, name),
		.incident = 1, .key = fx_path(key, "key"), .pseudonymous = pseudonymous,
		.records = BUNDLE_RECORDS };
	char sig[200];

	snprintf(sig, sizeof(sig), "%s.minisig", out);
	unlink(out);
	unlink(sig);
	return bundle_export(&r);
}

/* What an inspection told: the parts, one after the other. */
struct told { char parts[4096]; char first[400]; };

static void
listen(const char *part, const char *what, void *arg)
{
	struct told *t = arg;
	size_t n = strlen(t->parts);

	if (t->first[0] == '\0')
		snprintf(t->first, sizeof(t->first), "%s: %s", part, what);
	snprintf(t->parts + n, sizeof(t->parts) - n, "<%s>", part);
}

static bool
named(const struct told *t, const char *part)
{
	char want[128];

	snprintf(want, sizeof(want), "<%s>", part);
	return strstr(t->parts, want) != NULL;
}

static int
inspect(const char *name, struct told *t)
{
	char path[160], pub[160];
	struct minisign_public p;
	struct inspection i = { .fail = listen, .arg = t };
	int bad;

	memset(t, 0, sizeof(*t));
	assert_int_equal(keys_public(fx_path(pub, "key.pub"), &p), 0);
	bad = inspect_bundle(&i, fx_path(path, name), &p, NULL, NULL);
	inspect_forget(i.kept);
	return bad;
}

static char *
load(const char *name, size_t *n)
{
	char path[160];
	FILE *f = fopen(fx_path(path, name), "r");
	char *p = malloc(1 << 22);

	assert_non_null(f);
	*n = fread(p, 1, 1 << 22, f);
	fclose(f);
	return p;
}

static void
save(const char *name, const char *p, size_t n)
{
	char path[160];
	FILE *f = fopen(fx_path(path, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void
copy(const char *from, const char *to)
{
	size_t n;
	char *p = load(from, &n);

	save(to, p, n);
	free(p);
}

static void
unpack(const char *name, struct tar_pack *k)
{
	char path[160], why[256];
	FILE *f = fopen(fx_path(path, name), "r");

	assert_non_null(f);
	assert_true(tar_pack_read(k, f, why, sizeof(why)));
	fclose(f);
}

/* ---- what a bundle is ---- */

static void
a_bundle_is_good(void **state)
{
	struct told t;

	(void)state;
	assert_int_equal(make("good.tar", false), EXIT_DONE);
	if (inspect("good.tar", &t) != 0)
		fail_msg("%s", t.first);
	assert_int_equal(make("hidden.tar", true), EXIT_DONE);
	if (inspect("hidden.tar", &t) != 0)
		fail_msg("%s", t.first);
}

static void
the_same_data_gives_the_same_bytes(void **state)
{
	size_t n, m;
	char *a, *b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "good.tar" : "hidden.tar";

		a = load(name, &n);
		assert_int_equal(make("again.tar", i == 1), EXIT_DONE);
		b = load("again.tar", &m);
		assert_int_equal(n, m);
		assert_memory_equal(a, b, n);
		free(a);
		free(b);
	}
}

/* Made once more under the same name, even the signature is the same. */
static void
a_bundle_keeps_its_number(void **state)
{
	size_t n, m;
	char *a = load("good.tar.minisig", &n), *b;

	(void)state;
	assert_int_equal(make("good.tar", false), EXIT_DONE);
	b = load("good.tar.minisig", &m);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n);
	free(a);
	free(b);
	b = load("hidden.tar.minisig", &m);
	b[m] = '\0';
	assert_non_null(strstr(b, "\tseq:2\t"));
	free(b);
}

static void
a_bundle_with_addresses_is_for_its_owner(void **state)
{
	char path[160];
	struct stat st;

	(void)state;
	assert_int_equal(stat(fx_path(path, "good.tar"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
a_selection_of_records_is_good_too(void **state)
{
	char db[160], out[160], key[160];
	struct bundle_request r = { .db = fx_path(db, "db"), .out = fx_path(out, "few.tar"),
		.incident = 1, .key = fx_path(key, "key"), .records = 7 };
	struct told t;
	struct tar_pack k;

	(void)state;
	assert_int_equal(bundle_export(&r), EXIT_DONE);
	if (inspect("few.tar", &t) != 0)
		fail_msg("%s", t.first);
	unpack("few.tar", &k);
	assert_non_null(strstr(tar_pack_find(&k, "case.json")->p, "\"records\": 7,"));
	tar_pack_free(&k);
}

/* A bundle is named by the one after it: nothing takes its place. */
static void
no_bundle_is_replaced(void **state)
{
	char db[160], out[160], key[160];
	struct bundle_request r = { .db = fx_path(db, "db"), .out = fx_path(out, "good.tar"),
		.incident = 1, .key = fx_path(key, "key"), .records = 7 };
	size_t n, m;
	char *a = load("good.tar", &n), *b;

	(void)state;
	assert_int_equal(bundle_export(&r), EXIT_FAILED);
	b = load("good.tar", &m);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n);
	free(a);
	free(b);
	r.out = fx_path(out, "none.tar");
	save("none.tar.minisig", "x", 1);
	assert_int_equal(bundle_export(&r), EXIT_FAILED);
	assert_int_equal(access(fx_path(out, "none.tar"), F_OK), -1);
	unlink(fx_path(out, "none.tar.minisig"));
}

static void
an_absent_incident_is_nothing_to_do(void **state)
{
	char db[160], out[160], key[160];
	struct bundle_request r = { .db = fx_path(db, "db"), .out = fx_path(out, "none.tar"),
		.incident = 2, .key = fx_path(key, "key"), .records = 7 };

	(void)state;
	assert_int_equal(bundle_export(&r), EXIT_NOTHING);
	assert_int_equal(access(out, F_OK), -1);
}

/* ---- mutations ---- */

static unsigned
dice(size_t n)
{
	return (unsigned)((uint64_t)random() % n);
}

/* 600 of 600: any bit of the tar flipped is refused. */
static void
every_flipped_bit_is_refused(void **state)
{
	struct told t;
	size_t n;
	char *p = load("good.tar", &n);

	(void)state;
	copy("good.tar.minisig", "flip.tar.minisig");
	srandom(1);
	for (int i = 0; i < 600; i++) {
		size_t at = dice(n);
		char bit = (char)(1 << dice(8));

		p[at] ^= bit;
		save("flip.tar", p, n);
		p[at] ^= bit;
		assert_int_equal(inspect("flip.tar", &t), 1);
		if (strcmp(t.parts, "<signature>") != 0)	/* nothing unsigned is parsed */
			fail_msg("told %s", t.parts);
	}
	free(p);
}

/* Of a file whose end is missing there is what was read, and nothing behind it. */
static void
a_tar_that_is_cut_short_holds_what_was_read(void **state)
{
	static struct tar_pack k, half;
	char path[160], why[256];
	const struct tar_file *last;
	FILE *f;

	(void)state;
	for (int i = 0; i < 2; i++) {
		f = tar_pack_open(&k, i == 0 ? "a.txt" : "b.txt");
		assert_non_null(f);
		for (int n = 0; n < 1500; n++)
			fputc('x', f);
		assert_int_equal(tar_pack_close(&k), 0);
	}
	f = fopen(fx_path(path, "cut.tar"), "w+");
	assert_non_null(f);
	assert_int_equal(tar_pack_write(&k, f, 1, &(const char *){ NULL }), 0);
	fflush(f);
	assert_int_equal(ftruncate(fileno(f), 512 + 1536 + 512 + 1000), 0);
	rewind(f);
	assert_false(tar_pack_read(&half, f, why, sizeof(why)));
	fclose(f);
	last = tar_pack_find(&half, "b.txt");
	assert_non_null(last);
	assert_true(last->len <= 1000 && last->p[last->len] == '\0');
	assert_true(strspn(last->p, "x") == last->len);
	tar_pack_free(&half);
	tar_pack_free(&k);
}

/* Writes the tar pack as a bundle with sums, manifest and signature that fit it. */
static void
sign_again(struct tar_pack *k, const char *name)
{
	char path[160], sig[200], key[160], comment[8192];
	uint8_t hash[MINISIGN_HASH];
	struct minisign_secret *s = keys_secret(fx_path(key, "key"), NULL);
	const char *why;
	FILE *f = fopen(fx_path(path, name), "w");

	assert_non_null(s);
	assert_int_equal(tar_pack_write(k, f, 1, &why), 0);
	fclose(f);
	f = fopen(path, "r");
	minisign_hash(f, hash);
	fclose(f);
	snprintf(sig, sizeof(sig), "%s.minisig", path);
	snprintf(comment, sizeof(comment), "timestamp:1\tfile:%s\thashed\tseq:1\tprev:none\tdb:%s", name,
	    strstr(tar_pack_find(k, "manifest.json")->p, "\"database\": \"") + 13);
	strchr(strstr(comment, "\tdb:"), '"')[0] = '\0';
	f = fopen(sig, "w");
	assert_int_equal(minisign_sign(f, s, hash, comment), MINISIGN_OK);
	fclose(f);
	minisign_forget(s);
}

/* Puts text in the place of the first old one; the file of this name. */
static void
edit(struct tar_pack *k, const char *name, const char *old, const char *text)
{
	struct tar_file *f = (struct tar_file *)(uintptr_t)tar_pack_find(k, name);
	char *at = memmem(f->p, f->len, old, strlen(old)), *p;
	size_t before;

	if (at == NULL)
		fail_msg("%s holds no %s", name, old);
	before = (size_t)(at - f->p);
	p = malloc(f->len + strlen(text) + 1);
	memcpy(p, f->p, before);
	memcpy(p + before, text, strlen(text));
	memcpy(p + before + strlen(text), at + strlen(old), f->len - before - strlen(old));
	f->len += strlen(text) - strlen(old);
	p[f->len] = '\0';
	free(f->p);
	f->p = p;
}

/* The sums and the manifest say again what the files are. */
static void
sum_again(struct tar_pack *k, const struct tar_pack *was)
{
	for (size_t i = 0; i < was->n; i++) {
		const struct tar_file *a = &was->file[i], *b = tar_pack_find(k, a->name);
		uint8_t hash[32];
		char old[65], new[65], from[64], to[64];

		if (b == NULL || strcmp(a->name, "SHA256SUMS") == 0 ||
		    (a->len == b->len && memcmp(a->p, b->p, a->len) == 0))
			continue;
		if (strcmp(a->name, "manifest.json") != 0) {
			crypto_hash_sha256(hash, (const uint8_t *)a->p, a->len);
			sodium_bin2hex(old, sizeof(old), hash, 32);
			crypto_hash_sha256(hash, (const uint8_t *)b->p, b->len);
			sodium_bin2hex(new, sizeof(new), hash, 32);
			edit(k, "SHA256SUMS", old, new);
			edit(k, "manifest.json", old, new);
			crypto_generichash(hash, 32, (const uint8_t *)a->p, a->len, NULL, 0);
			sodium_bin2hex(old, sizeof(old), hash, 32);
			crypto_generichash(hash, 32, (const uint8_t *)b->p, b->len, NULL, 0);
			sodium_bin2hex(new, sizeof(new), hash, 32);
			edit(k, "manifest.json", old, new);
			snprintf(from, sizeof(from), "\"bytes\": %zu,", a->len);
			snprintf(to, sizeof(to), "\"bytes\": %zu,", b->len);
			edit(k, "manifest.json", from, to);
		}
	}
	/* The manifest's own sum, last. */
	uint8_t hash[32];
	char old[65], new[65];
	const struct tar_file *a = tar_pack_find(was, "manifest.json"), *b = tar_pack_find(k, "manifest.json");

	crypto_hash_sha256(hash, (const uint8_t *)a->p, a->len);
	sodium_bin2hex(old, sizeof(old), hash, 32);
	crypto_hash_sha256(hash, (const uint8_t *)b->p, b->len);
	sodium_bin2hex(new, sizeof(new), hash, 32);
	if (strcmp(old, new) != 0)
		edit(k, "SHA256SUMS", old, new);
}

/* The sensor's own owner, key in hand, cannot make these unnoticed either. */
static void
what_does_not_follow_is_named(void **state)
{
	static const struct { const char *file, *old, *text, *part; } change[] = {
		{ "case.json", "\"records\": 65,", "\"records\": 66,", "case.json" },
		{ "case.json", "\"sources\": 60,", "\"sources\": 600,", "case.json" },
		{ "case.json", "\"peers\": 2\n", "\"peers\": 3\n", "case.json" },
		{ "case.json", "\"tried\": 20,", "\"tried\": 21,", "case.json" },
		{ "case.json", "\"rounds\": 5,", "\"rounds\": 6,", "case.json" },
		{ "case.json", "\"format\"", "\"incident\"", "case.json" },
		{ "rounds.csv", ",1,4,3,42,", ",1,5,3,42,", "rounds.csv" },
		{ "rounds.csv", ",42,1,0,4,", ",43,1,0,4,", "rounds.csv" },
		{ "rounds.csv", ",13,12,", ",14,12,", "rounds.csv" },
		{ "rounds.csv", "\r\n3,3,", "\r\n3,2,", "rounds.csv" },
		{ "peers.csv", ",7743,", ",7744,", "peers.csv" },	/* the same peer in another cell */
		{ "peers.csv", "203.0.113.1:7743,", "203.0.113.1:7744,", "peers.csv" },
		{ "peers.csv", ",50,50,5,", ",51,50,5,", "peers.csv" },
		{ "peers.csv", "2010-05-21T00:5", "2010-05-21T00:4", "peers.csv" },
		{ "keys.jsonl", "\"ttl\":1400", "\"ttl\":1401", "keys.jsonl" },
		{ "keys.jsonl", "\"source\":\"44.2.160.1:20000\"", "\"source\":\"44.2.160.2:20000\"",
		    "keys.jsonl" },
		{ "keys.jsonl", "secret name", "public name", "keys.jsonl" },
		{ "keys.jsonl", "\"raw\":\"010203", "\"raw\":\"010204", "keys.jsonl" },
		{ "keys.jsonl", "\"index\":", "\"index\":1", "keys.jsonl" },
		{ "keys.jsonl", "\"proof\":[\"", "\"proof\":[\"ff", "keys.jsonl" },
		{ "keys.jsonl", "\"salt\":\"", "\"salt\":\"00", "keys.jsonl" },
		{ "keys.jsonl", "{\"type\":\"key\",\"round\":2,", "{\"type\":\"key\",\"round\":3,",
		    "keys.jsonl" },
		{ "SHA256SUMS", "README.txt", "README.tct", "SHA256SUMS" },
		{ "README.txt", "EVIDENCE", "EVIDENCE ", "README.txt" },
	};
	struct told t;

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		struct tar_pack was, k;

		unpack("good.tar", &was);
		unpack("good.tar", &k);
		edit(&k, change[i].file, change[i].old, change[i].text);
		sum_again(&k, &was);
		sign_again(&k, "forged.tar");
		inspect("forged.tar", &t);
		if (!named(&t, change[i].part))
			fail_msg("%s: %s: told %s", change[i].file, change[i].text, t.parts);
		tar_pack_free(&was);
		tar_pack_free(&k);
	}
}

/* From the start of line n (0: the first) to the start of the next. */
static void
line_at(const struct tar_file *f, int n, size_t *from, size_t *to)
{
	const char *p = f->p;

	for (; n > 0; n--)
		p = strchr(p, '\n') + 1;
	*from = (size_t)(p - f->p);
	*to = (size_t)(strchr(p, '\n') + 1 - f->p);
}

static void
drop_line(struct tar_file *f, int n)
{
	size_t from, to;

	line_at(f, n, &from, &to);
	memmove(f->p + from, f->p + to, f->len - to + 1);
	f->len -= to - from;
}

static void
repeat_line(struct tar_file *f, int n)
{
	size_t from, to;
	char *p = malloc(2 * f->len + 1);

	line_at(f, n, &from, &to);
	memcpy(p, f->p, to);
	memcpy(p + to, f->p + from, f->len - from + 1);
	f->len += to - from;
	free(f->p);
	f->p = p;
}

/* Line n goes behind the one that follows it. */
static void
swap_lines(struct tar_file *f, int n)
{
	size_t from, to, end;
	char *copy;

	line_at(f, n, &from, &to);
	line_at(f, n + 1, &to, &end);
	copy = malloc(to - from);
	memcpy(copy, f->p + from, to - from);
	memmove(f->p + from, f->p + to, end - to);
	memcpy(f->p + from + (end - to), copy, to - from);
	free(copy);
}

/* Dropped, repeated and reordered lines, with sums and signature made anew. */
static void
every_line_has_its_place(void **state)
{
	static const struct { const char *file; int lines; } table[] = {
		{ "rounds.csv", 6 }, { "keys.jsonl", 65 }, { "peers.csv", 3 },
	};
	static void (*const hand[])(struct tar_file *, int) = { drop_line, repeat_line, swap_lines };
	struct told t;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (int n = 0; n < table[i].lines - 1; n += 1 + table[i].lines / 12)
			for (size_t h = 0; h < 3; h++) {
				struct tar_pack was, k;

				if (i == 2 && h == 2 && n > 0)	/* peers may stand in any order */
					continue;
				unpack("good.tar", &was);
				unpack("good.tar", &k);
				hand[h]((struct tar_file *)(uintptr_t)tar_pack_find(&k, table[i].file), n);
				sum_again(&k, &was);
				sign_again(&k, "forged.tar");
				inspect("forged.tar", &t);
				if (!named(&t, table[i].file) && !named(&t, "case.json"))
					fail_msg("%s, line %d, hand %zu: told %s", table[i].file, n, h,
					    t.parts);
				tar_pack_free(&was);
				tar_pack_free(&k);
			}
}

static void
another_name_or_key_is_refused(void **state)
{
	char key[160], pub[160], path[160];
	struct minisign_public p;
	struct inspection i = { .fail = listen };
	struct told t;

	(void)state;
	copy("good.tar", "other.tar");
	copy("good.tar.minisig", "other.tar.minisig");
	assert_int_equal(inspect("other.tar", &t), 1);
	assert_string_equal(t.parts, "<name>");
	assert_int_equal(keys_generate(fx_path(key, "key2"), fx_path(pub, "key2.pub"), NULL, false), 0);
	assert_int_equal(keys_public(pub, &p), 0);
	memset(&t, 0, sizeof(t));
	i.arg = &t;
	assert_int_equal(inspect_bundle(&i, fx_path(path, "good.tar"), &p, NULL, NULL), 1);
	inspect_forget(i.kept);
	assert_string_equal(t.parts, "<signature>");
}

/* ---- pseudonyms ---- */

static void
put_be(uint8_t out[6], struct endpoint e)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(e.ip >> (24 - 8 * i));
	out[4] = (uint8_t)(e.port >> 8);
	out[5] = (uint8_t)e.port;
}

struct scan { const char *p; size_t n; int found; };

/* As text, and in hex in either byte order, with and without its port. */
static int
scan_node(int64_t id, struct endpoint e, void *arg)
{
	struct scan *s = arg;
	uint8_t be[6], le[6];
	char text[ENDPOINT_TEXT], hex[13];

	(void)id;
	endpoint_format(text, e);
	s->found += memmem(s->p, s->n, text, strlen(text)) != NULL;
	*strchr(text, ':') = '\0';
	s->found += memmem(s->p, s->n, text, strlen(text)) != NULL;
	put_be(be, e);
	for (int i = 0; i < 4; i++)
		le[i] = be[3 - i];
	le[4] = be[5];
	le[5] = be[4];
	sodium_bin2hex(hex, sizeof(hex), be, 6);
	s->found += memmem(s->p, s->n, hex, 12) != NULL;
	sodium_bin2hex(hex, sizeof(hex), le, 6);
	s->found += memmem(s->p, s->n, hex, 12) != NULL;
	return 0;
}

static void
nobody_is_named_in_a_pseudonymous_bundle(void **state)
{
	static const char *const words[] = { "secret name", "tripcode", "cluster word",
		"736563726574206e616d65" /* in hex */, "010203000000" /* a raw record */ };
	char db[160];
	struct store *s = store_open(fx_path(db, "db"), STORE_READ);
	struct scan c = { .found = 0 };
	char *p = load("hidden.tar", &c.n);

	(void)state;
	c.p = p;
	assert_int_equal(rows_nodes(s, 0, scan_node, &c), 0);
	assert_int_equal(c.found, 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(p, c.n, words[i], strlen(words[i])) != NULL)
			fail_msg("%s is in it", words[i]);
	free(p);
	/* The scan itself finds what is there. */
	c.p = p = load("good.tar", &c.n);
	assert_int_equal(rows_nodes(s, 0, scan_node, &c), 0);
	assert_true(c.found > 60);
	free(p);
	store_close(s);
}

static int
setup(void **state)
{
	char key[160], pub[160];

	log_setup(NULL, LOG_QUIET);
	return fx_setup(state) != 0 ||
	    keys_generate(fx_path(key, "key"), fx_path(pub, "key.pub"), NULL, false) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_is_good),
		cmocka_unit_test(a_tar_that_is_cut_short_holds_what_was_read),
		cmocka_unit_test(the_same_data_gives_the_same_bytes),
		cmocka_unit_test(a_bundle_keeps_its_number),
		cmocka_unit_test(a_bundle_with_addresses_is_for_its_owner),
		cmocka_unit_test(a_selection_of_records_is_good_too),
		cmocka_unit_test(no_bundle_is_replaced),
		cmocka_unit_test(an_absent_incident_is_nothing_to_do),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(what_does_not_follow_is_named),
		cmocka_unit_test(every_line_has_its_place),
		cmocka_unit_test(another_name_or_key_is_refused),
		cmocka_unit_test(nobody_is_named_in_a_pseudonymous_bundle),
	};

	return cmocka_run_group_tests(tests, setup, fx_teardown);
}
