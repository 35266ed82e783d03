/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/bundle_impl.h"
#include "data/evidence/inspect_impl.h"

#include <errno.h>
#include <libgen.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"
#include "data/lib/text.h"

void
inspect_fail(struct inspector *n, const char *part, const char *fmt, ...)
{
	char what[320], vis[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	n->i->failures++;
	if (n->i->fail != NULL)		/* words of the bundle may stand in it */
		n->i->fail(part, text_vis(vis, sizeof(vis), text_of(what)), n->i->arg);
}

bool
inspect_hex(const char *text, size_t len, uint8_t *out, size_t n)
{
	size_t got;

	return len == 2 * n && strspn(text, "0123456789abcdef") >= len &&
	    sodium_hex2bin(out, n, text, len, NULL, &got, NULL) == 0 && got == n;
}

/* ---- manifest ------------------------------------------------------------------------ */

static json_t *
load_json(struct inspector *n, const char *name)
{
	const struct tar_file *f = tar_pack_find(n->k, name);
	json_error_t e;
	json_t *j;

	if (f == NULL)
		return NULL;
	if ((j = json_loadb(f->p, f->len, JSON_REJECT_DUPLICATES, &e)) == NULL)
		inspect_fail(n, name, "line %d: %s", e.line, e.text);
	else if (!json_is_object(j))
		inspect_fail(n, name, "is no object");
	return j;
}

static bool
same_hash(const json_t *j, const char *key, const uint8_t *hash, size_t size)
{
	const char *text = json_string_value(json_object_get(j, key));
	uint8_t want[64];

	return text != NULL && inspect_hex(text, strlen(text), want, size) &&
	    memcmp(want, hash, size) == 0;
}

static void
compare_file(struct inspector *n, const json_t *entry, bool listed[PACK_FILES])
{
	const char *path = json_string_value(json_object_get(entry, "path"));
	const struct tar_file *f = path == NULL ? NULL : tar_pack_find(n->k, path);
	uint8_t sha[32], blake[32];

	if (f == NULL) {
		inspect_fail(n, "manifest.json", "%s is missing from the bundle",
		    path == NULL ? "a file without a path" : path);
		return;
	}
	listed[f - n->k->file] = true;
	crypto_hash_sha256(sha, (const uint8_t *)f->p, f->len);
	crypto_generichash(blake, sizeof(blake), (const uint8_t *)f->p, f->len, NULL, 0);
	if (json_integer_value(json_object_get(entry, "bytes")) != (json_int_t)f->len)
		inspect_fail(n, f->name, "has another size than manifest.json says");
	if (!same_hash(entry, "sha256", sha, 32) || !same_hash(entry, "blake2b_256", blake, 32))
		inspect_fail(n, f->name, "is not what manifest.json says");
}

static void
check_manifest(struct inspector *n)
{
	bool listed[PACK_FILES] = { false };
	const char *format;
	json_t *entry;
	size_t i;

	if ((n->manifest = load_json(n, "manifest.json")) == NULL)
		return;
	format = json_string_value(json_object_get(n->manifest, "format"));
	if (format == NULL || strcmp(format, BUNDLE_FORMAT) != 0)
		inspect_fail(n, "manifest.json", "format is not " BUNDLE_FORMAT);
	n->hidden = json_is_object(json_object_get(n->manifest, "pseudonyms"));
	n->i->pseudonymous = n->hidden;
	json_array_foreach(json_object_get(n->manifest, "files"), i, entry)
		compare_file(n, entry, listed);
	for (i = 0; i < n->k->n; i++)
		if (!listed[i] && strcmp(n->k->file[i].name, "manifest.json") != 0 &&
		    strcmp(n->k->file[i].name, "SHA256SUMS") != 0)
			inspect_fail(n, n->k->file[i].name, "is not in manifest.json");
	n->kase = load_json(n, "case.json");
}

/* ---- sums ------------------------------------------------------------------------- */

/* "64 hex digits, two blanks, name", as sha256sum writes it; the file it names or NULL. */
static const struct tar_file *
sum_line(struct inspector *n, const char *line, size_t len, uint8_t sum[32])
{
	char name[PACK_NAME];

	if (len < 67 || len - 66 >= sizeof(name) || memcmp(line + 64, "  ", 2) != 0 ||
	    !inspect_hex(line, 64, sum, 32)) {
		inspect_fail(n, "SHA256SUMS", "a line that sha256sum would not write");
		return NULL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(len - 66), line + 66);
	if (tar_pack_find(n->k, name) == NULL)
		inspect_fail(n, "SHA256SUMS", "%s is missing from the bundle", name);
	return tar_pack_find(n->k, name);
}

/* Does the manifest say that the file of this name has this sum? */
static bool
in_manifest(const struct inspector *n, const char *name, const uint8_t sum[32])
{
	const char *path;
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(n->manifest, "files"), i, entry)
		if ((path = json_string_value(json_object_get(entry, "path"))) != NULL &&
		    strcmp(path, name) == 0)
			return same_hash(entry, "sha256", sum, 32);
	return false;
}

