/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields of an overlay as columns: which table holds which, how statements
 * name them and values come back.
 *
 * A field's level tells its table.  The database says itself which columns an
 * overlay has (table field); one that several overlays have is there once, and
 * must be of one type.  Names are hidden here, on their way in, if the database
 * hides names.  Not here: what a field means (observation.h), and how values
 * become cells of a row (data/store/record_cells.h).
 */
#ifndef KANSOKU_DATA_STORE_RECORD_FIELDS_H
#define KANSOKU_DATA_STORE_RECORD_FIELDS_H

#include "data/format/pseudonym.h"
#include "data/store/store_impl.h"

/*
 * From here on records are of this overlay: its columns are made if they are
 * not there, in a transaction of their own unless one is open.  -1 with
 * store_error set, too, when a column is there already with another type.
 */
int	 fields_use(struct store *, const struct overlay_fields *);
/* Takes up the overlay of the sensor that the store works for, if it has columns.  One
 * that this program does not know leaves results readable, but no records. */
int	 fields_resume(struct store *);
/* -1 with store_error set if records cannot be read, or added, for want of its driver. */
int	 fields_known(struct store *);
/* Records are of no overlay until one is used or taken up again. */
void	 fields_forget(struct store *);

/*
 * A statement's text with the columns of an overlay in it, to be freed; NULL
 * without memory.  In braces stand a level's letter and what is wanted of its
 * columns; what follows that is the table's alias:
 *	{c+} {c+f.}	", size, name"	", f.size, f.name"
 *	{c?}		", ?, ?"
 *	{c=}		" AND size IS ? AND name IS ?"
 *	{c!}		" OR size = -1 OR ..." for what kansoku never writes
 *	{c:}		", name = ?" for the fields that are names
 *	{lifetime}	the column of a sighting (s.) that is its lifetime, or NULL
 *	{undialable}	the column of a contact that says so, or NULL
 * c content, a advert, d delivery, s sighting, n claim, q query, k contact.
 */
char	*fields_expand(const struct store *, const char *text);

/* The values of a record as they are stored: names hidden, endpoints still endpoints. */
struct stored_values {
	union value	value[FIELDS_MAX];
	char		token[FIELDS_MAX][NAME_TOKEN];
};
void	 fields_stored(const struct store *, struct stored_values *, const struct observation *);

/* Binds the names of a level from `at` on, each by what stands for it; returns the next parameter. */
typedef struct text fields_token(const void *arg, struct text name, char buf[NAME_TEXT]);
int	 fields_bind_names(const struct store *, sqlite3_stmt *, int at, enum field_level,
	    const union value[FIELDS_MAX], fields_token *, const void *arg);
/* Are all names of a level what `is` says? */
bool	 fields_names_all(const struct store *, enum field_level, const union value[FIELDS_MAX],
	    bool (*is)(struct text));

/*
 * A level's columns from `column` on, read back; texts live as long as the row,
 * endpoints in endpoint[].  Returns the next column, or -1 with store_error set.
 */
int	 fields_read(struct store *, sqlite3_stmt *, int column, enum field_level,
	    union value[FIELDS_MAX], struct endpoint endpoint[FIELDS_MAX]);

#endif
