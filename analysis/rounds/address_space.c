/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/address_space.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "registries/allocated.csv.h"
#include "registries/special-purpose.csv.h"

/* Calls fn with the cells of each line that begins with a digit. */
static bool
each_line(const char *csv, struct address_space *s,
    bool (*fn)(struct address_space *, const char *line))
{
	for (const char *p = csv; *p != '\0'; ) {
		const char *end = strchr(p, '\n');
		size_t n = end == NULL ? strlen(p) : (size_t)(end - p);
		char line[160];

		if (n >= sizeof(line))
			return false;
		memcpy(line, p, n);
		line[n] = '\0';
		if (line[0] >= '0' && line[0] <= '9' && !fn(s, line))
			return false;
		p += n + (end != NULL);
	}
	return true;
}

static bool
parse_block(const char *line, uint32_t *base, uint32_t *mask)
{
	unsigned a, b, c, d, bits;

	if (sscanf(line, "%3u.%3u.%3u.%3u/%2u,", &a, &b, &c, &d, &bits) != 5 ||
	    a > 255 || b > 255 || c > 255 || d > 255 || bits < 1 || bits > 32)
		return false;
	*mask = UINT32_MAX << (32 - bits);
	*base = (a << 24 | b << 16 | c << 8 | d) & *mask;
	return true;
}

static bool
add_special(struct address_space *s, const char *line)
{
	const char *last = strrchr(line, ',');
	uint32_t base, mask;

	if (last == NULL || !parse_block(line, &base, &mask) || s->nspecial == SPACE_BLOCKS)
		return false;
	if (strcmp(last + 1, "yes") == 0)	/* special, but nodes may be there */
		return true;
	s->special[s->nspecial].base = base;
	s->special[s->nspecial++].mask = mask;
	for (uint32_t o = base >> 24; o <= (base | ~mask) >> 24; o++) {
		s->whole[o] = s->whole[o] || mask <= 0xff000000;
		s->mixed[o] = s->mixed[o] || mask > 0xff000000;
	}
	return true;
}

static bool
add_unrelayed(struct address_space *s, const char *line)
{
	uint32_t base, mask;

	if (strchr(line, ':') != NULL)
		return true;	/* IPv6 has no map here */
	if (!parse_block(line, &base, &mask) || s->nunrelayed == SPACE_BLOCKS)
		return false;
	s->unrelayed[s->nunrelayed].base = base;
	s->unrelayed[s->nunrelayed++].mask = mask;
	return true;
}

static bool
add_allocated(struct address_space *s, const char *line)
{
	const char *last = strrchr(line, ',');
	uint32_t base, mask;
	int year, month;

	if (last == NULL || !parse_block(line, &base, &mask) || mask != 0xff000000 ||
	    sscanf(last + 1, "%4d-%2d", &year, &month) != 2)
		return false;
	s->since_ms[base >> 24] = utctime_from_civil(year, month, 1, 0, 0, 0, 0);
	return true;
}

bool
address_space_load(struct address_space *s, const char *unrelayed)
{
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < 256; i++)
		s->since_ms[i] = INT64_MIN;
	return each_line(special_purpose_csv, s, add_special) &&
	    each_line(allocated_csv, s, add_allocated) &&
	    (unrelayed == NULL || each_line(unrelayed, s, add_unrelayed));
}

static bool
in_special(const struct address_space *s, uint32_t ip)
{
	for (unsigned i = 0; i < s->nspecial; i++) {
		if ((ip & s->special[i].mask) == s->special[i].base)
			return true;
	}
	return false;
}

enum address_class
address_space_class(const struct address_space *s, uint32_t ip, int64_t t_ms)
{
	uint32_t octet = ip >> 24;

	if (s->whole[octet] || (s->mixed[octet] && in_special(s, ip)))
		return ADDRESS_SPECIAL;
	return t_ms < s->since_ms[octet] ? ADDRESS_UNALLOCATED : ADDRESS_ORDINARY;
}

bool
address_space_relayed(const struct address_space *s, uint32_t ip)
{
	for (unsigned i = 0; i < s->nunrelayed; i++)
		if ((ip & s->unrelayed[i].mask) == s->unrelayed[i].base)
			return false;
	return true;
}

double
address_space_impossible(const struct address_space *s, int64_t t_ms)
{
	double n = 0;

	for (unsigned o = 0; o < 256; o++)
		n += s->whole[o] || t_ms < s->since_ms[o] ? 16777216.0 : 0;
	for (unsigned i = 0; i < s->nspecial; i++) {
		unsigned o = s->special[i].base >> 24;

		if (s->special[i].mask > 0xff000000 && !s->whole[o] && t_ms >= s->since_ms[o])
			n += (double)~s->special[i].mask + 1;
	}
	return n / 4294967296.0;
}

enum address_class
endpoint_class(const struct address_space *s, struct endpoint e, int64_t t_ms)
{
	return e.net == NET_IPV4 ? address_space_class(s, e.ip, t_ms) : ADDRESS_ORDINARY;
}

uint64_t
address_number(struct endpoint e)
{
	uint8_t bytes[ADDRESS_MAX];
	uint64_t h = e.net;
	size_t n;

	if (e.net == NET_IPV4)
		return e.ip;
	n = address_bytes(e, bytes);
	for (size_t i = 0; i < n; i++) {	/* FNV-1a, and a last mixing of the bits */
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
		h ^= h >> 29;
	}
	return h | UINT64_C(1) << 63;
}
