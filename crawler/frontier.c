/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/frontier.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/hash_table.h"
#include "data/lib/prng.h"

/* Nodes live in chunks, so that growing moves nobody and doubles nothing. */
#define CHUNK_BITS	15
#define CHUNK		(1u << CHUNK_BITS)
#define SAMPLING_MAX	31

enum node_flag { CLAIMED = 1, NAMED = 2, LISTED = 4, WAS_LATE = 8, EXCLUDED = 16 };

/*
 * IPv4 is its number.  A longer address lies once in the frontier's table of them,
 * and its nodes have its place there.
 */
struct node_key {
	uint32_t	where;
	uint16_t	port;
	uint8_t		wide;		/* where is a place */
};
#define KEY_LEN	(offsetof(struct node_key, wide) + 1)

struct node {
	uint32_t	where;		/* this, port and wide are the key, as in struct node_key */
	uint16_t	port;
	uint8_t		wide;
	uint8_t		state : 3, flags : 5;
	uint32_t	prev, next;	/* in the list of its state */
	uint32_t	verified_s;	/* UTC seconds of the last handshake; 0: never */
};
_Static_assert(sizeof(struct node) == 20, "a known node stays small");

_Static_assert(offsetof(struct node, port) == offsetof(struct node_key, port) &&
    offsetof(struct node, wide) == offsetof(struct node_key, wide), "a node begins with a key");
_Static_assert(NODE_NSTATE <= 8, "three bits for the state");

struct wide_address {
	uint8_t		net, addr[ADDRESS_MAX];	/* all of it is its key */
};

struct node_list { uint32_t head, tail; size_t n; };

struct frontier {
	struct node	**chunk;
	uint8_t		**told;		/* of each chunk, a byte for each node; NULL: nobody of it */
	size_t		 nchunks;	/* allocated so far */
	size_t		 room;		/* most nodes there may be */
	uint32_t	 n;		/* places in use, free ones among them */
	uint32_t	 free;		/* first place given back, chained by next */
	size_t		 nfree;
	struct hash_table index;	/* 1 + the place of each node, by its key */
	struct wide_address *wide;
	uint32_t	 nwide, wide_room;
	struct hash_table wide_index;	/* 1 + the place of each, by address */
	struct node_list	 in[NODE_NSTATE];
	size_t		 claimed;
	uint32_t	 ports_most;	/* of one address on a list; 0: no limit */
	const uint8_t	*allowed;	/* a bit for each port; NULL: all */
	uint64_t	 left_out;	/* of this list, by that */
	unsigned	 sampling;	/* keep claims whose hash ends in so many zero bits */
	uint8_t		 key[crypto_shorthash_KEYBYTES];	/* decides who is sampled */
};

/* The states that may follow each; anything else is a bug in the crawler. */
#define TO(s)	(1u << (s))
static const unsigned may_follow[NODE_NSTATE] = {
	[NODE_KNOWN]	= TO(NODE_QUEUED),
	[NODE_QUEUED]	= TO(NODE_DIALLING) | TO(NODE_HELD) | TO(NODE_DONE),
	[NODE_HELD]	= TO(NODE_QUEUED) | TO(NODE_LATE) | TO(NODE_DONE),
	[NODE_DIALLING]	= TO(NODE_TALKING) | TO(NODE_LATE) | TO(NODE_QUEUED) | TO(NODE_DONE),
	[NODE_TALKING]	= TO(NODE_DONE) | TO(NODE_QUEUED),	/* we ran out of memory */
	[NODE_LATE]	= TO(NODE_DIALLING) | TO(NODE_HELD) | TO(NODE_DONE),
	[NODE_DONE]	= TO(NODE_QUEUED),
};

static struct node *
node_at(const struct frontier *f, uint32_t i)
{
	return &f->chunk[i >> CHUNK_BITS][i & (CHUNK - 1)];
}

static const void *
key_of(const void *arg, uint32_t number)
{
	return node_at(arg, number - 1);
}

static const void *
wide_key_of(const void *arg, uint32_t number)
{
	return &((const struct frontier *)arg)->wide[number - 1];
}

