/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/identities.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/address_space.h"
#include "data/lib/prng.h"

#define CUSHION		0.1	/* honest deliverers differ: added to their usual share */
#define STRONG		10.0	/* nats that several signs must add up to */
#define STORE_NATS	4.0	/* holders that a store should share and does not; of two contents at least, in two rounds */
#define CUT_LIST	25	/* holders: real clients cut no list that is shorter */

const struct id_test_name id_test_name[ID_TESTS] = {
	[TEST_ECHO] = { "contacts with ids too near to what was asked for, of one deliverer", "echo", ECHO_LEAST },
	[TEST_SHARED] = { "contacts that nobody shares, of one deliverer, nats", "shared contacts", -CHANCE },
	[TEST_STORE] = { "holders whom no other store knows, of one deliverer, nats", "unstable store", STORE_NATS },
	[TEST_HOP] = { "ids of one node in a visit", "ids", 1 },
	[TEST_JUNK] = { "contents that nobody stores or holds, of one deliverer, nats", "ids", STRONG },
	[TEST_SPACING] = { "bits that eight neighbouring ids share", "ids", 0 },
	[TEST_FLEET] = { "ids of one address that are alike, nats", "ids", STRONG },
};

/* ---- taking in ---------------------------------------------------------------------------------- */

static uint64_t
endpoint_key(struct endpoint e)
{
	uint8_t packed[ENDPOINT_PACKED];
	size_t n = endpoint_pack(packed, e);
	uint64_t h = n;

	if (e.net == NET_IPV4)
		return (uint64_t)e.ip << 16 | e.port;
	for (size_t i = 0; i < n; i++)
		h = prng_mix(h ^ packed[i]);
	return h | UINT64_C(1) << 63;
}

static uint64_t
head_of(struct text t)
{
	uint64_t h = 0;

	for (size_t i = 0; i < 8; i++)
		h = h << 8 | (i < t.len ? t.p[i] : 0);
	return h;
}

static struct text
text_of_role(const struct observation *o, enum field_role role)
{
	int i = o->fields == NULL ? -1 : field_of_role(o->fields, o->type, role);

	return i == -1 ? (struct text){ NULL, 0 } : o->value[i].text;
}

/* The number of an endpoint; INDEX_NONE without memory. */
static uint32_t
node_of(struct identities *d, struct endpoint e)
{
	size_t before = d->nodes.n;
	struct id_node *n = index_add_item(&d->nodes, endpoint_key(e), &d->node);

	if (n == NULL)
		return INDEX_NONE;
	if (d->nodes.n > before)
		*n = (struct id_node){ .at = e, .fits = UNKNOWN, .client = UNKNOWN, .stored = UNKNOWN, .refresh = UNKNOWN };
	return (uint32_t)(n - d->node.p);
}

static int
note_contact(struct identities *d, const struct observation *o)
{
	struct text samples = text_of_role(o, ROLE_SAMPLES), id;
	uint32_t i = node_of(d, o->contact.node);
	struct id_node *n;

	if (i == INDEX_NONE)
		return -1;
	n = &d->node.p[i];
	n->tried |= o->contact.outcome != OUT_EXCLUDED;
	if (o->contact.outcome != OUT_OK)
		return 0;
	n->answered = true;
	id = text_of_role(o, ROLE_NODE_ID);
	n->id = head_of(id);
	n->rest = id.len > 8 ? head_of((struct text){ id.p + 8, id.len - 8 }) : 0;
	n->second |= text_of_role(o, ROLE_SECOND_ID).len > 0;
	n->fits = (int8_t)observation_number(o, ROLE_ID_FITS);
	n->client = observation_number(o, ROLE_CLIENT);
	n->stored = observation_number(o, ROLE_STORED);
	n->refresh = observation_number(o, ROLE_REFRESH);
	n->sampled = n->refresh != UNKNOWN;
	n->first_hash = (uint32_t)d->sample.n;
	n->hashes = 0;
	for (size_t at = 0; o->fields->content_length > 0 && at + o->fields->content_length <= samples.len;
	    at += o->fields->content_length) {
		uint64_t *h = array_add(&d->sample);

		if (h == NULL)
			return -1;
		*h = head_of((struct text){ samples.p + at, o->fields->content_length });
		n->hashes++;
	}
	return 0;
}

