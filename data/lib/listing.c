/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/listing.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

const char *const listing_formats[] = { "table", "csv", "json", "jsonl", NULL };

#define HELD_ROWS	400	/* that decide how wide the columns of a table are */
#define GAP		2	/* blanks between columns */
#define CELL_ROOM	512	/* bytes of a cell in a table */
#define NARROWEST	20	/* a terminal that says less does not know */

size_t
listing_terminal(void)
{
	const char *told = getenv("COLUMNS");
	struct winsize w;
	long n = told != NULL ? strtol(told, NULL, 10) : 0;

	if (n >= NARROWEST && n < 100000)
		return (size_t)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= NARROWEST)
		return w.ws_col;
	return isatty(STDOUT_FILENO) ? 80 : 0;
}

void
listing_begin(struct listing *l, const struct listing_spec *spec, int format, bool wide,
    void *arg)
{
	memset(l, 0, sizeof(*l));
	l->spec = spec;
	l->format = format;
	l->wide = wide;
	l->arg = arg;
	l->room = wide || format != LISTING_TABLE ? 0 : listing_terminal();
	if (format == LISTING_JSON) {
		json_start(&l->json, stdout, JSON_FORM_ROWS);
		json_put_array(&l->json, NULL);
	}
}

/* ---- cells as text --------------------------------------------------------------- */

/* Never "-0". */
static double
plain(double v)
{
	return v == 0 ? 0 : v;
}

static const char *
number_text(char buf[48], const struct column *c, const struct cell *v)
{
	buf[0] = '\0';
	if (c->type == CELL_INTEGER && v->number != UNKNOWN)
		snprintf(buf, 48, "%" PRId64, v->number);
	else if (c->type == CELL_COUNT && isfinite(v->real))
		snprintf(buf, 48, "%.0f", plain(round(v->real)));
	else if (c->type == CELL_SHARE && isfinite(v->real))
		snprintf(buf, 48, "%.6g", plain(v->real));
	else if (c->type == CELL_TIME && v->number >= 0)
		utctime_format(buf, v->number);
	return buf;
}

static void
write_words(FILE *f, const struct cell *v)
{
	const char *gap = "";

	for (unsigned i = 0; i < 32 && v->words.name[i] != NULL; i++)
		if (v->words.bits >> i & 1) {
			fprintf(f, "%s%s", gap, v->words.name[i]);
			gap = "|";
		}
}

static void
write_csv(FILE *f, const struct column *c, const struct cell *v)
{
	char buf[48];

	if (c->type == CELL_TEXT)
		text_csv(f, text_of(v->text));
	else if (c->type == CELL_WORDS)
		write_words(f, v);
	else
		fputs(number_text(buf, c, v), f);
}

/* For people: times to the minute, shares with four digits, "-" for what is not known. */
static char *
table_text(const struct column *c, const struct cell *v)
{
	char buf[CELL_ROOM], number[48];
	FILE *f;

	buf[0] = '\0';
	if (c->type == CELL_TEXT) {
		text_vis(buf, sizeof(buf), text_of(v->text));
	} else if (c->type == CELL_WORDS) {
		if ((f = fmemopen(buf, sizeof(buf) - 1, "w")) == NULL)
			return NULL;
		write_words(f, v);
		fclose(f);
	} else if (c->type == CELL_SHARE && isfinite(v->real) && fabs(v->real) < 1000) {
		snprintf(buf, sizeof(buf), "%.4f", plain(v->real));
	} else {
		snprintf(buf, sizeof(buf), "%s", number_text(number, c, v));
		if (c->type == CELL_TIME && buf[0] != '\0') {
			buf[10] = ' ';
			buf[16] = '\0';
		}
	}
	return strdup(buf[0] == '\0' ? "-" : buf);
}

/* ---- JSON ------------------------------------------------------------------------- */

static void
put_cell(struct json_out *j, const struct column *c, const struct cell *v)
{
	switch (c->type) {
	case CELL_TEXT:
		json_put_string(j, c->name, v->text);
		break;
	case CELL_INTEGER:
		json_put_known(j, c->name, v->number);
		break;
	case CELL_COUNT:
		json_put_count(j, c->name, v->real);
		break;
	case CELL_SHARE:
		json_put_share(j, c->name, v->real);
		break;
	case CELL_TIME:
		json_put_time(j, c->name, v->number);
		break;
	case CELL_WORDS:
		json_put_array(j, c->name);
		for (unsigned i = 0; i < 32 && v->words.name[i] != NULL; i++)
			if (v->words.bits >> i & 1)
				json_put_string(j, NULL, v->words.name[i]);
		json_put_end(j);
		break;
	}
}