static struct endpoint
endpoint_of(const struct frontier *f, const struct node *n)
{
	struct endpoint e = { .port = n->port };
	const struct wide_address *w;

	if (!n->wide)
		return endpoint_ipv4(n->where, n->port);
	w = &f->wide[n->where];
	endpoint_of_bytes(&e, w->net, w->addr, network_length(w->net), n->port);
	return e;
}

/* Its place among the long addresses; -1 if it is not there and may not be added, or no memory. */
static int64_t
wide_place(struct frontier *f, struct endpoint e, bool add)
{
	struct wide_address w = { .net = e.net };
	uint32_t number;

	address_bytes(e, w.addr);
	if ((number = hash_index_find(&f->wide_index, &w)) != 0)
		return number - 1;
	if (!add || f->nwide >= f->room)
		return -1;
	if (f->nwide == f->wide_room) {
		uint32_t room = f->wide_room == 0 ? 256 : 2 * f->wide_room;
		struct wide_address *p = reallocarray(f->wide, room, sizeof(*p));

		if (p == NULL)
			return -1;
		f->wide = p;
		f->wide_room = room;
	}
	f->wide[f->nwide] = w;
	if (hash_index_add(&f->wide_index, &w, f->nwide + 1) != 0)
		return -1;
	return f->nwide++;
}

/* False if no node can have that key: see wide_place. */
static bool
key_of_endpoint(struct frontier *f, struct endpoint e, bool add, struct node_key *key)
{
	int64_t place = e.net == NET_IPV4 ? (int64_t)e.ip : wide_place(f, e, add);

	*key = (struct node_key){ (uint32_t)place, e.port, e.net != NET_IPV4 };
	return place != -1;
}

/* A number for each endpoint that nobody else can foretell. */
static uint64_t
keyed_hash(const struct frontier *f, struct endpoint e)
{
	uint8_t packed[ENDPOINT_PACKED];
	uint64_t h;

	crypto_shorthash((uint8_t *)&h, packed, endpoint_pack(packed, e), f->key);
	return h;
}

static bool
in_sample(const struct frontier *f, struct endpoint e)
{
	return f->sampling == 0 ||
	    (keyed_hash(f, e) >> 32 & ((UINT64_C(1) << f->sampling) - 1)) == 0;
}

struct frontier *
frontier_new(size_t room, const uint8_t key[16])
{
	struct frontier *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->room = room < NO_NODE ? room : NO_NODE - 1;
	f->free = NO_NODE;
	memcpy(f->key, key, sizeof(f->key));
	for (int s = 0; s < NODE_NSTATE; s++)
		f->in[s] = (struct node_list){ NO_NODE, NO_NODE, 0 };
	f->chunk = calloc(f->room / CHUNK + 1, sizeof(*f->chunk));
	f->told = calloc(f->room / CHUNK + 1, sizeof(*f->told));
	if (f->chunk == NULL || f->told == NULL) {
		frontier_free(f);
		return NULL;
	}
	hash_index_init(&f->index, KEY_LEN, (uint32_t)f->room, key_of, f);
	hash_index_init(&f->wide_index, sizeof(struct wide_address), (uint32_t)f->room, wide_key_of, f);
	return f;
}

void
frontier_limit_ports(struct frontier *f, uint32_t most, const uint8_t *allowed)
{
	f->ports_most = most;
	f->allowed = allowed;
}

void
frontier_free(struct frontier *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->nchunks; i++) {
		free(f->chunk[i]);
		free(f->told[i]);
	}
	free(f->chunk);
	free(f->told);
	hash_table_free(&f->index);
	hash_table_free(&f->wide_index);
	free(f->wide);
	free(f);
}

/* ---- lists of states --------------------------------------------------------- */

static void
list_append(struct frontier *f, enum node_state s, uint32_t i)
{
	struct node_list *l = &f->in[s];
	struct node *n = node_at(f, i);

	n->state = (unsigned)s & 7;
	n->next = NO_NODE;
	n->prev = l->tail;
	if (l->tail != NO_NODE)
		node_at(f, l->tail)->next = i;
	else
		l->head = i;
	l->tail = i;
	l->n++;
}

