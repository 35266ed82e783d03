/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER	65536
#define TRIES	100	/* names for the file in the making */

struct outfile {
	FILE	*f;
	char	*path;		/* NULL: written in place, nothing to move */
	char	*making;	/* the name until it is whole */
	bool	 new;		/* nothing may be there */
};

static void
outfile_free(struct outfile *o)
{
	int saved = errno;

	if (o->f != NULL && o->f != stdout)
		fclose(o->f);
	free(o->path);
	free(o->making);
	free(o);
	errno = saved;
}

/* A new file beside path; the umask applies, nothing there is followed or overwritten. */
static int
open_making(struct outfile *o, mode_t mode)
{
	int fd = -1;

	for (int i = 0; i < TRIES && fd == -1; i++) {
		free(o->making);
		if (asprintf(&o->making, "%s.%ld-%d.part", o->path, (long)getpid(), i) == -1) {
			o->making = NULL;
			return -1;
		}
		fd = open(o->making, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	return fd;
}

/* Tells whether path is no file that another could take the place of: a device, a pipe. */
static bool
is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int
open_descriptor(struct outfile *o, const char *path, mode_t mode)
{
	if (is_special(path))
		return open(path, O_WRONLY | O_CLOEXEC);
	/* The file behind a symbolic link, so that the link stays. */
	if ((o->path = realpath(path, NULL)) == NULL && (o->path = strdup(path)) == NULL)
		return -1;
	return open_making(o, mode);
}

struct outfile *
outfile_open(const char *path, mode_t mode)
{
	struct outfile *o;
	int fd;

	if ((o = calloc(1, sizeof(*o))) == NULL)
		return NULL;
	if (strcmp(path, "-") == 0) {
		o->f = stdout;
		return o;
	}
	if ((fd = open_descriptor(o, path, mode)) == -1) {
		outfile_free(o);
		return NULL;
	}
	if ((o->f = fdopen(fd, "w")) != NULL) {
		setvbuf(o->f, NULL, _IOFBF, BUFFER);
		return o;
	}
	close(fd);
	outfile_abandon(o);
	return NULL;
}

struct outfile *
outfile_open_new(const char *path, mode_t mode)
{
	struct outfile *o;
	struct stat st;

	if (lstat(path, &st) == 0) {
		errno = EEXIST;
		return NULL;
	}
	if ((o = outfile_open(path, mode)) != NULL)
		o->new = true;
	return o;
}

struct outfile *
outfile_open_over(const char *path, mode_t mode, const char *begins)
{
	FILE *f = strcmp(path, "-") == 0 || is_special(path) ? NULL : fopen(path, "re");
	size_t want = strlen(begins), n;
	char head[64];

	if (f != NULL) {
		n = fread(head, 1, want < sizeof(head) ? want : sizeof(head), f);
		fclose(f);
		if (n > 0 && (n < want || memcmp(head, begins, want) != 0)) {
			errno = EEXIST;
			return NULL;
		}
	}
	return outfile_open(path, mode);
}

/* The file gets its name; -1 with EEXIST if it is taken and may not be. */
static int
name_it(struct outfile *o)
{
	if (!o->new)
		return rename(o->making, o->path);
	/* A second name, and the first goes: that never replaces anything. */
	if (link(o->making, o->path) == 0)
		return unlink(o->making);
	if (errno == EEXIST || access(o->path, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(o->making, o->path);	/* a file system without links */
}

FILE *
outfile_stream(struct outfile *o)
{
	return o->f;
}

/* Everything written so far is with the kernel: 0, or -1 with the reason in errno. */
static int
flush(FILE *f)
{
	errno = 0;
	/* A write that failed before is tried again here, and fails with its reason. */
	if (fflush(f) == 0 && !ferror(f))
		return 0;
	if (errno == 0)
		errno = EIO;
	return -1;
}

/* The name is on the disk too, so far as the file system can promise it. */
static void
sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (copy == NULL)
		return;
	if ((fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		(void)fsync(fd);	/* the rename is done, whatever this says */
		close(fd);
	}
	free(copy);
}

/* Closes the stream; its own failure counts like any other. */
static int
finish(struct outfile *o)
{
	FILE *f = o->f;
	int bad = flush(f);

	if (bad == 0 && o->path != NULL)
		bad = fsync(fileno(f));
	if (f == stdout)
		return bad;
	o->f = NULL;
	if (bad == 0)
		return fclose(f) == 0 ? 0 : -1;
	int saved = errno;
	fclose(f);
	errno = saved;
	return -1;
}

int
outfile_commit(struct outfile *o)
{
	int bad = finish(o);

	if (bad == 0 && o->path != NULL && (bad = name_it(o)) == 0) {
		sync_folder(o->path);
		outfile_free(o);
		return 0;
	}
	if (bad != 0)
		outfile_abandon(o);
	else
		outfile_free(o);
	return bad;
}

void
outfile_abandon(struct outfile *o)
{
	int saved = errno;

	if (o == NULL)
		return;
	if (o->making != NULL)
		unlink(o->making);
	errno = saved;
	outfile_free(o);
}
