/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings out of an INI file, into the table of the command line. */
#include <ctype.h>
#include <ini.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "crawler/settings.h"
#include "data/lib/lines.h"
#include "data/lib/log.h"

struct file {
	struct settings	*s;
	const struct option_spec *options;
	struct lines	 lines;
	bool		 bad;
	bool		 given[SETTINGS_MAX];
};

static int
bad_line(struct file *f, const char *name, const char *what)
{
	log_error("%s:%" PRId64 ": %s: %s", f->lines.name, f->lines.number, name, what);
	f->bad = true;
	return 0;
}

static char *
keep_value(struct settings *s, const char *value)
{
	char **kept = reallocarray(s->kept, s->nkept + 1, sizeof(*kept));

	if (kept == NULL)
		return NULL;
	s->kept = kept;
	return (s->kept[s->nkept] = strdup(value)) != NULL ? s->kept[s->nkept++] : NULL;
}

static bool
is_repeated(struct file *f, const char *name)
{
	for (size_t i = 0; f->options[i].name != NULL; i++)
		if (strcmp(f->options[i].name, name) == 0) {
			bool before = f->given[i];

			f->given[i] = true;
			return before && f->options[i].kind != OPT_LIST;
		}
	return false;
}

/* "# ..." behind a blank is a remark, as in a list of peers. */
static void
end_at_remark(char *value)
{
	char *at = value;

	while ((at = strchr(at, '#')) != NULL && (at == value || !isblank((unsigned char)at[-1])))
		at++;
	if (at == NULL)
		return;
	while (at > value && isblank((unsigned char)at[-1]))
		at--;
	*at = '\0';
}

static int
on_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct file *f = arg;
	char where[300];
	char *kept;

	if (f->bad)
		return 0;
	if (*section != '\0' && strcmp(section, "crawl") != 0)
		return bad_line(f, section, "no such section; want [crawl] or none");
	if (strcmp(name, "config") == 0)
		return bad_line(f, name, "a settings file names no other");
	if (is_repeated(f, name))
		return bad_line(f, name, "is given twice; once is right");
	if ((kept = keep_value(f->s, value)) == NULL)
		return bad_line(f, name, memory_missing());
	end_at_remark(kept);
	snprintf(where, sizeof(where), "%s:%" PRId64, f->lines.name, f->lines.number);
	f->bad = !cli_set(f->options, name, kept, where);
	return !f->bad;
}

int
settings_file(struct settings *s, const struct option_spec *options, const char *path)
{
	struct file f = { .s = s, .options = options };
	int line = 0;

	if (lines_open(&f.lines, path, LINES_INIH) == 0) {
		f.lines.most = SETTINGS_BYTES_MAX;
		line = ini_parse_stream(lines_inih, &f.lines, on_setting, &f);
	}
	if (f.lines.why != NULL) {
		if (!f.bad)
			lines_complain(&f.lines);
		f.bad = true;
	} else if (!f.bad && line != 0) {
		log_error("%s:%d: want NAME = VALUE, [crawl] or a comment", path, line);
		f.bad = true;
	}
	lines_close(&f.lines);
	return f.bad ? EXIT_MISUSED : EXIT_DONE;
}
