/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows for people and for programs: one description of the columns makes a table,
 * CSV, a JSON array and JSON lines, and the data dictionary (kansoku schema).
 *
 * A table fits the terminal: columns that have no room are left out, those of the
 * highest rank first, and a line on stderr names them.  It is as wide as it wants
 * where stdout is no terminal, and where the operator asks for it.  This is not a
 * writer of nested documents: such a member is written by the verb, in JSON only.
 */
#ifndef KANSOKU_DATA_LIB_LISTING_H
#define KANSOKU_DATA_LIB_LISTING_H

#include "data/lib/json_write.h"

enum listing_format { LISTING_TABLE, LISTING_CSV, LISTING_JSON, LISTING_JSONL };
extern const char *const listing_formats[];	/* for OPT_CHOICE */

enum cell_type {
	CELL_TEXT,	/* text; NULL: nothing is said */
	CELL_INTEGER,	/* number; UNKNOWN */
	CELL_COUNT,	/* real, shown rounded to a whole one; NAN: not measured */
	CELL_SHARE,	/* real: a fraction or a ratio, six digits; NAN */
	CELL_TIME,	/* number: UTC ms; UNKNOWN */
	CELL_WORDS,	/* words whose bits are set: an array in JSON, parted by | elsewhere */
	CELL_NESTED,	/* written by nested(); JSON only */
};
enum { IN_TABLE = 1, IN_CSV = 2, IN_JSON = 4, IN_ALL = 7 };

struct column {
	const char	*name;
	uint8_t		 type;		/* enum cell_type */
	uint8_t		 forms;		/* IN_ */
	uint8_t		 rank;		/* in a narrow table those of high rank go first; 0 stays */
	const char	*unit, *about;	/* for the data dictionary; unit "" for none */
	const char	*since;		/* the version that brought it */
};

struct cell {
	union {
		const char	*text;
		int64_t		 number;
		double		 real;
		struct { const char *const *name; uint32_t bits; } words;	/* up to NULL */
	};
};

#define LISTING_COLUMNS	48

struct listing_spec {
	const char	*name;		/* of the verb, or verb and option */
	const struct column *column;
	size_t		 n;
	void		(*cells)(const void *row, struct cell *out);
	/* Writes column i under its name; 0, or what listing_row returns.  May be NULL. */
	int		(*nested)(struct json_out *, size_t i, const void *row, void *arg);
};

struct listing {
	const struct listing_spec *spec;
	int		 format;	/* enum listing_format */
	bool		 wide;
	void		*arg;		/* for nested */
	const char	*group[2];	/* sensor and overlay; NULL: there is only one */
	int64_t		 rows;
	/* private */
	bool		 headed;
	size_t		 room;		/* columns of the terminal; 0: no end */
	char		**held;		/* cells of a table before its widths are known */
	size_t		 nheld;
	size_t		 width[LISTING_COLUMNS];
	bool		 shown[LISTING_COLUMNS];
	bool		 laid_out;
	struct json_out	 json;
};

/* Columns of the terminal that stdout is, or what COLUMNS says; 0: no end. */
size_t	 listing_terminal(void);
void	 listing_begin(struct listing *, const struct listing_spec *, int format, bool wide,
	    void *arg);
/* Rows from here on are this sensor's, one of several: borrowed until the next or the end. */
int	 listing_group(struct listing *, const char *sensor, const char *overlay,
	    const char *label);
/* 0; -1 without memory (complained of); 1 when stdout takes no more; else what nested returned. */
int	 listing_row(struct listing *, const void *row);
/* What was held back, the end of the array.  0 or -1. */
int	 listing_end(struct listing *);
void	 listing_abandon(struct listing *);	/* frees what listing_end would */

/* Text for people, cut into lines at blanks, each behind so many blanks. */
void	 listing_wrap(const char *text, size_t indent, size_t room);

#endif
