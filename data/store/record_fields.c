/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/record_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/store/sensor_facts.h"

static const struct {
	const char		*table;
	enum observation_type	 type;
	char			 letter;
} levels[LEVEL_N] = {
	[LEVEL_CONTENT] = { "file", OBS_KEY, 'c' },
	[LEVEL_ADVERT] = { "advert", OBS_KEY, 'a' },
	[LEVEL_DELIVERY] = { "delivery", OBS_KEY, 'd' },
	[LEVEL_SIGHTING] = { "sighting", OBS_KEY, 's' },
	[LEVEL_CLAIM] = { "claim", OBS_NEIGHBOUR, 'n' },
	[LEVEL_TELLING] = { "neighbour", OBS_NEIGHBOUR, 't' },
	[LEVEL_QUERY] = { "query", OBS_QUERY, 'q' },
	[LEVEL_CONTACT] = { "contact", OBS_CONTACT, 'k' },
};

static const char *const type_name[] = {
	[FIELD_INTEGER] = "INTEGER",
	[FIELD_FLAG] = "INTEGER",
	[FIELD_TEXT] = "TEXT",
	[FIELD_BYTES] = "BLOB",
	[FIELD_ENDPOINT] = "INTEGER",
};

static const struct field *
field_at(const struct store *s, enum field_level l, int i)
{
	return &s->fields->of[levels[l].type].field[s->level[l].at[i]];
}

static const char *
column_of(const struct field *f)
{
	return f->column != NULL ? f->column : f->name;
}

/* ---- the overlay of this database's records -------------------------------------- */

static void
set_levels(struct store *s, const struct overlay_fields *fields)
{
	s->fields = fields;
	memset(s->level, 0, sizeof(s->level));
	s->fields_made = false;
	for (int l = 0; fields != NULL && l < LEVEL_N; l++) {
		const struct field *of = fields->of[levels[l].type].field;
		struct level_fields *level = &s->level[l];

		for (uint8_t i = 0; i < fields->of[levels[l].type].n; i++) {
			if (of[i].level != l)
				continue;
			level->type[level->n] = of[i].type;
			level->at[level->n++] = i;
		}
	}
	statements_forget(s);
}

void
fields_forget(struct store *s)
{
	s->fields = NULL;
	s->fields_made = false;
	memset(s->level, 0, sizeof(s->level));
	statements_forget(s);
}

static int
exec(struct store *s, const char *text)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail_db(s);
}

/* The column of a field, made if no overlay before had it. */
static int
make_column(struct store *s, const char *overlay, const char *table, const struct field *f)
{
	const char *column = column_of(f), *type = type_name[f->type];
	char alter[160];
	int64_t known = 0;
	int found = query_value(s, &known, Q_FIELD_TYPE, "sss", table, column, type);

	if (found == -1)
		return -1;
	if (found == 0 && known == 0)
		return store_fail(s, "column %s of table %s has another type in another overlay",
		    column, table);
	if (found == 1) {
		snprintf(alter, sizeof(alter), "ALTER TABLE %s ADD COLUMN %s %s", table, column, type);
		if (exec(s, alter) != 0)
			return -1;
	}
	return query_do(s, Q_FIELD_ADD, "sssssss", overlay, table, column, type, f->name,
	    f->unit != NULL ? f->unit : "", f->about);
}

static int
make_columns(struct store *s, const struct overlay_fields *fields)
{
	for (int l = 0; l < LEVEL_N; l++) {
		for (int i = 0; i < s->level[l].n; i++) {
			if (make_column(s, fields->overlay, levels[l].table,
			    field_at(s, (enum field_level)l, i)) != 0)
				return -1;
		}
	}
	return 0;
}

int
fields_known(struct store *s)
{
	return s->unknown_overlay == NULL ? 0
	    : store_fail(s, "holds the overlay %s, which this program does not know", s->unknown_overlay);
}

int
fields_use(struct store *s, const struct overlay_fields *fields)
{
	bool own = !store_in_transaction(s);
	int64_t known = 0;
	int found;

	if (s->fields == fields && s->fields_made)
		return 0;
	set_levels(s, fields);
	if ((found = query_value(s, &known, Q_FIELDS_KNOWN, "s", fields->overlay)) == -1)
		return -1;
	s->fields_made = true;
	if (found == 0 && known > 0)
		return 0;
	if ((own && store_begin(s, PATIENCE_LAST_MS) != 0) || make_columns(s, fields) != 0) {
		if (own)
			store_undo(s);
		s->fields_made = false;
		return -1;
	}
	return own ? store_end(s) : 0;
}

int
fields_resume(struct store *s)
{
	const struct overlay_fields *fields;
	int64_t known = 0;
	char *overlay = NULL;

	if (sensor_fact_find(s, SENSOR_OVERLAY, &overlay) == -1)
		return -1;
	/* Who never told its overlay is of the first. */
	fields = overlay_fields(overlay != NULL && overlay[0] != '\0' ? overlay : NULL);
	free(s->unknown_overlay);
	s->unknown_overlay = fields == NULL ? overlay : NULL;
	if (fields != NULL)
		free(overlay);
	if (fields != NULL && query_value(s, &known, Q_FIELDS_KNOWN, "s", fields->overlay) == -1)
		return -1;
	if (known == 0)
		fields = NULL;		/* no record of it, so no columns */
	if (fields != s->fields)
		set_levels(s, fields);
	return 0;
}

/* ---- statements -------------------------------------------------------------------- */

static int
level_of_letter(char c)
{
	for (int l = 0; l < LEVEL_N; l++) {
		if (levels[l].letter == c)
			return l;
	}
	return -1;
}

