/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/layers.h"

#include <string.h>

#include "bounds.h"

/* What is to be read next, and with which number. */
enum layer { AT_LINK, AT_ETHERTYPE, AT_PPP, AT_MPLS, AT_ETHERNET, AT_IP, AT_PROTOCOL, AT_END };

struct walk {
	struct ip_packet *ip;
	const uint8_t	*p;
	uint32_t	 n, len;	/* bytes that are here, bytes that were sent */
	enum layer	 at;
	uint32_t	 number;
	unsigned	 steps, tags;
	enum layers_verdict verdict;
};

static inline uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static void
end(struct walk *w, enum layers_verdict verdict)
{
	w->at = AT_END;
	w->verdict = verdict;
}

static void
end_unknown(struct walk *w, enum layers_unknown what, uint32_t number)
{
	w->ip->unknown = what;
	w->ip->number = number;
	end(w, LAYERS_UNKNOWN);
}

/* The next k bytes, or NULL after the verdict that they are not here. */
static inline const uint8_t *
take(struct walk *w, uint32_t k)
{
	const uint8_t *p = w->p;

	if (w->n < k) {
		end(w, w->len < k ? LAYERS_DAMAGED : LAYERS_CUT);
		return NULL;
	}
	w->p += k;
	w->n -= k;
	w->len -= k;
	return p;
}

static inline void
go(struct walk *w, enum layer at, uint32_t number)
{
	w->at = at;
	w->number = number;
}

/* ---- link types --------------------------------------------------------------- */

/* The families of loopback links: 2 is IPv4, the others IPv6, by operating system. */
static void
read_family(struct walk *w, uint32_t family)
{
	if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30)
		go(w, AT_IP, 0);
	else
		end(w, LAYERS_NOT_IP);
}

/* Its writer's byte order: families are below 256. */
static void
read_loopback(struct walk *w)
{
	const uint8_t *p = take(w, 4);

	if (p != NULL)
		read_family(w, p[0] != 0 ? p[0] : p[3]);
}

/* Linux cooked capture: hardware type before version 2, the ethertype at its end; and version 2. */
static void
read_cooked(struct walk *w)
{
	const uint8_t *p = take(w, 16);

	if (p != NULL)
		go(w, AT_ETHERTYPE, be16(p + 14));
}

static void
read_cooked2(struct walk *w)
{
	const uint8_t *p = take(w, 20);

	if (p != NULL)
		go(w, AT_ETHERTYPE, be16(p));
}

static void
read_ethernet(struct walk *w)
{
	const uint8_t *p = take(w, 14);

	if (p != NULL)
		go(w, AT_ETHERTYPE, be16(p + 12));
}

static void
read_raw(struct walk *w)
{
	go(w, AT_IP, 0);
}

/* PPP, with or without its HDLC framing, its protocol in one byte or two. */
static void
read_ppp(struct walk *w)
{
	const uint8_t *p;

	if (w->n >= 2 && w->p[0] == 0xff && w->p[1] == 3)
		take(w, 2);
	if ((p = take(w, 1)) == NULL)
		return;
	if ((p[0] & 1) == 0 && take(w, 1) == NULL)
		return;
	go(w, AT_PPP, (p[0] & 1) != 0 ? p[0] : be16(p));
}

static void
read_pppoe(struct walk *w)
{
	const uint8_t *p = take(w, 6);

	if (p != NULL)
		read_ppp(w);
}

static void
read_cisco_hdlc(struct walk *w)
{
	const uint8_t *p = take(w, 4);

	if (p != NULL)
		go(w, AT_ETHERTYPE, be16(p + 2));
}

static const struct {
	int	link;
	void	(*read)(struct walk *);
} links[] = {
	{ 1, read_ethernet }, { 113, read_cooked }, { 276, read_cooked2 },
	{ 0, read_loopback }, { 108, read_loopback },
	{ 12, read_raw }, { 14, read_raw }, { 101, read_raw }, { 228, read_raw }, { 229, read_raw },
	{ 9, read_ppp }, { 50, read_ppp }, { 51, read_pppoe }, { 104, read_cisco_hdlc },
};

static void
read_link(struct walk *w)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].link == (int)w->number) {
			links[i].read(w);
			return;
		}
	}
	end_unknown(w, UNKNOWN_LINK, w->number);
}

