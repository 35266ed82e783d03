/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/list_file.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

/* All addresses of a block but its base: 0 for a /32. */
static uint32_t
host_mask(struct cidr c)
{
	return c.bits == 0 ? UINT32_MAX : (UINT32_C(1) << (32 - c.bits)) - 1;
}

/* One or two digits, at most 32. */
static bool
parse_bits(uint8_t *bits, const char *s)
{
	size_t n = strspn(s, "0123456789");
	unsigned v = 0;

	if (n == 0 || n > 2 || s[n] != '\0' || (n == 2 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(s[i] - '0');
	*bits = (uint8_t)v;
	return v <= 32;
}

const char *
cidr_parse(struct cidr *c, const char *text)
{
	char host[INET_ADDRSTRLEN];
	size_t n = strcspn(text, "/");
	struct in_addr in;
	struct cidr got = { 0, 32 };

	if (n >= sizeof(host))
		return "want an IPv4 address or block, as 192.0.2.0/24";
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &in) != 1)
		return "want an IPv4 address or block, as 192.0.2.0/24";
	if (text[n] == '/' && !parse_bits(&got.bits, text + n + 1))
		return "want a prefix length of 0 to 32 after the slash";
	got.base = ntohl(in.s_addr);
	if ((got.base & host_mask(got)) != 0)
		return "has bits set behind its prefix length";
	*c = got;
	return NULL;
}

char *
cidr_format(char buf[CIDR_TEXT], struct cidr c)
{
	snprintf(buf, CIDR_TEXT, "%u.%u.%u.%u/%u", c.base >> 24, c.base >> 16 & 255,
	    c.base >> 8 & 255, c.base & 255, (unsigned)c.bits);
	return buf;
}

bool
cidr_contains(struct cidr c, uint32_t ip)
{
	return (ip & ~host_mask(c)) == c.base;
}

bool
cidr_within(struct cidr inner, struct cidr outer)
{
	return inner.bits >= outer.bits && cidr_contains(outer, inner.base);
}

int
cidr_set_add(struct cidr_set *s, struct cidr c)
{
	if (s->n == s->room) {
		size_t room = s->room > 0 ? 2 * s->room : 16;
		struct cidr_range *range = reallocarray(s->range, room, sizeof(*range));

		if (range == NULL)
			return -1;
		s->range = range;
		s->room = room;
	}
	s->range[s->n++] = (struct cidr_range){ c.base, c.base | host_mask(c) };
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct cidr_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

void
cidr_set_seal(struct cidr_set *s)
{
	size_t kept = 0;

	if (s->n == 0)
		return;
	qsort(s->range, s->n, sizeof(*s->range), by_first);
	for (size_t i = 1; i < s->n; i++) {
		struct cidr_range *last = &s->range[kept];

		/* Blocks nest or are apart, so touching ones may stay two. */
		if (s->range[i].first > last->last)
			s->range[++kept] = s->range[i];
		else if (s->range[i].last > last->last)
			last->last = s->range[i].last;
	}
	s->n = kept + 1;
}

static int
ip_to_range(const void *key, const void *member)
{
	uint32_t ip = *(const uint32_t *)key;
	const struct cidr_range *r = member;

	return ip < r->first ? -1 : ip > r->last;
}

bool
cidr_set_contains(const struct cidr_set *s, uint32_t ip)
{
	return s->n > 0 && bsearch(&ip, s->range, s->n, sizeof(*s->range), ip_to_range) != NULL;
}

void
cidr_set_free(struct cidr_set *s)
{
	free(s->range);
	memset(s, 0, sizeof(*s));
}

struct reading {
	struct cidr_set	*set;
	const char	*path;
};

static int
read_line(char *line, unsigned number, void *arg)
{
	struct reading *r = arg;
	char shown[80];
	struct cidr c;
	const char *why = cidr_parse(&c, line);

	if (why == NULL && cidr_set_add(r->set, c) != 0)
		why = memory_missing();
	if (why == NULL)
		return 0;
	log_error("%s:%u: %s: %s", r->path, number, text_vis(shown, sizeof(shown), text_of(line)), why);
	return -1;
}

int
cidr_set_read(struct cidr_set *s, const char *path)
{
	struct reading r = { s, path };

	return listfile_each(path, read_line, &r);
}
