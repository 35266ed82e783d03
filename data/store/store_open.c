/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening: the file, its schema, and what of it a handle keeps at hand. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bounds.h"
#include "data/lib/log.h"
#include "data/store/record_fields.h"
#include "data/store/store_impl.h"

/* What can be said before SQLite is asked, in plainer words than its own. */
static int
check_path(struct store *s)
{
	struct stat st;

	if (stat(s->path, &st) != 0) {
		if (errno == ENOENT && s->mode == STORE_CREATE)
			return 0;
		if (errno == ENOENT)
			return store_fail(s, "no such database; \"kansoku crawl\" or"
			    " \"kansoku import\" makes one");
		return store_fail(s, "%s", strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		return store_fail(s, "is a folder; want a database file");
	return 0;
}

static int
open_as(struct store *s, const char *name, int flags)
{
	sqlite3_close(s->db);
	s->db = NULL;
	if (sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		int system = s->db == NULL ? ENOMEM : sqlite3_system_errno(s->db);

		return store_fail(s, "cannot be opened: %s", strerror(system));
	}
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, PATIENCE_LAST_MS);
	schema_harden(s->db);
	return 0;
}

/* "file:PATH?immutable=1" with all that means something in a URI as %XX; to free. */
static char *
immutable_uri(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
	static const char head[] = "file:", tail[] = "?immutable=1";
	char *uri = malloc(sizeof(head) + strlen(path) * 3 + sizeof(tail)), *p = uri;

	if (uri == NULL)
		return NULL;
	p = stpcpy(p, head);
	for (; *path != '\0'; path++) {
		if (strchr(plain, *path) != NULL)
			*p++ = *path;
		else
			p += snprintf(p, 4, "%%%02X", (unsigned char)*path);
	}
	stpcpy(p, tail);
	return uri;
}

static bool
has_journal(const struct store *s)
{
	struct stat st;
	char *wal;
	bool there;

	if (asprintf(&wal, "%s-wal", s->path) == -1)
		return true;
	there = stat(wal, &st) == 0 && st.st_size > 0;
	free(wal);
	return there;
}

/*
 * On a medium that cannot be written SQLite has no place for its shared
 * memory.  Then nobody else writes either, and the file is all there is.
 */
static int
reopen_immutable(struct store *s)
{
	char *uri;
	int bad;

	if (has_journal(s))
		return store_fail(s, "was not closed properly and lies where nothing can be"
		    " written: copy it with its -wal file to another place");
	if ((uri = immutable_uri(s->path)) == NULL)
		return store_fail(s, "out of memory");
	bad = open_as(s, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	free(uri);
	return bad != 0 ? -1 : schema_check(s);
}

/* SQLite makes its journal with the rights of the file: none for others than the group. */
static int
make_private(struct store *s)
{
	int fd;

	if (s->mode != STORE_CREATE || access(s->path, F_OK) == 0)
		return 0;
	fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd == -1 && errno != EEXIST)
		return store_fail(s, "cannot be made: %s", strerror(errno));
	if (fd != -1)
		close(fd);
	return 0;
}

static int
open_file(struct store *s)
{
	static const int flags[] = {
		[STORE_READ] = SQLITE_OPEN_READONLY,
		[STORE_WRITE] = SQLITE_OPEN_READWRITE,
		[STORE_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	int code;

	if (check_path(s) != 0 || make_private(s) != 0 || open_as(s, s->path, flags[s->mode]) != 0)
		return -1;
	if (s->mode != STORE_READ && sqlite3_db_readonly(s->db, "main") == 1)
		return store_fail(s, "may not be written: check its permissions");
	if (schema_check(s) == 0)
		return 0;
	code = sqlite3_errcode(s->db) & 0xff;
	if (s->mode == STORE_READ && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY))
		return reopen_immutable(s);
	return -1;
}

/* Where the file is, for the lock and the key that lie beside it. */
static int
find_real_path(struct store *s)
{
	if ((s->real_path = realpath(s->path, NULL)) == NULL)
		return store_fail(s, "%s", strerror(errno));
	return 0;
}

/*
 * All SQL runs on one thread (the log's second one only hashes), so SQLite need
 * not lock itself: a tenth of the time of a batch.  Asked once before SQLite's
 * first use; later it refuses, and stays as it is.
 */
static void
need_no_locks(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct store *
store_open(const char *path, enum store_mode mode)
{
	struct store *s;

	need_no_locks();
	if (sodium_init() < 0 || (s = calloc(1, sizeof(*s))) == NULL) {
		log_error("%s: out of memory", path);
		return NULL;
	}
	s->mode = mode;
	s->lock_fd = -1;
	if ((s->path = strdup(path)) == NULL) {
		log_error("%s: out of memory", path);
		store_close(s);
		return NULL;
	}
	if (open_file(s) == 0 && find_real_path(s) == 0 && fields_resume(s) == 0 &&
	    (mode == STORE_READ || names_resume(s) == 0))
		return s;
	log_error("%s", s->error);
	store_close(s);
	return NULL;
}
