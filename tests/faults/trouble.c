/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine in trouble, for LD_PRELOAD: what the C library is asked for fails or
 * lies as the environment says.  Nothing is random: the n-th request is the n-th
 * of each run.
 *
 * FAULT_MALLOC=N	the N-th request for memory is refused, once
 * FAULT_WRITE=N	from the N-th write to a regular file on, the disk is full
 * FAULT_FD=N		every N-th descriptor asked for is one too many
 * FAULT_JUMP=S		each second the wall clock is S seconds off, and right again
 * FAULT_COUNT=FILE	at the end, how often memory and the disk were asked
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static long	memory_at, disk_at, fd_every, jump_s;
static atomic_long asked_memory, asked_disk, asked_fd;
static const char *count_file;
static int	ready;

static long
setting(const char *name)
{
	const char *text = getenv(name);

	return text != NULL ? atol(text) : 0;
}

__attribute__((constructor)) static void
begin(void)
{
	memory_at = setting("FAULT_MALLOC");
	disk_at = setting("FAULT_WRITE");
	fd_every = setting("FAULT_FD");
	jump_s = setting("FAULT_JUMP");
	count_file = getenv("FAULT_COUNT");
	ready = 1;
}

__attribute__((destructor)) static void
end(void)
{
	char line[64];
	int fd, n;

	ready = 0;
	if (count_file == NULL || (fd = (int)syscall(SYS_openat, AT_FDCWD, count_file,
	    O_WRONLY | O_CREAT | O_TRUNC, 0644)) == -1)
		return;
	n = snprintf(line, sizeof(line), "%ld %ld\n", (long)asked_memory, (long)asked_disk);
	if (syscall(SYS_write, fd, line, n) != n)
		abort();
	close(fd);
}

/* ---- memory ------------------------------------------------------------------- */

static int
no_memory(void)
{
	if (!ready || ++asked_memory != memory_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}

/* ---- the disk ----------------------------------------------------------------- */

static int
disk_full(int fd)
{
	struct stat st;

	if (!ready || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	if (++asked_disk < disk_at || disk_at == 0)
		return 0;
	errno = ENOSPC;
	return 1;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return disk_full(fd) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return disk_full(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	return disk_full(fd) ? -1 : syscall(SYS_writev, fd, v, n);
}

int
fallocate64(int fd, int mode, off_t at, off_t n)
{
	return disk_full(fd) ? -1 : (int)syscall(SYS_fallocate, fd, mode, at, n);
}

int
posix_fallocate64(int fd, off_t at, off_t n)
{
	return fallocate64(fd, 0, at, n) == 0 ? 0 : errno;
}

/* ---- descriptors ---------------------------------------------------------------- */

static int
too_many(void)
{
	if (!ready || fd_every == 0 || ++asked_fd % fd_every != 0)
		return 0;
	errno = EMFILE;
	return 1;
}

int
socket(int domain, int type, int protocol)
{
	return too_many() ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

int
accept4(int fd, struct sockaddr *a, socklen_t *len, int flags)
{
	return too_many() ? -1 : (int)syscall(SYS_accept4, fd, a, len, flags);
}

/* ---- the clock ------------------------------------------------------------------- */

int
clock_gettime(clockid_t id, struct timespec *t)
{
	struct timespec steady;
	int status = (int)syscall(SYS_clock_gettime, id, t);

	if (status == 0 && jump_s != 0 && id == CLOCK_REALTIME &&
	    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &steady) == 0 && steady.tv_sec % 2 == 1)
		t->tv_sec += jump_s;
	return status;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return -1;
	*tv = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}
