/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/lib/log.h"
#include "data/lib/utf8.h"
#include "data/lib/utctime.h"

#define MAX_OPTIONS	64	/* of one verb; the table is ours, so an assert */

static const struct { const char *suffix; int64_t ms; } units[] = {
	{ "ms", 1 }, { "s", SECOND_MS }, { "m", MINUTE_MS }, { "h", HOUR_MS }, { "d", DAY_MS },
	{ "y", 365 * DAY_MS },
};
#define NUNITS	(sizeof(units) / sizeof(units[0]))

bool
cli_span(int64_t *ms, const char *text)
{
	char *end;
	double v;

	if (*text < '0' || *text > '9')
		return false;
	v = strtod(text, &end);
	for (size_t i = 0; i < NUNITS; i++)
		if (strcmp(end, units[i].suffix) == 0 && v * (double)units[i].ms < 9e15) {
			*ms = (int64_t)llround(v * (double)units[i].ms);
			return true;
		}
	return false;
}

static const char size_unit[] = "KMGT";

bool
cli_size(int64_t *bytes, const char *text)
{
	char *end;
	const char *unit;
	double v;

	if (*text < '0' || *text > '9')
		return false;
	v = strtod(text, &end);
	unit = *end == '\0' ? NULL : strchr(size_unit, *end);
	if (*end != '\0' && (unit == NULL || end[1] != '\0'))
		return false;
	v = ldexp(v, unit == NULL ? 0 : 10 * (int)(unit - size_unit + 1));
	if (!(v < 9e18))
		return false;
	*bytes = (int64_t)v;
	return true;
}

char *
cli_size_text(char out[SIZE_TEXT], int64_t bytes)
{
	int i = -1;

	while (bytes > 0 && bytes % 1024 == 0 && size_unit[i + 1] != '\0') {
		bytes /= 1024;
		i++;
	}
	snprintf(out, SIZE_TEXT, i < 0 ? "%lld" : "%lld%c", (long long)bytes, size_unit[i < 0 ? 0 : i]);
	return out;
}

const char *
cli_database(const char *given)
{
	const char *env = getenv("KANSOKU_DB");

	if (given != NULL && *given != '\0')
		return given;
	if (env != NULL && *env != '\0')
		return env;
	log_error("no database: give --db FILE, or set KANSOKU_DB");
	return NULL;
}

bool
cli_can_be_read(const char *what, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0 && access(path, R_OK) == 0;

	if (there && !S_ISDIR(st.st_mode))
		return true;
	log_error("%s%s: %s; want a file that can be read", what, path,
	    there ? "is a folder" : strerror(errno));
	return false;
}

/* A journal may hold what the file does not say yet. */
static bool
has_journal(const char *path)
{
	char *journal;
	struct stat st;
	bool there;

	if (asprintf(&journal, "%s-wal", path) == -1)
		return true;
	there = stat(journal, &st) == 0 && st.st_size > 0;
	free(journal);
	return there;
}

/* Why this cannot be a database, by its first bytes; NULL if it can, or cannot be read. */
static const char *
no_database(const char *path)
{
	static const char magic[] = "SQLite format 3";
	enum { ID_AT = 68 };		/* of the file format's header of 100 bytes */
	uint8_t start[ID_AT + 4], id[4];
	FILE *f = fopen(path, "re");
	struct stat st;
	size_t n;

	if (f == NULL)
		return errno != ENOENT ? NULL : "no such database; \"kansoku crawl\" or"
		    " \"kansoku import\" makes one";
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		return "is a folder; want a database file";
	}
	n = fread(start, 1, sizeof(start), f);
	fclose(f);
	if (n == 0)
		return "is empty; \"kansoku crawl\" or \"kansoku import\" fills it";
	if (n < sizeof(start) || memcmp(start, magic, sizeof(magic)) != 0)
		return "is no database of kansoku";
	for (int i = 0; i < 4; i++)
		id[i] = (uint8_t)(DATABASE_ID >> (24 - 8 * i));
	return memcmp(start + ID_AT, id, sizeof(id)) == 0 || has_journal(path) ? NULL :
	    "is an SQLite database, but not one of kansoku's";
}

const char *
cli_database_there(const char *given)
{
	const char *path = cli_database(given);
	const char *why = path != NULL ? no_database(path) : NULL;

	if (why != NULL)
		log_error("%s: %s", path, why);
	return why == NULL ? path : NULL;
}

