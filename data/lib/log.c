/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/text.h"
#include "data/lib/utctime.h"

#define PROGRESS_EVERY_MS	100
#define LINE_LONGEST		8192	/* bytes of a line; the rest is cut */

/* Who talks and how much: set once at the start, one per process. */
static struct {
	const char	*program;
	enum log_level	 level;
	bool		 progress_shown, memory_missed;
	int64_t		 progress_ms;
} talk = { "kansoku", LOG_NORMAL, false, false, INT64_MIN / 2 };

void
log_setup(const char *program, enum log_level level)
{
	if (program != NULL)
		talk.program = program;
	talk.level = level;
}

bool
log_on_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

/* Whatever is in it, a file's name or a word of a settings file: one printable line. */
static void __attribute__((format(printf, 1, 0)))
line(const char *fmt, va_list ap)
{
	char said[LINE_LONGEST], shown[LINE_LONGEST];
	int saved = errno;

	vsnprintf(said, sizeof(said), fmt, ap);
	log_progress_end();
	fprintf(stderr, "%s: %s\n", talk.program, text_line(shown, sizeof(shown), text_of(said)));
	fflush(stderr);
	errno = saved;
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	if (talk.level == LOG_QUIET)
		return;
	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (talk.level != LOG_MORE)
		return;
	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

const char *
memory_missing(void)
{
	talk.memory_missed = true;
	return "out of memory";
}

const char *
os_error(void)
{
	return errno == ENOMEM ? memory_missing() : strerror(errno);
}

bool
memory_was_missing(void)
{
	return talk.memory_missed;
}

void
log_progress(const char *fmt, ...)
{
	int saved = errno;
	int64_t now = utctime_monotonic();
	va_list ap;

	if (talk.level == LOG_QUIET || !log_on_terminal() ||
	    now - talk.progress_ms < PROGRESS_EVERY_MS)
		return;
	talk.progress_ms = now;
	talk.progress_shown = true;
	fputs("\r\033[K", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
	errno = saved;
}

void
log_progress_end(void)
{
	if (!talk.progress_shown)
		return;
	talk.progress_shown = false;
	talk.progress_ms = INT64_MIN / 2;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
