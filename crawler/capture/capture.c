/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/capture.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"

enum { TCP = 6, UDP = 17 };

/* ---- whose it is ------------------------------------------------------------------ */

/* Of 16 bytes, of which IPv4 takes the last four. */
static struct ip
ip_of(const uint8_t a[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(a, mapped, sizeof(mapped)) != 0)
		return ip_of_ipv6(a);
	return ip_of_ipv4((uint32_t)a[12] << 24 | (uint32_t)a[13] << 16 | (uint32_t)a[14] << 8 | a[15]);
}

bool
capture_is_own(const struct capture *c, struct endpoint e)
{
	struct ip ip;

	if (e.net != NET_IPV4 && e.net != NET_IPV6 && e.net != NET_CJDNS)
		return false;
	ip = e.net == NET_IPV4 ? ip_of_ipv4(e.ip) : ip_of_ipv6(e.addr);
	return cidr_set_contains(&c->own, &ip);
}

/* Neither is told apart from the other, so that no count says who opted out. */
static bool
concerns_us(const struct capture *c, const struct ip_packet *ip)
{
	struct ip src = ip_of(ip->src), dst = ip_of(ip->dst);

	if (!cidr_set_contains(&c->own, &src) && !cidr_set_contains(&c->own, &dst))
		return false;
	return c->opt_out.n == 0 || (!cidr_set_contains(&c->opt_out, &src) &&
	    !cidr_set_contains(&c->opt_out, &dst));
}

/* ---- what links bring ----------------------------------------------------------------- */

static uint64_t
link_number(struct capture *c, struct link *link)
{
	/* An address of memory tells links apart as long as they live; a number does for longer. */
	if (link->user == 0)
		link->user = ++c->links_begun;
	return link->user;
}

static void
on_found(void *arg, struct link *link, int side, const struct observation *o, bool in_passing)
{
	struct capture *c = arg;
	struct endpoint from = link->end[side], to = link->end[!side];
	uint64_t number = link_number(c, link);
	struct host *h;

	if (o->type == OBS_KEY && capture_is_own(c, to) &&
	    (h = hosts_find(c->hosts, link->overlay, to, link->first_ms)) != NULL)
		hosts_handed(c->hosts, h, o, c->now_ms);
	if (in_passing)
		return;
	if (o->type == OBS_KEY && capture_is_own(c, from) &&
	    (h = hosts_find(c->hosts, link->overlay, from, link->first_ms)) != NULL)
		hosts_sent(c->hosts, h, o, c->now_ms, number);
	slices_add(c, link, side, o);
}

/* What the link says of the host at one of its ends. */
static void
add_to_host(struct capture *c, const struct link *link, int side)
{
	struct tap_state sent = { .level = TAP_NONE }, got = { .level = TAP_NONE };
	struct host *h;

	if (!capture_is_own(c, link->end[side]) ||
	    (h = hosts_find(c->hosts, link->overlay, link->end[side], link->first_ms)) == NULL)
		return;
	if (link->tap[side] != NULL)
		link->overlay->tap_state(link->tap[side], &sent);
	if (link->tap[!side] != NULL)
		link->overlay->tap_state(link->tap[!side], &got);
	h->keys_received += got.peer.keys;
	h->bytes_in += got.bytes;
	h->unread_in += got.unread;
	if (link->last_ms > h->last_ms)
		h->last_ms = link->last_ms;
	if (sent.level == TAP_NONE)
		return;		/* a crawler may knock at a web server */
	if (h->links++ == 0 || link->first_ms < h->first_ms)
		h->first_ms = link->first_ms;
	if (sent.level > h->level)
		h->level = sent.level;
	h->keys_sent += sent.peer.keys;
	h->traffic += sent.peer.keys + sent.peer.neighbours + sent.peer.queries + sent.transfers;
	hosts_met(c->hosts, h, link->end[!side]);
}

static void
on_closed(void *arg, struct link *link)
{
	struct capture *c = arg;

	c->links_closed++;
	link_number(c, link);
	for (int side = 0; side < 2; side++)
		add_to_host(c, link, side);
	if (c->link_form != LINKS_NONE)
		records_link(c, link);
}

/* It may have handed keys over, so it counts as what came in and was not read. */
static void
on_blind(void *arg, struct endpoint from, struct endpoint to, int64_t first_ms, uint64_t bytes)
{
	struct capture *c = arg;
	struct host *h;

	(void)from;
	for (const struct overlay *const *o = c->drivers; *o != NULL && capture_is_own(c, to); o++)
		if ((h = hosts_find(c->hosts, *o, to, first_ms)) != NULL)
			h->blind_in += bytes;
}

/* ---- packets ------------------------------------------------------------------------------ */

int
capture_begin(struct capture *c, size_t memory_mib, bool tell_tags)
{
	const struct stream_sink sink = { on_found, on_closed, on_blind, c };
	/* Half of it is for the table; the rest bounds.h divides. */
	size_t most = (memory_mib << 20) / 2 / (96 + 2 * sizeof(uint32_t));

	c->first_ms = c->last_ms = UNKNOWN;
	randombytes_buf(c->key, sizeof(c->key));
	c->fragments = fragments_new(c->key);
	c->streams = streams_new(c->drivers, most, c->key, &sink);
	c->hosts = hosts_new(c->key);
	if (c->fragments == NULL || c->streams == NULL || c->hosts == NULL)
		return -1;
	if (tell_tags)
		streams_tell_tags(c->streams);
	return 0;
}

