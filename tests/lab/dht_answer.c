/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/dht_answer.h"

#include <stdio.h>
#include <string.h>

#include "node/mainline/krpc.h"
#include "node/wire.h"
#include "tests/lab/draws.h"

#define SAMPLES		20	/* that libtorrent gives */
#define INTERVAL_S	21600	/* and for how long the same ones */
#define STORED_MAX	4000
#define COMPACT		6

/* How the clients differ, measured on the real ones. */
static const struct client {
	uint8_t		contacts;
	bool		beside_values;	/* contacts come along with holders */
	uint8_t		values;		/* holders in an answer */
	bool		samples;	/* BEP 51 */
	bool		tells_address;
	bool		says_unknown;	/* error 204, else silence */
	const char	*version;
	float		burst, per_second, penalty_s;	/* of one asker; 0: no limit */
} clients[DHT_NCLIENT] = {
	[DHT_LIBTORRENT] = { 8, true, DHT_VALUES, true, true, true, "LT\2\10", 50, 0, 300 },
	[DHT_WEBTORRENT] = { 20, true, DHT_VALUES, false, false, false, NULL, 0, 0, 0 },
	[DHT_ARIA2] = { 8, true, 25, false, false, false, "A2\0\3", 0, 0, 0 },
	[DHT_RTORRENT] = { 8, false, 32, false, false, true, "lt\r\200", 0, 0, 0 },
	[DHT_TRANSMISSION] = { 8, true, 50, false, false, false, NULL, 400, 100, 0 },
};
#define BURST_S		10	/* in which the first of them counts a burst */

/* One answer in the making. */
struct reply {
	const struct dht_world *w;
	const struct client *client;
	uint32_t	slot;
	int		anomaly;	/* that is under way, or -1 */
	enum anomaly_kind kind;
	double		t;
	struct endpoint	asker;
	const struct krpc *q;
	const uint8_t	*target;
	const char	*version;
	bool		swapped;
};

static bool
is_deaf(const struct client *c, struct dht_meter *m, double t)
{
	if (c->burst == 0 || m == NULL)
		return false;
	if (t < m->deaf_until)
		return true;
	if (c->per_second > 0) {
		m->n -= (float)(t - m->since) * c->per_second;
		m->n = m->n < 0 ? 0 : m->n;
		m->since = (float)t;
		if (m->n >= c->burst)
			return true;
		m->n++;
		return false;
	}
	if (t - m->since > BURST_S) {
		m->since = (float)t;
		m->n = 0;
	}
	if (++m->n <= c->burst)
		return false;
	m->deaf_until = (float)t + c->penalty_s;
	return true;
}

/* ---- bencode ---------------------------------------------------------------------------------- */

static void
put_string(struct wire_out *o, const void *p, size_t n)
{
	char length[12];

	wire_put(o, length, (size_t)snprintf(length, sizeof(length), "%zu:", n));
	wire_put(o, p, n);
}

static void
put_key(struct wire_out *o, const char *key)
{
	put_string(o, key, strlen(key));
}

static void
put_number(struct wire_out *o, const char *key, int64_t v)
{
	char text[32];

	put_key(o, key);
	wire_put(o, text, (size_t)snprintf(text, sizeof(text), "i%llde", (long long)v));
}

static void
compact(uint8_t out[COMPACT], struct endpoint e)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(e.ip >> (24 - 8 * i));
	out[4] = (uint8_t)(e.port >> 8);
	out[5] = (uint8_t)e.port;
}

/* ---- contacts ---------------------------------------------------------------------------------- */

static void
add_contact(uint8_t *nodes, size_t *n, const uint8_t id[NODE_ID], struct endpoint e)
{
	memcpy(nodes + *n, id, NODE_ID);
	compact(nodes + *n + NODE_ID, e);
	*n += NODE_ID + COMPACT;
}

/* Made up to look near: what was asked for, and then anything. */
static void
near_id(const struct reply *r, uint8_t id[NODE_ID], uint32_t i)
{
	uint8_t any[NODE_ID];
	uint64_t x[3];

	for (unsigned k = 0; k < 3; k++)
		x[k] = prng_keyed(r->w->seed, DRAW_ANSWER, (uint64_t)r->slot << 8 | i, (uint64_t)(r->t * 1000) * 4 + k);
	memcpy(any, x, NODE_ID);
	node_id_within(id, r->target, (int)r->w->file.anomaly[r->anomaly].bits, any);
}

