/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/dht_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/draws.h"

#define LOOPBACK_FIRST	0x7f000100u	/* 127.0.1.0 */
#define LOOPBACK_ROOM	16000000u	/* below 127.255.255.255 */
#define MADE_UP_ROOM	1000000u
#define EPOCH_S		3600.0		/* tables change this often */
#define POPULAR_PORT	6881

/* ---- making it ------------------------------------------------------------------------------ */

static uint64_t
key_of(const uint8_t id[NODE_ID])
{
	uint64_t k = 0;

	for (int i = 0; i < 8; i++)
		k = k << 8 | id[i];
	return k;
}

static void
draw_id(const struct dht_world *w, uint8_t id[NODE_ID], enum draw purpose, uint64_t a, uint64_t b)
{
	uint64_t x[3];

	for (unsigned i = 0; i < 3; i++)
		x[i] = prng_keyed(w->seed, purpose, a, b * 4 + i);
	memcpy(id, x, NODE_ID);
}

/* Providers' blocks, none of them special: everybody lives there. */
static void
make_blocks(struct dht_world *w)
{
	uint32_t wanted = 2 * w->indexes / 65536 * DHT_PLACES + 160;
	uint64_t state = prng_mix(w->seed ^ DRAW_BLOCK);

	while (w->nblock < wanted && w->nblock < sizeof(w->block) / sizeof(w->block[0])) {
		uint32_t b = 0x0100 + prng_below(&state, 0xe000 - 0x0100), a = b >> 8;

		if (a == 10 || a == 127 || a == 100 || a == 169 || a == 172 || a == 192 || a == 198 ||
		    a == 203 || a == 6 || a == 7 || a == 11 || a == 22 || a == 55 || w->place[b] != 0)
			continue;
		w->block[w->nblock++] = (uint16_t)b;
		w->place[b] = (uint16_t)w->nblock;
	}
	permutation_init(&w->places, w->nblock * 65536, prng_mix(w->seed + 1));
	permutation_init(&w->loopback, LOOPBACK_ROOM, prng_mix(w->seed + 2));
}

static void
make_id(struct dht_world *w, uint32_t slot)
{
	const struct set_population *p = &w->file.population;
	uint8_t *id = w->id[slot], point[NODE_ID];
	int a = dht_anomaly_of(w, slot);
	uint32_t c;

	draw_id(w, id, DRAW_ID, slot, 0);
	if (a < 0 && prng_unit(prng_keyed(w->seed, DRAW_ID, slot, 1)) < p->fitting) {
		c = node_id_checksum(dht_public_place(w, slot, 0), id[NODE_ID - 1]);
		id[0] = (uint8_t)(c >> 24);
		id[1] = (uint8_t)(c >> 16);
		id[2] = (uint8_t)((c >> 8 & 0xf8) | (id[2] & 7));
	} else if (a >= 0 && w->file.anomaly[a].kind == ANOMALY_FAMILY) {
		memset(point, '8', sizeof(point));
		node_id_within(id, point, (int)w->file.anomaly[a].bits, id);
	} else if (a >= 0 && w->file.anomaly[a].kind == ANOMALY_CLUSTER) {
		draw_id(w, point, DRAW_HASH, (uint64_t)a + 1000000000, 0);
		node_id_within(id, point, (int)w->file.anomaly[a].bits, id);
	}
}

struct sorting { uint64_t key; uint32_t slot; };

static int
by_key(const void *a, const void *b)
{
	const struct sorting *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->slot > y->slot) - (x->slot < y->slot);
}

static bool
sort_ids(struct dht_world *w)
{
	struct sorting *s = calloc(w->n + 1, sizeof(*s));
	uint32_t at = 0;

	if (s == NULL)
		return false;
	for (uint32_t i = 0; i < w->n; i++)
		s[i] = (struct sorting){ key_of(w->id[i]), i };
	qsort(s, w->n, sizeof(*s), by_key);
	for (uint32_t i = 0; i < w->n; i++) {
		w->key[i] = s[i].key;
		w->slot[i] = s[i].slot;
	}
	free(s);
	for (uint32_t prefix = 0; prefix <= 65536; prefix++) {
		while (at < w->n && w->key[at] >> 48 < prefix)
			at++;
		w->start[prefix] = at;
	}
	return true;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, NODE_ID);
}