void
capture_free(struct capture *c)
{
	streams_free(c->streams);
	fragments_free(c->fragments);
	hosts_free(c->hosts);
	cidr_set_free(&c->own);
	cidr_set_free(&c->opt_out);
}

static void
count_unknown(struct capture *c, const struct ip_packet *ip, unsigned packets)
{
	struct capture_counts *n = &c->counts;
	size_t i = 0;

	n->unknown += packets;
	while (i < n->nnumbers && (n->numbers[i].what != ip->unknown || n->numbers[i].number != ip->number))
		i++;
	if (i == UNKNOWN_NUMBERS)
		return;
	if (i == n->nnumbers)
		n->numbers[n->nnumbers++] = (struct unknown_number){ ip->unknown, ip->number, 0 };
	n->numbers[i].n += packets;
}

/* RFC 1071, over the pseudo-header and the segment. */
static bool
sum_is_wrong(const struct ip_packet *ip)
{
	uint64_t sum = ip->protocol + (uint64_t)ip->len;
	const uint8_t *p = ip->p;
	size_t skip = ip->version == 4 ? 12 : 0;

	if (ip->n < ip->len)
		return false;
	for (size_t i = skip; i < 16; i += 2)
		sum += (uint32_t)(ip->src[i] << 8 | ip->src[i + 1]) + (uint32_t)(ip->dst[i] << 8 | ip->dst[i + 1]);
	for (size_t i = 0; i + 1 < ip->n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (ip->n % 2 != 0)
		sum += (uint32_t)p[ip->n - 1] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum != 0xffff;
}

/* A packet of ours, whole. */
static void
take_ip(struct capture *c, const struct ip_packet *ip, unsigned packets)
{
	if (ip->protocol == TCP) {
		if (c->check_sums && sum_is_wrong(ip)) {
			c->counts.bad_sums += packets;
			c->counts.read += packets;
			return;
		}
		if (!streams_take(c->streams, ip, c->now_ms)) {
			if (ip->n < ip->len)
				c->counts.cut += packets;
			else
				c->counts.damaged += packets;
			return;
		}
	}
	c->counts.read += packets;
}

/* Around these is the tunnel's address: whose the packet is, is told by the one inside. */
static bool
is_tunnel(uint8_t protocol)
{
	return protocol == 4 || protocol == 41 || protocol == 47;
}

/* The tunnel's ends were read, and not those of the packet inside: whose it is nobody knows. */
static bool
is_inside_unread(enum layers_verdict v, const struct ip_packet *ip)
{
	return v == LAYERS_DEEP || (v == LAYERS_UNKNOWN && ip->unknown != UNKNOWN_PROTOCOL) ||
	    ((v == LAYERS_CUT || v == LAYERS_DAMAGED) && is_tunnel(ip->protocol));
}

static void
count_verdict(struct capture *c, enum layers_verdict v, const struct ip_packet *ip, unsigned packets)
{
	if (ip->has_ip && !is_inside_unread(v, ip) && !concerns_us(c, ip)) {
		c->counts.foreign += packets;
		return;
	}
	switch (v) {
	case LAYERS_IP:
		take_ip(c, ip, packets);
		break;
	case LAYERS_NOT_IP:
		c->counts.not_ip += packets;
		break;
	case LAYERS_UNKNOWN:
		count_unknown(c, ip, packets);
		break;
	case LAYERS_CUT:
		c->counts.cut += packets;
		break;
	case LAYERS_DEEP:
		c->counts.too_deep += packets;
		break;
	case LAYERS_FRAGMENT:	/* of what was a fragment already: nobody sends that */
	case LAYERS_DAMAGED:
		c->counts.damaged += packets;
		break;
	}
}

static void
take_fragment(struct capture *c, struct ip_packet *ip)
{
	const uint8_t *whole;
	unsigned packets;
	uint32_t len;

	if (!is_tunnel(ip->protocol) && !concerns_us(c, ip)) {
		c->counts.foreign++;
		return;
	}
	if (ip->n < ip->len) {
		c->counts.cut++;
		return;
	}
	c->counts.fragments++;
	if ((packets = fragments_add(c->fragments, ip, c->last_ms, &whole, &len)) == 0)
		return;
	c->counts.fragments -= packets;
	count_verdict(c, layers_reassembled(ip, whole, len), ip, packets);
}

void
capture_packet(struct capture *c, const struct packet *packet)
{
	struct ip_packet ip;
	enum layers_verdict v = layers_read(&ip, packet);

	c->now_ms = packet->t_ns / 1000000;
	if (c->first_ms == UNKNOWN)
		c->first_ms = c->now_ms;
	if (c->now_ms > c->last_ms)
		c->last_ms = c->now_ms;
	c->counts.packets++;
	if (v == LAYERS_FRAGMENT)
		take_fragment(c, &ip);
	else
		count_verdict(c, v, &ip, 1);
}

void
capture_tick(struct capture *c, int64_t now_ms)
{
	if (c->first_ms != UNKNOWN && now_ms > c->last_ms) {
		c->now_ms = c->last_ms = now_ms;
		streams_tick(c->streams, now_ms);
	}
}

void
capture_end(struct capture *c)
{
	streams_end(c->streams);
	if (c->store != NULL)
		slices_end(c);
}

double
capture_lost(const struct capture *c)
{
	const struct stream_counts *n = streams_counts(c->streams);

	return n->bytes + n->lost == 0 ? 0 : (double)n->lost / (double)(n->bytes + n->lost);
}