static struct endpoint
named_made_up(const struct reply *r, uint32_t number)
{
	uint32_t distinct = r->w->file.anomaly[r->anomaly].distinct;
	int64_t epoch = dht_epoch(r->w, r->t);

	if (!r->w->named_public)
		return dht_made_up_loopback(r->w, (uint32_t)epoch * distinct + number % distinct);
	return dht_made_up(r->w, r->anomaly, epoch, number % distinct);
}

static size_t
made_up_contacts(const struct reply *r, uint8_t *nodes)
{
	uint8_t id[NODE_ID];
	size_t n = 0;

	for (uint32_t i = 0; i < DHT_NEAREST; i++) {
		uint64_t x = prng_keyed(r->w->seed, DRAW_PICK, (uint64_t)(r->t * 1000), (uint64_t)r->slot << 8 | i);

		near_id(r, id, i);
		add_contact(nodes, &n, id, r->kind == ANOMALY_VICTIM ? dht_target(r->w, r->anomaly, 80) :
		    named_made_up(r, prng_scale(x, UINT32_MAX)));
	}
	return n;
}

/* Another crawler's ports, which clients that list whoever asks hand on. */
static void
add_phantoms(const struct reply *r, uint8_t *nodes, size_t *n)
{
	for (int a = 0; a < MAX_ANOMALIES; a++) {
		const struct set_anomaly *is = &r->w->file.anomaly[a];
		uint64_t x = prng_keyed(r->w->seed, DRAW_ENTRY, r->slot, (uint64_t)(r->t * 1000) + (uint64_t)a);
		uint32_t port = prng_scale(x, is->distinct != 0 ? is->distinct : 1);
		uint8_t id[NODE_ID], any[NODE_ID];

		if (is->line == 0 || is->kind != ANOMALY_PHANTOMS || !dht_anomaly_on(r->w, a, r->t) ||
		    r->client->tells_address || prng_unit(prng_mix(x)) >= is->share)
			continue;
		for (int i = 0; i < NODE_ID; i++)
			any[i] = (uint8_t)prng_keyed(r->w->seed, DRAW_ID, port, (uint64_t)i + 100);
		node_id_within(id, r->target, node_id_shared_bits(r->w->id[r->slot], r->target) + 1, any);
		add_contact(nodes, n, id, dht_target(r->w, a, 1024 + port));
	}
}

static size_t
contacts(const struct reply *r, uint8_t *nodes)
{
	const struct dht_world *w = r->w;
	/* All of a fleet are one program, with one table. */
	bool fleet = r->anomaly >= 0 && r->kind == ANOMALY_FLEET;
	uint32_t of = fleet ? w->group[r->anomaly].first : r->slot, out[DHT_CONTACTS];
	size_t found, n = 0;

	if (r->anomaly >= 0 && (r->kind == ANOMALY_CONTACTS || r->kind == ANOMALY_VICTIM))
		return made_up_contacts(r, nodes);
	found = dht_contacts(w, of, fleet ? w->id[of] : r->target, r->t, r->client->contacts, out);
	for (size_t i = 0; i < found; i++) {
		/* What a table holds was so some time ago. */
		double age = prng_unit(prng_keyed(w->seed, DRAW_AGE, of, out[i])) * 1800;

		add_contact(nodes, &n, w->id[out[i]], dht_named(w, out[i], r->t - age));
	}
	add_phantoms(r, nodes, &n);
	return n;
}

/* ---- contents ----------------------------------------------------------------------------------- */

