/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/tar_pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/lib/text.h"

/* ---- files in memory ---------------------------------------------------------- */

FILE *
tar_pack_open(struct tar_pack *k, const char *name)
{
	struct tar_file *f = &k->file[k->n];

	if (k->open != NULL || k->n == PACK_FILES || strlen(name) >= PACK_NAME)
		return NULL;
	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%s", name);
	if ((k->open = open_memstream(&f->p, &f->len)) != NULL)
		k->n++;
	return k->open;
}

int
tar_pack_close(struct tar_pack *k)
{
	FILE *f = k->open;
	int bad = ferror(f);

	k->open = NULL;
	return fclose(f) == 0 && !bad ? 0 : -1;
}

const struct tar_file *
tar_pack_find(const struct tar_pack *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->file[i].name, name) == 0)
			return &k->file[i];
	return NULL;
}

void
tar_pack_free(struct tar_pack *k)
{
	if (k->open != NULL)
		fclose(k->open);
	for (size_t i = 0; i < k->n; i++)
		free(k->file[i].p);
	memset(k, 0, sizeof(*k));
}

/* ---- writing ------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tar_file *)a)->name, ((const struct tar_file *)b)->name);
}

static int
write_file(struct archive *a, const struct tar_file *f, int64_t mtime)
{
	struct archive_entry *e = archive_entry_new();
	int bad;

	if (e == NULL)
		return -1;
	archive_entry_set_pathname(e, f->name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)f->len);
	archive_entry_set_mtime(e, (time_t)mtime, 0);
	bad = archive_write_header(a, e) != ARCHIVE_OK ||
	    archive_write_data(a, f->p, f->len) != (la_ssize_t)f->len;
	archive_entry_free(e);
	return bad ? -1 : 0;
}

int
tar_pack_write(struct tar_pack *k, FILE *f, int64_t mtime, const char **why)
{
	struct archive *a = archive_write_new();
	int bad;

	*why = "out of memory";
	if (a == NULL)
		return -1;
	qsort(k->file, k->n, sizeof(k->file[0]), by_name);
	archive_write_set_format_ustar(a);
	archive_write_set_bytes_in_last_block(a, 512);
	bad = archive_write_open_FILE(a, f) != ARCHIVE_OK;
	for (size_t i = 0; !bad && i < k->n; i++)
		bad = write_file(a, &k->file[i], mtime) != 0;
	if (bad || archive_write_close(a) != ARCHIVE_OK) {
		*why = strerror(archive_errno(a) > 0 ? archive_errno(a) : EIO);
		bad = 1;
	}
	archive_write_free(a);
	return bad ? -1 : 0;
}

/* ---- reading ---------------------------------------------------------------------------- */

static bool
refuse(char *why, size_t size, const char *name, const char *what)
{
	char vis[160];

	snprintf(why, size, "%s: %s", text_vis(vis, sizeof(vis), text_of(name)), what);
	return false;
}

/* A plain name, perhaps in one folder: our own bundles hold no other. */
static bool
is_plain(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

	return name[n] == '\0' && n > 0 && n < PACK_NAME && name[0] != '/' && name[0] != '.' &&
	    strstr(name, "//") == NULL && strstr(name, "/.") == NULL && name[n - 1] != '/';
}

/* Takes a file in; false, with a reason, if it is none that a bundle holds. */
static bool
read_file(struct tar_pack *k, struct archive *a, struct archive_entry *e, uint64_t *left, char *why,
    size_t size)
{
	const char *name = archive_entry_pathname(e);
	struct tar_file *f = &k->file[k->n];
	la_int64_t len = archive_entry_size(e);
	la_ssize_t got;

	if (name == NULL || !is_plain(name))
		return refuse(why, size, name, "no name that a bundle holds");
	if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) != NULL)
		return refuse(why, size, name, "is no regular file");
	if (k->n == PACK_FILES)
		return refuse(why, size, name, "one file too many");
	if (tar_pack_find(k, name) != NULL)
		return refuse(why, size, name, "is there twice");
	if (len < 0 || (uint64_t)len > *left)
		return refuse(why, size, name, "is too large");
	*left -= (uint64_t)len;
	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%s", name);
	if ((f->p = malloc((size_t)len + 1)) == NULL)
		return refuse(why, size, name, "out of memory");
	k->n++;
	f->len = (size_t)len;
	f->p[len] = '\0';
	if ((got = archive_read_data(a, f->p, f->len)) != (la_ssize_t)f->len) {
		f->len = got > 0 ? (size_t)got : 0;
		f->p[f->len] = '\0';
		return refuse(why, size, name, "is cut short");
	}
	if (k->n > 1 && strcmp(k->file[k->n - 2].name, name) > 0)
		return refuse(why, size, name, "is out of order");
	return true;
}

/* Behind the last file there are zeros alone, as tar pads; or a second tar could hide there. */
static bool
ends_there(const struct tar_pack *k, FILE *f)
{
	long at = 0;
	int c;

	for (size_t i = 0; i < k->n; i++)
		at += 512 + (long)((k->file[i].len + 511) / 512 * 512);
	if (fseek(f, at, SEEK_SET) != 0)
		return false;
	while ((c = getc_unlocked(f)) == 0)
		at++;
	return c == EOF && !ferror(f) && at % 512 == 0;
}

bool
tar_pack_read(struct tar_pack *k, FILE *f, char *why, size_t size)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	struct stat st = { .st_size = 0 };
	uint64_t left;
	bool good = true;
	int rc = ARCHIVE_FATAL;

	memset(k, 0, sizeof(*k));
	if (a == NULL)
		return refuse(why, size, "tar", "out of memory");
	/* No file in it is larger than it is, whatever a header says. */
	(void)fstat(fileno(f), &st);
	left = (uint64_t)st.st_size < PACK_BYTES_MAX ? (uint64_t)st.st_size : PACK_BYTES_MAX;
	archive_read_support_format_tar(a);
	if (archive_read_open_FILE(a, f) != ARCHIVE_OK)
		good = refuse(why, size, "tar", "is no tar file");
	while ((rc = archive_read_next_header(a, &e)) == ARCHIVE_OK) {
		if (archive_format(a) != ARCHIVE_FORMAT_TAR_USTAR)
			good = refuse(why, size, "tar", "is not in the plain ustar format");
		good &= read_file(k, a, e, &left, why, size);
	}
	if (rc != ARCHIVE_EOF)
		good = refuse(why, size, "tar", "is damaged");
	archive_read_free(a);
	if (good && !ends_there(k, f))
		good = refuse(why, size, "tar", "holds something behind its end");
	return good;
}