/* ---- help ------------------------------------------------------------------ */

static void
print_option(const struct option_spec *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "");
	printf("  %-24s %s%s", left, o->help, o->required ? " (required)" : "");
	if (o->kind == OPT_CHOICE) {
		printf(" (");
		for (size_t i = 0; o->choices[i] != NULL; i++)
			printf("%s%s", i > 0 ? ", " : "", o->choices[i]);
		printf(")");
	}
	if (o->kind == OPT_LIST)
		printf(" (may be repeated)");
	putchar('\n');
}

static void
print_usage(const struct usage *u)
{
	printf("usage: %s [options]%s%s\n\n%s\n\n", u->program,
	    u->operands[0] != '\0' ? " " : "", u->operands, u->about);
	for (const struct option_spec *o = u->options; o->name != NULL; o++)
		print_option(o);
	printf("  %-24s %s\n  %-24s %s\n  %-24s %s\n", "-q", "only complaints", "-v",
	    "say more", "-h, --help", "this text");
}

/* ---- values ---------------------------------------------------------------- */

static bool
whole_number(int64_t *v, const char *text)
{
	char *end;

	errno = 0;
	*v = strtoll(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && text[0] != ' ' && text[0] != '+';
}

static bool
real_number(double *v, const char *text)
{
	char *end;

	*v = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*v) && text[0] != ' ';
}

/* A span in the largest unit that divides it. */
static const char *
span_text(char buf[32], double ms)
{
	size_t i = NUNITS - 1;

	while (i > 0 && (ms < (double)units[i].ms || fmod(ms, (double)units[i].ms) != 0))
		i--;
	snprintf(buf, 32, "%.0f%s", ms / (double)units[i].ms, units[i].suffix);
	return buf;
}

/* An option, what it is set to, and where that stands: NULL for the command line. */
struct setting {
	const struct option_spec *o;
	const char	*value, *where;
};

static bool
wrong(const struct setting *s, const char *want)
{
	if (s->where != NULL)
		log_error("%s: %s = %s: want %s", s->where, s->o->name, s->value, want);
	else
		log_error("--%s %s: want %s", s->o->name, s->value, want);
	return false;
}

static bool
in_range(const struct setting *s, double v)
{
	const struct option_spec *o = s->o;
	char want[96], low[32], high[32];

	if (v >= o->min && v <= o->max)
		return true;
	if (o->kind == OPT_SPAN)
		snprintf(want, sizeof(want), "%s to %s", span_text(low, o->min),
		    span_text(high, o->max));
	else if (o->kind == OPT_SIZE)
		snprintf(want, sizeof(want), "%s to %s", cli_size_text(low, (int64_t)o->min),
		    cli_size_text(high, (int64_t)o->max));
	else
		snprintf(want, sizeof(want), "%.15g to %.15g", o->min, o->max);
	return wrong(s, want);
}

static bool
set_choice(const struct setting *s)
{
	const struct option_spec *o = s->o;
	char want[256] = "one of";

	for (int i = 0; o->choices[i] != NULL; i++) {
		size_t n = strlen(want);

		if (strcmp(o->choices[i], s->value) == 0) {
			*(int *)o->into = i;
			return true;
		}
		snprintf(want + n, sizeof(want) - n, "%s %s", i > 0 ? "," : "", o->choices[i]);
	}
	return wrong(s, want);
}

static bool
append(struct text_list *list, const char *value)
{
	const char **item = realloc(list->item, (list->n + 1) * sizeof(*item));

	if (item == NULL) {
		log_error("%s", memory_missing());
		return false;
	}
	item[list->n++] = value;
	list->item = item;
	return true;
}

bool
cli_line(const char *text, size_t max)
{
	size_t left = strlen(text), n, count = 0;
	uint32_t c;

	for (; left > 0; text += n, left -= n, count++)
		if ((n = utf8_get(&c, (const uint8_t *)text, left)) == 0 || utf8_is_control(c) ||
		    utf8_is_bidi(c))
			return false;
	return count > 0 && count <= max;
}