/* A keyed draw of what it stores; what pretends to store, of all there is, or of nothing at all. */
static size_t
sample(const struct reply *r, uint8_t *out, int64_t *num)
{
	static uint32_t stored[STORED_MAX];
	bool junk = r->anomaly >= 0 && r->kind == ANOMALY_JUNK;
	bool liar = r->anomaly >= 0 && (r->kind == ANOMALY_VALUES || r->kind == ANOMALY_VICTIM);
	uint64_t epoch = junk ? (uint64_t)(r->t * 1000) : (uint64_t)(r->t / INTERVAL_S);
	size_t n = liar || junk ? 0 : dht_stored(r->w, r->slot, r->t, stored, STORED_MAX), given = n < SAMPLES ? n : SAMPLES;

	*num = junk ? 1000000000 : (int64_t)n;
	if (liar && r->w->nhash > 0) {
		*num = r->w->nhash / 4 + 1;
		given = SAMPLES;
	} else if (junk)
		given = SAMPLES;
	for (uint32_t i = 0; i < given; i++) {
		uint64_t x = prng_keyed(r->w->seed, DRAW_SAMPLE, (uint64_t)r->slot << 8 | i, epoch);

		if (junk) {
			for (uint32_t k = 0; k < 3; k++) {
				uint64_t y = prng_mix(x + k);

				memcpy(out + i * NODE_ID + 8 * k, &y, k < 2 ? 8 : NODE_ID - 16);
			}
			continue;
		}
		if (!liar) {	/* the first of the rest, and one of the rest in its place */
			uint32_t k = i + prng_scale(x, (uint32_t)(n - i)), other = stored[k];

			stored[k] = stored[i];
			stored[i] = other;
		}
		memcpy(out + i * NODE_ID, r->w->hash[liar ? prng_scale(x, r->w->nhash) : stored[i]], NODE_ID);
	}
	return given * NODE_ID;
}

/* The i-th holder of an answer: others each time, where there are more than fit. */
static struct endpoint
value(const struct reply *r, uint32_t hash, uint32_t i, const struct permutation *drawn)
{
	uint64_t x = prng_keyed(r->w->seed, DRAW_FRESH, (uint64_t)(r->t * 1000), (uint64_t)r->slot << 16 | i);

	if (r->anomaly >= 0 && r->kind == ANOMALY_VICTIM)
		return dht_target(r->w, r->anomaly, i % 2 == 0 ? 80 : 443);
	if (r->anomaly >= 0 && r->kind == ANOMALY_VALUES)
		return dht_made_up(r->w, r->anomaly, dht_epoch(r->w, r->t),
		    prng_scale(x, r->w->file.anomaly[r->anomaly].distinct));
	return dht_holder(r->w, hash, permutation_apply(drawn, i), r->t);
}

static void
put_values(const struct reply *r, struct wire_out *o)
{
	bool liar = r->anomaly >= 0 && (r->kind == ANOMALY_VALUES || r->kind == ANOMALY_VICTIM);
	struct permutation drawn;
	uint32_t hash = 0, of, n;
	uint8_t peer[COMPACT];

	if (!dht_find_hash(r->w, r->target, &hash) && !liar)
		return;
	of = liar ? (r->kind == ANOMALY_VICTIM ? 2 : DHT_VALUES) : dht_holders(r->w, hash, r->t);
	of = of < r->w->file.contents.stored ? of : r->w->file.contents.stored;
	n = of < r->client->values ? of : r->client->values;
	permutation_init(&drawn, of, prng_keyed(r->w->seed, DRAW_FRESH, (uint64_t)(r->t * 1000), r->slot));
	put_key(o, "values");
	wire_put(o, "l", 1);
	for (uint32_t i = 0; i < n; i++) {
		struct endpoint e = value(r, hash, i, &drawn);

		if (r->swapped)
			e.port = (uint16_t)(e.port >> 8 | e.port << 8);
		compact(peer, e);
		put_string(o, peer, sizeof(peer));
	}
	wire_put(o, "e", 1);
}

/* Is it one of those that keep what was announced for this hash? */
static bool
has_values(const struct reply *r)
{
	static uint32_t stored[STORED_MAX];
	uint32_t hash;
	size_t n;

	if (r->anomaly >= 0 && (r->kind == ANOMALY_VALUES || r->kind == ANOMALY_VICTIM))
		return true;
	if (!dht_find_hash(r->w, r->target, &hash))
		return false;
	n = dht_stored(r->w, r->slot, r->t, stored, STORED_MAX);
	for (size_t i = 0; i < n; i++)
		if (stored[i] == hash)
			return true;
	return false;
}

/* ---- the answer ------------------------------------------------------------------------------------ */