/* What kansoku never writes into this column, as one more reason of a search for it. */
static void
expand_odd(FILE *f, const struct field *x, const char *column)
{
	switch ((enum field_type)x->type) {
	case FIELD_INTEGER:
		fprintf(f, " OR %s = -1 OR %s NOT BETWEEN %" PRId64 " AND %" PRId64, column, column,
		    x->min, x->max);
		break;
	case FIELD_FLAG:
		fprintf(f, " OR %s NOT IN (0, 1)", column);
		break;
	case FIELD_TEXT: case FIELD_BYTES:
		fprintf(f, " OR length(%s) = 0", column);
		break;
	case FIELD_ENDPOINT:
		fprintf(f, " OR %s NOT IN (SELECT id FROM node)", column);
		break;
	}
}

/* What stands for one pair of braces, whose inside begins at p. */
static void
expand_one(FILE *f, const struct store *s, const char *p, size_t len)
{
	int l = level_of_letter(p[0]);
	char column[96];

	for (int i = 0; l != -1 && s->fields != NULL && i < s->level[l].n; i++) {
		const struct field *x = field_at(s, (enum field_level)l, i);

		snprintf(column, sizeof(column), "%.*s%s", (int)len - 2, p + 2, column_of(x));
		if (p[1] == '+')
			fprintf(f, ", %s", column);
		else if (p[1] == '?')
			fputs(", ?", f);
		else if (p[1] == '=')
			fprintf(f, " AND %s IS ?", column);
		else if (p[1] == '!')
			expand_odd(f, x, column);
		else if (x->privacy == PRIVACY_NAME)
			fprintf(f, ", %s = ?", column);
	}
}

/* The column of a field that plays a role, or NULL as SQL has it. */
static void
expand_role(FILE *f, const struct store *s, enum observation_type type, enum field_role role,
    const char *alias)
{
	int i = s->fields == NULL ? -1 : field_of_role(s->fields, type, role);

	if (i == -1)
		fputs("NULL", f);
	else
		fprintf(f, "%s%s", alias, column_of(&s->fields->of[type].field[i]));
}

char *
fields_expand(const struct store *s, const char *text)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);
	const char *open, *shut;

	if (f == NULL)
		return NULL;
	while ((open = strchr(text, '{')) != NULL && (shut = strchr(open, '}')) != NULL) {
		fwrite(text, 1, (size_t)(open - text), f);
		if (strncmp(open, "{lifetime}", 10) == 0)
			expand_role(f, s, OBS_KEY, ROLE_LIFETIME, "s.");
		else if (strncmp(open, "{fresh}", 7) == 0)
			expand_role(f, s, OBS_NEIGHBOUR, ROLE_FRESH, "n.");
		else if (strncmp(open, "{undialable}", 12) == 0)
			expand_role(f, s, OBS_CONTACT, ROLE_UNDIALABLE, "");
		else
			expand_one(f, s, open + 1, (size_t)(shut - open - 1));
		text = shut + 1;
	}
	fputs(text, f);
	if (fclose(f) == 0)
		return out;
	free(out);
	return NULL;
}

/* ---- values on their way in ------------------------------------------------------------ */

void
fields_stored(const struct store *s, struct stored_values *v, const struct observation *o)
{
	const struct field *f = o->fields->of[o->type].field;

	for (int i = 0; i < o->fields->of[o->type].n; i++) {
		v->value[i] = o->value[i];
		if (f[i].privacy == PRIVACY_NAME && f[i].type == FIELD_TEXT)
			v->value[i].text = name_stored(s, o->value[i].text, v->token[i]);
	}
}

/* The next field of a level, from *i on, that is a name; NULL when there is none left. */
static const struct field *
next_name(const struct store *s, enum field_level l, int *i)
{
	for (; *i < s->level[l].n; ++*i) {
		const struct field *f = field_at(s, l, *i);

		if (f->privacy == PRIVACY_NAME)
			return f;
	}
	return NULL;
}

bool
fields_names_all(const struct store *s, enum field_level l, const union value value[FIELDS_MAX],
    bool (*is)(struct text))
{
	for (int i = 0; next_name(s, l, &i) != NULL; i++) {
		if (!is(value[s->level[l].at[i]].text))
			return false;
	}
	return true;
}

int
fields_bind_names(const struct store *s, sqlite3_stmt *st, int at, enum field_level l,
    const union value value[FIELDS_MAX], fields_token *token, const void *arg)
{
	char buf[NAME_TEXT];

	for (int i = 0; next_name(s, l, &i) != NULL; i++, at++) {
		struct text t = token(arg, value[s->level[l].at[i]].text, buf);

		if (t.len == 0)
			sqlite3_bind_null(st, at);
		else
			sqlite3_bind_text64(st, at, (const char *)t.p, t.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	}
	return at;
}

/* ---- values on their way out ------------------------------------------------------------- */

int
fields_read(struct store *s, sqlite3_stmt *st, int column, enum field_level l,
    union value value[FIELDS_MAX], struct endpoint endpoint[FIELDS_MAX])
{
	for (int i = 0; i < s->level[l].n; i++, column++) {
		int k = s->level[l].at[i];
		int64_t node;

		switch ((enum field_type)s->level[l].type[i]) {
		case FIELD_INTEGER: case FIELD_FLAG:
			value[k].number = column_known(st, column);
			break;
		case FIELD_TEXT:
			value[k].text = column_text(st, column);
			break;
		case FIELD_BYTES:
			value[k].text = column_blob(st, column);
			break;
		case FIELD_ENDPOINT:
			value[k].endpoint = NULL;
			if ((node = column_known(st, column)) == UNKNOWN)
				break;
			if (query_node(s, node, &endpoint[k]) == -1)
				return -1;
			value[k].endpoint = &endpoint[k];
			break;
		}
	}
	return column;
}
