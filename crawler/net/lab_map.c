/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/lab_map.h"

#include <stdlib.h>
#include <string.h>

#include "data/lib/list_file.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

struct pair {
	struct endpoint	key, value;
};

struct lab_map {
	struct pair	*by_public;	/* ascending by key */
	struct pair	*by_lab;
	size_t		 n, room;
};

struct map_reading {
	struct lab_map	*map;
	const char	*path;
};

static int
by_key(const void *a, const void *b)
{
	return endpoint_compare(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

/* NULL, or what is wrong with a line. */
static const char *
parse_pair(struct pair *p, char *line)
{
	const char *lab = strsep(&line, " \t");

	if (line == NULL || !endpoint_parse(&p->value, lab) ||
	    !endpoint_parse(&p->key, line + strspn(line, " \t")))
		return "want \"LAB-ENDPOINT PUBLIC-ENDPOINT\"";
	if (p->value.ip >> 24 != 127)
		return "a lab endpoint lies in 127.0.0.0/8";
	return NULL;
}

static int
read_line(char *line, unsigned number, void *arg)
{
	struct map_reading *r = arg;
	struct lab_map *m = r->map;
	const char *why;

	if (m->n == m->room) {
		size_t room = m->room > 0 ? 2 * m->room : 1024;
		struct pair *p = reallocarray(m->by_public, room, sizeof(*p));

		if (p == NULL) {
			log_error("%s", memory_missing());
			return -1;
		}
		m->by_public = p;
		m->room = room;
	}
	if ((why = parse_pair(&m->by_public[m->n], line)) != NULL) {
		log_error("%s:%u: %s", r->path, number, why);
		return -1;
	}
	m->n++;
	return 0;
}

static bool
each_once(const struct pair *p, size_t n, const char *path)
{
	char text[ENDPOINT_TEXT];

	for (size_t i = 1; i < n; i++)
		if (endpoint_compare(p[i - 1].key, p[i].key) == 0) {
			log_error("%s: %s stands there twice; want one line each", path,
			    endpoint_format(text, p[i].key));
			return false;
		}
	return true;
}

/* Sorts both directions; false if the map is not one to one. */
static bool
sort_both_ways(struct lab_map *m, const char *path)
{
	if ((m->by_lab = calloc(m->n + 1, sizeof(*m->by_lab))) == NULL) {
		log_error("%s", memory_missing());
		return false;
	}
	for (size_t i = 0; i < m->n; i++)
		m->by_lab[i] = (struct pair){ m->by_public[i].value, m->by_public[i].key };
	qsort(m->by_lab, m->n, sizeof(*m->by_lab), by_key);
	if (m->n > 0)
		qsort(m->by_public, m->n, sizeof(*m->by_public), by_key);
	return each_once(m->by_lab, m->n, path) && each_once(m->by_public, m->n, path);
}

struct lab_map *
lab_map_read(const char *path)
{
	struct lab_map *m = calloc(1, sizeof(*m));
	struct map_reading r = { m, path };

	if (m == NULL) {
		log_error("%s", memory_missing());
		return NULL;
	}
	if (listfile_each(path, read_line, &r) != 0 || !sort_both_ways(m, path)) {
		lab_map_free(m);
		return NULL;
	}
	return m;
}

void
lab_map_free(struct lab_map *m)
{
	if (m == NULL)
		return;
	free(m->by_public);
	free(m->by_lab);
	free(m);
}

/* The first pair whose key is not below the one sought; n if there is none. */
static size_t
lower_bound(const struct pair *p, size_t n, struct endpoint key)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (endpoint_compare(p[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
lab_map_lab(const struct lab_map *m, struct endpoint public, struct endpoint *lab)
{
	size_t i = lower_bound(m->by_public, m->n, public);

	if (i == m->n || endpoint_compare(m->by_public[i].key, public) != 0)
		return false;
	*lab = m->by_public[i].value;
	return true;
}

bool
lab_map_public_ip(const struct lab_map *m, uint32_t lab_ip, uint32_t *public_ip)
{
	size_t i = lower_bound(m->by_lab, m->n, (struct endpoint){ lab_ip, 0 });

	if (i == m->n || m->by_lab[i].key.ip != lab_ip)
		return false;
	*public_ip = m->by_lab[i].value.ip;
	return true;
}