/* ---- ethertypes, PPP, MPLS -------------------------------------------------------- */

static void
read_tag(struct walk *w)
{
	const uint8_t *p = take(w, 4);

	if (p == NULL)
		return;
	w->ip->vlan = be16(p) & 0xfff;
	if (++w->tags > LAYERS_TAGS)
		end(w, LAYERS_DEEP);
	else
		go(w, AT_ETHERTYPE, be16(p + 2));
}

/* A length in place of a type: 802.2, in which IP may travel behind a SNAP header. */
static void
read_llc(struct walk *w)
{
	static const uint8_t snap[] = { 0xaa, 0xaa, 3, 0, 0, 0 };

	if (w->n >= 8 && memcmp(w->p, snap, sizeof(snap)) == 0) {
		uint16_t type = be16(w->p + 6);

		take(w, 8);
		go(w, AT_ETHERTYPE, type);
	} else
		end(w, LAYERS_NOT_IP);
}

static void
read_ethertype(struct walk *w)
{
	switch (w->number) {
	case 0x0800:
	case 0x86dd:
		go(w, AT_IP, 0);
		break;
	case 0x8100:
	case 0x88a8:
	case 0x9100:
		read_tag(w);
		break;
	case 0x8864:
		read_pppoe(w);
		break;
	case 0x8847:
	case 0x8848:
		go(w, AT_MPLS, 0);
		break;
	case 0x6558:
		go(w, AT_ETHERNET, 0);
		break;
	case 0x880b:
		read_ppp(w);
		break;
	case 0x0806:	/* ARP */
	case 0x8035:	/* RARP */
	case 0x8863:	/* PPPoE discovery */
		end(w, LAYERS_NOT_IP);
		break;
	default:
		if (w->number < 0x600)
			read_llc(w);
		else
			end_unknown(w, UNKNOWN_ETHERTYPE, w->number);
	}
}

static void
read_ppp_protocol(struct walk *w)
{
	switch (w->number) {
	case 0x21:
	case 0x57:
		go(w, AT_IP, 0);
		break;
	case 0x281:
	case 0x283:
		go(w, AT_MPLS, 0);
		break;
	default:
		/* From 8000 on it is talk about the link itself. */
		if (w->number >= 0x8000)
			end(w, LAYERS_NOT_IP);
		else
			end_unknown(w, UNKNOWN_PPP, w->number);
	}
}

/* The labels do not say what is behind them; the first four bits do. */
static void
read_mpls(struct walk *w)
{
	const uint8_t *p;

	for (int i = 0; i < LAYERS_LABELS; i++) {
		if ((p = take(w, 4)) == NULL)
			return;
		if ((p[2] & 1) == 0)
			continue;
		if (w->n == 0)
			end(w, w->len == 0 ? LAYERS_DAMAGED : LAYERS_CUT);
		else if (w->p[0] >> 4 != 0)
			go(w, AT_IP, 0);
		else if (take(w, 4) != NULL)	/* the control word of a pseudowire */
			go(w, AT_ETHERNET, 0);
		return;
	}
	end(w, LAYERS_DEEP);
}

/* ---- IP ----------------------------------------------------------------------------- */

/* Behind the IP header are len bytes; the rest is padding of the link. */
static void
cut_to(struct walk *w, uint32_t len)
{
	if (len < w->len)
		w->len = len;
	if (w->n > w->len)
		w->n = w->len;
}

static void
read_ipv4(struct walk *w)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip_packet *ip = w->ip;
	const uint8_t *p = take(w, 20);
	uint32_t header, total;
	uint16_t flags;

	if (p == NULL)
		return;
	header = (p[0] & 15) * 4u;
	total = be16(p + 2);
	if (header < 20 || (total != 0 && total < header)) {
		end(w, LAYERS_DAMAGED);
		return;
	}
	/* 0 stands in a long segment that the card was to cut: the frame's length holds. */
	if (total != 0)
		cut_to(w, total - 20);
	ip->version = 4;
	memcpy(ip->src, mapped, sizeof(mapped));
	memcpy(ip->src + 12, p + 12, 4);
	memcpy(ip->dst, mapped, sizeof(mapped));
	memcpy(ip->dst + 12, p + 16, 4);
	ip->has_ip = true;
	flags = be16(p + 6);
	ip->id = be16(p + 4);
	ip->offset = (flags & 0x1fff) * 8u;
	ip->more = (flags & 0x2000) != 0;
	ip->protocol = p[9];
	if (take(w, header - 20) != NULL)
		go(w, AT_PROTOCOL, ip->protocol);
	if (w->at == AT_PROTOCOL && (ip->more || ip->offset > 0))
		end(w, LAYERS_FRAGMENT);
}