static bool
is_method(const struct reply *r, const char *name)
{
	return r->q->q.len == strlen(name) && memcmp(r->q->q.p, name, r->q->q.len) == 0;
}

static void
put_end(const struct reply *r, struct wire_out *o, const char *y)
{
	put_key(o, "t");
	put_string(o, r->q->t.p, r->q->t.len);
	if (r->version != NULL) {
		put_key(o, "v");
		put_string(o, r->version, 4);
	}
	put_key(o, "y");
	put_key(o, y);
	wire_put(o, "e", 1);
}

static void
put_error(const struct reply *r, struct wire_out *o)
{
	static const char text[] = "Method Unknown";

	wire_put(o, "d1:eli204e", 10);
	put_string(o, text, sizeof(text) - 1);
	wire_put(o, "e", 1);
	put_end(r, o, "e");
}

static void
put_answer(const struct reply *r, struct wire_out *o)
{
	static uint8_t nodes[(DHT_CONTACTS + MAX_ANOMALIES) * (NODE_ID + COMPACT)], hashes[SAMPLES * NODE_ID];
	bool peers = is_method(r, "get_peers"), samples = is_method(r, "sample_infohashes");
	bool values = peers && has_values(r);
	uint64_t token = prng_keyed(r->w->seed, DRAW_TOKEN, r->slot, r->asker.ip);
	uint8_t id[NODE_ID], us[COMPACT];
	int64_t num = 0;
	size_t n;

	memcpy(id, r->w->id[r->slot], NODE_ID);
	if (r->anomaly >= 0 && r->kind == ANOMALY_HOP)
		near_id(r, id, UINT8_MAX);
	wire_put(o, "d", 1);
	if (r->client->tells_address) {
		compact(us, r->asker);
		put_key(o, "ip");
		put_string(o, us, sizeof(us));
	}
	put_key(o, "r");
	wire_put(o, "d", 1);
	put_key(o, "id");
	put_string(o, id, NODE_ID);
	if (samples)
		put_number(o, "interval", r->anomaly >= 0 && r->kind == ANOMALY_JUNK ? 0 : INTERVAL_S);
	if (!is_method(r, "ping") && (!values || r->client->beside_values)) {
		n = contacts(r, nodes);
		put_key(o, "nodes");
		put_string(o, nodes, n);
	}
	if (samples) {
		n = sample(r, hashes, &num);
		put_number(o, "num", num);
		put_key(o, "samples");
		put_string(o, hashes, n);
	}
	if (peers) {
		put_key(o, "token");
		put_string(o, &token, 4);
	}
	if (values)
		put_values(r, o);
	wire_put(o, "e", 1);
	put_end(r, o, "r");
}

size_t
dht_answer(const struct dht_world *w, uint32_t slot, double t, struct endpoint asker, const uint8_t *query,
    size_t len, struct dht_meter *meter, uint8_t out[DHT_DATAGRAM])
{
	struct reply r = { .w = w, .slot = slot, .t = t, .asker = asker, .anomaly = dht_anomaly_of(w, slot) };
	struct wire_out o = wire_out_of(out, DHT_DATAGRAM);
	struct krpc q;

	r.client = &clients[dht_client_of(w, slot)];
	if (is_deaf(r.client, meter, t) || krpc_read(&q, query, len) != NULL || q.y != 'q')
		return 0;
	r.q = &q;
	r.version = r.client->version;
	if (r.anomaly >= 0)
		r.kind = (enum anomaly_kind)w->file.anomaly[r.anomaly].kind;
	else if (r.client->samples && prng_unit(prng_keyed(w->seed, DRAW_CLIENT, slot, 1)) < w->file.population.swapped) {
		r.swapped = true;	/* rtorrent's way with ports, in one that gives samples */
		r.version = clients[DHT_RTORRENT].version;
	}
	r.target = q.body.target.len == NODE_ID ? q.body.target.p : q.body.info_hash.p;
	if (is_method(&r, "ping") || ((is_method(&r, "find_node") || is_method(&r, "get_peers") ||
	    (is_method(&r, "sample_infohashes") && r.client->samples)) && r.target != NULL))
		put_answer(&r, &o);
	else if (r.client->says_unknown)
		put_error(&r, &o);
	return o.bad ? 0 : (size_t)(o.p - out);
}
