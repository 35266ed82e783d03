/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/keyline.h"

void
keyline_name(struct keyline *l, const struct names *n, const struct observation *o)
{
	bool key = o->type == OBS_KEY;

	names_node(n, o->peer, l->peer);
	names_node(n, key ? o->key.source : o->neighbour.node, l->source);
	l->bbs[0] = '\0';
	if (key && (o->key.bbs.ip != 0 || o->key.bbs.port != 0))
		names_node(n, o->key.bbs, l->bbs);
}

static void
put_key(struct jout *j, const struct keyline *l, const struct obs_key *k)
{
	jout_hex(j, "hash", k->hash, sizeof(k->hash));
	jout_known(j, "size", k->size);
	jout_text(j, "name", k->name);
	jout_text(j, "trip", k->trip);
	jout_known(j, "ttl", k->ttl);
	jout_known(j, "blocks", k->blocks);
	jout_known(j, "mtime", k->mtime);
	jout_known(j, "ignore", k->ignore);
	jout_known(j, "version", k->version);
	jout_known(j, "downstream", k->downstream);
	jout_string(j, "bbs", l->bbs[0] == '\0' ? NULL : l->bbs);
	jout_text(j, "bbs_trip", k->bbs_trip);
}

static void
put_neighbour(struct jout *j, const struct obs_neighbour *n)
{
	jout_known(j, "speed", n->speed);
	jout_known(j, "bbs", n->bbs);
	jout_array(j, "words");
	for (int i = 0; i < 3; i++)
		jout_text(j, NULL, n->words[i]);
	jout_end(j);
}

void
keyline_put(struct jout *j, const struct keyline *l, const struct observation *o)
{
	jout_string(j, "type", observation_type_name[o->type]);
	jout_int(j, "round", o->round);
	jout_time(j, "t", o->t_ms);
	jout_string(j, "peer", l->peer);
	jout_string(j, "source", l->source);
	if (o->type == OBS_KEY)
		put_key(j, l, &o->key);
	else
		put_neighbour(j, &o->neighbour);
}