/* What stands between the IPv6 header and the transport's. */
static void
read_extensions(struct walk *w, uint8_t next)
{
	struct ip_packet *ip = w->ip;
	const uint8_t *p;

	while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60 || next == 135) {
		uint8_t type = next;
		uint32_t more;

		if ((p = take(w, 8)) == NULL)
			return;
		next = p[0];
		ip->protocol = next;
		more = type == 44 ? 0 : type == 51 ? (p[1] + 2) * 4u : p[1] * 8u + 8;
		if (type == 51 && more < 8) {
			end(w, LAYERS_DAMAGED);
			return;
		}
		if (type == 44 && (be16(p + 2) & 0xfff9) != 0) {
			ip->offset = be16(p + 2) & 0xfff8u;
			ip->more = (p[3] & 1) != 0;
			ip->id = be32(p + 4);
			end(w, LAYERS_FRAGMENT);
			return;
		}
		if (more > 8 && take(w, more - 8) == NULL)
			return;
	}
	go(w, AT_PROTOCOL, next);
}

static void
read_ipv6(struct walk *w)
{
	struct ip_packet *ip = w->ip;
	const uint8_t *p = take(w, 40);
	uint32_t len;

	if (p == NULL)
		return;
	len = be16(p + 4);
	if (len != 0)		/* else a jumbogram, or as for IPv4 */
		cut_to(w, len);
	ip->version = 6;
	memcpy(ip->src, p + 8, 16);
	memcpy(ip->dst, p + 24, 16);
	ip->has_ip = true;
	ip->more = false;
	ip->offset = 0;
	ip->protocol = p[6];
	read_extensions(w, p[6]);
}

static void
read_ip(struct walk *w)
{
	if (w->n == 0) {
		end(w, w->len == 0 ? LAYERS_DAMAGED : LAYERS_CUT);
		return;
	}
	if (w->ip->has_ip && ++w->ip->tunnels > LAYERS_TUNNELS) {
		end(w, LAYERS_DEEP);
		return;
	}
	if (w->p[0] >> 4 == 4)
		read_ipv4(w);
	else if (w->p[0] >> 4 == 6)
		read_ipv6(w);
	else
		end(w, LAYERS_DAMAGED);
}

/* ---- tunnels -------------------------------------------------------------------------- */

/* Ethernet behind the header of ERSPAN: version 1 (type II) has 8 bytes, 2 (type III) 12 or 20. */
static void
read_erspan(struct walk *w, bool third)
{
	const uint8_t *p = take(w, third ? 12 : 8);

	if (p != NULL && third && (p[11] & 1) != 0)
		p = take(w, 8);
	if (p != NULL)
		go(w, AT_ETHERNET, 0);
}

static void
read_gre(struct walk *w)
{
	const uint8_t *p = take(w, 4);
	uint16_t flags, type;
	uint32_t more;

	if (p == NULL)
		return;
	flags = be16(p);
	type = be16(p + 2);
	/* Version 1 carries PPP (PPTP), with an acknowledgement of its own. */
	more = ((flags & 0x8000) != 0) * 4u + ((flags & 0x2000) != 0) * 4u +
	    ((flags & 0x1000) != 0) * 4u + ((flags & 7) == 1 && (flags & 0x80) != 0) * 4u;
	if (more > 0 && take(w, more) == NULL)
		return;
	if ((flags & 7) == 1 && w->len == 0)
		end(w, LAYERS_NOT_IP);		/* a bare acknowledgement */
	else if (type == 0x88be && (flags & 0x1000) == 0)
		go(w, AT_ETHERNET, 0);		/* ERSPAN of type I has no header */
	else if (type == 0x88be || type == 0x22eb)
		read_erspan(w, type == 0x22eb);
	else
		go(w, AT_ETHERTYPE, type);
}

