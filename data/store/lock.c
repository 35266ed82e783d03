/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One crawl or import at a time: an flock on PATH.lock.  The kernel lets go of
 * it however the process ends, so there is never a stale lock to remove; the
 * file stays, and holds the number of the last process that had it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/store/store_impl.h"

static char *
lock_path(const struct store *s)
{
	char *path;

	return asprintf(&path, "%s.lock", s->real_path) == -1 ? NULL : path;
}

int
store_lock(struct store *s)
{
	char *path = lock_path(s);
	int fd;

	if (s->lock_fd != -1 || path == NULL) {
		free(path);
		return s->lock_fd != -1 ? 0 : store_fail(s, "out of memory");
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	/* Whoever may read it could hold it against us. */
	if (fd != -1)
		(void)fchmod(fd, 0600);
	if (fd == -1)
		return store_fail(s, "its lock file cannot be opened: %s", strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int busy = errno == EWOULDBLOCK;

		store_fail(s, busy ? "another crawl or import is working on it" :
		    "cannot be locked: %s", strerror(errno));
		close(fd);
		return busy ? 1 : -1;
	}
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%ld\n", (long)getpid());	/* for people: failure changes nothing */
	s->lock_fd = fd;
	return 0;
}

void
store_remove(struct store *s)
{
	static const char *const suffix[] = { "", "-wal", "-shm", ".lock" };
	char *path;

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++)
		if (asprintf(&path, "%s%s", s->real_path, suffix[i]) != -1) {
			unlink(path);
			free(path);
		}
}

bool
store_is_locked(const struct store *s, long *pid)
{
	char *path = lock_path(s), text[24] = "";
	bool held;
	int fd;

	*pid = 0;
	fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd == -1)
		return false;
	held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	if (held && read(fd, text, sizeof(text) - 1) > 0)
		*pid = strtol(text, NULL, 10);
	close(fd);
	return held;
}
