/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talk to the operator, on stderr.  Results go to stdout and are not ours.
 *
 * Lines are "program: message".  -q silences log_info and log_progress, never
 * log_error; -v adds log_debug.  All are printf-checked and leave errno alone.
 * A line is printable, whatever it quotes: control characters come out as \xHH.
 * Text from peers must have gone through text_vis first, which marks it better.
 */
#ifndef KANSOKU_DATA_LIB_LOG_H
#define KANSOKU_DATA_LIB_LOG_H

#include <stdbool.h>

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_MORE };

/* program NULL keeps the name. */
void	 log_setup(const char *program, enum log_level);
void	 log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

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
 * terminal, so cron's mail stays empty.  The other calls clear it first.
 */
void	 log_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_progress_end(void);
bool	 log_on_terminal(void);

#endif