static void
list_prepend(struct frontier *f, enum node_state s, uint32_t i)
{
	struct node_list *l = &f->in[s];
	struct node *n = node_at(f, i);

	n->state = (unsigned)s & 7;
	n->prev = NO_NODE;
	n->next = l->head;
	if (l->head != NO_NODE)
		node_at(f, l->head)->prev = i;
	else
		l->tail = i;
	l->head = i;
	l->n++;
}

static void
list_remove(struct frontier *f, uint32_t i)
{
	struct node *n = node_at(f, i);
	struct node_list *l = &f->in[n->state];

	if (n->prev != NO_NODE)
		node_at(f, n->prev)->next = n->next;
	else
		l->head = n->next;
	if (n->next != NO_NODE)
		node_at(f, n->next)->prev = n->prev;
	else
		l->tail = n->prev;
	l->n--;
}

static bool
is_first_class(const struct node *n)
{
	return n->verified_s != 0 || (n->flags & NAMED);
}

/* Whoever is verified or named comes back to the head of the queue, before all claims. */
void
frontier_move(struct frontier *f, node_id i, enum node_state to)
{
	struct node *n = node_at(f, i);

	assert(may_follow[n->state] & TO(to));
	list_remove(f, i);
	if (to == NODE_QUEUED && is_first_class(n))
		list_prepend(f, to, i);
	else
		list_append(f, to, i);
	if (to == NODE_LATE)
		n->flags |= WAS_LATE;
}

/* ---- finding, adding, dropping ------------------------------------------------ */

static uint32_t
find_node(struct frontier *f, struct endpoint e)
{
	struct node_key key;

	return key_of_endpoint(f, e, false, &key)
	    ? hash_index_find(&f->index, &key) - 1 : NO_NODE;	/* 0 - 1 is NO_NODE */
}

/* Gives a node's place back.  Until reindex the index still has it. */
static void
drop_node(struct frontier *f, uint32_t i)
{
	struct node *n = node_at(f, i);

	f->claimed -= n->flags & CLAIMED;
	list_remove(f, i);
	n->next = f->free;
	f->free = i;
	f->nfree++;
}

/* The index of those that are left after some were dropped; they fit where they were. */
static void
reindex(struct frontier *f)
{
	hash_table_clear(&f->index);
	for (int s = 0; s < NODE_NSTATE; s++)
		for (uint32_t i = f->in[s].head; i != NO_NODE; i = node_at(f, i)->next)
			(void)hash_index_add(&f->index, node_at(f, i), i + 1);
}

/* Halves the sample until there is room, or until nothing can be given up. */
static void
make_room(struct frontier *f)
{
	while (f->nfree == 0 && f->sampling < SAMPLING_MAX) {
		uint32_t i = f->in[NODE_KNOWN].head, next;

		f->sampling++;
		for (; i != NO_NODE; i = next) {
			struct node *n = node_at(f, i);

			next = n->next;
			if (n->verified_s == 0 && !(n->flags & NAMED) &&
			    !in_sample(f, endpoint_of(f, n)))
				drop_node(f, i);
		}
		reindex(f);
	}
}

/* A place for one more node, or NO_NODE. */
static uint32_t
new_place(struct frontier *f)
{
	uint32_t i = f->free;

	if (i != NO_NODE) {
		f->free = node_at(f, i)->next;
		f->nfree--;
		return i;
	}
	if (f->n >> CHUNK_BITS == f->nchunks) {
		struct node *chunk = malloc(CHUNK * sizeof(*chunk));

		if (chunk == NULL)
			return NO_NODE;
		f->chunk[f->nchunks++] = chunk;
	}
	return f->n++;
}