/* Is it one of the tunnels over UDP?  What only has the port of one is left as it is. */
static bool
read_udp_tunnel(struct walk *w)
{
	const uint8_t *p = w->p;
	uint16_t port;
	uint32_t skip;

	if (w->n < 16)
		return false;
	port = be16(p + 2);
	if ((port == 4789 || port == 8472) && p[8] == 8 && p[15] == 0) {
		take(w, 16);
		go(w, AT_ETHERNET, 0);
		return true;
	}
	skip = 16 + (p[8] & 0x3f) * 4u;
	if (port == 6081 && p[8] >> 6 == 0 && p[15] == 0 && (p[9] & 0x3f) == 0) {
		uint16_t type = be16(p + 10);

		if (take(w, skip) != NULL)
			go(w, AT_ETHERTYPE, type);
		return true;
	}
	return false;
}

/* Protocols that end here: of hosts and routers, without another packet inside. */
static bool
is_transport(uint32_t protocol)
{
	static const uint8_t known[] = { 1, 2, 6, 17, 58, 59, 89, 103, 112, 132 };

	return memchr(known, (int)protocol, sizeof(known)) != NULL;
}

static void
read_authentication(struct walk *w)
{
	const uint8_t *p = take(w, 12);
	uint32_t whole;

	if (p == NULL)
		return;
	whole = (p[1] + 2) * 4u;
	if (whole < 12)
		end(w, LAYERS_DAMAGED);
	else if (take(w, whole - 12) != NULL) {
		w->ip->protocol = p[0];
		go(w, AT_PROTOCOL, p[0]);
	}
}

static void
read_protocol(struct walk *w)
{
	switch (w->number) {
	case 4:
	case 41:
		go(w, AT_IP, 0);
		return;
	case 47:
		read_gre(w);
		return;
	case 51:
		read_authentication(w);
		return;
	case 97:	/* EtherIP */
		if (take(w, 2) != NULL)
			go(w, AT_ETHERNET, 0);
		return;
	case 137:
		go(w, AT_MPLS, 0);
		return;
	case 17:
		if (read_udp_tunnel(w))
			return;
		break;
	default:
		break;
	}
	w->ip->p = w->p;
	w->ip->n = w->n;
	w->ip->len = w->len;
	if (is_transport(w->number))
		end(w, LAYERS_IP);
	else
		end_unknown(w, UNKNOWN_PROTOCOL, w->number);
}

/* ---- the walk ----------------------------------------------------------------------------- */

static enum layers_verdict
walk(struct walk *w)
{
	static void (*const read[])(struct walk *) = {
		[AT_LINK] = read_link,
		[AT_ETHERTYPE] = read_ethertype,
		[AT_PPP] = read_ppp_protocol,
		[AT_MPLS] = read_mpls,
		[AT_ETHERNET] = read_ethernet,
		[AT_IP] = read_ip,
		[AT_PROTOCOL] = read_protocol,
	};

	while (w->at != AT_END) {
		if (++w->steps > LAYERS_STEPS)
			return LAYERS_DEEP;
		read[w->at](w);
	}
	if (w->verdict == LAYERS_FRAGMENT) {
		w->ip->p = w->p;
		w->ip->n = w->n;
		w->ip->len = w->len;
	}
	return w->verdict;
}

enum layers_verdict
layers_read(struct ip_packet *ip, const struct packet *packet)
{
	struct walk w = { .ip = ip, .p = packet->p, .n = packet->n, .len = packet->len };

	*ip = (struct ip_packet){ .has_ip = false };
	go(&w, AT_LINK, (uint32_t)packet->link);
	return walk(&w);
}

enum layers_verdict
layers_reassembled(struct ip_packet *ip, const uint8_t *p, uint32_t len)
{
	struct walk w = { .ip = ip, .p = p, .n = len, .len = len };

	ip->offset = 0;
	ip->more = false;
	/* A fragment's own headers name what was cut up: options of IPv6 may still come. */
	if (ip->version == 6)
		read_extensions(&w, ip->protocol);
	else
		go(&w, AT_PROTOCOL, ip->protocol);
	return walk(&w);
}
