/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this process may still do once it has what it needs: the kernel is told,
 * for good, in two ways.  Landlock says which files, seccomp which system calls.
 * Whoever takes over a confined process through what it reads has no files, no
 * other program and no other process to go on with.
 *
 * To be called before the first thread is made and before the first byte from a
 * stranger is parsed.  This is not the place where root is given up: that is
 * crawler/drop_root.h.  An old kernel, or a container, may refuse either way; the
 * caller says so and decides.  Both ask for no memory: the filters are made when
 * the program is built, from the tables in data/lib/filters/main.c.
 *
 * Under AddressSanitizer, LeakSanitizer and ThreadSanitizer nothing is confined
 * (ENOTSUP): they read /proc and trace their own process when it ends.
 */
#ifndef KANSOKU_DATA_LIB_CONFINE_H
#define KANSOKU_DATA_LIB_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

struct confinement {
	int	files;		/* version of Landlock in force; 0: none */
	bool	ports;		/* ... and it knows TCP, so that only some ports are dialled */
	bool	calls;		/* a seccomp filter is in force */
	int	files_error, calls_error;	/* errno: why it is not */
};

/*
 * For who talks to strangers: of all files only those in the folders stay (to be
 * read, written, made, renamed and removed), which are named up to NULL; TCP links are
 * dialled and accepted, no port is bound any more.  ports has a bit for each (8 KiB)
 * that may still be dialled, at any address, for a kernel knows nothing finer; NULL:
 * all; before Linux 6.7 it is all, too.  Files and sockets that are
 * open stay open.  A system call that is not needed fails with ENOSYS, as on a
 * kernel that does not know it, so that the C library does without; one that
 * only an intruder makes (another program, another process's memory, more
 * rights) ends the process with SIGSYS.
 */
void	 confine_sensor(struct confinement *, const char *const folders[],
	    const uint8_t *ports);

/* The same for who listens to an interface that is open: no socket is made, nothing is sent. */
void	 confine_tap(struct confinement *, const char *folder);

/*
 * For who reads foreign files: no socket is made any more (EACCES), and what
 * only an intruder calls ends the process.  All else, files too, stays as it was.
 */
void	 confine_offline(struct confinement *);

#define CONFINE_TEXT	160
/* "files by Landlock 7, system calls by seccomp", with what is missing and why; returns buf. */
const char *confine_text(char buf[CONFINE_TEXT], const struct confinement *);

#endif