/* Adds a node as KNOWN; NO_NODE when it is not in the sample (unless keep) or has no room. */
static uint32_t
add_node(struct frontier *f, struct endpoint e, bool keep)
{
	struct node_key key;
	uint32_t i;

	if (frontier_size(f) >= f->room)
		make_room(f);
	if ((!keep && !in_sample(f, e)) || frontier_size(f) >= f->room ||
	    !key_of_endpoint(f, e, true, &key) || (i = new_place(f)) == NO_NODE)
		return NO_NODE;
	*node_at(f, i) = (struct node){ .where = key.where, .port = key.port, .wide = key.wide };
	if (f->told[i >> CHUNK_BITS] != NULL)	/* the place may have been another's */
		f->told[i >> CHUNK_BITS][i & (CHUNK - 1)] = 0;
	list_append(f, NODE_KNOWN, i);
	if (hash_index_add(&f->index, &key, i + 1) == 0)
		return i;
	drop_node(f, i);
	return NO_NODE;
}

/* On the next list. */
static void
put_on_list(struct frontier *f, struct node *n)
{
	f->claimed += !(n->flags & CLAIMED);
	n->flags |= CLAIMED;
}

enum claim
frontier_claim(struct frontier *f, struct endpoint e, bool may_add)
{
	uint32_t i = find_node(f, e);
	bool known = i != NO_NODE;
	struct node *n;

	if (!known && (!may_add || (i = add_node(f, e, false)) == NO_NODE))
		return CLAIM_DROPPED;
	n = node_at(f, i);
	put_on_list(f, n);
	return known ? CLAIM_KNOWN : CLAIM_FRESH;
}

enum claim
frontier_lead(struct frontier *f, struct endpoint e, bool may_add)
{
	uint32_t i = find_node(f, e);
	bool known = i != NO_NODE && node_at(f, i)->state != NODE_KNOWN;

	if (i == NO_NODE && (!may_add || (i = add_node(f, e, false)) == NO_NODE))
		return CLAIM_DROPPED;
	if (!known)
		frontier_move(f, i, NODE_QUEUED);
	return known ? CLAIM_KNOWN : CLAIM_FRESH;
}

void
frontier_told(struct frontier *f, struct endpoint e, int half)
{
	uint32_t i = find_node(f, e);
	uint8_t **told;

	if (i == NO_NODE)
		return;
	told = &f->told[i >> CHUNK_BITS];
	/* Without memory the estimate knows of fewer: it errs to the wide side. */
	if (*told != NULL || (*told = calloc(CHUNK, 1)) != NULL)
		(*told)[i & (CHUNK - 1)] |= (uint8_t)(1 << half);
}

unsigned
frontier_told_by(const struct frontier *f, node_id i)
{
	const uint8_t *told = f->told[i >> CHUNK_BITS];

	return told == NULL ? 0 : told[i & (CHUNK - 1)];
}

int64_t
frontier_verified_s(const struct frontier *f, node_id i)
{
	return node_at(f, i)->verified_s;
}

/* A node that stays whatever the sample; NULL when there is no room even so. */
static struct node *
keep_node(struct frontier *f, struct endpoint e)
{
	uint32_t i = find_node(f, e);

	if (i == NO_NODE)
		i = add_node(f, e, true);
	return i != NO_NODE ? node_at(f, i) : NULL;
}

void
frontier_name(struct frontier *f, struct endpoint e)
{
	struct node *n = keep_node(f, e);

	if (n != NULL)
		n->flags |= NAMED;
}

void
frontier_verify(struct frontier *f, struct endpoint e, int64_t utc_s)
{
	struct node *n = keep_node(f, e);

	if (n != NULL && utc_s > (int64_t)n->verified_s)
		n->verified_s = utc_s < UINT32_MAX ? (uint32_t)utc_s : UINT32_MAX;
}

/* ---- a new round --------------------------------------------------------------- */

static bool
belongs_on_list(const struct node *n, int64_t since_s, bool keep)
{
	return n->flags & (CLAIMED | NAMED) || (keep && n->flags & LISTED) ||
	    (n->verified_s != 0 && n->verified_s >= since_s);
}

/* The ids of those that stay, in the order of the states' lists; the others are dropped. */
static size_t
list_ids(struct frontier *f, int64_t since_s, bool keep, uint32_t *id)
{
	size_t n = 0;

	for (int s = 0; s < NODE_NSTATE; s++)
		for (uint32_t i = f->in[s].head, next; i != NO_NODE; i = next) {
			next = node_at(f, i)->next;
			if (belongs_on_list(node_at(f, i), since_s, keep))
				id[n++] = i;
			else
				drop_node(f, i);
		}
	return n;
}

