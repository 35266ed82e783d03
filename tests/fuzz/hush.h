/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a piece of the program complains of, kept and looked at instead of shown:
 * whole lines of printable text, however hostile the input was.
 */
#ifndef KANSOKU_TESTS_FUZZ_HUSH_H
#define KANSOKU_TESTS_FUZZ_HUSH_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

struct hush { int saved, file; };

/* A sanitizer's report goes where it would have gone. */
void	__sanitizer_set_report_fd(void *) __attribute__((weak));

static inline struct hush
hush(void)
{
	struct hush h = { dup(STDERR_FILENO), memfd_create("complaints", MFD_CLOEXEC) };

	if (h.saved == -1 || h.file == -1 || dup2(h.file, STDERR_FILENO) == -1)
		abort();
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)h.saved);
	return h;
}

/* Ends it; how many lines were said. */
static inline int
hush_end(struct hush h)
{
	char text[8192];
	ssize_t n;
	int lines = 0;

	dup2(h.saved, STDERR_FILENO);
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)STDERR_FILENO);
	n = pread(h.file, text, sizeof(text), 0);
	close(h.saved);
	close(h.file);
	for (ssize_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		lines += c == '\n';
		MUST(c == '\n' || (c >= 0x20 && c != 0x7f));
	}
	MUST(n <= 0 || n == sizeof(text) || text[n - 1] == '\n');
	return lines;
}

#endif
