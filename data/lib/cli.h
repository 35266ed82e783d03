/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: verbs and options, both as tables.
 *
 * --help is printed from the table, so it cannot drift from the code.  A wrong
 * word gets one line on stderr that names it and says what would be right.
 * This is not a settings file reader, but serves one: see cli_set.
 */
#ifndef KANSOKU_DATA_LIB_CLI_H
#define KANSOKU_DATA_LIB_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_MISUSED = 2,
	EXIT_NOTHING = 3,	/* no data in the window */
	EXIT_LOCKED = 75,	/* another instance holds the lock; as sysexits' EX_TEMPFAIL */
};

struct verb {
	const char	*name;
	const char	*summary;	/* one line for --help */
	int		(*run)(int argc, char **argv);	/* argv[0] is the verb */
	void		(*before)(void);	/* run first; may be NULL */
};

enum option_kind {
	OPT_FLAG,	/* bool *: true; "--name=no" takes a settings file's "yes" back */
	OPT_TEXT,	/* const char ** */
	OPT_LINE,	/* const char **: what goes into a form: 1 to max characters on one line */
	OPT_FILE,	/* const char **: what the command line names must be there to be read */
	OPT_LIST,	/* struct text_list *: may be repeated */
	OPT_INT,	/* int64_t *, within min..max */
	OPT_REAL,	/* double *, within min..max */
	OPT_SPAN,	/* int64_t * ms: "90s" "30m" "24h" "7d" "500ms", within min..max ms */
	OPT_SIZE,	/* int64_t * bytes: "512M" "1G" "4096", within min..max bytes */
	OPT_TIME,	/* int64_t * ms UTC: RFC 3339, or a date for its midnight UTC */
	OPT_CHOICE,	/* int *: index into the NULL-terminated choices */
};

struct text_list {
	const char	**item;		/* borrowed from argv; free(item) at the end */
	size_t		 n;
};

struct option_spec {
	const char	*name;		/* without "--" */
	enum option_kind kind;
	void		*into;		/* keeps its value when the option is not given */
	const char	*value;		/* name of the value in --help; NULL for a flag */
	const char	*help;
	double		 min, max;	/* OPT_INT, OPT_REAL, OPT_SPAN, OPT_SIZE; max: OPT_LINE */
	const char	*const *choices; /* OPT_CHOICE */
	bool		 required;
};

struct usage {
	const char	*program;	/* "kansoku crawl" */
	const char	*operands;	/* "FILE..." or "" */
	const char	*about;		/* a sentence or two */
	int		 min_operands, max_operands;	/* max -1: any number */
	const struct option_spec *options;	/* ends with name NULL */
};

/*
 * Reads argv[1..].  "--name VALUE", "--name=VALUE", "--" ends the options; each
 * may be given once (but OPT_LIST).  -q, -v, --help and --version (-h, -V) are
 * always understood.
 * Returns the index of the first operand (operands are moved behind the
 * options), or -1 when the caller must return *status at once.  Options that
 * are unknown, repeated, without value, out of range or missing are EXIT_MISUSED.
 */
int	 cli_options(const struct usage *, int argc, char **argv, int *status);

/*
 * Sets one option by its name, as a settings file does; a flag is "yes" or "no".
 * False after a complaint that begins with where ("FILE:LINE").  Value must live
 * as long as the settings.
 */
bool	 cli_set(const struct option_spec *, const char *name, const char *value,
	    const char *where);

/* Finds argv[1] in the table (ends with name NULL) and runs it; "help VERB" is "VERB --help". */
int	 cli_main(const char *program, const char *about, const struct verb *,
	    int argc, char **argv);

/* The status, or EXIT_FAILED when stdout did not take everything, which is complained of once. */
int	 cli_printed(int status);

/* False after a complaint that there is no such file to be read; what may be "". */
bool	 cli_can_be_read(const char *what, const char *path);

/* The database: --db if given, else $KANSOKU_DB, else NULL after a complaint. */
const char *cli_database(const char *given);
/* What an SQLite file of ours has as its application_id: "kans". */
#define DATABASE_ID	0x6b616e73
/* The same for who does not make one: NULL, too, when it is absent or no file of ours. */
const char *cli_database_there(const char *given);

/*
 * Text that people can read, on one line: UTF-8 of 1 to max characters, of which none
 * controls a terminal, ends the line, or changes the order in which it is shown.
 */
bool	 cli_line(const char *text, size_t max);
/* "30m" and the like to ms.  False if it is no span. */
bool	 cli_span(int64_t *ms, const char *text);
/* "512M" and the like to bytes: a number and K, M, G or T (powers of 1024), or none.  False
 * if it is no size. */
bool	 cli_size(int64_t *bytes, const char *text);
/* The same back, into the largest unit that divides it. */
#define SIZE_TEXT	24
char	*cli_size_text(char out[SIZE_TEXT], int64_t bytes);

#endif