/* The order of a list is no secret, but it has no pattern. */
static void
shuffle_ids(uint32_t *id, size_t n)
{
	uint64_t state;

	randombytes_buf(&state, sizeof(state));
	for (size_t i = n; i > 1; i--) {
		uint32_t j = prng_below(&state, (uint32_t)i), t = id[i - 1];

		id[i - 1] = id[j];
		id[j] = t;
	}
}

/* ---- few ports of an address ---- */

/* Of one address the named come first, then the verified, then those that may be dialled. */
static unsigned
rank_of(const struct frontier *f, const struct node *n)
{
	bool excluded = n->flags & EXCLUDED ||
	    (f->allowed != NULL && !(f->allowed[n->port >> 3] >> (n->port & 7) & 1));

	return n->flags & NAMED ? 0 : excluded ? 3 : n->verified_s != 0 ? 1 : 2;
}

/*
 * What counts as one address: all of it, but of IPv6 the /64, which is one subscriber's
 * link.  IPv4 is its number; of others a hash stands for it.
 */
static uint64_t
one_address(const struct frontier *f, const struct node *n)
{
	struct endpoint e = endpoint_of(f, n);

	if (!n->wide)
		return n->where;
	e.port = 0;
	if (e.net == NET_IPV6)
		memset(e.addr + 8, 0, 8);
	return keyed_hash(f, e) | UINT64_C(1) << 63;
}

struct candidate {
	uint64_t	address;	/* as one_address has it */
	uint64_t	order;		/* rank, then chance */
	uint32_t	id;
};

static int
by_address(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/*
 * Gives up the ports past the limit: claims are forgotten; verified ones are kept for the
 * next list, their ids the last `kept` of the n.  Returns how many ids are left at the
 * beginning, SIZE_MAX without memory.
 */
static size_t
limit_ports(struct frontier *f, uint32_t *id, size_t n, size_t *kept)
{
	struct candidate *c = reallocarray(NULL, n + 1, sizeof(*c));
	size_t left = 0, of_address = 0;

	*kept = 0;
	if (c == NULL)
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct node *x = node_at(f, id[i]);
		unsigned rank = rank_of(f, x);
		/* Which of the verified is chance each time, and of the claims for good. */
		uint64_t chance = rank < 2 ? randombytes_random() : keyed_hash(f, endpoint_of(f, x)) >> 2;

		c[i] = (struct candidate){ one_address(f, x), (uint64_t)rank << 62 | chance,
			id[i] };
	}
	qsort(c, n, sizeof(*c), by_address);
	for (size_t i = 0; i < n; i++) {
		struct node *x = node_at(f, c[i].id);

		of_address = i > 0 && c[i].address == c[i - 1].address ? of_address + 1 : 0;
		if (of_address < f->ports_most || (x->flags & NAMED)) {
			id[left++] = c[i].id;
			continue;
		}
		f->left_out++;
		if (x->verified_s == 0)
			drop_node(f, c[i].id);
		else
			id[n - ++*kept] = c[i].id;
	}
	free(c);
	return left;
}

/* ---- the list ---- */

/* Puts those that stay on their lists: the named and verified first, the others behind. */
static void
queue_ids(struct frontier *f, const uint32_t *id, size_t n)
{
	for (int first = 1; first >= 0; first--)
		for (size_t i = 0; i < n; i++) {
			struct node *x = node_at(f, id[i]);

			if (is_first_class(x) != first)
				continue;
			x->flags = (x->flags & (NAMED | EXCLUDED)) | LISTED;
			list_append(f, NODE_QUEUED, id[i]);
		}
}

