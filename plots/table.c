/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/table.h"

#include <math.h>
#include <string.h>

#include "data/lib/text.h"
#include "data/lib/utctime.h"

/* One column of numbers of a panel. */
struct column { const char *name, *suffix; const double *v; };

/* Each kind of panel has something else in its rows. */
struct form {
	const char	*keys;		/* headings of key cells; NULL: the panel has it */
	size_t		(*rows)(const struct panel *, const struct time_frame *);
	void		(*key)(FILE *, const struct panel *, const struct time_frame *,
	    size_t row);
	bool		(*column)(const struct panel *, size_t i, struct column *);
};

static void
put_text(FILE *out, const char *s)
{
	text_csv(out, text_of(s));
}

/* ---- time --------------------------------------------------------------------- */

static size_t
time_rows(const struct panel *p, const struct time_frame *f)
{
	(void)p;
	return f->n;
}

static void
time_key(FILE *out, const struct panel *p, const struct time_frame *f, size_t row)
{
	char start[WHEN_TEXT], end[WHEN_TEXT];

	(void)p;
	fprintf(out, "%u,%s,%s,%.4g", f->round[row], utctime_format(start, f->start_ms[row]),
	    utctime_format(end, f->end_ms[row]), f->day_share[row]);
}

static bool
time_column(const struct panel *p, size_t i, struct column *c)
{
	for (size_t k = 0; k < p->time.nlines; k++) {
		const struct line *l = &p->time.line[k];
		struct column of[3] = {
			{ l->column, "", l->v }, { l->column, "_low", l->low },
			    { l->column, "_high", l->high },
		};

		for (size_t j = 0; j < 3; j++)
			if (of[j].v != NULL && i-- == 0) {
				*c = of[j];
				return true;
			}
	}
	return false;
}

/* ---- map ------------------------------------------------------------------------ */

static size_t
map_rows(const struct panel *p, const struct time_frame *f)
{
	(void)p;
	(void)f;
	return 256;
}

static void
map_key(FILE *out, const struct panel *p, const struct time_frame *f, size_t row)
{
	(void)p;
	(void)f;
	fprintf(out, "%zu,%d", row, figure_blocked_octet((unsigned)row));
}

static bool
map_column(const struct panel *p, size_t i, struct column *c)
{
	*c = (struct column){ p->map.column, "", p->map.cell };
	return i == 0;
}

/* ---- bars and ranks ---------------------------------------------------------------- */

static size_t
bars_rows(const struct panel *p, const struct time_frame *f)
{
	(void)f;
	return p->bars.nbins;
}

static void
bars_key(FILE *out, const struct panel *p, const struct time_frame *f, size_t row)
{
	(void)f;
	put_text(out, p->bars.bin[row]);
}

static bool
bars_column(const struct panel *p, size_t i, struct column *c)
{
	if (i >= p->bars.nseries)
		return false;
	*c = (struct column){ p->bars.series[i].column, "", p->bars.series[i].v };
	return true;
}

static size_t
ranks_rows(const struct panel *p, const struct time_frame *f)
{
	(void)f;
	return p->ranks.n;
}

static void
ranks_key(FILE *out, const struct panel *p, const struct time_frame *f, size_t row)
{
	(void)f;
	put_text(out, p->ranks.row[row].name);
	putc(',', out);
	put_text(out, p->ranks.row[row].label);
	putc(',', out);
	put_text(out, p->ranks.row[row].note);
}

static bool
ranks_column(const struct panel *p, size_t i, struct column *c)
{
	static const char *const suffixes[] = { "", "_low", "_high" };

	if (i >= sizeof(suffixes) / sizeof(suffixes[0]))
		return false;
	*c = (struct column){ p->ranks.value_column, suffixes[i], NULL };	/* see cell() */
	return true;
}

static const struct form forms[PANEL_NKIND] = {
	[PANEL_TIME] = { "round,start,end,measured_of_24h", time_rows, time_key, time_column },
	[PANEL_MAP] = { "first_octet,impossible", map_rows, map_key, map_column },
	[PANEL_BARS] = { NULL, bars_rows, bars_key, bars_column },
	[PANEL_RANKS] = { NULL, ranks_rows, ranks_key, ranks_column },
};

/* ---- writing ----------------------------------------------------------------------- */

static double
cell(const struct panel *p, const struct column *c, size_t row)
{
	const struct rank *k = &p->ranks.row[row];

	if (p->kind != PANEL_RANKS)
		return c->v[row];
	return strcmp(c->suffix, "_low") == 0 ? k->low : strcmp(c->suffix, "_high") == 0 ?
	    k->high :
	    k->value;
}

static void
put_number(FILE *out, double v)
{
	if (isfinite(v))
		fprintf(out, "%.10g", v);
}

static void
write_wide(const struct figure *fig, FILE *out)
{
	const struct form *form = &forms[fig->panel[0].kind];
	struct column c;

	if (fig->panel[0].kind == PANEL_BARS)
		fputs(fig->panel[0].bars.bin_column, out);
	else if (fig->panel[0].kind == PANEL_RANKS)
		fprintf(out, "%s,label,note", fig->panel[0].ranks.name_column);
	else
		fputs(forms[fig->panel[0].kind].keys, out);
	for (size_t i = 0; i < fig->npanels; i++)
		for (size_t k = 0; form->column(&fig->panel[i], k, &c); k++)
			fprintf(out, ",%s%s", c.name, c.suffix);
	putc('\n', out);
	for (size_t row = 0; row < form->rows(&fig->panel[0], &fig->frame); row++) {
		form->key(out, &fig->panel[0], &fig->frame, row);
		for (size_t i = 0; i < fig->npanels; i++)
			for (size_t k = 0; form->column(&fig->panel[i], k, &c); k++) {
				putc(',', out);
				put_number(out, cell(&fig->panel[i], &c, row));
			}
		putc('\n', out);
	}
}

/* The first key cell alone, so that a long table has as many cells in each row. */
static void
put_short_key(FILE *out, const struct figure *fig, const struct panel *p, size_t row)
{
	char end[WHEN_TEXT];

	if (p->kind == PANEL_TIME)
		fputs(utctime_format(end, fig->frame.end_ms[row]), out);
	else if (p->kind == PANEL_MAP)
		fprintf(out, "%zu", row);
	else
		put_text(out, p->kind == PANEL_BARS ? p->bars.bin[row] :
		    p->ranks.row[row].name);
}

static void
write_long(const struct figure *fig, FILE *out)
{
	struct column c;

	fputs("panel,key,column,value\n", out);
	for (size_t i = 0; i < fig->npanels; i++) {
		const struct panel *p = &fig->panel[i];

		for (size_t k = 0; forms[p->kind].column(p, k, &c); k++)
			for (size_t row = 0; row < forms[p->kind].rows(p, &fig->frame); row++) {
				put_text(out, p->heading);
				putc(',', out);
				put_short_key(out, fig, p, row);
				fprintf(out, ",%s%s,", c.name, c.suffix);
				put_number(out, cell(p, &c, row));
				putc('\n', out);
			}
	}
}

void
table_write(const struct figure *fig, FILE *out)
{
	bool alike = true;

	for (size_t i = 1; i < fig->npanels; i++)
		alike = alike && fig->panel[i].kind == fig->panel[0].kind &&
		    fig->panel[0].kind <= PANEL_MAP;
	if (alike)
		write_wide(fig, out);
	else
		write_long(fig, out);
}