int
identities_note(struct identities *d, const struct observation *o)
{
	uint32_t peer, named;
	struct id_claim *c;
	struct id_value *v;

	if (o->type == OBS_CONTACT)
		return note_contact(d, o);
	if (o->type != OBS_NEIGHBOUR && o->type != OBS_KEY)
		return 0;
	peer = node_of(d, o->peer);
	named = node_of(d, o->type == OBS_KEY ? o->key.source : o->neighbour.node);
	if (peer == INDEX_NONE || named == INDEX_NONE)
		return -1;
	if (o->type == OBS_NEIGHBOUR) {
		if ((c = array_add(&d->claim)) == NULL)
			return -1;
		*c = (struct id_claim){ peer, named, head_of(text_of_role(o, ROLE_NODE_ID)),
			(int16_t)observation_number(o, ROLE_TARGET_BITS) };
		return 0;
	}
	if ((v = array_add(&d->value)) == NULL)
		return -1;
	*v = (struct id_value){ peer, named, head_of((struct text){ o->key.content.id, o->key.content.len }),
		index_add(&d->addresses, address_number(o->key.source)) };
	return v->address == INDEX_NONE ? -1 : 0;
}

void
identities_clear(struct identities *d)
{
	index_clear(&d->nodes);
	index_clear(&d->addresses);
	d->node.n = d->claim.n = d->value.n = d->sample.n = 0;
}

void
identities_free(struct identities *d)
{
	index_free(&d->nodes);
	index_free(&d->addresses);
	array_free(&d->node);
	array_free(&d->claim);
	array_free(&d->value);
	array_free(&d->sample);
}

/* ---- findings ------------------------------------------------------------------------------------ */

/* One more deliverer or member; those with most come first. */
static void
add_peer(struct id_finding *f, struct endpoint at, double bogus, double all)
{
	uint32_t i = f->peers < FINDING_PEERS ? f->peers : FINDING_PEERS;

	f->peers++;
	if (i == FINDING_PEERS && f->peer[--i].bogus >= bogus)
		return;
	for (; i > 0 && f->peer[i - 1].bogus < bogus; i--)
		f->peer[i] = f->peer[i - 1];
	f->peer[i] = (struct id_peer){ at, bogus, all };
}

static void
raise(struct id_finding *f, enum incident_kind kind, enum id_test test, double statistic, double threshold)
{
	if (f->peers > 0 && f->statistic - f->threshold >= statistic - threshold)
		return;
	f->kind = kind;
	f->test = test;
	f->statistic = statistic;
	f->threshold = threshold;
}

/* ln of the chance that at least k of n are so, each with probability q (Chernoff's bound). */
static double
tail(double k, double n, double q)
{
	double share = k / n;

	if (share <= q)
		return 0;
	return -n * (share * log(share / q) + (share < 1 ? (1 - share) * log((1 - share) / (1 - q)) : 0));
}

/* ---- contacts ------------------------------------------------------------------------------------- */

struct told { uint32_t by, claims, echoes; bool many; };	/* by: 1 + the first peer that named it */
struct teller { uint32_t n, lone, echoes, distinct; };

static void
count_tellers(const struct identities *d, const struct told *told, struct teller *teller)
{
	array_each(c, &d->claim) {
		struct teller *t = &teller[c->peer];
		bool lone = !told[c->node].many && !d->node.p[c->node].answered;

		/* Who was never asked tells nothing by not having answered. */
		t->n += d->node.p[c->node].tried;
		t->lone += lone && d->node.p[c->node].tried;
		t->echoes += lone && c->bits >= ECHO_BITS;
	}
}

/* Distinct endpoints that this peer alone named. */
static double
made_up_by(const struct identities *d, const struct told *told, uint32_t peer)
{
	double n = 0;

	for (size_t i = 0; i < d->node.n; i++)
		n += told[i].by == peer + 1 && !told[i].many && !d->node.p[i].answered;
	return n;
}