int64_t
frontier_next(struct frontier *f, int64_t since_s, bool keep)
{
	size_t before = frontier_size(f), n, last, kept = 0;
	uint32_t *id = malloc((before + 1) * sizeof(*id));

	assert(f->in[NODE_DIALLING].n == 0 && f->in[NODE_TALKING].n == 0);
	if (id == NULL)
		return -1;
	last = n = list_ids(f, since_s, keep, id);
	f->left_out = 0;
	if (f->ports_most > 0 && (n = limit_ports(f, id, last, &kept)) == SIZE_MAX) {
		free(id);
		return -1;
	}
	shuffle_ids(id, n);
	for (int s = 0; s < NODE_NSTATE; s++)
		f->in[s] = (struct node_list){ NO_NODE, NO_NODE, 0 };
	f->claimed = 0;
	for (size_t i = 0; i < f->nchunks; i++)
		if (f->told[i] != NULL)
			memset(f->told[i], 0, CHUNK);
	queue_ids(f, id, n);
	for (size_t i = last - kept; i < last; i++) {
		node_at(f, id[i])->flags &= EXCLUDED;
		list_append(f, NODE_KNOWN, id[i]);
		put_on_list(f, node_at(f, id[i]));
	}
	free(id);
	if (n < before)
		reindex(f);
	/* The sample may widen again when the flood is over. */
	while (f->sampling > 0 && n < f->room / 4) {
		f->sampling--;
		n *= 2;
	}
	return (int64_t)f->in[NODE_QUEUED].n;
}

uint64_t
frontier_cut(struct frontier *f)
{
	static const enum node_state waiting[] = { NODE_QUEUED, NODE_HELD };
	uint64_t never = 0;

	for (size_t s = 0; s < sizeof(waiting) / sizeof(waiting[0]); s++)
		for (uint32_t i; (i = f->in[waiting[s]].head) != NO_NODE;) {
			struct node *n = node_at(f, i);

			if (n->flags & WAS_LATE) {
				frontier_move(f, i, NODE_LATE);
				continue;
			}
			never++;
			if (n->verified_s != 0)
				put_on_list(f, n);
			frontier_move(f, i, NODE_DONE);
		}
	return never;
}

/* ---- questions ------------------------------------------------------------------ */

node_id
frontier_first(const struct frontier *f, enum node_state s)
{
	return f->in[s].head;
}

node_id
frontier_after(const struct frontier *f, node_id i)
{
	return node_at(f, i)->next;
}

struct endpoint
frontier_endpoint(const struct frontier *f, node_id i)
{
	return endpoint_of(f, node_at(f, i));
}

bool
frontier_verified(const struct frontier *f, node_id i)
{
	return node_at(f, i)->verified_s != 0;
}

bool
frontier_first_class(const struct frontier *f, node_id i)
{
	return is_first_class(node_at(f, i));
}

bool
frontier_was_late(const struct frontier *f, node_id i)
{
	return node_at(f, i)->flags & WAS_LATE;
}

bool
frontier_exclude(struct frontier *f, node_id i, bool excluded)
{
	uint8_t before = node_at(f, i)->flags;

	node_at(f, i)->flags = (uint8_t)(excluded ? before | EXCLUDED : before & ~EXCLUDED);
	return before != node_at(f, i)->flags;
}

size_t
frontier_count(const struct frontier *f, enum node_state s)
{
	return f->in[s].n;
}

size_t
frontier_size(const struct frontier *f)
{
	return f->n - f->nfree;
}

size_t
frontier_claimed(const struct frontier *f)
{
	return f->claimed;
}

uint64_t
frontier_left_out(const struct frontier *f)
{
	return f->left_out;
}

uint32_t
frontier_sampling(const struct frontier *f)
{
	return UINT32_C(1) << f->sampling;
}

size_t
frontier_bytes(const struct frontier *f)
{
	return sizeof(*f) + (f->room / CHUNK + 1) * sizeof(*f->chunk) +
	    f->nchunks * CHUNK * sizeof(struct node) + hash_table_bytes(&f->index) +
	    f->wide_room * sizeof(*f->wide) + hash_table_bytes(&f->wide_index);
}

/* A node, its share of the index while that doubles (4/3 and 8/3 slots), and its place in
 * the shuffle. */
#define BYTES_PER_NODE	(sizeof(struct node) + 4 * sizeof(uint32_t) + 4)

size_t
frontier_room_for(size_t bytes)
{
	size_t room = bytes / BYTES_PER_NODE;

	return room > CHUNK ? room : CHUNK;
}
