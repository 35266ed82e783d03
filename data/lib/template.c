/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/template.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/text.h"

#define NAMES	"abcdefghijklmnopqrstuvwxyz0123456789_"
#define DEPTH	16	/* of sections and templates in one another */

/* ---- facts ------------------------------------------------------------------------- */

/* A text, or one item of a list. */
struct fact {
	struct fact	*next;
	const char	*name;
	char		*text;		/* NULL: an item */
	struct facts	*item;
};

struct facts {
	struct facts	*parent, *root;
	struct fact	*first, *last;
	bool		 oom;		/* of the root: something could not be kept */
};

static struct facts *
new_facts(struct facts *parent)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (f != NULL) {
		f->parent = parent;
		f->root = parent != NULL ? parent->root : f;
	}
	return f;
}

struct facts *
facts_new(void)
{
	return new_facts(NULL);
}

void
facts_free(struct facts *f)
{
	if (f == NULL)
		return;
	for (struct fact *p = f->first, *next; p != NULL; p = next) {
		next = p->next;
		free(p->text);
		facts_free(p->item);
		free(p);
	}
	free(f);
}

/* Takes the text or the item over. */
static void
append(struct facts *f, const char *name, char *text, struct facts *item)
{
	struct fact *p = text != NULL || item != NULL ? malloc(sizeof(*p)) : NULL;

	if (p == NULL) {
		free(text);
		facts_free(item);
		f->root->oom = true;
		return;
	}
	*p = (struct fact){ NULL, name, text, item };
	if (f->last != NULL)
		f->last->next = p;
	else
		f->first = p;
	f->last = p;
}

void
facts_set(struct facts *f, const char *name, const char *text)
{
	if (f != NULL && text != NULL)
		append(f, name, strdup(text), NULL);
}

void
facts_format(struct facts *f, const char *name, const char *fmt, ...)
{
	char *text;
	va_list ap;

	if (f == NULL)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	append(f, name, text, NULL);
}

struct facts *
facts_add(struct facts *f, const char *list)
{
	struct facts *item;

	if (f == NULL)
		return NULL;
	item = new_facts(f);
	append(f, list, NULL, item);
	return f->root->oom ? NULL : item;
}

/* ---- templates ------------------------------------------------------------------------ */

struct writing {
	FILE		*f;
	const struct template *set;
	enum template_form form;
	int		 depth;
};

/* A piece of one template. */
struct piece { const char *text, *p, *end; };	/* text: where the template begins */

struct tag {
	char		 kind;		/* one of "#^/&>", or a blank for a plain one */
	const char	*name;
	size_t		 len;
	const char	*before, *behind;	/* where the text around it ends and goes on */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next tag of a piece: 1; 0 if there is none, -1 if it is no tag. */
static int
find_tag(const struct piece *x, struct tag *t)
{
	const char *p = memmem(x->p, (size_t)(x->end - x->p), "{{", 2), *start, *end;

	if (p == NULL)
		return 0;
	t->before = p;
	p += 2;
	t->kind = *p != '\0' && strchr("#^/&>", *p) != NULL ? *p++ : ' ';
	t->name = p;
	t->len = strspn(p, NAMES);
	t->behind = p + t->len + 2;
	if (t->len == 0 || strncmp(p + t->len, "}}", 2) != 0)
		return -1;
	if (strchr("#^/>", t->kind) == NULL)
		return 1;
	for (start = t->before; start > x->text && is_blank(start[-1]);)
		start--;
	for (end = t->behind; is_blank(*end);)
		end++;
	if ((start == x->text || start[-1] == '\n') && *end == '\n') {
		t->before = start;
		t->behind = end + 1;
	}
	return 1;
}

/* The end of the section that the tag opens. */
static int
find_close(const struct piece *x, const struct tag *open, struct tag *close)
{
	struct piece rest = { x->text, open->behind, x->end };

	for (int depth = 1; depth > 0; rest.p = close->behind) {
		if (find_tag(&rest, close) != 1)
			return -1;
		depth += close->kind == '#' || close->kind == '^' ? 1 : close->kind == '/' ?
		    -1 : 0;
	}
	return close->len == open->len && memcmp(close->name, open->name, close->len) == 0 ? 0 :
	    -1;
}

static bool
is_named(const struct fact *p, const struct tag *t)
{
	return strlen(p->name) == t->len && memcmp(p->name, t->name, t->len) == 0;
}

/* Here, or in what this is an item of. */
static const struct fact *
find_fact(const struct facts *f, const struct tag *t)
{
	for (; f != NULL; f = f->parent)
		for (const struct fact *p = f->first; p != NULL; p = p->next)
			if (is_named(p, t))
				return p;
	return NULL;
}

static int
write_fact(const struct writing *w, const struct tag *t, const struct facts *f)
{
	const struct fact *p = find_fact(f, t);

	if (p == NULL || p->text == NULL)
		return -1;
	if (t->kind == '&')
		fputs(p->text, w->f);
	else
		(w->form == TEMPLATE_XML ? text_xml : text_vis_write)(w->f, text_of(p->text));
	return 0;
}

static int write_piece(struct writing *, struct piece, const struct facts *);

static int
write_section(struct writing *w, const struct piece *x, const struct tag *open,
    const struct tag *close, const struct facts *f)
{
	struct piece inside = { x->text, open->behind, close->before };
	const struct fact *p = find_fact(f, open);
	bool there = p != NULL && (p->text == NULL || p->text[0] != '\0');

	if (open->kind == '^')
		return there ? 0 : write_piece(w, inside, f);
	if (there && p->text != NULL)
		return write_piece(w, inside, f);
	for (; p != NULL; p = p->next)
		if (p->text == NULL && is_named(p, open) &&
		    write_piece(w, inside, p->item) != 0)
			return -1;
	return 0;
}

static int
write_named(struct writing *w, const char *name, size_t len, const struct facts *f)
{
	for (const struct template *t = w->set; t->name != NULL; t++)
		if (strlen(t->name) == len && memcmp(t->name, name, len) == 0)
			return write_piece(w, (struct piece){ t->text, t->text,
			    t->text + strlen(t->text) }, f);
	return -1;
}

static int
write_piece(struct writing *w, struct piece x, const struct facts *f)
{
	struct tag t, close;
	int found, bad = w->depth++ < DEPTH ? 0 : -1;

	while (bad == 0 && (found = find_tag(&x, &t)) != 0) {
		if (found < 0 || t.kind == '/')
			return -1;
		fwrite(x.p, 1, (size_t)(t.before - x.p), w->f);
		x.p = t.behind;
		switch (t.kind) {
		case '#': case '^':
			if ((bad = find_close(&x, &t, &close)) != 0)
				break;
			bad = write_section(w, &x, &t, &close, f);
			x.p = close.behind;
			break;
		case '>':
			bad = write_named(w, t.name, t.len, f);
			break;
		default:
			bad = write_fact(w, &t, f);
		}
	}
	w->depth--;
	if (bad == 0)
		fwrite(x.p, 1, (size_t)(x.end - x.p), w->f);
	return bad;
}

int
template_write(FILE *out, const struct template *set, const char *name,
    enum template_form form, const struct facts *f)
{
	struct writing w = { out, set, form, 0 };

	errno = ENOMEM;
	if (f == NULL || f->root->oom)
		return -1;
	errno = 0;
	if (write_named(&w, name, strlen(name), f) != 0) {
		errno = EINVAL;
		return -1;
	}
	if (!ferror(out))
		return 0;
	if (errno == 0)
		errno = EIO;
	return -1;
}
