/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/consent.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/list_file.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define BLANKS	" \t,"

static const char template[] =
"# What may be read in captures of a network, and who answers for it.  A lawyer\n"
"# must see this before it is used: kansoku only holds what it reads against it.\n"
"network = 192.0.2.0/24 2001:db8::/32\n"
"holder = NAME OF WHO HOLDS THE NETWORK\n"
"contact = abuse@example.net\n"
"# own: a network of one's own; contract: the users agreed by contract; informed:\n"
"# each user was asked; survey: agreed to for a survey of limited length\n"
"basis = own\n"
"# For any other basis: since when users know of it, and by which notice.\n"
"#told = 2026-04-01, NOTICE THAT SAYS SO\n"
"scope = winny\n"
"until = 2027-03-31\n";

void
consent_template(FILE *f)
{
	fputs(template, f);
}

struct reading {
	struct consent	*c;
	const char	*path;
	crypto_generichash_state hash;
	unsigned	 seen;		/* 1 << row */
};

static int
bad(const struct reading *r, unsigned line, const char *what, const char *why)
{
	log_error("%s:%u: %s: %s", r->path, line, what, why);
	return 1;
}

/* ---- values: NULL when taken, else what is wrong ------------------------------------- */

static const char *
take_networks(struct consent *c, char *value)
{
	char *rest = NULL;
	const char *why;

	for (char *w = strtok_r(value, BLANKS, &rest); w != NULL; w = strtok_r(NULL, BLANKS, &rest)) {
		struct cidr *block = array_add(&c->network);

		if (block == NULL)
			return memory_missing();
		if ((why = cidr_parse(block, w)) != NULL)
			return why;
	}
	return c->network.n > 0 ? NULL : "names no network";
}

static const char *
take_scope(struct consent *c, char *value)
{
	char *rest = NULL, **name;

	for (char *w = strtok_r(value, BLANKS, &rest); w != NULL; w = strtok_r(NULL, BLANKS, &rest))
		if ((name = array_add(&c->scope)) == NULL || (*name = strdup(w)) == NULL)
			return memory_missing();
	return c->scope.n > 0 ? NULL : "names no overlay";
}

static const char *
take_text(char **into, const char *value)
{
	if (*value == '\0')
		return "says nothing";
	free(*into);
	return (*into = strdup(value)) != NULL ? NULL : memory_missing();
}

static const char *
take_holder(struct consent *c, char *value)
{
	return take_text(&c->holder, value);
}

static const char *
take_contact(struct consent *c, char *value)
{
	return take_text(&c->contact, value);
}

static const char *
take_basis(struct consent *c, char *value)
{
	static const char *const known[] = { "own", "contract", "informed", "survey" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], value) == 0)
			return take_text(&c->basis, value);
	return "want own, contract, informed or survey";
}

/* A date, and perhaps something behind it. */
static const char *
take_date(int64_t *ms, char *value)
{
	value[strcspn(value, BLANKS)] = '\0';
	return utctime_parse(ms, value) ? NULL : "want a date, as 2026-04-01";
}

static const char *
take_told(struct consent *c, char *value)
{
	return take_date(&c->told_ms, value);
}

static const char *
take_until(struct consent *c, char *value)
{
	const char *why = take_date(&c->until_ms, value);

	if (why == NULL && c->until_ms % DAY_MS == 0)
		c->until_ms += DAY_MS - 1;
	return why;
}

static const struct {
	const char	*name;
	const char	*(*take)(struct consent *, char *value);
	bool		 required;
} rows[] = {
	{ "network", take_networks, true },
	{ "holder", take_holder, true },
	{ "contact", take_contact, true },
	{ "basis", take_basis, true },
	{ "told", take_told, false },
	{ "scope", take_scope, true },
	{ "until", take_until, true },
};
#define ROWS	(sizeof(rows) / sizeof(rows[0]))

/* ---- the file ------------------------------------------------------------------------- */

static bool
keep_text(struct consent *c, const char *line)
{
	size_t n = strlen(line), at = c->text.n;

	if (array_reach(&c->text, at + n + 1) != 0)
		return false;
	memcpy(c->text.p + at, line, n);
	c->text.p[at + n] = '\n';
	return true;
}

static int
take_line(char *line, unsigned number, void *arg)
{
	struct reading *r = arg;
	char *name = line, *value = line + strcspn(line, "=:");
	const char *why;

	if (!keep_text(r->c, line))
		return bad(r, number, line, memory_missing());
	crypto_generichash_update(&r->hash, (const uint8_t *)line, strlen(line) + 1);
	if (*value == '\0')
		return bad(r, number, line, "want NAME = VALUE");
	*value++ = '\0';
	name[strcspn(name, BLANKS)] = '\0';
	value += strspn(value, BLANKS);
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		r->seen |= 1u << i;
		why = rows[i].take(r->c, value);
		return why == NULL ? 0 : bad(r, number, name, why);
	}
	return bad(r, number, name, "no such entry; kansoku capture --consent-template prints one");
}

static bool
is_complete(const struct reading *r)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].required || (r->seen & 1u << i) != 0)
			continue;
		log_error("%s: no %s; kansoku capture --consent-template prints an example", r->path,
		    rows[i].name);
		return false;
	}
	if (strcmp(r->c->basis, "own") != 0 && r->c->told_ms == UNKNOWN) {
		log_error("%s: basis %s: say in \"told\" since when users know of it, and by which notice",
		    r->path, r->c->basis);
		return false;
	}
	return true;
}

bool
consent_read(struct consent *c, const char *path)
{
	struct reading r = { .c = c, .path = path };
	uint8_t hash[32];

	*c = (struct consent){ .told_ms = UNKNOWN, .until_ms = UNKNOWN };
	crypto_generichash_init(&r.hash, NULL, 0, sizeof(hash));
	if (listfile_each(path, take_line, &r) != 0 || !is_complete(&r))
		return false;
	crypto_generichash_final(&r.hash, hash, sizeof(hash));
	sodium_bin2hex(c->hash, sizeof(c->hash), hash, sizeof(hash));
	return true;
}

void
consent_free(struct consent *c)
{
	array_each(name, &c->scope)
		free(*name);
	array_free(&c->scope);
	array_free(&c->network);
	array_free(&c->text);
	free(c->holder);
	free(c->contact);
	free(c->basis);
}

const char *
consent_covers(const struct consent *c, const struct cidr *block)
{
	for (size_t i = 0; i < c->network.n; i++)
		if (cidr_within(block, &c->network.p[i]))
			return NULL;
	return "is outside the networks of the consent";
}

bool
consent_names(const struct consent *c, const char *overlay)
{
	for (size_t i = 0; i < c->scope.n; i++)
		if (strcmp(c->scope.p[i], overlay) == 0)
			return true;
	return false;
}

bool
consent_in_force(const struct consent *c, int64_t t_ms)
{
	return (c->told_ms == UNKNOWN || t_ms >= c->told_ms) && t_ms <= c->until_ms;
}
