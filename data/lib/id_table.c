/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/id_table.h"

#include <string.h>

void
id_table_init(struct id_table *in, size_t key_len, size_t values, size_t max_slots)
{
	*in = (struct id_table){ .values_len = values * sizeof(uint32_t), .max = max_slots };
	hash_table_init(&in->table, in->values_len + key_len, in->values_len, key_len);
}

void
id_table_init_hashes(struct id_table *in, size_t key_len, size_t values, size_t max_slots)
{
	*in = (struct id_table){ .values_len = values * sizeof(uint32_t), .max = max_slots };
	hash_table_init_hashes(&in->table, in->values_len + key_len, in->values_len, key_len);
}

void
id_table_free(struct id_table *in)
{
	hash_table_free(&in->table);
}

void
id_table_clear(struct id_table *in)
{
	hash_table_clear(&in->table);
}

bool
id_table_is_full(const struct id_table *in, size_t n)
{
	return in->table.n + n > in->max / 3 * 2;
}

const uint32_t *
id_table_find(const struct id_table *in, const void *key)
{
	return hash_table_find(&in->table, key);
}

int
id_table_add(struct id_table *in, const void *key, const uint32_t *values)
{
	uint32_t *entry = hash_table_add(&in->table, key);

	if (entry == NULL)
		return -1;
	memcpy(entry, values, in->values_len);
	return 0;
}