static int
row_json(struct listing *l, const struct cell *cell, const void *row)
{
	const struct listing_spec *s = l->spec;
	int rc = 0;

	if (l->format == LISTING_JSONL)
		json_start(&l->json, stdout, JSON_FORM_LINE);
	json_put_object(&l->json, NULL);
	if (l->group[0] != NULL) {
		json_put_string(&l->json, "sensor", l->group[0]);
		json_put_string(&l->json, "overlay", l->group[1]);
	}
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		if (!(s->column[i].forms & IN_JSON))
			continue;
		if (s->column[i].type == CELL_NESTED)
			rc = s->nested(&l->json, i, row, l->arg);
		else
			put_cell(&l->json, &s->column[i], &cell[i]);
	}
	if (rc == 0)
		json_put_end(&l->json);
	return rc;
}

/* ---- CSV --------------------------------------------------------------------------- */

static void
head_csv(struct listing *l)
{
	const char *gap = "";

	if (l->headed)
		return;
	l->headed = true;
	if (l->group[0] != NULL)
		printf("sensor,");
	for (size_t i = 0; i < l->spec->n; i++)
		if (l->spec->column[i].forms & IN_CSV) {
			printf("%s%s", gap, l->spec->column[i].name);
			gap = ",";
		}
	putchar('\n');
}

static void
row_csv(struct listing *l, const struct cell *cell)
{
	const char *gap = "";

	head_csv(l);
	if (l->group[0] != NULL) {
		text_csv(stdout, text_of(l->group[0]));
		putchar(',');
	}
	for (size_t i = 0; i < l->spec->n; i++)
		if (l->spec->column[i].forms & IN_CSV) {
			fputs(gap, stdout);
			write_csv(stdout, &l->spec->column[i], &cell[i]);
			gap = ",";
		}
	putchar('\n');
}

/* ---- a table ------------------------------------------------------------------------ */

/* Columns on the terminal: bytes that do not continue a character. */
static size_t
columns_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool
is_number(const struct column *c)
{
	return c->type == CELL_INTEGER || c->type == CELL_COUNT || c->type == CELL_SHARE;
}

static size_t
table_width(const struct listing *l)
{
	size_t sum = 0;

	for (size_t i = 0; i < l->spec->n; i++)
		if (l->shown[i])
			sum += l->width[i] + (sum > 0 ? GAP : 0);
	return sum;
}

/* Leaves out what has no room, and says so. */
static void
drop_columns(struct listing *l)
{
	char left_out[CELL_ROOM] = "";
	size_t len = 0;

	while (l->room > 0 && table_width(l) > l->room) {
		size_t worst = SIZE_MAX;

		for (size_t i = 0; i < l->spec->n; i++)
			if (l->shown[i] && l->spec->column[i].rank > 0 && (worst == SIZE_MAX ||
			    l->spec->column[i].rank >= l->spec->column[worst].rank))
				worst = i;
		if (worst == SIZE_MAX)
			break;
		l->shown[worst] = false;
		if (len < sizeof(left_out))
			len += (size_t)snprintf(left_out + len, sizeof(left_out) - len, "%s%s",
			    len > 0 ? ", " : "", l->spec->column[worst].name);
	}
	if (len > 0)
		log_info("no room for: %s; --wide and --format csv have them", left_out);
}

static void
put_line(const struct listing *l, char *const *cell)
{
	size_t at = 0, end = 0, last = 0;

	for (size_t i = 0; i < l->spec->n; i++)
		if (l->shown[i])
			last = i;
	for (size_t i = 0; i <= last; i++) {
		const char *text = cell != NULL ? cell[i] : l->spec->column[i].name;
		size_t n, pad;

		if (!l->shown[i])
			continue;
		n = columns_of(text);
		pad = l->width[i] > n ? l->width[i] - n : 0;
		if (at++ > 0)
			end += GAP;
		printf("%*s%*s%s", (int)end, "", is_number(&l->spec->column[i]) ? (int)pad : 0, "",
		    text);
		end = is_number(&l->spec->column[i]) ? 0 : pad;
	}
	putchar('\n');
}

