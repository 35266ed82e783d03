/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/special.h"

#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"
#include "registries/special-purpose.csv.h"

/* block,name,reference,...; false if it is none. */
static bool
read_row(struct special_block *row, char *line)
{
	const char *block = strsep(&line, ",");

	row->name = strsep(&line, ",");
	row->reference = strsep(&line, ",");
	return row->reference != NULL && cidr_parse(&row->block, block) == NULL;
}

int
special_load(struct special *s)
{
	char *rest, *line;

	memset(s, 0, sizeof(*s));
	if ((s->text = strdup(special_purpose_csv)) == NULL) {
		log_error("out of memory");
		return -1;
	}
	rest = s->text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '#' || *line == '\0' || strncmp(line, "block,", 6) == 0)
			continue;
		if (s->n == SPECIAL_ROOM || !read_row(&s->row[s->n], line)) {
			log_error("special-purpose.csv: %s: unusable row, or one too many", line);
			special_free(s);
			return -1;
		}
		s->n++;
	}
	return 0;
}

void
special_free(struct special *s)
{
	free(s->text);
	memset(s, 0, sizeof(*s));
}

const struct special_block *
special_around(const struct special *s, struct cidr c)
{
	for (size_t i = 0; i < s->n; i++)
		if (cidr_within(c, s->row[i].block))
			return &s->row[i];
	return NULL;
}

const struct special_block *
special_find(const struct special *s, uint32_t ip)
{
	return special_around(s, (struct cidr){ ip, 32 });
}