static int
find_contacts(struct identities *d, struct id_finding *f)
{
	struct told *told = calloc(d->node.n + 1, sizeof(*told));
	struct teller *teller = calloc(d->node.n + 1, sizeof(*teller));
	double lone = 0, all = 0, usual;

	if (told == NULL || teller == NULL) {
		free(told);
		free(teller);
		return -1;
	}
	array_each(c, &d->claim) {
		struct told *t = &told[c->node];

		t->many |= t->by != 0 && t->by != c->peer + 1;
		t->by = t->by != 0 ? t->by : c->peer + 1;
	}
	count_tellers(d, told, teller);
	for (size_t i = 0; i < d->node.n; i++)
		if (teller[i].echoes < ECHO_LEAST) {
			lone += teller[i].lone;
			all += teller[i].n;
		}
	usual = fmin(all > 0 ? lone / all + CUSHION : 1, 0.95);
	for (uint32_t i = 0; i < d->node.n; i++) {
		const struct teller *t = &teller[i];
		double chance = t->n >= LONE_LEAST ? tail(t->lone, t->n, usual) : 0, n;

		if (t->echoes < ECHO_LEAST && !(chance < CHANCE - log((double)d->node.n) && t->lone > 0.9 * t->n))
			continue;
		n = made_up_by(d, told, i);
		if (t->echoes >= ECHO_LEAST)
			raise(f, INC_MADE_UP_CONTACTS, TEST_ECHO, t->echoes, ECHO_LEAST);
		else
			raise(f, INC_MADE_UP_CONTACTS, TEST_SHARED, -chance, -CHANCE);
		f->size += n;
		add_peer(f, d->node.p[i].at, n, fmax(n, t->n));
	}
	free(told);
	free(teller);
	return 0;
}

/* ---- holders -------------------------------------------------------------------------------------- */

static int
by_hash_and_peer(const void *a, const void *b)
{
	const struct id_value *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->peer > y->peer) - (x->peer < y->peer);
}

/* Of each store: holders that it shares with others, as many as it would, and nats against it. */
struct store_account { double shared, expected; uint32_t n, contents; };

/* What one store says of a content, against all others that were asked for it. */
static void
compare_store(const struct id_value *v, size_t n, size_t from, size_t end, uint32_t *mark, uint32_t *stamp,
    struct store_account *account)
{
	struct store_account *a = &account[v[from].peer];
	double others = 0, shared = 0, largest = 0, own = (double)(end - from), holders;
	size_t run = 0;

	++*stamp;
	for (size_t i = 0; i < n; i++) {
		run = i > 0 && v[i].peer == v[i - 1].peer ? run + 1 : 1;
		if (i >= from && i < end)
			continue;
		largest = fmax(largest, (double)run);
		others += mark[v[i].address] != *stamp;
		mark[v[i].address] = *stamp;
	}
	for (size_t i = from; i < end; i++)
		shared += mark[v[i].address] == *stamp;
	a->n += (uint32_t)(end - from);
	if (others == 0)
		return;
	/* A list that is not cut holds all; of those that are, each is a draw of what is kept. */
	holders = largest < CUT_LIST ? fmax(others, own) : fmax(STORE_HOLDERS, own);
	a->contents++;
	a->shared += shared;
	a->expected += fmin(own * others / holders, STORE_NATS);
}

static int
find_stores(struct identities *d, struct id_finding *f)
{
	struct store_account *account = calloc(d->node.n + 1, sizeof(*account));
	uint32_t *mark = calloc(d->addresses.n + 1, sizeof(*mark)), stamp = 0;
	bool *liar = calloc(d->node.n + 1, 1), *counted = calloc(d->node.n + 1, 1);
	size_t n = d->value.n;

	if (account == NULL || mark == NULL || liar == NULL || counted == NULL) {
		free(account);
		free(mark);
		free(liar);
		free(counted);
		return -1;
	}
	qsort(d->value.p, n, sizeof(d->value.p[0]), by_hash_and_peer);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && d->value.p[end].hash == d->value.p[i].hash; end++)
			continue;
		for (size_t from = i, to; from < end; from = to) {
			for (to = from; to < end && d->value.p[to].peer == d->value.p[from].peer; to++)
				continue;
			compare_store(d->value.p + i, end - i, from - i, to - i, mark, &stamp, account);
		}
	}
	for (uint32_t i = 0; i < d->node.n; i++) {
		const struct store_account *a = &account[i];

		if (a->n < STORE_LEAST || a->contents < 2 || a->expected < STORE_NATS || a->shared > 0.05 * a->expected)
			continue;
		raise(f, INC_RANDOM_SOURCES, TEST_STORE, a->expected, STORE_NATS);
		liar[i] = true;
		add_peer(f, d->node.p[i].at, a->n, a->n);
	}
	array_each(v, &d->value)
		if (liar[v->peer] && !counted[v->source]) {
			counted[v->source] = true;
			f->size++;
		}
	free(account);
	free(mark);
	free(liar);
	free(counted);
	return 0;
}

/* ---- ids ------------------------------------------------------------------------------------------- */

static void
find_hops(const struct identities *d, struct id_finding *f)
{
	array_each(n, &d->node)
		if (n->second) {
			raise(f, INC_ID_HOP, TEST_HOP, 2, 1);
			f->size++;
			add_peer(f, n->at, 1, 1);
		}
}

