/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many bytes of malloc are in use, for LD_PRELOAD: the number stands in the
 * file that HEAP_FILE names, as eight bytes in the machine's order, and whoever
 * maps or reads the file sees it at any moment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);
void	*__libc_memalign(size_t, size_t);
void	 __libc_free(void *);

static _Atomic int64_t before, *used = &before;

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("HEAP_FILE");
	int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
	void *p;

	if (fd == -1 || ftruncate(fd, sizeof(before)) != 0)
		return;
	p = mmap(NULL, sizeof(before), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	used = p;
	*used = before;
}

static void *
more(void *p)
{
	*used += p != NULL ? (int64_t)malloc_usable_size(p) : 0;
	return p;
}

void *
malloc(size_t n)
{
	return more(__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	return more(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	int64_t had = p != NULL ? (int64_t)malloc_usable_size(p) : 0;
	void *q = __libc_realloc(p, n);

	if (q != NULL || n == 0)
		*used -= had;
	return more(q);
}

void *
memalign(size_t align, size_t n)
{
	return more(__libc_memalign(align, n));
}

void *
aligned_alloc(size_t align, size_t n)
{
	return memalign(align, n);
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	return (*p = memalign(align, n)) != NULL ? 0 : ENOMEM;
}

void
free(void *p)
{
	*used -= p != NULL ? (int64_t)malloc_usable_size(p) : 0;
	__libc_free(p);
}
