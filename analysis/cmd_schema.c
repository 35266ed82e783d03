/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku schema: the data dictionary.  Columns of verbs come from the tables that
 * write them, views from the text that makes them, the rest from dictionary.txt.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/listing.h"
#include "data/lib/log.h"
#include "store/dictionary.txt.h"
#include "store/views.sql.h"

struct entry { const char *what, *where, *name, *type, *unit, *about, *since; };
enum { NTEXTS = sizeof(struct entry) / sizeof(const char *) };

static const struct column columns[] = { /* flat */
	{ "what", CELL_TEXT, IN_ALL, 0, "", "column, view, metric, chart or member", "0.2" },
	{ "where", CELL_TEXT, IN_ALL, 0, "", "verb, view or file that has it", "0.2" },
	{ "name", CELL_TEXT, IN_ALL, 0, "", "its name", "0.2" },
	{ "type", CELL_TEXT, IN_ALL, 2, "", "text, integer, count, share, time, words, nested; of a metric its kind", "0.2" },
	{ "unit", CELL_TEXT, IN_ALL, 1, "", "empty: it has none", "0.2" },
	{ "meaning", CELL_TEXT, IN_ALL, 0, "", "what it says", "0.2" },
	{ "since", CELL_TEXT, IN_ALL, 3, "", "the version that brought it", "0.2" },
};

static void
schema_cells(const void *row, struct cell *out)
{
	const struct entry *e = row;
	const char *text[NTEXTS] = { e->what, e->where, e->name, e->type, e->unit, e->about, e->since };

	for (size_t i = 0; i < NTEXTS; i++)
		out[i].text = text[i];
}

static const struct listing_spec schema_listing = {
	"schema", columns, sizeof(columns) / sizeof(columns[0]), schema_cells, NULL
};

/* What is printed, and what of it is asked for. */
struct dictionary { struct listing list; const char *where; };

static int
put(struct dictionary *d, const struct entry *e)
{
	return d->where != NULL && strcmp(d->where, e->where) != 0 ? 0 : listing_row(&d->list, e);
}

/* ---- columns of verbs ---- */

static int
put_listing(struct dictionary *d, const struct listing_spec *s)
{
	static const char *const type[] = {
		[CELL_TEXT] = "text", [CELL_INTEGER] = "integer", [CELL_COUNT] = "count",
		[CELL_SHARE] = "share", [CELL_TIME] = "time", [CELL_WORDS] = "words",
		[CELL_NESTED] = "nested",
	};
	int rc = 0;

	for (size_t i = 0; i < s->n && rc == 0; i++) {
		const struct column *c = &s->column[i];

		rc = put(d, &(struct entry){ "column", s->name, c->name, type[c->type], c->unit,
		    c->about, c->since });
	}
	return rc;
}

/* ---- lines of text: views, and what is in no table of the program ---- */

/* The word before the comment: behind "AS", or the last of a dotted name. */
static char *
column_name(char *line, char *comment)
{
	char *end = comment, *name;

	while (end > line && strchr(" \t,", end[-1]) != NULL)
		end--;
	*end = '\0';
	for (name = end; name > line && strchr(" \t.", name[-1]) == NULL; name--)
		;
	return name;
}

static const char *
view_type(const char *line, const char *name, const char *unit)
{
	static const char *const texts[] = { "sensor", "overlay", "node", "address", "peer", "source" };

	if (strstr(line, "strftime(") != NULL)
		return "time";
	if (strcmp(unit, "fraction") == 0)
		return "share";
	if (strcmp(unit, "nodes") == 0)
		return "count";
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(name, texts[i]) == 0)
			return "text";
	return strstr(line, "END AS ") != NULL || strstr(line, "hex(") != NULL || strstr(line, "iif(") != NULL
	    ? "text" : "integer";
}

