/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/keyline.h"

#include <string.h>

struct endpoint
keyline_source(const struct observation *o)
{
	return o->type == OBS_KEY ? o->key.source : o->neighbour.node;
}

void
keyline_name(struct keyline *l, const struct pseudonyms *n, const struct observation *o)
{
	const struct field *f = o->fields->of[o->type].field;

	memset(l, 0, sizeof(*l));
	pseudonym_node(n, o->peer, l->peer);
	pseudonym_node(n, keyline_source(o), l->source);
	for (int i = 0; i < o->fields->of[o->type].n; i++) {
		if (f[i].type == FIELD_ENDPOINT && o->value[i].endpoint != NULL)
			pseudonym_node(n, *o->value[i].endpoint, l->endpoint[i]);
	}
}

static void
put_field(struct json_out *j, const char *name, const struct field *f, union value v,
    const char *endpoint)
{
	switch ((enum field_type)f->type) {
	case FIELD_INTEGER: case FIELD_FLAG: json_put_known(j, name, v.number); break;
	case FIELD_TEXT: json_put_text(j, name, v.text); break;
	case FIELD_BYTES: json_put_hex(j, name, v.text.p, v.text.len); break;
	case FIELD_ENDPOINT: json_put_string(j, name, endpoint[0] == '\0' ? NULL : endpoint); break;
	}
}

void
keyline_put(struct json_out *j, const struct keyline *l, const struct observation *o)
{
	const struct field *f = o->fields->of[o->type].field;
	int n = o->fields->of[o->type].n, run;

	json_put_string(j, "type", observation_type_name[o->type]);
	json_put_int(j, "round", o->round);
	json_put_time(j, "t", o->t_ms);
	json_put_string(j, "peer", l->peer);
	json_put_string(j, "source", l->source);
	if (o->type == OBS_KEY)
		json_put_hex(j, "hash", o->key.content.id, o->key.content.len);
	for (int i = 0; i < n; i += run) {
		run = field_run(f, i, n);
		if (run > 1)
			json_put_array(j, f[i].name);
		for (int k = i; k < i + run; k++)
			put_field(j, run > 1 ? NULL : f[k].name, &f[k], o->value[k], l->endpoint[k]);
		if (run > 1)
			json_put_end(j);
	}
}
