/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INI files through tables: sections, settings, and what each may be.
 *
 * A wrong word is one line, "FILE:LINE: what is wrong and what would be right".
 * This knows nothing of worlds; worldfile.c holds the tables.  inih reads the
 * file; it is given the lines by us, because only then can a line be named.
 */
#ifndef KANSOKU_TESTS_LAB_INI_TABLE_H
#define KANSOKU_TESTS_LAB_INI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_kind {
	SET_COUNT,	/* uint32_t: a whole number, min..max */
	SET_SHARE,	/* double: "2%" or "0.02", min..max as shares */
	SET_REAL,	/* double, min..max */
	SET_SPAN,	/* double, seconds: "25m", or 0; min..max seconds */
	SET_SPANS,	/* struct span_range: "6h" or "6h-48h" */
	SET_MOMENT,	/* struct moment: a date, a time, or a span after the start */
	SET_RATE,	/* struct rate: "0.7/s", or "2%" of the nodes each round */
	SET_CHOICE,	/* int: index into choices */
	SET_BLOCKS,	/* struct block_list: "126.0-255, 219.16-31": ranges of /16 */
	SET_NAME,	/* char[SETTING_NAME]: letters, digits, - and _ */
};

#define SETTING_NAME	32
#define SETTING_BLOCKS	24

struct span_range { double low, high; };	/* seconds */
struct moment { bool given, absolute; int64_t ms; };	/* UTC, or after the start */
struct rate { double per_second, share; };	/* the one that was not given is 0 */
struct block_range { uint8_t a, first, last; };	/* a.first.0.0 .. a.last.255.255 */
struct block_list { uint32_t n; struct block_range range[SETTING_BLOCKS]; };

struct setting {
	const char	*name;		/* NULL ends the table */
	enum setting_kind kind;
	size_t		 at;		/* offset in the section's struct */
	double		 min, max;
	const char	*const *choices;
};

/* A section's struct begins with "int line": where it began, 0 if it is not there. */
struct section {
	const char	*name;		/* NULL ends the table */
	const struct setting *settings;
	size_t		 at;		/* offset in the whole; of number 1 if numbered */
	size_t		 size;		/* of one */
	unsigned	 numbers;	/* "[name.1]" .. "[name.numbers]"; 0: plain "[name]" */
};

#define SETTINGS_MAX	48	/* in one section */
#define SECTIONS_MAX	256	/* plain ones and all numbers of numbered ones */

/* False with *why set (free it); into keeps the values of what was not given. */
bool	 ini_table_read(const char *path, const struct section *, void *into, char **why);

/* "FILE:LINE: text", allocated; line 0 leaves it out. */
char	*ini_table_complaint(const char *path, int line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