/* The value is not shown: it may be long, or what it is refused for. */
static bool
set_line(const struct setting *s)
{
	const struct option_spec *o = s->o;

	*(const char **)o->into = s->value;
	if (s->value[0] == '\0')
		return wrong(s, "something, not the empty text");
	if (cli_line(s->value, (size_t)o->max))
		return true;
	if (s->where != NULL)
		log_error("%s: %s: want 1 to %.0f characters of text on one line", s->where, o->name, o->max);
	else
		log_error("--%s: want 1 to %.0f characters of text on one line", o->name, o->max);
	return false;
}

/* A flag has a value in a settings file, and where the command line takes it back. */
static bool
set_flag(const struct setting *s)
{
	bool yes = s->value == NULL || strcmp(s->value, "yes") == 0;

	*(bool *)s->o->into = yes;
	return yes || strcmp(s->value, "no") == 0 || wrong(s, "yes or no");
}

/* A file that a settings file names may be overruled yet; then nobody reads it. */
static bool
file_is_there(const struct setting *s)
{
	char what[64];

	snprintf(what, sizeof(what), "--%s ", s->o->name);
	return cli_can_be_read(what, s->value);
}

static bool
set_value(const struct setting *s)
{
	const struct option_spec *o = s->o;
	const char *value = s->value;
	int64_t whole;
	double real;

	switch (o->kind) {
	case OPT_FLAG:
		return set_flag(s);
	case OPT_TEXT:
		*(const char **)o->into = value;
		return value[0] != '\0' || wrong(s, "something, not the empty text");
	case OPT_LINE:
		return set_line(s);
	case OPT_FILE:
		*(const char **)o->into = value;
		return s->where != NULL || file_is_there(s);
	case OPT_LIST:
		return append(o->into, value);
	case OPT_INT:
		if (!whole_number(&whole, value))
			return wrong(s, "a whole number");
		*(int64_t *)o->into = whole;
		return in_range(s, (double)whole);
	case OPT_REAL:
		if (!real_number(&real, value))
			return wrong(s, "a number");
		*(double *)o->into = real;
		return in_range(s, real);
	case OPT_SPAN:
		if (!cli_span(&whole, value))
			return wrong(s, "a number and a unit: ms, s, m, h, d or y");
		*(int64_t *)o->into = whole;
		return in_range(s, (double)whole);
	case OPT_SIZE:
		if (!cli_size(&whole, value))
			return wrong(s, "a number of bytes, such as 512M or 1G");
		*(int64_t *)o->into = whole;
		return in_range(s, (double)whole);
	case OPT_TIME:
		return utctime_parse(o->into, value) ||
		    wrong(s, "a time such as 2010-05-21 or 2010-05-21T03:00:00Z");
	case OPT_CHOICE:
		return set_choice(s);
	}
	return false;
}

