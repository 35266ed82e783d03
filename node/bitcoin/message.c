/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/bitcoin/message.h"

#include <string.h>

#include "node/bitcoin/limits.h"
#include "node/wire.h"

const char *
btc_sloppy_name(int bit)
{
	return bit == BTC_TRAILING ? "trailing" : bit == BTC_UNKNOWN_NETWORK ? "unknown-network"
	    : bit == BTC_IGNORED_NETWORK ? "ignored-network" : NULL;
}

/* ---- numbers -------------------------------------------------------------------- */

static uint64_t
load_u64(const uint8_t *p)
{
	return load_u32(p) | (uint64_t)load_u32(p + 4) << 32;
}

static uint16_t
load_port(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);	/* the only big-endian number of this wire */
}

enum compact { COMPACT_OK, COMPACT_SHORT, COMPACT_LONG_FORM };

/* A CompactSize: one byte, or fd, fe, ff and two, four, eight; only the shortest form is one. */
static enum compact
read_compact(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	static const uint64_t least[] = { 0xfd, 0x10000, UINT64_C(0x100000000) };
	size_t left = (size_t)(end - *p), n;
	const uint8_t *at = *p;

	if (left == 0)
		return COMPACT_SHORT;
	if (at[0] < 0xfd) {
		*v = at[0];
		++*p;
		return COMPACT_OK;
	}
	n = (size_t)2 << (at[0] - 0xfd);
	if (left < 1 + n)
		return COMPACT_SHORT;
	*v = n == 2 ? load_u16(at + 1) : n == 4 ? load_u32(at + 1) : load_u64(at + 1);
	*p += 1 + n;
	return *v < least[at[0] - 0xfd] ? COMPACT_LONG_FORM : COMPACT_OK;
}

/* ---- addresses ------------------------------------------------------------------- */

/* By the number of the network in BIP 155; a length of 0 is no network. */
static const struct {
	const char	*name;
	uint8_t		 length;
	int		 net;		/* enum network; -1: dead, and ignored */
} networks[] = {
	[1] = { "ipv4", 4, NET_IPV4 },
	[2] = { "ipv6", 16, NET_IPV6 },
	[3] = { "torv2", 10, -1 },
	[4] = { "torv3", 32, NET_TORV3 },
	[5] = { "i2p", 32, NET_I2P },
	[6] = { "cjdns", 16, NET_CJDNS },
	[7] = { "yggdrasil", 16, NET_YGGDRASIL },
};
#define NETWORKS	(sizeof(networks) / sizeof(networks[0]))

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
static const uint8_t onioncat[6] = { 0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43 };
static const uint8_t internal[6] = { 0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24 };

#define BEGINS(p, prefix)	(memcmp(p, prefix, sizeof(prefix)) == 0)

/*
 * 16 bytes that stand for IPv6.  Those that only CJDNS or Yggdrasil have are theirs, for
 * their text could not be told apart.
 */
static bool
take_ipv6(struct endpoint *e, const uint8_t *p, uint16_t port)
{
	return !BEGINS(p, mapped) && !BEGINS(p, onioncat) && !BEGINS(p, internal) &&
	    (endpoint_of_bytes(e, NET_IPV6, p, 16, port) ||
	    endpoint_of_bytes(e, NET_CJDNS, p, 16, port) ||
	    endpoint_of_bytes(e, NET_YGGDRASIL, p, 16, port));
}

/* The 16 bytes of version and addr; *network is its name, where it is kept. */
static bool
take_v1_address(struct endpoint *e, const char **network, const uint8_t p[18])
{
	bool is_mapped = BEGINS(p, mapped);

	*network = networks[is_mapped ? 1 : 2].name;
	return is_mapped ? endpoint_of_bytes(e, NET_IPV4, p + 12, 4, load_port(p + 16))
	    : take_ipv6(e, p, load_port(p + 16));
}

/* ---- version ---------------------------------------------------------------------- */

#define VERSION_HEAD	80	/* up to the agent */

const char *
btc_version_read(struct btc_version *v, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n, *at = p + VERSION_HEAD;
	const char *network;
	uint64_t len;

	if (n < VERSION_HEAD)
		return "cut short";
	*v = (struct btc_version){
		.protocol = (int32_t)load_u32(p), .services = load_u64(p + 4),
		.time = (int64_t)load_u64(p + 12), .you_services = load_u64(p + 20),
		.nonce = p + 72, .relay = UNKNOWN,
	};
	if (!take_v1_address(&v->you, &network, p + 28))
		v->sloppy |= BTC_IGNORED_NETWORK;
	switch (read_compact(&at, end, &len)) {
	case COMPACT_SHORT: return "cut short";
	case COMPACT_LONG_FORM: return "length of the agent not canonical";
	case COMPACT_OK: break;
	}
	if (len > LIMIT_AGENT)
		return "agent over 256 bytes";
	if ((size_t)(end - at) < len + 4)
		return "cut short";
	v->agent = (struct text){ at, (size_t)len };
	v->height = (int32_t)load_u32(at + len);
	at += len + 4;
	if (at < end)
		v->relay = *at++ != 0;
	if (at < end)
		v->sloppy |= BTC_TRAILING;
	return NULL;
}