/* A unit begins the comment: "ms; ...", "UTC; ...", "fraction ...". */
static const char *
view_unit(char **about)
{
	static const char *const unit[] = { "UTC", "nodes", "ms", "fraction" };

	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		size_t n = strlen(unit[i]);

		if (strncmp(*about, unit[i], n) != 0 || ((*about)[n] == ' ' && strcmp(unit[i], "fraction") != 0) ||
		    strchr("; ", (*about)[n]) == NULL)
			continue;
		if ((*about)[n] == ';')
			*about += n + strspn(*about + n, "; ");
		return unit[i];
	}
	return "";
}

static int
put_view_line(struct dictionary *d, char *line, char *view)
{
	struct entry e = { .what = "view", .where = view, .since = "0.2" };
	char *comment = strstr(line, "-- "), *about;

	if (sscanf(line, "CREATE VIEW %63s AS", view) == 1 || comment == NULL || comment == line)
		return 0;
	about = comment + 3;
	e.unit = view_unit(&about);
	e.about = strcmp(about, "UTC") == 0 ? "when" : about;
	e.name = column_name(line, comment);
	e.type = view_type(line, e.name, e.unit);
	return put(d, &e);
}

static int
put_dictionary_line(struct dictionary *d, char *line, char *unused)
{
	char *cell[NTEXTS] = { NULL };

	(void)unused;
	for (size_t i = 0; i < NTEXTS; i++)
		cell[i] = strsep(&line, "|");
	return cell[NTEXTS - 1] == NULL ? 0 : put(d, &(struct entry){ cell[0], cell[1], cell[2], cell[3],
	    cell[4], cell[6], cell[5] });
}

static int
each_line(struct dictionary *d, const char *text, int (*fn)(struct dictionary *, char *, char *))
{
	char *copy = strdup(text), *rest = copy, *line, view[64] = "";
	int rc = copy == NULL ? -1 : 0;

	if (copy == NULL)
		log_error("out of memory");
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL)
		rc = fn(d, line, view);
	free(copy);
	return rc;
}

/* ---- the verb ---- */

static int
put_all(struct dictionary *d)
{
	static const struct listing_spec *const specs[] = {
		&counts_listing, &population_listing, &network_counts_listing, &verdicts_listing,
		&incidents_listing, &node_listing, &schema_listing,
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]) && rc == 0; i++)
		rc = put_listing(d, specs[i]);
	if (rc == 0)
		rc = each_line(d, views_sql, put_view_line);
	return rc != 0 ? rc : each_line(d, dictionary_txt, put_dictionary_line);
}

int
verb_schema(int argc, char **argv)
{
	struct dictionary d = { .where = NULL };
	int format = LISTING_TABLE, status, at;
	bool wide = false;
	const struct option_spec options[] = {
		{ .name = "format", .kind = OPT_CHOICE, .into = &format, .value = "FORMAT",
		    .help = "how it is written", .choices = listing_formats },
		{ .name = "wide", .kind = OPT_FLAG, .into = &wide,
		    .help = "a table with all columns, however narrow the terminal" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku schema", .operands = "[WHERE]",
		.about = "Print the data dictionary: columns and members that verbs write, views of the\n"
		    "database, series for Prometheus, columns of the charts' CSV files.  WHERE is one\n"
		    "of them, such as counts, v_round or kansoku.prom.",
		.max_operands = 1, .options = options,
	};

	if ((at = cli_options(&usage, argc, argv, &status)) < 0)
		return status;
	d.where = argv[at];
	listing_begin(&d.list, &schema_listing, format, wide, NULL);
	status = put_all(&d) == -1 ? EXIT_FAILED : d.list.rows > 0 ? EXIT_DONE : EXIT_NOTHING;
	if (status == EXIT_NOTHING)
		log_error("%s: nothing of that name; \"kansoku schema\" lists all", d.where);
	if (listing_end(&d.list) != 0)
		status = EXIT_FAILED;
	return cli_printed(status);
}
