/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages and mails out of templates and facts.
 *
 *   {{name}}			the fact, escaped for the template's form
 *   {{&name}}			the fact as it is: for what is markup or fit to print already
 *   {{#name}} ... {{/name}}	once for each item of the list, or once if there is such a
 *				fact and it is not empty; inside, the item's facts come first
 *   {{^name}} ... {{/name}}	if there is no item and no such fact
 *   {{>name}}			another template of the set
 *
 * A tag of the last three kinds that stands alone on its line takes the line with it.
 * This is not a language: it computes nothing, and every text that a page shows is
 * either in the template or a fact.
 */
#ifndef KANSOKU_DATA_LIB_TEMPLATE_H
#define KANSOKU_DATA_LIB_TEMPLATE_H

#include <stdio.h>

/* A set of templates ends with one whose name is NULL; all texts are borrowed. */
struct template { const char *name, *text; };

enum template_form {
	TEMPLATE_XML,		/* text_xml: for HTML, in text and in quoted attributes */
	TEMPLATE_PLAIN,		/* text_vis: for mails and text files */
};

/*
 * Facts by name, and lists of further facts.  Names are borrowed, texts are copied.
 * Memory that runs out is remembered: template_write then fails, so callers need not
 * look, and facts that are NULL take whatever is given to them.
 */
struct facts;

struct facts *facts_new(void);
void	 facts_free(struct facts *);	/* with all its lists */
void	 facts_set(struct facts *, const char *name, const char *text);	/* NULL: no such fact */
void	 facts_format(struct facts *, const char *name, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* One more item of a list; it belongs to the facts it was added to. */
struct facts *facts_add(struct facts *, const char *list);

/*
 * Writes the named template.  0; -1 with errno: ENOMEM (facts are missing), EINVAL (a
 * tag that is no tag or is not closed, or a fact that is not there: a mistake in the
 * program), or what the stream said.
 */
int	 template_write(FILE *, const struct template *set, const char *name,
	    enum template_form, const struct facts *);

#endif
