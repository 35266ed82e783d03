/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/selfcheck.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "data/lib/log.h"

static int
take_addresses(struct self *s, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		char with_port[ENDPOINT_TEXT + 4];
		struct endpoint e, *to;

		/* The record is text of this or an older program: what is no address is passed over. */
		if (text == NULL || strlen(text) > ENDPOINT_TEXT - 3)
			continue;
		snprintf(with_port, sizeof(with_port), strchr(text, ':') != NULL ? "[%s]:0" : "%s:0", text);
		if (!endpoint_parse(&e, with_port) || endpoint_is_nobody(e) || selfcheck_has(s, e))
			continue;
		if ((to = array_add(&s->address)) == NULL)
			return -1;
		*to = e;
	}
	return 0;
}

static bool
has_announced(const struct self *s, uint16_t port)
{
	array_each(p, &s->announced) {
		if (*p == port)
			return true;
	}
	return false;
}

static int
take_run(const struct run_row *row, void *arg)
{
	struct self *s = arg;
	json_t *o = json_loadb((const char *)row->parameters.p, row->parameters.len, 0, NULL);
	const char *verb = json_string_value(json_object_get(o, "verb"));
	json_int_t port = json_integer_value(json_object_get(o, "listen"));
	int64_t *start;
	uint16_t *announced;
	int bad = 0;

	if (verb != NULL && strcmp(verb, "crawl") == 0) {
		bad = take_addresses(s, json_object_get(o, "own_address"));
		bad |= take_addresses(s, json_object_get(o, "address"));
		if (port >= 0 && port <= UINT16_MAX && !has_announced(s, (uint16_t)port)) {
			if ((announced = array_add(&s->announced)) != NULL)
				*announced = (uint16_t)port;
			bad |= announced == NULL;
		}
		if ((start = array_add(&s->start)) != NULL)
			*start = row->start_ms;
		bad |= start == NULL;
	}
	json_decref(o);
	return bad ? 1 : 0;
}

int
selfcheck_load(struct self *s, struct store *store)
{
	memset(s, 0, sizeof(*s));
	switch (rows_runs(store, take_run, s)) {
	case 0: return 0;
	case -1: log_error("%s", store_error(store)); return -1;
	default: log_error("out of memory"); return -1;
	}
}

void
selfcheck_free(struct self *s)
{
	array_free(&s->address);
	array_free(&s->start);
	array_free(&s->announced);
}

bool
selfcheck_has(const struct self *s, struct endpoint e)
{
	e.port = 0;
	array_each(own, &s->address) {
		if (endpoint_compare(*own, e) == 0)
			return true;
	}
	return false;
}

bool
selfcheck_announced(const struct self *s, uint16_t port)
{
	return port != 0 && has_announced(s, port);
}

int64_t
selfcheck_started(const struct self *s, int64_t ms)
{
	int64_t last = UNKNOWN;

	for (size_t i = 0; i < s->start.n; i++)
		if (s->start.p[i] <= ms)
			last = s->start.p[i];
	return last;
}
