/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/hosts.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/hash_table.h"

/* Longer than any key lives (1599 s at most), and the roundings of its lifetime. */
#define LIFETIME_MS	1600000
#define ROUNDING_MS	5000
/* Fewer keys, links or answers than that prove nothing. */
#define LEAST_KEYS	30
#define LEAST_LINKS	2
#define LEAST_ANSWERS	2
#define Z95		1.959964

const char *const finding_name[FINDINGS] = {
	[FINDING_NONE] = "none",
	[FINDING_NOT_YET] = "not yet known",
	[FINDING_UNDETERMINED] = "undetermined",
	[FINDING_INVENTS] = "invents keys",
};

#define FINGERPRINT	16

/* A key that was handed to a host. */
struct handed {
	uint32_t	used;
	uint8_t		who[FINGERPRINT];	/* of host, source and content */
	uint32_t	zero;
	int64_t		at_ms;		/* the last time */
	int64_t		until_ms;	/* the farthest end of its lifetime that was told */
};

struct met {
	uint32_t	used;
	uint8_t		who[FINGERPRINT];	/* of host and peer */
};

struct hosts {
	struct hash_table table;
	struct hash_table met;
	struct hash_table handed[2];	/* of this lifetime, and of the one before */
	int64_t		 turned_ms;
	bool		 full;		/* something was not remembered */
	uint8_t		 key[crypto_generichash_KEYBYTES];
};

struct slot {
	uint32_t	used;
	uint8_t		who[FINGERPRINT];
	uint32_t	zero;
	struct host	host;
};

struct hosts *
hosts_new(const uint8_t key[16])
{
	struct hosts *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	memcpy(h->key, key, 16);
	hash_table_init_hashes(&h->table, sizeof(struct slot), offsetof(struct slot, who), FINGERPRINT);
	hash_table_init_hashes(&h->met, sizeof(struct met), offsetof(struct met, who), FINGERPRINT);
	for (int i = 0; i < 2; i++)
		hash_table_init_hashes(&h->handed[i], sizeof(struct handed),
		    offsetof(struct handed, who), FINGERPRINT);
	h->turned_ms = INT64_MIN;
	return h;
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	hash_table_free(&h->table);
	hash_table_free(&h->met);
	for (int i = 0; i < 2; i++)
		hash_table_free(&h->handed[i]);
	free(h);
}

static void
fingerprint(const struct hosts *h, uint8_t out[FINGERPRINT], const void *a, size_t na,
    struct endpoint e, const struct content_id *content)
{
	crypto_generichash_state state;
	uint8_t packed[ENDPOINT_PACKED];

	crypto_generichash_init(&state, h->key, sizeof(h->key), FINGERPRINT);
	crypto_generichash_update(&state, a, na);
	crypto_generichash_update(&state, packed, endpoint_pack(packed, e));
	if (content != NULL)
		crypto_generichash_update(&state, content->id, content->len);
	crypto_generichash_final(&state, out, FINGERPRINT);
}

struct host *
hosts_find(struct hosts *h, const struct overlay *overlay, struct endpoint address, int64_t t_ms)
{
	uint8_t who[FINGERPRINT];
	struct slot *s;

	address.port = 0;
	fingerprint(h, who, overlay->name, strlen(overlay->name), address, NULL);
	if ((s = hash_table_find(&h->table, who)) != NULL)
		return &s->host;
	if (h->table.n >= CAPTURE_HOSTS || (s = hash_table_add(&h->table, who)) == NULL) {
		h->full = true;
		return NULL;
	}
	s->used = 1;
	s->host = (struct host){ .address = address, .overlay = overlay, .first_ms = t_ms,
		.last_ms = t_ms, .since_ms = t_ms, .last_answer_ms = INT64_MIN,
		.number = (uint32_t)h->table.n };
	return &s->host;
}

void
hosts_met(struct hosts *h, struct host *host, struct endpoint peer)
{
	uint8_t who[FINGERPRINT];
	struct met *m;

	peer.port = 0;
	fingerprint(h, who, &host->number, sizeof(host->number), peer, NULL);
	if (hash_table_find(&h->met, who) != NULL || h->met.n >= CAPTURE_MET)
		return;
	if ((m = hash_table_add(&h->met, who)) == NULL)
		return;
	m->used = 1;
	host->peers++;
}

/* What is older than a lifetime is in the second table, what is older than two is gone. */
static void
turn(struct hosts *h, int64_t t_ms)
{
	struct hash_table older = h->handed[1];

	if (h->turned_ms == INT64_MIN)
		h->turned_ms = t_ms;
	if (t_ms - h->turned_ms < LIFETIME_MS)
		return;
	h->turned_ms = t_ms;
	hash_table_clear(&older);
	h->handed[1] = h->handed[0];
	h->handed[0] = older;
}

