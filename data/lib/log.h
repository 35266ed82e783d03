/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talk to the operator, on stderr.  Results go to stdout and are not ours.
 *
 * Lines are "program: message".  -q silences say and progress, never
 * complaints; -v adds say_more.  All are printf-checked and leave errno alone.
 * A line is printable, whatever it quotes: control characters come out as \xHH.
 * Text from peers must have gone through text_vis first, which marks it better.
 */
#ifndef KANSOKU_DATA_LIB_LOG_H
#define KANSOKU_DATA_LIB_LOG_H

#include <stdbool.h>

enum say_level { SAY_QUIET, SAY_NORMAL, SAY_MORE };

/* program NULL keeps the name. */
void	 say_setup(const char *program, enum say_level);
enum say_level say_level(void);
void	 say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 say_more(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * "out of memory", and the text of errno: reasons to complain of, which are
 * remembered.  Whatever could not be read, or set, for want of memory was no
 * misuse: cli_main then ends with EXIT_FAILED, after which a service is started
 * again.
 */
const char *memory_missing(void);
const char *os_error(void);
bool	 memory_was_missing(void);

/*
 * One line that is overwritten in place, at most ten times a second; only on a
 * terminal, so cron's mail stays empty.  say and complain clear it first.
 */
void	 say_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 say_progress_end(void);
bool	 say_on_terminal(void);

#endif