static void
lay_out(struct dht_world *w)
{
	const struct dht_world_file *f = &w->file;

	w->live = f->world.nodes;
	w->dead = (uint32_t)lround(w->live * f->population.stale / (1 - f->population.stale));
	w->n = w->live + w->dead;
	for (unsigned i = 0; i < MAX_ANOMALIES; i++)
		if (f->anomaly[i].line > 0) {
			w->group[i] = (struct dht_group){ w->n, f->anomaly[i].nodes };
			w->n += f->anomaly[i].nodes;
		}
	w->natted = (uint32_t)(w->live * f->population.nat) / f->population.per_nat * f->population.per_nat;
	w->indexes = w->n;
	w->nhash = f->contents.hashes;
	w->peers = 2 * w->live + 100;
}

struct dht_world *
dht_world_load(const char *path, uint32_t nodes, uint64_t seed, char **why)
{
	struct dht_world *w = calloc(1, sizeof(*w));

	*why = NULL;
	if (w == NULL || !dht_worldfile_read(path, nodes, &w->file, why)) {
		free(w);
		return NULL;
	}
	w->seed = prng_mix(seed != 0 ? seed : w->file.world.seed);
	lay_out(w);
	w->id = calloc(w->n, sizeof(*w->id));
	w->key = calloc(w->n, sizeof(*w->key));
	w->slot = calloc(w->n, sizeof(*w->slot));
	w->hash = calloc(w->nhash + 1, sizeof(*w->hash));
	if (w->id == NULL || w->key == NULL || w->slot == NULL || w->hash == NULL)
		goto no_memory;
	make_blocks(w);
	for (uint32_t i = 0; i < w->n; i++)
		make_id(w, i);
	for (uint32_t i = 0; i < w->nhash; i++)
		draw_id(w, w->hash[i], DRAW_HASH, i, 0);
	qsort(w->hash, w->nhash, sizeof(*w->hash), by_bytes);
	if (sort_ids(w))
		return w;
no_memory:
	dht_world_free(w);
	return NULL;
}

void
dht_world_free(struct dht_world *w)
{
	if (w == NULL)
		return;
	free(w->id);
	free(w->key);
	free(w->slot);
	free(w->hash);
	free(w);
}

/* ---- who it is ---------------------------------------------------------------------------------- */

int
dht_anomaly_of(const struct dht_world *w, uint32_t slot)
{
	for (int i = 0; i < MAX_ANOMALIES; i++)
		if (slot - w->group[i].first < w->group[i].n)
			return i;
	return -1;
}

bool
dht_anomaly_on(const struct dht_world *w, int a, double t)
{
	return t >= w->file.anomaly[a].from && t < w->file.anomaly[a].until;
}

bool
dht_online(const struct dht_world *w, uint32_t slot, double t)
{
	const struct set_churn *c = &w->file.churn;
	double phase;

	if (slot < w->live) {
		if (c->session <= 0)
			return true;
		phase = prng_unit(prng_keyed(w->seed, DRAW_SESSION, slot, 0)) * c->session;
		return prng_unit(prng_keyed(w->seed, DRAW_SESSION, slot,
		    1 + (uint64_t)((t + phase) / c->session))) < c->duty;
	}
	return slot >= w->live + w->dead && dht_anomaly_on(w, dht_anomaly_of(w, slot), t);
}

enum dht_client
dht_client_of(const struct dht_world *w, uint32_t slot)
{
	const struct set_population *p = &w->file.population;
	const double weight[DHT_NCLIENT] = { p->libtorrent, p->webtorrent, p->aria2, p->rtorrent, p->transmission };
	double all = 0, u;

	if (slot >= w->live + w->dead)
		return DHT_LIBTORRENT;
	for (int i = 0; i < DHT_NCLIENT; i++)
		all += weight[i];
	u = prng_unit(prng_keyed(w->seed, DRAW_CLIENT, slot, 0)) * all;
	for (int i = 0; i < DHT_NCLIENT; i++)
		if ((u -= weight[i]) < 0)
			return (enum dht_client)i;
	return DHT_LIBTORRENT;
}

/* ---- where it is --------------------------------------------------------------------------------- */

static uint32_t
address_of_index(const struct dht_world *w, uint32_t index)
{
	uint32_t at = permutation_apply(&w->places, index);

	return (uint32_t)w->block[at >> 16] << 16 | (at & 0xffff);
}

