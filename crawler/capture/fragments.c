/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/fragments.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"

#define UNIT	8		/* bytes: offsets are multiples of it */
#define LONGEST	65536		/* bytes that may stand behind an IP header */
#define CAME	(LONGEST / UNIT / 8)
#define NOBODY	UINT16_MAX
_Static_assert(FRAGMENTS_PACKETS < NOBODY, "numbers are 16 bits");

struct identity {
	uint8_t		src[16], dst[16];
	uint32_t	id;
	uint8_t		version, protocol;
	uint8_t		zero[2];
};

/* A packet of which some parts came. */
struct parts {
	struct identity	 of;
	int64_t		 since_ms;
	uint8_t		*p;
	uint32_t	 room, len;	/* len 0: the last part has not come */
	uint32_t	 units;		/* that came */
	uint32_t	 end;		/* of the farthest one, in bytes */
	unsigned	 packets;
	uint16_t	 next;		/* in the same bucket */
	uint16_t	 older, newer;
	uint8_t		*came;		/* CAME bytes, a bit a unit */
};

struct fragments {
	uint8_t		 key[crypto_shorthash_KEYBYTES];
	struct parts	 part[FRAGMENTS_PACKETS];
	uint16_t	 bucket[FRAGMENTS_PACKETS];
	uint16_t	 oldest, newest;
	uint16_t	 free[FRAGMENTS_PACKETS];
	size_t		 nfree, bytes;
	uint8_t		 whole[LONGEST];
};

struct fragments *
fragments_new(const uint8_t key[16])
{
	struct fragments *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	memcpy(f->key, key, sizeof(f->key));
	f->oldest = f->newest = NOBODY;
	f->nfree = FRAGMENTS_PACKETS;
	for (uint16_t i = 0; i < FRAGMENTS_PACKETS; i++) {
		f->bucket[i] = NOBODY;
		f->free[i] = (uint16_t)(FRAGMENTS_PACKETS - 1 - i);
	}
	return f;
}

size_t
fragments_bytes(const struct fragments *f)
{
	return f->bytes;
}

static uint16_t *
bucket_of(struct fragments *f, const struct identity *id)
{
	uint64_t h;

	crypto_shorthash((uint8_t *)&h, (const uint8_t *)id, sizeof(*id), f->key);
	return &f->bucket[h % FRAGMENTS_PACKETS];
}

static void
forget(struct fragments *f, uint16_t i)
{
	struct parts *p = &f->part[i];
	uint16_t *at = bucket_of(f, &p->of);

	while (*at != i)
		at = &f->part[*at].next;
	*at = p->next;
	if (p->older == NOBODY)
		f->oldest = p->newer;
	else
		f->part[p->older].newer = p->newer;
	if (p->newer == NOBODY)
		f->newest = p->older;
	else
		f->part[p->newer].older = p->older;
	f->bytes -= CAME + p->room;
	free(p->p);
	free(p->came);
	memset(p, 0, sizeof(*p));
	f->free[f->nfree++] = i;
}

void
fragments_free(struct fragments *f)
{
	while (f != NULL && f->oldest != NOBODY)
		forget(f, f->oldest);
	free(f);
}

static uint16_t
find(struct fragments *f, const struct identity *id)
{
	uint16_t i = *bucket_of(f, id);

	while (i != NOBODY && memcmp(&f->part[i].of, id, sizeof(*id)) != 0)
		i = f->part[i].next;
	return i;
}

static uint16_t
begin(struct fragments *f, const struct identity *id, int64_t now_ms)
{
	uint8_t *came = calloc(1, CAME);
	struct parts *p;
	uint16_t i, *bucket;

	if (came == NULL)
		return NOBODY;
	if (f->nfree == 0)
		forget(f, f->oldest);
	i = f->free[--f->nfree];
	p = &f->part[i];
	p->came = came;
	bucket = bucket_of(f, id);
	p->of = *id;
	p->since_ms = now_ms;
	p->next = *bucket;
	*bucket = i;
	p->newer = NOBODY;
	p->older = f->newest;
	if (f->newest != NOBODY)
		f->part[f->newest].newer = i;
	else
		f->oldest = i;
	f->newest = i;
	f->bytes += CAME;
	return i;
}

static bool
make_room(struct fragments *f, struct parts *p, uint32_t end)
{
	uint32_t room = end > LONGEST / 4 ? LONGEST : end > LONGEST / 16 ? LONGEST / 4 : LONGEST / 16;
	uint8_t *more;

	if (end <= p->room)
		return true;
	if ((more = realloc(p->p, room)) == NULL)
		return false;
	f->bytes += room - p->room;
	p->p = more;
	p->room = room;
	return true;
}

/* Units that did not come before are taken; a unit at the packet's end may be shorter. */
static void
copy_new(struct parts *p, uint32_t offset, const uint8_t *bytes, uint32_t n)
{
	for (uint32_t at = 0; at < n; at += UNIT) {
		uint32_t unit = (offset + at) / UNIT, some = n - at < UNIT ? n - at : UNIT;

		if ((p->came[unit / 8] & 1u << unit % 8) != 0)
			continue;
		p->came[unit / 8] |= (uint8_t)(1u << unit % 8);
		p->units++;
		memcpy(p->p + offset + at, bytes + at, some);
	}
}

/* Is the fragment one, and does it not contradict those before it? */
static bool
fits(const struct parts *p, const struct ip_packet *ip)
{
	uint32_t end = ip->offset + ip->len;

	if (ip->n < ip->len || ip->len == 0 || end > LONGEST - 1 || (ip->more && ip->len % UNIT != 0))
		return false;
	if (p->len > 0)
		return end <= p->len && (ip->more || end == p->len);
	return ip->more || end >= p->end;
}

unsigned
fragments_add(struct fragments *f, const struct ip_packet *ip, int64_t now_ms,
    const uint8_t **bytes, uint32_t *len)
{
	struct identity id = { .id = ip->id, .version = ip->version,
		.protocol = ip->version == 4 ? ip->protocol : 0 };
	struct parts *p;
	unsigned packets;
	uint16_t i;

	memcpy(id.src, ip->src, sizeof(id.src));
	memcpy(id.dst, ip->dst, sizeof(id.dst));
	while (f->oldest != NOBODY && (f->bytes > FRAGMENTS_BYTES - LONGEST - CAME ||
	    now_ms - f->part[f->oldest].since_ms >= FRAGMENTS_MS))
		forget(f, f->oldest);
	if ((i = find(f, &id)) == NOBODY && (i = begin(f, &id, now_ms)) == NOBODY)
		return 0;
	p = &f->part[i];
	if (!fits(p, ip) || !make_room(f, p, ip->offset + ip->len))
		return 0;
	p->packets++;
	copy_new(p, ip->offset, ip->p, ip->len);
	if (ip->offset + ip->len > p->end)
		p->end = ip->offset + ip->len;
	if (!ip->more)
		p->len = p->end;
	if (p->len == 0 || p->units < (p->len + UNIT - 1) / UNIT)
		return 0;
	memcpy(f->whole, p->p, p->len);
	*bytes = f->whole;
	*len = p->len;
	packets = p->packets;
	forget(f, i);
	return packets;
}