/* ---- addr and addrv2 ----------------------------------------------------------------- */

#define V1_ENTRY	30

/* What one step over an entry says. */
enum step { STEP_KEPT, STEP_PASSED_OVER, STEP_BAD };

static enum step
step_v1(struct btc_entries *s, struct btc_entry *e, const char **why)
{
	const uint8_t *p = s->p;

	if (s->end - p < V1_ENTRY) {
		*why = "cut short";
		return STEP_BAD;
	}
	s->p += V1_ENTRY;
	e->time = load_u32(p);
	e->services = load_u64(p + 4);
	if (take_v1_address(&e->node, &e->network, p + 12))
		return STEP_KEPT;
	s->sloppy |= BTC_IGNORED_NETWORK;
	return STEP_PASSED_OVER;
}

static enum step
keep_v2(struct btc_entries *s, struct btc_entry *e, uint8_t number, const uint8_t *p, size_t len)
{
	uint16_t port = load_port(p + len);
	int net;

	if (number >= NETWORKS || networks[number].length == 0) {
		s->sloppy |= BTC_UNKNOWN_NETWORK;
		return STEP_PASSED_OVER;
	}
	e->network = networks[number].name;
	net = networks[number].net;
	if (net == NET_IPV6 ? take_ipv6(&e->node, p, port)
	    : net != -1 && endpoint_of_bytes(&e->node, net, p, len, port))
		return STEP_KEPT;
	s->sloppy |= BTC_IGNORED_NETWORK;
	return STEP_PASSED_OVER;
}

static enum step
step_v2(struct btc_entries *s, struct btc_entry *e, const char **why)
{
	const uint8_t *p = s->p;
	enum compact form;
	uint64_t len;
	uint8_t number;

	*why = "cut short";
	if (s->end - p < 4)
		return STEP_BAD;
	e->time = load_u32(p);
	p += 4;
	if ((form = read_compact(&p, s->end, &e->services)) != COMPACT_OK || p == s->end) {
		if (form == COMPACT_LONG_FORM)
			*why = "services not canonical";
		return STEP_BAD;
	}
	number = *p++;
	if ((form = read_compact(&p, s->end, &len)) != COMPACT_OK) {
		if (form == COMPACT_LONG_FORM)
			*why = "length of an address not canonical";
		return STEP_BAD;
	}
	if (len > LIMIT_ADDRESS)
		*why = "address over 512 bytes";
	else if (number < NETWORKS && networks[number].length != 0 && len != networks[number].length)
		*why = "wrong length for its network";
	else if ((size_t)(s->end - p) >= len + 2) {
		s->p = p + len + 2;
		return keep_v2(s, e, number, p, (size_t)len);
	}
	return STEP_BAD;
}

static enum step
step(struct btc_entries *s, struct btc_entry *e, const char **why)
{
	return s->v2 ? step_v2(s, e, why) : step_v1(s, e, why);
}

const char *
btc_entries_open(struct btc_entries *s, bool v2, const uint8_t *p, size_t n)
{
	const char *why = NULL;
	struct btc_entries look;
	struct btc_entry e;
	uint64_t count;

	*s = (struct btc_entries){ .p = p, .end = p + n, .v2 = v2 };
	switch (read_compact(&s->p, s->end, &count)) {
	case COMPACT_SHORT: return "cut short";
	case COMPACT_LONG_FORM: return "count not canonical";
	case COMPACT_OK: break;
	}
	if (count > LIMIT_ENTRIES)
		return "more than 1000";
	s->count = (uint32_t)count;
	look = *s;
	for (uint64_t i = 0; i < count; i++) {
		if (step(&look, &e, &why) == STEP_BAD)
			return why;
	}
	s->left = s->count;
	s->sloppy = look.sloppy | (look.p < look.end ? BTC_TRAILING : 0);
	return NULL;
}

bool
btc_entries_next(struct btc_entries *s, struct btc_entry *e)
{
	const char *why;

	while (s->left > 0) {
		s->left--;
		if (step(s, e, &why) == STEP_KEPT)
			return true;
	}
	return false;
}