/* The number of a slot's address, and how many have it at most. */
static uint32_t
index_of(const struct dht_world *w, uint32_t slot, uint32_t *share, uint32_t *place)
{
	int a = dht_anomaly_of(w, slot);

	*share = 1;
	*place = 0;
	if (slot < w->natted) {
		*share = w->file.population.per_nat;
		*place = slot % *share;
		return slot - *place;
	}
	if (a >= 0) {
		const struct set_anomaly *is = &w->file.anomaly[a];
		uint32_t hosts = is->addresses < is->nodes ? is->addresses : is->nodes, i = slot - w->group[a].first;

		*share = (is->nodes + hosts - 1) / hosts;
		*place = i / hosts;
		return w->group[a].first + i % hosts;
	}
	return slot;
}

struct endpoint
dht_public_place(const struct dht_world *w, uint32_t slot, unsigned number)
{
	uint32_t share, place, index = index_of(w, slot, &share, &place), span;
	uint64_t x = prng_keyed(w->seed, DRAW_PORT, slot, 0);
	uint32_t ip = address_of_index(w, index + number * w->indexes);

	if (share > 1) {
		span = 60000 / share;
		return endpoint_ipv4(ip, (uint16_t)(4000 + place * span + prng_scale(x, span)));
	}
	return endpoint_ipv4(ip, prng_part(x, 0) < 0.3 ? POPULAR_PORT : (uint16_t)(1024 + prng_scale(x, 64000)));
}

static unsigned
place_at(const struct dht_world *w, uint32_t slot, double t)
{
	for (unsigned i = 0; i < DHT_EVENTS; i++) {
		const struct set_event *e = &w->file.event[i];

		if (e->line > 0 && e->kind == W_RENUMBER && t >= e->from && slot < w->live && slot >= w->natted &&
		    prng_unit(prng_keyed(w->seed, DRAW_MOVE, slot, i)) < e->size)
			return 1;
	}
	return 0;
}

struct endpoint
dht_public(const struct dht_world *w, uint32_t slot, double t)
{
	return dht_public_place(w, slot, place_at(w, slot, t));
}

static struct endpoint
loopback_of(const struct dht_world *w, uint32_t number)
{
	return endpoint_ipv4(LOOPBACK_FIRST + permutation_apply(&w->loopback, number), (uint16_t)w->file.lab.port);
}

struct endpoint
dht_loopback_place(const struct dht_world *w, uint32_t slot, unsigned number)
{
	return loopback_of(w, slot + number * w->n);
}

struct endpoint
dht_named(const struct dht_world *w, uint32_t slot, double t)
{
	return w->named_public ? dht_public(w, slot, t) : dht_loopback_place(w, slot, place_at(w, slot, t));
}

bool
dht_at_loopback(const struct dht_world *w, uint32_t ip, double t, uint32_t *slot)
{
	uint32_t number;

	if (ip - LOOPBACK_FIRST >= LOOPBACK_ROOM)
		return false;
	number = permutation_invert(&w->loopback, ip - LOOPBACK_FIRST);
	*slot = number % w->n;
	return number / w->n < DHT_PLACES && place_at(w, *slot, t) == number / w->n && dht_online(w, *slot, t);
}

/* One of those that have addresses of their anomaly, or of their shared address. */
static bool
find_among(const struct dht_world *w, uint32_t first, uint32_t n, struct endpoint e, double t, uint32_t *slot)
{
	for (*slot = first; *slot < first + n; ++*slot)
		if (endpoint_compare(dht_public(w, *slot, t), e) == 0)
			return dht_online(w, *slot, t);
	return false;
}

