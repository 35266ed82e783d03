/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/address_sample.h"

#include <string.h>

#include "data/lib/log.h"
#include "data/store/rows.h"

int
address_sample_open(struct address_sample *s, struct store *store)
{
	memset(s, 0, sizeof(*s));
	s->store = store;
	return results_sampling_key(store, s->key);
}

void
address_sample_free(struct address_sample *s)
{
	array_free(&s->level);
	memset(s->key, 0, sizeof(s->key));
}

/* The highest level whose sample the address is in. */
static uint8_t
level_of(const struct address_sample *s, struct endpoint e)
{
	uint64_t v = results_sampling_draw(s->key, e) | UINT64_C(1) << SAMPLE_LEVEL_MAX;

	return (uint8_t)__builtin_ctzll(v);
}

int
address_sample_has(struct address_sample *s, uint32_t node, unsigned level)
{
	struct endpoint e;
	int absent;

	if (level == 0)
		return 1;
	if (array_reach(&s->level, (size_t)node + 1) != 0) {
		log_error("%s", memory_missing());
		return -1;
	}
	if (s->level.p[node] == 0) {
		if ((absent = rows_node(s->store, node, &e)) != 0) {
			log_error("%s", absent < 0 ? store_error(s->store)
			    : "a node that was named is gone");
			return -1;
		}
		s->level.p[node] = (uint8_t)(1 + level_of(s, e));
	}
	return s->level.p[node] > level;
}