static void
lay_out(struct listing *l)
{
	size_t n = l->spec->n;

	for (size_t i = 0; i < n; i++) {
		l->shown[i] = l->spec->column[i].forms & IN_TABLE;
		l->width[i] = columns_of(l->spec->column[i].name);
	}
	for (size_t k = 0; k < l->nheld * n; k++)
		if (columns_of(l->held[k]) > l->width[k % n])
			l->width[k % n] = columns_of(l->held[k]);
	drop_columns(l);
	l->laid_out = true;
	put_line(l, NULL);
	for (size_t k = 0; k < l->nheld; k++)
		put_line(l, l->held + k * n);
}

static void
forget_held(struct listing *l)
{
	for (size_t k = 0; l->held != NULL && k < l->nheld * l->spec->n; k++)
		free(l->held[k]);
	free(l->held);
	l->held = NULL;
	l->nheld = 0;
}

static int
row_table(struct listing *l, const struct cell *cell)
{
	size_t n = l->spec->n;
	char **row;

	if (l->held == NULL && (l->held = calloc(HELD_ROWS * n, sizeof(*l->held))) == NULL)
		goto oom;
	if (l->laid_out)
		l->nheld = 0;
	row = l->held + l->nheld * n;
	for (size_t i = 0; i < n; i++) {
		free(row[i]);
		row[i] = l->spec->column[i].type == CELL_NESTED ? strdup("") :
		    table_text(&l->spec->column[i], &cell[i]);
		if (row[i] == NULL)
			goto oom;
	}
	l->nheld++;
	if (l->laid_out)
		put_line(l, row);
	else if (l->nheld == HELD_ROWS)
		lay_out(l);
	return 0;
oom:
	log_error("%s", memory_missing());
	return -1;
}

/* What is held is printed; what comes next is another table. */
static void
end_table(struct listing *l)
{
	if (!l->laid_out && l->nheld > 0)
		lay_out(l);
	if (l->held != NULL && l->laid_out)
		l->nheld = HELD_ROWS;	/* all slots that may hold a cell */
	forget_held(l);
	l->laid_out = false;
}

/* ---- the listing --------------------------------------------------------------------- */

int
listing_group(struct listing *l, const char *sensor, const char *overlay, const char *label)
{
	l->group[0] = sensor;
	l->group[1] = overlay;
	if (l->format != LISTING_TABLE)
		return 0;
	end_table(l);
	printf("%ssensor %s\n", l->rows > 0 ? "\n" : "", label);
	return 0;
}

int
listing_row(struct listing *l, const void *row)
{
	struct cell cell[LISTING_COLUMNS];
	int rc = 0;

	memset(cell, 0, sizeof(cell));
	l->spec->cells(row, cell);
	if (l->format == LISTING_TABLE)
		rc = row_table(l, cell);
	else if (l->format == LISTING_CSV)
		row_csv(l, cell);
	else
		rc = row_json(l, cell, row);
	l->rows++;
	return rc != 0 ? rc : ferror(stdout) ? 1 : 0;
}

int
listing_end(struct listing *l)
{
	if (l->format == LISTING_TABLE)
		end_table(l);
	else if (l->format == LISTING_CSV)
		head_csv(l);
	else if (l->format == LISTING_JSON)
		json_put_end(&l->json);
	return ferror(stdout) ? -1 : 0;
}

void
listing_abandon(struct listing *l)
{
	if (l->held != NULL && l->laid_out)
		l->nheld = HELD_ROWS;
	forget_held(l);
}

void
listing_wrap(const char *text, size_t indent, size_t room)
{
	size_t at = indent;

	printf("%*s", (int)indent, "");
	for (bool first = true; *text != '\0'; first = false) {
		size_t n = strcspn(text, " "), wide;
		char word[CELL_ROOM];

		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		wide = columns_of(word);
		if (!first && room > 0 && at + 1 + wide > room) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)n, text);
		at += wide;
		text += n + (text[n] == ' ');
	}
	putchar('\n');
}