static void
check_sums(struct inspector *n)
{
	const struct tar_file *sums = tar_pack_find(n->k, "SHA256SUMS"), *f;
	bool listed[PACK_FILES] = { false };
	uint8_t want[32], have[32];

	for (size_t at = 0; sums != NULL && at < sums->len;) {
		const char *line = sums->p + at, *end = memchr(line, '\n', sums->len - at);
		size_t len = end == NULL ? sums->len - at : (size_t)(end - line);

		at += len + 1;
		if ((f = sum_line(n, line, len, want)) == NULL)
			continue;
		listed[f - n->k->file] = true;
		crypto_hash_sha256(have, (const uint8_t *)f->p, f->len);
		if (memcmp(have, want, sizeof(have)) == 0)
			continue;
		if (in_manifest(n, f->name, have))	/* then the sum is what was changed */
			inspect_fail(n, "SHA256SUMS", "the sum of %s is not what manifest.json says",
			    f->name);
		else
			inspect_fail(n, f->name, "is not what SHA256SUMS says");
		if (strcmp(f->name, "manifest.json") == 0)	/* no third place says which */
			inspect_fail(n, "SHA256SUMS", "or the sum of manifest.json was changed");
	}
	for (size_t i = 0; i < n->k->n; i++)
		if (!listed[i] && sums != &n->k->file[i])
			inspect_fail(n, n->k->file[i].name, "is not in SHA256SUMS");
}

/* ---- the whole tar ------------------------------------------------------------------------ */