bool
dht_at_public(const struct dht_world *w, struct endpoint e, double t, uint32_t *slot)
{
	uint32_t place = w->place[e.ip >> 16], index;
	int a;

	if (place == 0)
		return false;
	index = permutation_invert(&w->places, (place - 1) << 16 | (e.ip & 0xffff));
	if (index >= DHT_PLACES * w->indexes)
		return false;
	index %= w->indexes;
	if (index < w->natted)
		return find_among(w, index, w->file.population.per_nat, e, t, slot);
	if ((a = dht_anomaly_of(w, index)) >= 0)
		return find_among(w, w->group[a].first, w->group[a].n, e, t, slot);
	return find_among(w, index, 1, e, t, slot);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

struct range { uint32_t first, end; };

static uint32_t
lower_bound(const struct dht_world *w, uint64_t key)
{
	uint32_t low = w->start[key >> 48], high = w->start[(key >> 48) + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (w->key[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The ids that begin with the first bits of key, 0 to 64. */
static struct range
range_of(const struct dht_world *w, uint64_t key, int bits)
{
	uint64_t size = bits == 0 ? 0 : UINT64_C(1) << (64 - bits), first = bits == 0 ? 0 : key & ~(size - 1);

	return (struct range){ lower_bound(w, first),
	    first + size == 0 ? w->n : lower_bound(w, first + size) };
}

/* The longest prefix of key with which so many ids begin, at least. */
static struct range
range_with(const struct dht_world *w, uint64_t key, uint32_t least)
{
	int bits = 64 - __builtin_clzll(w->n / least + 1);
	struct range r = range_of(w, key, bits), deeper;

	while (bits > 0 && r.end - r.first < least)
		r = range_of(w, key, --bits);
	for (; bits < 64; bits++, r = deeper) {
		deeper = range_of(w, key, bits + 1);
		if (deeper.end - deeper.first < least)
			break;
	}
	return r;
}

/* Puts a slot into a list of the nearest, in order, of which there are n of most. */
static void
insert_nearest(const struct dht_world *w, const uint8_t target[NODE_ID], uint32_t slot, uint32_t *out, size_t *n,
    size_t most)
{
	size_t i = *n;

	if (i == most && node_id_nearer(w->id[slot], w->id[out[i - 1]], target) >= 0)
		return;
	if (i < most)
		++*n;
	else
		i--;
	for (; i > 0 && node_id_nearer(w->id[slot], w->id[out[i - 1]], target) < 0; i--)
		out[i] = out[i - 1];
	out[i] = slot;
}

static size_t
nearest(const struct dht_world *w, const uint8_t target[NODE_ID], uint32_t without, size_t most, uint32_t *out)
{
	struct range r = range_with(w, key_of(target), (uint32_t)most + 1);
	size_t n = 0;

	for (uint32_t i = r.first; i < r.end; i++)
		if (w->slot[i] != without)
			insert_nearest(w, target, w->slot[i], out, &n, most);
	return n;
}

/* Those that are online. */
static size_t
nearest_online(const struct dht_world *w, const uint8_t target[NODE_ID], double t, size_t most, uint32_t *out)
{
	uint32_t least = (uint32_t)most;
	size_t n = 0;

	while (n < most && least <= 16 * most) {
		struct range r = range_with(w, key_of(target), least);

		n = 0;
		for (uint32_t i = r.first; i < r.end; i++)
			if (dht_online(w, w->slot[i], t))
				insert_nearest(w, target, w->slot[i], out, &n, most);
		least *= 2;
	}
	return n;
}

size_t
dht_contacts(const struct dht_world *w, uint32_t x, const uint8_t target[NODE_ID], double t, size_t most,
    uint32_t *out)
{
	int shared = node_id_shared_bits(w->id[x], target);
	struct range r = { 0, 0 };
	uint64_t epoch = (uint64_t)(t / EPOCH_S);
	size_t n = 0;

	if (shared < 64)
		r = range_of(w, key_of(target), shared + 1);
	if (r.end - r.first < most)
		return nearest(w, target, x, most, out);
	/* The bucket's entries: a keyed draw of those that may stand there. */
	for (uint32_t j = 0; n < most && j < 4 * most; j++) {
		uint64_t draw = prng_keyed(w->seed, DRAW_BUCKET, (uint64_t)x << 8 | (uint64_t)shared, epoch << 8 | j);
		uint32_t slot = w->slot[r.first + prng_scale(draw, r.end - r.first)];
		size_t k = 0;

		while (k < n && out[k] != slot)
			k++;
		if (k == n)
			out[n++] = slot;
	}
	return n;
}

/* ---- contents ---------------------------------------------------------------------------------------- */

size_t
dht_stored(const struct dht_world *w, uint32_t x, double t, uint32_t *out, size_t most)
{
	uint32_t near[DHT_NEAREST], i = 0, end = w->nhash;
	uint64_t key = key_of(w->id[x]), size;
	int bits = 63 - __builtin_clzll(w->live / 64 + 2) - 1;
	size_t n = 0;

	/* Hashes that share so few bits with it are nearer to others. */
	size = bits > 0 ? UINT64_C(1) << (64 - bits) : 0;
	for (uint32_t low = 0, high = w->nhash; size != 0 && low < high; i = low) {
		uint32_t middle = low + (high - low) / 2;

		if (key_of(w->hash[middle]) < (key & ~(size - 1)))
			low = middle + 1;
		else
			high = middle;
	}
	for (; i < end && n < most; i++) {
		size_t k = 0, found;

		if (size != 0 && key_of(w->hash[i]) - (key & ~(size - 1)) >= size)
			break;
		found = nearest_online(w, w->hash[i], t, DHT_NEAREST, near);
		while (k < found && near[k] != x)
			k++;
		if (k < found)
			out[n++] = i;
	}
	return n;
}

bool
dht_find_hash(const struct dht_world *w, const uint8_t hash[NODE_ID], uint32_t *number)
{
	const uint8_t (*at)[NODE_ID] = w->nhash == 0 ? NULL :
	    bsearch(hash, w->hash, w->nhash, sizeof(*w->hash), by_bytes);

	if (at != NULL)
		*number = (uint32_t)(at - (const uint8_t (*)[NODE_ID])w->hash);
	return at != NULL;
}

uint32_t
dht_holders(const struct dht_world *w, uint32_t hash, double t)
{
	const struct set_contents *c = &w->file.contents;
	uint32_t rank = prng_scale(prng_keyed(w->seed, DRAW_POPULAR, hash, 0), w->nhash);
	double n = c->largest / pow(rank + 1.0, c->zipf);

	for (unsigned i = 0; i < DHT_EVENTS; i++) {
		const struct set_event *e = &w->file.event[i];

		/* The content that everybody wants all at once. */
		if (e->line > 0 && e->kind == W_POPULAR && t >= e->from && t < e->until && hash == i)
			n += c->largest * e->size * fmin(1, (t - e->from) / (4 * EPOCH_S));
	}
	return n < 1 ? 1 : n > 20000 ? 20000 : (uint32_t)n;
}

/* Holders come and go; those behind one address have ports of their own. */
struct endpoint
dht_holder(const struct dht_world *w, uint32_t hash, uint32_t i, double t)
{
	double stay = w->file.contents.stay;
	double phase = prng_unit(prng_keyed(w->seed, DRAW_HOLDER, hash, (uint64_t)i << 1)) * stay;
	uint32_t peer = prng_scale(prng_keyed(w->seed, DRAW_HOLDER,
	    (uint64_t)hash << 24 | i, (uint64_t)((t + phase) / stay) << 1 | 1), w->peers);
	uint64_t x = prng_keyed(w->seed, DRAW_PORT, peer, 1);
	uint32_t index = DHT_PLACES * w->indexes + peer;

	if (prng_part(x, 1) < w->file.population.nat)
		index -= peer % w->file.population.per_nat;
	return endpoint_ipv4(address_of_index(w, index), prng_part(x, 0) < 0.3 ? POPULAR_PORT :
	    prng_part(x, 0) < 0.4 ? 51413 : (uint16_t)(1024 + prng_scale(x, 64000)));
}

/* ---- what is made up ------------------------------------------------------------------------------------ */

int64_t
dht_epoch(const struct dht_world *w, double t)
{
	return (int64_t)floor(t / w->file.world.round);
}

static bool
is_special(uint32_t ip)
{
	uint32_t a = ip >> 24;

	return a == 0 || a == 10 || a == 127 || a >= 224 || ip >> 22 == (100u << 2 | 1) || ip >> 16 == 0xa9fe ||
	    ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 8 == 0xc00000 || ip >> 8 == 0xc00002 ||
	    ip >> 17 == 0xc612 >> 1 || ip >> 8 == 0xc63364 || ip >> 8 == 0xcb0071;
}

struct endpoint
dht_made_up(const struct dht_world *w, int a, int64_t epoch, uint32_t number)
{
	uint64_t state = prng_keyed(w->seed, DRAW_SOURCE, (uint64_t)a << 32 | (uint64_t)epoch, number), x;

	do
		x = prng_next(&state);
	while (w->file.anomaly[a].addresses_of == MADE_UP_PUBLIC && is_special((uint32_t)(x >> 32)));
	return endpoint_ipv4((uint32_t)(x >> 32), (uint16_t)(1024 + (x & 0xffff) % 64000));
}

struct endpoint
dht_made_up_loopback(const struct dht_world *w, uint32_t number)
{
	return loopback_of(w, LOOPBACK_ROOM - MADE_UP_ROOM + number % MADE_UP_ROOM);
}

struct endpoint
dht_target(const struct dht_world *w, int a, uint32_t port)
{
	uint32_t ip = address_of_index(w, DHT_PLACES * w->indexes + w->peers + (uint32_t)a);

	return endpoint_ipv4(ip, (uint16_t)port);
}