static int
by_id(const void *a, const void *b)
{
	const struct id_node *x = *(const struct id_node *const *)a, *y = *(const struct id_node *const *)b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->rest > y->rest) - (x->rest < y->rest);
}

static double
shared_bits(uint64_t a, uint64_t b)
{
	return a == b ? 64 : __builtin_clzll(a ^ b);
}

/*
 * Eight ids or more, one behind the other, that share more bits than n drawn ones would in one
 * of a million rounds: n (n 2^-c)^7 / 7! = 10^-6, c bits beyond those that all share.
 */
static int
find_spacing(const struct identities *d, struct id_finding *f)
{
	const struct id_node **by = calloc(d->node.n + 1, sizeof(*by));
	struct index fitting = { 0 };
	size_t n = 0, all = 0;
	double allowed;

	if (by == NULL)
		return -1;
	/* Ids that fit one address begin alike, for they are made of it: such count once. */
	array_each(x, &d->node) {
		size_t before = fitting.n;

		if (x->answered && !x->second && (x->fits != 1 ||
		    (index_add(&fitting, address_number(x->at)) != INDEX_NONE && fitting.n > before)))
			by[all++] = x;
	}
	index_free(&fitting);
	qsort(by, all, sizeof(*by), by_id);
	for (size_t i = 0; i < all; i++)	/* one id at many addresses is one */
		if (n == 0 || by_id(&by[i], &by[n - 1]) != 0)
			by[n++] = by[i];
	if (n < GROUP_LEAST) {
		free(by);
		return 0;
	}
	allowed = shared_bits(by[0]->id, by[n - 1]->id) + log2((double)n) + (log2((double)n) + 20 - 12.3) / 7;
	for (size_t i = 0, end; i < n; i = end) {
		double least = 64;

		for (end = i + 1; end < n && shared_bits(by[i]->id, by[end]->id) > allowed; end++)
			least = fmin(least, shared_bits(by[i]->id, by[end]->id));
		if (end - i < GROUP_LEAST)
			continue;
		raise(f, INC_SYBIL_CLUSTER, TEST_SPACING, least, allowed);
		f->size += (double)(end - i);
		for (size_t k = i; k < end; k++)
			add_peer(f, by[k]->at, 1, 1);
	}
	free(by);
	return 0;
}

/* ---- fleets ----------------------------------------------------------------------------------------- */

static int
by_address(const void *a, const void *b)
{
	const struct id_node *x = *(const struct id_node *const *)a, *y = *(const struct id_node *const *)b;
	uint64_t p = address_number(x->at), q = address_number(y->at);

	return (p > q) - (p < q);
}

/* How much more alike than chance: the same program, ids that do not fit where others' do, one table. */
static double
likeness(const struct identities *d, const struct id_node **by, size_t n, size_t all, double fitting,
    const double *named_once, const uint32_t *claims)
{
	size_t same = 0, usual = 0, fits = 0, known = 0;
	double sum = 0, shared = 0, told = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t number = (uint32_t)(by[i] - d->node.p);

		same += by[i]->client == by[0]->client;
		known += by[i]->fits != UNKNOWN;
		fits += by[i]->fits == 1;
		told += claims[number];
		shared += claims[number] - named_once[number];
	}
	array_each(x, &d->node)
		usual += x->answered && x->client == by[0]->client;
	if (same == n)
		sum += (double)n * log((double)all / (double)(usual > 0 ? usual : 1));
	if (known > 0 && fitting > 0.05)
		sum += (double)(known - fits) * -log(1 - fmin(fitting, 0.99)) - (double)fits * 6;
	/* Of what they tell nearly all is told by another of them, too. */
	return told > 0 && shared > 0.9 * told ? sum + STRONG : sum - STRONG;
}

/* Contacts of a node that no other node of its own address names. */
static int
count_unshared(const struct identities *d, double *once, uint32_t *claims)
{
	struct index pairs = { 0 };
	ARRAY_OF(struct told) told = { 0 };
	int bad = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < d->claim.n && bad == 0; i++) {
			const struct id_claim *c = &d->claim.p[i];
			struct told *t = index_add_item(&pairs, prng_mix(address_number(d->node.p[c->peer].at)) ^
			    prng_mix(c->node + UINT64_C(7)), &told);

			if (t == NULL)
				bad = -1;
			else if (pass == 0) {
				t->many |= t->by != 0 && t->by != c->peer + 1;
				t->by = t->by != 0 ? t->by : c->peer + 1;
				claims[c->peer]++;
			} else
				once[c->peer] += !t->many;
		}
	index_free(&pairs);
	array_free(&told);
	return bad;
}