static int64_t
lifetime_ms(const struct observation *o)
{
	int64_t s = observation_number(o, ROLE_LIFETIME);

	return s == UNKNOWN ? LIFETIME_MS : s * 1000;
}

void
hosts_handed(struct hosts *h, struct host *host, const struct observation *o, int64_t t_ms)
{
	uint8_t who[FINGERPRINT];
	struct handed *k;

	turn(h, t_ms);
	fingerprint(h, who, &host->number, sizeof(host->number), o->key.source, &o->key.content);
	if ((k = hash_table_find(&h->handed[0], who)) == NULL) {
		if (h->handed[0].n >= CAPTURE_HANDED || (k = hash_table_add(&h->handed[0], who)) == NULL) {
			h->full = true;
			return;
		}
		k->used = 1;
		k->until_ms = INT64_MIN;
	}
	k->at_ms = t_ms;
	if (t_ms + lifetime_ms(o) > k->until_ms)
		k->until_ms = t_ms + lifetime_ms(o);
}

/* Who was handed to whom within the last lifetime: 0 by nobody, 1 yes, 2 with less life than it has now. */
static int
was_handed(const struct hosts *h, const uint8_t who[FINGERPRINT], const struct observation *o,
    int64_t t_ms)
{
	int handed = 0;

	for (int i = 0; i < 2; i++) {
		const struct handed *k = hash_table_find(&h->handed[i], who);

		if (k == NULL || t_ms - k->at_ms > LIFETIME_MS)
			continue;
		if (t_ms + lifetime_ms(o) <= k->until_ms + ROUNDING_MS)
			return 1;
		handed = 2;
	}
	return handed;
}

void
hosts_sent(struct hosts *h, struct host *host, const struct observation *o, int64_t t_ms, uint64_t link)
{
	struct endpoint source = o->key.source;
	uint8_t who[FINGERPRINT];
	int handed;

	turn(h, t_ms);
	if (t_ms - host->since_ms < LIFETIME_MS)
		return;
	source.port = 0;
	if (endpoint_compare(source, host->address) == 0) {
		host->own_tested++;
		return;
	}
	host->tested++;
	host->tested_links += host->last_link != link;
	host->tested_answers += host->last_link != link || host->last_answer_ms != t_ms;
	host->last_link = link;
	host->last_answer_ms = t_ms;
	fingerprint(h, who, &host->number, sizeof(host->number), o->key.source, &o->key.content);
	handed = was_handed(h, who, o, t_ms);
	host->unhanded += handed == 0;
	host->refreshed += handed == 2;
}

double
host_unread(const struct host *host)
{
	double all = (double)(host->bytes_in + host->blind_in);

	return all <= 0 ? 0 : (double)(host->unread_in + host->blind_in) / all;
}

bool
host_is_tested(const struct host *host)
{
	return host->last_ms - host->since_ms >= LIFETIME_MS;
}

/* Wilson, "Probable inference", JASA 22 (1927): of k in n. */
static void
wilson(double k, double n, double *low, double *high)
{
	double z2 = Z95 * Z95, p = n > 0 ? k / n : 0;
	double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
	double half = Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));

	*low = n > 0 && middle > half ? middle - half : 0;
	*high = n > 0 && middle + half < 1 ? middle + half : 1;
}

enum finding
hosts_finding(const struct hosts *h, const struct host *host, double *low, double *high)
{
	wilson((double)host->unhanded, (double)host->tested, low, high);
	if (!host_is_tested(host))
		return FINDING_NOT_YET;
	if (host->unhanded == 0 && host->refreshed == 0)
		return FINDING_NONE;
	if (h->full || host->tested < LEAST_KEYS || host->tested_links < LEAST_LINKS ||
	    host->tested_answers < LEAST_ANSWERS || *low <= host_unread(host))
		return FINDING_UNDETERMINED;
	return FINDING_INVENTS;
}

static int
by_first(const void *a, const void *b)
{
	const struct host *x = *(const struct host *const *)a, *y = *(const struct host *const *)b;

	if (x->first_ms != y->first_ms)
		return x->first_ms < y->first_ms ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

int
hosts_each(struct hosts *h, int (*fn)(const struct host *, void *), void *arg)
{
	const struct host **list = calloc(h->table.n + 1, sizeof(const struct host *));
	size_t n = 0;
	int rc = 0;

	if (list == NULL)
		return -1;
	for (struct slot *s = hash_table_next(&h->table, NULL); s != NULL;
	    s = hash_table_next(&h->table, s))
		list[n++] = &s->host;
	qsort(list, n, sizeof(const struct host *), by_first);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = fn(list[i], arg);
	free(list);
	return rc;
}