static void
find_missing(struct inspector *n)
{
	static const char *const needed[] = { "METHOD.txt", "README.txt", "SHA256SUMS", "case.json",
		"keys.jsonl", "manifest.json", "peers.csv", "rounds.csv", "verify.sh" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (tar_pack_find(n->k, needed[i]) == NULL)
			inspect_fail(n, needed[i], "is missing from the bundle");
}

static void
release(struct inspector *n)
{
	json_decref(n->manifest);
	json_decref(n->kase);
	id_table_free(&n->sources);
	id_table_free(&n->peers);
	id_table_free(&n->pairs);
	free(n->round);
	free(n->peer);
	free(n->source_round);
	free(n->source_says);
	free(n->csv_peer);
}

static void
look_at_published(struct inspector *n, const char *path)
{
	FILE *f = path == NULL ? NULL : fopen(path, "re");

	if (path == NULL)
		return;
	if (f == NULL) {
		inspect_fail(n, path, "%s", os_error());
		return;
	}
	if ((n->i->agreeing = inspect_published(n, f, path)) == 0)
		inspect_fail(n, path, "nothing was compared: none of its checkpoints is of this log and time");
	fclose(f);
}

static void
inspect_all(struct inspection *i, const struct tar_pack *k, const struct minisign_public *public,
    const char *published)
{
	struct inspector n = { .i = i, .k = k, .public = public };

	find_missing(&n);
	check_manifest(&n);
	check_sums(&n);
	inspect_rounds(&n);
	inspect_seen(&n);
	inspect_keys(&n);
	inspect_case(&n);
	inspect_peers(&n);
	inspect_checkpoints(&n);
	inspect_claims(&n);
	look_at_published(&n, published);
	if (n.oom)
		inspect_fail(&n, "tar", "not everything was checked: out of memory");
	i->records = n.records;
	i->rounds = (int64_t)n.nrounds;
	if (i->kept != NULL)
		inspect_keep(&n, i->kept);
	release(&n);
}

void
inspect_tar(struct inspection *i, const struct tar_pack *k, const struct minisign_public *public)
{
	inspect_all(i, k, public, NULL);
}

/* ---- signature and name --------------------------------------------------------------------- */

bool
inspect_field(const char *comment, const char *name, char *out, size_t size)
{
	size_t len = strlen(name), n;

	for (const char *p = comment; *p != '\0'; p += strcspn(p, "\t"), p += *p == '\t') {
		if (strncmp(p, name, len) != 0 || p[len] != ':')
			continue;
		n = strcspn(p + len + 1, "\t");
		return (size_t)snprintf(out, size, "%.*s", (int)n, p + len + 1) < size;
	}
	return false;
}

/* A bundle under another name, or of another place in the sequence, is not the one signed. */
static void
check_name(struct inspector *n, const char *path, const char *comment)
{
	char *copy = strdup(path), signed_as[256], vis[256];

	if (copy == NULL)
		n->oom = true;
	else if (!inspect_field(comment, "file", signed_as, sizeof(signed_as)))
		inspect_fail(n, "name", "the trusted comment names no file");
	else if (strcmp(signed_as, text_vis(vis, sizeof(vis), text_of(basename(copy)))) != 0)
		inspect_fail(n, "name", "was signed as %s", signed_as);
	free(copy);
}

static void
check_previous(struct inspector *n, const char *previous, const char *comment)
{
	uint8_t hash[MINISIGN_HASH];
	char want[33], said[64];
	FILE *f = fopen(previous, "re");

	if (f == NULL || minisign_hash(f, hash) != 0)
		inspect_fail(n, "sequence", "%s: %s", previous, strerror(errno));
	else if (sodium_bin2hex(want, sizeof(want), hash, 16) != NULL &&
	    (!inspect_field(comment, "prev", said, sizeof(said)) || strcmp(said, want) != 0))
		inspect_fail(n, "sequence", "%s is not the bundle before this one", previous);
	if (f != NULL)
		fclose(f);
}

/* For people: blanks where the fields have TABs between them. */
static void
show_comment(char out[MINISIGN_COMMENT_MAX], const char *comment)
{
	char copy[MINISIGN_COMMENT_MAX];

	snprintf(copy, sizeof(copy), "%s", comment);
	for (char *p = copy; (p = strchr(p, '\t')) != NULL;)
		*p = ' ';
	text_vis(out, MINISIGN_COMMENT_MAX, text_of(copy));
}

static int
check_signature(struct inspector *n, FILE *tar, const char *path, const char *previous,
    uint8_t hash[MINISIGN_HASH], char comment[MINISIGN_COMMENT_MAX])
{
	char *name = NULL;
	enum minisign_error e;
	FILE *f = NULL;

	if (minisign_hash(tar, hash) != 0 || asprintf(&name, "%s.minisig", path) == -1 ||
	    (f = fopen(name, "re")) == NULL) {
		log_error("%s: %s", name == NULL ? path : name, strerror(errno));
		free(name);
		return -1;
	}
	e = minisign_verify(f, n->public, hash, comment);
	show_comment(n->i->trusted, comment);
	n->i->signature = e;
	if (e != MINISIGN_OK)
		inspect_fail(n, "signature", "%s", minisign_reason(e));
	if (e == MINISIGN_OK) {
		check_name(n, path, comment);
		if (previous != NULL)
			check_previous(n, previous, comment);
	}
	fclose(f);
	free(name);
	return 0;
}

/* A bundle of one database cannot be signed as another's. */
static void
compare_database(struct inspector *n, const char *comment, const struct inspected *k)
{
	const char *said = k == NULL ? NULL :
	    json_string_value(json_object_get(k->manifest, "database"));
	char signed_for[64];

	if (said == NULL || !inspect_field(comment, "db", signed_for, sizeof(signed_for)) ||
	    strcmp(said, signed_for) != 0)
		inspect_fail(n, "manifest.json", "database: is not the one that was signed for");
}

int
inspect_bundle(struct inspection *i, const char *path, const struct minisign_public *public,
    const char *previous, const char *published)
{
	struct inspector n = { .i = i, .public = public };
	struct tar_pack k;
	FILE *f = fopen(path, "re");
	uint8_t hash[MINISIGN_HASH];
	char why[320], comment[MINISIGN_COMMENT_MAX];
	int bad;

	if (f == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if ((bad = check_signature(&n, f, path, previous, hash, comment)) == 0 && n.i->trusted[0] != '\0' &&
	    i->signature == MINISIGN_OK) {
		rewind(f);
		if (!tar_pack_read(&k, f, why, sizeof(why)))
			inspect_fail(&n, "tar", "%s", why);
		i->kept = inspect_keep_new(hash, comment);
		inspect_all(i, &k, public, published);
		compare_database(&n, comment, i->kept);
		tar_pack_free(&k);
	}
	fclose(f);
	return bad != 0 ? -1 : i->failures > 0;
}
