/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/lab_map.h"

#include <stdlib.h>
#include <string.h>

#include "data/lib/hash_table.h"
#include "data/lib/list_file.h"
#include "data/lib/log.h"

/* A lab is of IPv4 alone. */
struct pair_key {
	uint32_t	ip;
	uint16_t	port, zero;
};
struct pair {
	uint32_t	in_use;		/* 1 */
	struct pair_key	key;
	struct endpoint	value;
};

struct lab_map {
	/* of pairs: public to lab, lab to public, lab with port 0 to public */
	struct hash_table by_public, by_lab, by_address;
};

struct map_reading {
	struct lab_map	*map;
	const char	*path;
	unsigned	 line;
};

static struct pair_key
key_of(struct endpoint e)
{
	return (struct pair_key){ e.ip, e.port, 0 };
}

/* False after a complaint: no memory, or the key is there already and may not be. */
static bool
add_pair(const struct map_reading *r, struct hash_table *t, struct endpoint key,
    struct endpoint value, bool once)
{
	const struct pair_key k = key_of(key);
	bool there = hash_table_find(t, &k) != NULL;
	char text[ENDPOINT_TEXT];
	struct pair *p;

	if (there && once)
		log_error("%s:%u: %s stands there twice; want one line each", r->path, r->line,
		    endpoint_format(text, key));
	if (there)
		return !once;
	if ((p = hash_table_add(t, &k)) == NULL) {
		log_error("%s", memory_missing());
		return false;
	}
	*p = (struct pair){ 1, k, value };
	return true;
}

static int
read_line(char *line, unsigned number, void *arg)
{
	struct map_reading *r = arg;
	struct lab_map *m = r->map;
	const char *first = strsep(&line, " \t");
	struct endpoint lab, public, address;

	r->line = number;
	if (line == NULL || !endpoint_parse(&lab, first) ||
	    !endpoint_parse(&public, line + strspn(line, " \t"))) {
		log_error("%s:%u: want \"LAB-ENDPOINT PUBLIC-ENDPOINT\"", r->path, number);
		return -1;
	}
	if (lab.net != NET_IPV4 || public.net != NET_IPV4 || lab.ip >> 24 != 127) {
		log_error("%s:%u: a lab endpoint lies in 127.0.0.0/8, a public one is IPv4", r->path, number);
		return -1;
	}
	address = lab;
	address.port = 0;
	return add_pair(r, &m->by_lab, lab, public, true) &&
	    add_pair(r, &m->by_public, public, lab, true) &&
	    add_pair(r, &m->by_address, address, public, false) ? 0 : -1;
}

struct lab_map *
lab_map_read(const char *path)
{
	struct lab_map *m = calloc(1, sizeof(*m));
	struct map_reading r = { m, path, 0 };

	if (m == NULL) {
		log_error("%s", memory_missing());
		return NULL;
	}
	hash_table_init(&m->by_public, sizeof(struct pair), offsetof(struct pair, key),
	    sizeof(struct pair_key));
	hash_table_init(&m->by_lab, sizeof(struct pair), offsetof(struct pair, key),
	    sizeof(struct pair_key));
	hash_table_init(&m->by_address, sizeof(struct pair), offsetof(struct pair, key),
	    sizeof(struct pair_key));
	if (listfile_each(path, read_line, &r) != 0) {
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
	hash_table_free(&m->by_public);
	hash_table_free(&m->by_lab);
	hash_table_free(&m->by_address);
	free(m);
}

bool
lab_map_lab(const struct lab_map *m, struct endpoint public, struct endpoint *lab)
{
	const struct pair_key key = key_of(public);
	const struct pair *p = hash_table_find(&m->by_public, &key);

	if (p != NULL)
		*lab = p->value;
	return p != NULL;
}

bool
lab_map_public_ip(const struct lab_map *m, uint32_t lab_ip, uint32_t *public_ip)
{
	const struct pair *p = hash_table_find(&m->by_address, &(struct pair_key){ lab_ip, 0, 0 });

	if (p != NULL)
		*public_ip = p->value.ip;
	return p != NULL;
}