bool
cli_set(const struct option_spec *options, const char *name, const char *value,
    const char *where)
{
	for (const struct option_spec *o = options; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return set_value(&(struct setting){ o, value, where });
	log_error("%s: %s: no such setting", where, name);
	return false;
}

/* ---- the command line -------------------------------------------------------- */

static const struct option_spec *
find(const struct usage *u, const char *name, size_t len)
{
	for (const struct option_spec *o = u->options; o->name != NULL; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* Takes argv[*i] as "--name" or "--name=value", and the next word if it needs one. */
static bool
take_option(const struct usage *u, int argc, char **argv, int *i, bool *given)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct option_spec *o = find(u, name, len);

	if (o == NULL) {
		log_error("unknown option --%.*s; %s --help lists them", (int)len, name,
		    u->program);
		return false;
	}
	if (given[o - u->options] && o->kind != OPT_LIST) {
		log_error("--%s is given twice; once is right", o->name);
		return false;
	}
	given[o - u->options] = true;
	if (o->kind != OPT_FLAG && value == NULL) {
		if (*i + 1 >= argc) {
			log_error("--%s needs a value: %s", o->name, o->value);
			return false;
		}
		value = argv[++*i];
	}
	return set_value(&(struct setting){ o, value, NULL });
}

static bool
nothing_missing(const struct usage *u, const bool *given, int operands)
{
	for (const struct option_spec *o = u->options; o->name != NULL; o++)
		if (o->required && !given[o - u->options]) {
			log_error("--%s %s is missing; %s --help explains", o->name,
			    o->value, u->program);
			return false;
		}
	if (operands < u->min_operands) {
		log_error("%s is missing; %s --help explains", u->operands, u->program);
		return false;
	}
	return true;
}

/* One word that begins with "-" and is no long option: -q, -v, or wrong. */
static bool
short_option(const struct usage *u, const char *word)
{
	if (strcmp(word, "-q") != 0 && strcmp(word, "-v") != 0) {
		log_error("unknown option %s; %s --help lists them", word, u->program);
		return false;
	}
	log_setup(NULL, word[1] == 'q' ? LOG_QUIET : LOG_MORE);
	return true;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool
is_version(const char *word)
{
	return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
}

int
cli_options(const struct usage *u, int argc, char **argv, int *status)
{
	bool given[MAX_OPTIONS] = { false };
	int operands = 0;
	bool options = true;

	*status = EXIT_MISUSED;
	for (int i = 1; i < argc; i++) {
		char *word = argv[i];

		if (options && is_help(word)) {
			print_usage(u);
			*status = EXIT_DONE;
			return -1;
		}
		if (options && is_version(word)) {
			printf("%s %s\n", u->program, KANSOKU_VERSION);
			*status = EXIT_DONE;
			return -1;
		}
		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (options && strncmp(word, "--", 2) == 0) {
			if (!take_option(u, argc, argv, &i, given))
				return -1;
		} else if (options && word[0] == '-' && word[1] != '\0') {
			if (!short_option(u, word))
				return -1;
		} else if (u->max_operands >= 0 && operands >= u->max_operands) {
			log_error("%s: one word too many; %s --help explains", word, u->program);
			return -1;
		} else {
			argv[1 + operands++] = word;	/* never ahead of i */
		}
	}
	if (!nothing_missing(u, given, operands))
		return -1;
	/* Operands stand at argv[1..operands]; hand them out as argv's tail. */
	for (int k = operands; k >= 1; k--)
		argv[argc - operands + k - 1] = argv[k];
	*status = EXIT_DONE;
	return argc - operands;
}

static void
print_verbs(FILE *f, const char *program, const char *about, const struct verb *verbs)
{
	fprintf(f, "usage: %s VERB [options]\n\n%s\n\n", program, about);
	for (const struct verb *v = verbs; v->name != NULL; v++)
		fprintf(f, "  %-12s %s\n", v->name, v->summary);
	fprintf(f, "\n%s help VERB explains a verb; %s --version tells the version.\n",
	    program, program);
}

int
cli_printed(int status)
{
	static bool told;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* The reason of the write that failed may be gone: what is cut loses nothing by a try. */
	if (!told && write(STDOUT_FILENO, "\n", 1) == 1)
		errno = EIO;
	if (!told)
		log_error("standard output: %s", strerror(errno));
	told = true;
	return status == EXIT_DONE || status == EXIT_NOTHING ? EXIT_FAILED : status;
}

static int
run(const struct verb *v, int argc, char **argv)
{
	int status;

	if (v->before != NULL)
		v->before();
	status = v->run(argc, argv);
	if (status == EXIT_MISUSED && memory_was_missing())
		status = EXIT_FAILED;
	return cli_printed(status);
}

static const struct verb *
find_verb(const struct verb *verbs, const char *program, const char *name)
{
	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	log_error("unknown verb %s; %s --help lists them", name, program);
	return NULL;
}

/* "help": all verbs; "help VERB": as VERB --help. */
static int
help(const char *program, const char *about, const struct verb *verbs, int argc, char **argv)
{
	char option[] = "--help", *words[] = { NULL, option, NULL };
	const struct verb *v;

	if (argc == 2) {
		print_verbs(stdout, program, about, verbs);
		return cli_printed(EXIT_DONE);
	}
	if ((v = find_verb(verbs, program, argv[2])) == NULL)
		return EXIT_MISUSED;
	words[0] = argv[2];
	return run(v, 2, words);
}

int
cli_main(const char *program, const char *about, const struct verb *verbs, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct verb *v;

	log_setup(program, LOG_NORMAL);
	if (name == NULL) {
		print_verbs(stderr, program, about, verbs);
		return EXIT_MISUSED;
	}
	if (is_help(name) || strcmp(name, "help") == 0)
		return help(program, about, verbs, is_help(name) ? 2 : argc, argv);
	if (is_version(name)) {
		printf("%s %s\n", program, KANSOKU_VERSION);
		return cli_printed(EXIT_DONE);
	}
	return (v = find_verb(verbs, program, name)) != NULL ? run(v, argc - 1, argv + 1) :
	    EXIT_MISUSED;
}
