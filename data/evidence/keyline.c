/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/keyline.h"

void
keyline_name(struct keyline *l, const struct pseudonyms *n, const struct observation *o)
{
	bool key = o->type == OBS_KEY;

	pseudonym_node(n, o->peer, l->peer);
	pseudonym_node(n, key ? o->key.source : o->neighbour.node, l->source);
	l->bbs[0] = '\0';
	if (key && (o->key.bbs.ip != 0 || o->key.bbs.port != 0))
		pseudonym_node(n, o->key.bbs, l->bbs);
}

static void
put_key(struct json_out *j, const struct keyline *l, const struct obs_key *k)
{
	json_put_hex(j, "hash", k->hash, sizeof(k->hash));
	json_put_known(j, "size", k->size);
	json_put_text(j, "name", k->name);
	json_put_text(j, "trip", k->trip);
	json_put_known(j, "ttl", k->ttl);
	json_put_known(j, "blocks", k->blocks);
	json_put_known(j, "mtime", k->mtime);
	json_put_known(j, "ignore", k->ignore);
	json_put_known(j, "version", k->version);
	json_put_known(j, "downstream", k->downstream);
	json_put_string(j, "bbs", l->bbs[0] == '\0' ? NULL : l->bbs);
	json_put_text(j, "bbs_trip", k->bbs_trip);
}

static void
put_neighbour(struct json_out *j, const struct obs_neighbour *n)
{
	json_put_known(j, "speed", n->speed);
	json_put_known(j, "bbs", n->bbs);
	json_put_array(j, "words");
	for (int i = 0; i < 3; i++)
		json_put_text(j, NULL, n->words[i]);
	json_put_end(j);
}

void
keyline_put(struct json_out *j, const struct keyline *l, const struct observation *o)
{
	json_put_string(j, "type", observation_type_name[o->type]);
	json_put_int(j, "round", o->round);
	json_put_time(j, "t", o->t_ms);
	json_put_string(j, "peer", l->peer);
	json_put_string(j, "source", l->source);
	if (o->type == OBS_KEY)
		put_key(j, l, &o->key);
	else
		put_neighbour(j, &o->neighbour);
}
