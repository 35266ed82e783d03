/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/list_file.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

struct ip
ip_of_ipv4(uint32_t v)
{
	return (struct ip){ 4, { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
		(uint8_t)v } };
}

struct ip
ip_of_ipv6(const uint8_t byte[16])
{
	struct ip ip = { .family = 6 };

	memcpy(ip.byte, byte, sizeof(ip.byte));
	return ip;
}

/* Bytes of an address of the family. */
static int
length(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* The bits of byte i that lie behind the prefix. */
static uint8_t
host_bits(uint8_t bits, int i)
{
	int left = bits - 8 * i;

	return left >= 8 ? 0 : left <= 0 ? 0xff : (uint8_t)(0xff >> left);
}

/* One to three digits, at most max. */
static bool
parse_bits(uint8_t *bits, const char *s, unsigned max)
{
	size_t n = strspn(s, "0123456789");
	unsigned v = 0;

	if (n == 0 || n > 3 || s[n] != '\0' || (n > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(s[i] - '0');
	*bits = (uint8_t)v;
	return v <= max;
}

const char *
cidr_parse(struct cidr *c, const char *text)
{
	char host[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "/");
	bool six = memchr(text, ':', n) != NULL;
	struct cidr got = { { .family = six ? 6 : 4 }, six ? 128 : 32 };

	if (n >= sizeof(host))
		return "want an address or a block, as 192.0.2.0/24 or 2001:db8::/32";
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, host, got.base.byte) != 1)
		return "want an address or a block, as 192.0.2.0/24 or 2001:db8::/32";
	if (text[n] == '/' && !parse_bits(&got.bits, text + n + 1, got.bits))
		return six ? "want a prefix length of 0 to 128 after the slash"
		    : "want a prefix length of 0 to 32 after the slash";
	for (int i = 0; i < length(got.base.family); i++) {
		if (got.base.byte[i] & host_bits(got.bits, i))
			return "has bits set behind its prefix length";
	}
	*c = got;
	return NULL;
}

char *
cidr_format(char buf[CIDR_TEXT], struct cidr c)
{
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(c.base.family == 4 ? AF_INET : AF_INET6, c.base.byte, host, sizeof(host));
	snprintf(buf, CIDR_TEXT, "%s/%u", host, (unsigned)c.bits);
	return buf;
}

struct cidr
cidr_of_ip(struct ip ip)
{
	return (struct cidr){ ip, (uint8_t)(8 * length(ip.family)) };
}

bool
cidr_contains(const struct cidr *c, const struct ip *ip)
{
	size_t whole = c->bits / 8;

	return c->base.family == ip->family && memcmp(c->base.byte, ip->byte, whole) == 0 &&
	    (c->bits % 8 == 0 || (ip->byte[whole] & ~host_bits(c->bits, (int)whole)) == c->base.byte[whole]);
}

bool
cidr_within(const struct cidr *inner, const struct cidr *outer)
{
	return inner->bits >= outer->bits && cidr_contains(outer, &inner->base);
}

int
cidr_set_add(struct cidr_set *s, struct cidr c)
{
	struct cidr_range *r;

	if (s->n == s->room) {
		size_t room = s->room > 0 ? 2 * s->room : 16;
		struct cidr_range *range = reallocarray(s->range, room, sizeof(*range));

		if (range == NULL)
			return -1;
		s->range = range;
		s->room = room;
	}
	r = &s->range[s->n++];
	*r = (struct cidr_range){ c.base, c.base };
	for (int i = 0; i < length(c.base.family); i++)
		r->last.byte[i] |= host_bits(c.bits, i);
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct cidr_range *x = a, *y = b;

	return memcmp(&x->first, &y->first, sizeof(x->first));
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
		if (memcmp(&s->range[i].first, &last->last, sizeof(struct ip)) > 0)
			s->range[++kept] = s->range[i];
		else if (memcmp(&s->range[i].last, &last->last, sizeof(struct ip)) > 0)
			last->last = s->range[i].last;
	}
	s->n = kept + 1;
}

static int
ip_to_range(const void *key, const void *member)
{
	const struct cidr_range *r = member;

	return memcmp(key, &r->first, sizeof(r->first)) < 0 ? -1
	    : memcmp(key, &r->last, sizeof(r->last)) > 0;
}

bool
cidr_set_contains(const struct cidr_set *s, const struct ip *ip)
{
	return s->n > 0 && bsearch(ip, s->range, s->n, sizeof(*s->range), ip_to_range) != NULL;
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
