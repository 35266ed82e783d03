/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that are not stored: keyed BLAKE2b-128 in hex stands for each.
 *
 * File names can be guessed, so the hash needs a key; the key lies beside the
 * database, in PATH.names-key (0600), and not in it: a copy of the database
 * alone does not let a guess be checked, and removing the key file makes the
 * hashes final.  A database whose names are hidden stays so.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/store_impl.h"

#define META_NAMES	"names"
#define HIDDEN		"hidden"

_Static_assert(crypto_generichash_KEYBYTES == sizeof(((struct store *)0)->name_key),
    "the key is BLAKE2b's");

struct text
name_stored(const struct store *s, struct text name, char token[NAME_TOKEN])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[NAME_TOKEN / 2];

	if (!s->hide_names || name.len == 0)
		return name;
	crypto_generichash(digest, sizeof(digest), name.p, name.len, s->name_key,
	    sizeof(s->name_key));
	for (size_t i = 0; i < sizeof(digest); i++) {
		token[2 * i] = hex[digest[i] >> 4];
		token[2 * i + 1] = hex[digest[i] & 15];
	}
	return (struct text){ (const uint8_t *)token, NAME_TOKEN };
}

static int
read_key(struct store *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd == -1)
		return store_fail(s, "its names are hidden, and their key %s cannot be read: %s",
		    path, strerror(errno));
	n = read(fd, s->name_key, sizeof(s->name_key));
	close(fd);
	if (n != (ssize_t)sizeof(s->name_key))
		return store_fail(s, "%s is no key: it should hold 32 bytes", path);
	return 0;
}

static int
make_key(struct store *s, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd == -1 && errno == EEXIST)
		return read_key(s, path);
	if (fd == -1)
		return store_fail(s, "%s cannot be made: %s", path, strerror(errno));
	randombytes_buf(s->name_key, sizeof(s->name_key));
	good = write(fd, s->name_key, sizeof(s->name_key)) == (ssize_t)sizeof(s->name_key) &&
	    fsync(fd) == 0;
	good &= close(fd) == 0;
	if (good)
		return 0;
	unlink(path);
	return store_fail(s, "%s cannot be written: %s", path, strerror(errno));
}

static int
take_key(struct store *s, int (*take)(struct store *, const char *))
{
	char *path;
	int bad;

	if (asprintf(&path, "%s.names-key", s->real_path) == -1)
		return store_fail(s, "out of memory");
	bad = take(s, path);
	free(path);
	s->hide_names = bad == 0;
	return bad;
}

int
store_hide_names(struct store *s)
{
	if (s->hide_names)
		return 0;
	if (take_key(s, make_key) != 0)
		return -1;
	return store_meta_set(s, META_NAMES, HIDDEN);
}

int
names_resume(struct store *s)
{
	char *names;
	bool hidden;

	if (store_meta_find(s, META_NAMES, &names) == -1)
		return -1;
	hidden = names != NULL && strcmp(names, HIDDEN) == 0;
	free(names);
	return hidden ? take_key(s, read_key) : 0;
}