static int
find_fleets(const struct identities *d, struct id_finding *f)
{
	const struct id_node **by = calloc(d->node.n + 1, sizeof(*by));
	double *once = calloc(d->node.n + 1, sizeof(*once)), fit = 0, known = 0, like;
	uint32_t *claims = calloc(d->node.n + 1, sizeof(*claims));
	size_t n = 0;
	int bad = by == NULL || once == NULL || claims == NULL || count_unshared(d, once, claims) != 0 ? -1 : 0;

	if (bad == 0)
		array_each(x, &d->node)
			if (x->answered) {
				by[n++] = x;
				known += x->fits != UNKNOWN;
				fit += x->fits == 1;
			}
	if (n > 0)
		qsort(by, n, sizeof(*by), by_address);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && address_number(by[end]->at) == address_number(by[i]->at); end++)
			continue;
		if (end - i < GROUP_LEAST ||
		    (like = likeness(d, by + i, end - i, n, known > 0 ? fit / known : 0, once, claims)) < STRONG)
			continue;
		raise(f, INC_SYBIL_FLEET, TEST_FLEET, like, STRONG);
		f->size += (double)(end - i);
		for (size_t k = i; k < end; k++)
			add_peer(f, by[k]->at, 1, 1);
	}
	free(by);
	free(once);
	free(claims);
	return bad;
}

/* ---- samples ----------------------------------------------------------------------------------------- */

/* Contents of a sample that another store samples, too, or that somebody holds. */
static int
find_junk(const struct identities *d, struct id_finding *f)
{
	struct index contents = { 0 };
	ARRAY_OF(struct told) told = { 0 };
	struct told *t;
	double median_like = 0, counted = 0;
	int bad = 0;

	for (uint32_t i = 0; i < d->node.n && bad == 0; i++)
		for (uint32_t k = 0; k < d->node.p[i].hashes && bad == 0; k++) {
			if ((t = index_add_item(&contents, d->sample.p[d->node.p[i].first_hash + k], &told)) == NULL) {
				bad = -1;
				break;
			}
			t->many |= t->by != 0 && t->by != i + 1;
			t->by = t->by != 0 ? t->by : i + 1;
		}
	for (size_t i = 0; i < d->value.n && bad == 0; i++)
		if ((t = index_add_item(&contents, d->value.p[i].hash, &told)) == NULL)
			bad = -1;
		else
			t->many = true;
	array_each(x, &d->node)
		if (x->sampled && x->stored > 0 && x->refresh > 0) {
			median_like += log((double)x->stored);
			counted++;
		}
	for (uint32_t i = 0; i < d->node.n && bad == 0; i++) {
		const struct id_node *x = &d->node.p[i];
		double usual = counted > 0 ? exp(median_like / counted) : 1000, nats = 0;
		uint32_t lone = 0;

		for (uint32_t k = 0; k < x->hashes; k++) {
			uint32_t number = index_find(&contents, d->sample.p[x->first_hash + k]);

			lone += number != INDEX_NONE && !told.p[number].many;
		}
		if (x->hashes < LONE_LEAST || lone < x->hashes)
			continue;
		/* Each by itself may be so: together they are not. */
		nats = 4 + (x->refresh == 0 ? 4.6 : 0) + (x->stored > 100 * usual ? fmin(log((double)x->stored / usual), 8) : 0);
		if (nats < STRONG)
			continue;
		raise(f, INC_JUNK_HASHES, TEST_JUNK, nats, STRONG);
		f->size += lone;
		add_peer(f, x->at, lone, x->hashes);
	}
	index_free(&contents);
	array_free(&told);
	return bad;
}

int
identities_find(struct identities *d, struct id_finding out[ID_TESTS])
{
	struct id_finding *f = out;
	int n = 0;

	memset(out, 0, ID_TESTS * sizeof(*out));
	if (find_contacts(d, &f[n]) != 0)
		return -1;
	n += f[n].peers > 0;
	if (find_stores(d, &f[n]) != 0)
		return -1;
	n += f[n].peers > 0;
	find_hops(d, &f[n]);
	n += f[n].peers > 0;
	if (find_junk(d, &f[n]) != 0)
		return -1;
	n += f[n].peers > 0;
	if (find_spacing(d, &f[n]) != 0)
		return -1;
	n += f[n].peers > 0;
	if (find_fleets(d, &f[n]) != 0)
		return -1;
	return n + (f[n].peers > 0);
}
