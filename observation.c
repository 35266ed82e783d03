/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "observation.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const observation_type_name[] = {
	[OBS_ROUND] = "round",
	[OBS_KEY] = "key",
	[OBS_NEIGHBOUR] = "neighbour",
	[OBS_QUERY] = "query",
	[OBS_CONTACT] = "contact",
};
_Static_assert(sizeof(observation_type_name) / sizeof(char *) == OBS_NTYPE, "a name for each");

const char *const outcome_name[] = {
	[OUT_OK] = "ok",
	[OUT_REFUSED] = "refused",
	[OUT_TIMEOUT] = "timeout",
	[OUT_RESET] = "reset",
	[OUT_BAD_HANDSHAKE] = "bad-handshake",
	[OUT_DROPPED] = "dropped",
	[OUT_EXCLUDED] = "excluded",
};
_Static_assert(sizeof(outcome_name) / sizeof(char *) == OUT_N, "a name for each");

const char *const network_name[] = {
	"ipv4", "ipv6", "torv3", "i2p", "cjdns", "yggdrasil"
};
_Static_assert(sizeof(network_name) / sizeof(char *) == NET_N, "a name for each");
const char *const origin_name[] = {
	[ORIGIN_CRAWLED] = "crawled",
	[ORIGIN_LISTENED] = "listened",
	[ORIGIN_CAPTURED] = "captured",
	[ORIGIN_IMPORTED] = "imported",
};
_Static_assert(sizeof(origin_name) / sizeof(char *) == ORIGIN_N, "a name for each");

const char *const round_cut_name[] = {
	[CUT_TIME] = "time",
	[CUT_DIALS] = "dials",
	[CUT_PEER] = "peer-store",
	[CUT_NET] = "net-store",
	[CUT_INBOUND] = "inbound-store",
	[CUT_ROUND] = "round-store",
	[CUT_DATABASE] = "max-db",
	[CUT_DISK] = "disk-reserve",
	[CUT_TEXT] = "text",
};
_Static_assert(sizeof(round_cut_name) / sizeof(char *) == CUT_N, "a name for each");

const char *
round_cut_format(char buf[ROUND_CUT_TEXT], uint32_t cut)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < CUT_N; i++)
		if (cut >> i & 1)
			len += (size_t)snprintf(buf + len, ROUND_CUT_TEXT - len, "%s%s",
			    len > 0 ? "," : "", round_cut_name[i]);
	return buf;
}

int
round_cut_read(uint32_t *cut, struct text t)
{
	*cut = 0;
	while (t.len > 0) {
		const uint8_t *comma = memchr(t.p, ',', t.len);
		size_t n = comma != NULL ? (size_t)(comma - t.p) : t.len;
		int i = 0;

		while (i < CUT_N && (strlen(round_cut_name[i]) != n || memcmp(round_cut_name[i], t.p, n) != 0))
			i++;
		if (i == CUT_N || (comma != NULL && n + 1 == t.len))
			return -1;
		*cut |= UINT32_C(1) << i;
		t.p += n + (comma != NULL);
		t.len -= n + (comma != NULL);
	}
	return 0;
}

/* ---- networks ------------------------------------------------------------------ */

static const struct {
	uint8_t	length, number;		/* BIP 155 */
} networks[NET_N] = {
	[NET_IPV4] = { 4, 1 },
	[NET_IPV6] = { 16, 2 },
	[NET_TORV3] = { 32, 4 },
	[NET_I2P] = { 32, 5 },
	[NET_CJDNS] = { 16, 6 },
	[NET_YGGDRASIL] = { 16, 7 },
};

/* Of which network 16 bytes are: fc00::/8 is CJDNS, 200::/7 Yggdrasil, the rest IPv6. */
static int
net_of_wide(const uint8_t *p)
{
	return p[0] == 0xfc ? NET_CJDNS : (p[0] & 0xfe) == 0x02 ? NET_YGGDRASIL : NET_IPV6;
}

size_t
network_length(int net)
{
	return net >= 0 && net < NET_N ? networks[net].length : 0;
}

int
network_number(int net)
{
	return net >= 0 && net < NET_N ? networks[net].number : -1;
}

int
network_of_number(int number)
{
	for (int net = 0; net < NET_N; net++) {
		if (networks[net].number == number)
			return net;
	}
	return -1;
}

/* ---- base 32, as names of Tor and I2P use it (RFC 4648, lower case, no padding) --- */

static const char digits32[] = "abcdefghijklmnopqrstuvwxyz234567";

static char *
put_base32(char *to, const uint8_t *p, size_t n)
{
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits & 0xff) << 8 | p[i];
		for (have += 8; have >= 5; have -= 5)
			*to++ = digits32[bits >> (have - 5) & 31];
	}
	if (have > 0)
		*to++ = digits32[bits << (5 - have) & 31];
	return to;
}

/* Exactly len characters to n bytes; bits that are left over must be zero. */
static bool
get_base32(uint8_t *out, size_t n, const char *text, size_t len)
{
	uint32_t bits = 0;
	int have = 0;
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		const char *d = strchr(digits32, text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);

		if (d == NULL || *d == '\0')
			return false;
		bits = (bits & 0xff) << 5 | (uint32_t)(d - digits32);
		have += 5;
		if (have >= 8) {
			have -= 8;
			if (at == n)
				return false;
			out[at++] = (uint8_t)(bits >> have);
		}
	}
	return at == n && (bits & ((1u << have) - 1)) == 0;
}

/* ---- Keccak, for the checksum of an onion name ------------------------------------ */

static uint64_t
rotate(uint64_t v, int n)
{
	return n == 0 ? v : v << n | v >> (64 - n);
}

/* Keccak-f[1600] (FIPS 202, 3.2 and 3.3). */
static void
keccak(uint64_t a[25])
{
	uint8_t lfsr = 1;

	for (int round = 0; round < 24; round++) {
		uint64_t c[5], b[25];
		int x = 1, y = 0;

		for (int i = 0; i < 5; i++)
			c[i] = a[i] ^ a[i + 5] ^ a[i + 10] ^ a[i + 15] ^ a[i + 20];
		for (int i = 0; i < 25; i++)
			a[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1);
		b[0] = a[0];
		for (int t = 0; t < 24; t++) {
			int next = (2 * x + 3 * y) % 5;

			b[y + 5 * next] = rotate(a[x + 5 * y], (t + 1) * (t + 2) / 2 % 64);
			x = y;
			y = next;
		}
		for (int i = 0; i < 25; i++)
			a[i] = b[i] ^ (~b[i / 5 * 5 + (i + 1) % 5] & b[i / 5 * 5 + (i + 2) % 5]);
		for (int j = 0; j < 7; j++) {
			if (lfsr & 1)
				a[0] ^= UINT64_C(1) << ((1 << j) - 1);
			lfsr = (uint8_t)(lfsr << 1 ^ (lfsr >> 7) * 0x71);
		}
	}
}

/* The first two bytes of SHA3-256(".onion checksum" | key | 3) (Tor's rend-spec-v3, 6). */
static void
onion_checksum(uint8_t out[2], const uint8_t key[32])
{
	static const char prefix[] = ".onion checksum";
	uint8_t block[136] = { 0 };
	uint64_t a[25];
	size_t n = sizeof(prefix) - 1;

	memcpy(block, prefix, n);
	memcpy(block + n, key, 32);
	block[n + 32] = 3;
	block[n + 33] = 6;		/* SHA-3's padding */
	block[sizeof(block) - 1] |= 0x80;
	memset(a, 0, sizeof(a));
	for (size_t i = 0; i < sizeof(block); i++)
		a[i / 8] |= (uint64_t)block[i] << 8 * (i % 8);
	keccak(a);
	out[0] = (uint8_t)a[0];
	out[1] = (uint8_t)(a[0] >> 8);
}

/* ---- reading ------------------------------------------------------------------------ */

/* 1 to 5 digits without a leading zero (but "0" itself), at most 65535. */
static bool
parse_port(uint16_t *port, const char *s)
{
	uint32_t v = 0;
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 5 || s[n] != '\0' || (s[0] == '0' && n > 1))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint32_t)(s[i] - '0');
	if (v > 65535)
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool
ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && strncasecmp(text + len - n, end, n) == 0;
}

static const char *
read_address(struct endpoint *e, const char *host, size_t n, bool bracketed)
{
	uint8_t onion[35], sum[2];
	struct in_addr in;

	if (bracketed) {
		if (inet_pton(AF_INET6, host, e->addr) != 1)
			return "no IPv6 address between the brackets";
		e->net = (uint8_t)net_of_wide(e->addr);
	} else if (ends_with(host, n, ".onion")) {
		if (n != 56 + 6 || !get_base32(onion, sizeof(onion), host, 56) || onion[34] != 3)
			return "no onion name of version 3: want 56 letters and digits before .onion";
		onion_checksum(sum, onion);
		if (memcmp(sum, onion + 32, sizeof(sum)) != 0)
			return "an onion name whose checksum is wrong";
		memcpy(e->addr, onion, 32);
		e->net = NET_TORV3;
	} else if (ends_with(host, n, ".b32.i2p")) {
		if (n != 52 + 8 || !get_base32(e->addr, 32, host, 52))
			return "no I2P name: want 52 letters and digits before .b32.i2p";
		e->net = NET_I2P;
	} else {
		if (inet_pton(AF_INET, host, &in) != 1)
			return strchr(host, ':') != NULL ? "an IPv6 address needs brackets, as in [2001:db8::1]:80"
			    : "no address: want a form such as 203.0.113.9:21045 or [2001:db8::1]:21045";
		e->ip = ntohl(in.s_addr);
		e->net = NET_IPV4;
	}
	return NULL;
}

const char *
endpoint_read(struct endpoint *e, const char *text)
{
	bool bracketed = text[0] == '[';
	const char *colon = strrchr(text, ':'), *why;
	struct endpoint found;
	char host[ENDPOINT_TEXT];
	size_t n;

	if (colon == NULL || (bracketed && (colon == text || colon[-1] != ']')))
		return "no port: want a colon and a port after the address";
	n = (size_t)(colon - text) - (bracketed ? 2 : 0);
	if (n >= sizeof(host))
		return "no address: it is too long";
	memset(&found, 0, sizeof(found));
	memcpy(host, text + bracketed, n);
	host[n] = '\0';
	if ((why = read_address(&found, host, n, bracketed)) != NULL)
		return why;
	if (!parse_port(&found.port, colon + 1))
		return "no port: want 0 to 65535 without leading zeros";
	*e = found;
	return NULL;
}

const char *
address_read(struct endpoint *e, const char *text)
{
	size_t n = strlen(text);
	bool bracketed = n > 1 && text[0] == '[' && text[n - 1] == ']';
	struct endpoint found;
	char host[ENDPOINT_TEXT];
	const char *why;

	if (n >= sizeof(host))
		return "no address: it is too long";
	memset(&found, 0, sizeof(found));
	snprintf(host, sizeof(host), "%.*s", (int)(n - 2 * bracketed), text + bracketed);
	if ((why = read_address(&found, host, strlen(host), bracketed || strchr(host, ':') != NULL)) ==
	    NULL)
		*e = found;
	return why;
}

bool
endpoint_parse(struct endpoint *e, const char *text)
{
	return endpoint_read(e, text) == NULL;
}

/* ---- writing -------------------------------------------------------------------------- */

char *
address_format(char buf[ENDPOINT_TEXT], struct endpoint e)
{
	uint8_t onion[35];

	switch (e.net) {
	case NET_IPV4:
		snprintf(buf, ENDPOINT_TEXT, "%u.%u.%u.%u", e.ip >> 24, e.ip >> 16 & 255,
		    e.ip >> 8 & 255, e.ip & 255);
		break;
	case NET_TORV3:
		memcpy(onion, e.addr, 32);
		onion_checksum(onion + 32, e.addr);
		onion[34] = 3;
		memcpy(put_base32(buf, onion, sizeof(onion)), ".onion", sizeof(".onion"));
		break;
	case NET_I2P:
		memcpy(put_base32(buf, e.addr, 32), ".b32.i2p", sizeof(".b32.i2p"));
		break;
	default:
		if (inet_ntop(AF_INET6, e.addr, buf, ENDPOINT_TEXT) == NULL)
			buf[0] = '\0';
	}
	return buf;
}

char *
endpoint_format(char buf[ENDPOINT_TEXT], struct endpoint e)
{
	bool bracketed = network_length(e.net) == 16;
	size_t n;

	buf[0] = '[';
	address_format(buf + bracketed, e);
	n = strlen(buf);
	snprintf(buf + n, ENDPOINT_TEXT - n, "%s:%u", bracketed ? "]" : "", (unsigned)e.port);
	return buf;
}

/* ---- as bytes --------------------------------------------------------------------------- */

bool
endpoint_is_nobody(struct endpoint e)
{
	return e.net == NET_IPV4 && e.ip == 0 && e.port == 0;
}

int
endpoint_compare(struct endpoint a, struct endpoint b)
{
	int order;

	if (a.net != b.net)
		return a.net < b.net ? -1 : 1;
	if (a.net != NET_IPV4 && (order = memcmp(a.addr, b.addr, sizeof(a.addr))) != 0)
		return order;
	if (a.net == NET_IPV4 && a.ip != b.ip)
		return a.ip < b.ip ? -1 : 1;
	return (a.port > b.port) - (a.port < b.port);
}

size_t
address_bytes(struct endpoint e, uint8_t out[ADDRESS_MAX])
{
	size_t n = network_length(e.net);

	if (e.net == NET_IPV4) {
		for (int i = 0; i < 4; i++)
			out[i] = (uint8_t)(e.ip >> 8 * (3 - i));
	} else {
		memcpy(out, e.addr, n);
	}
	return n;
}

bool
endpoint_of_bytes(struct endpoint *e, int net, const uint8_t *p, size_t len, uint16_t port)
{
	if (len == 0 || network_length(net) != len || (len == 16 && net_of_wide(p) != net))
		return false;
	memset(e, 0, sizeof(*e));
	e->net = (uint8_t)net;
	e->port = port;
	if (net == NET_IPV4)
		e->ip = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	else
		memcpy(e->addr, p, len);
	return true;
}

size_t
endpoint_pack(uint8_t out[ENDPOINT_PACKED], struct endpoint e)
{
	size_t n = address_bytes(e, out + 1);

	out[0] = (uint8_t)network_number(e.net);
	out[1 + n] = (uint8_t)(e.port >> 8);
	out[2 + n] = (uint8_t)e.port;
	return n + 3;
}

size_t
endpoint_unpack(struct endpoint *e, const uint8_t *p, size_t len)
{
	int net = len > 0 ? network_of_number(p[0]) : -1;
	size_t n = network_length(net);

	if (net == -1 || len < n + 3 ||
	    !endpoint_of_bytes(e, net, p + 1, n, (uint16_t)(p[1 + n] << 8 | p[2 + n])))
		return 0;
	return n + 3;
}

/* ---- fields --------------------------------------------------------------------------------- */

int
field_of_role(const struct overlay_fields *f, enum observation_type type, enum field_role role)
{
	for (int i = 0; i < f->of[type].n; i++) {
		if (f->of[type].field[i].role == role)
			return i;
	}
	return -1;
}

int
field_run(const struct field *f, int i, int n)
{
	int k = i + 1;

	while (k < n && strcmp(f[k].name, f[i].name) == 0)
		k++;
	return k - i;
}

bool
value_is_said(const struct field *f, union value v)
{
	switch ((enum field_type)f->type) {
	case FIELD_INTEGER: case FIELD_FLAG: return v.number != UNKNOWN;
	case FIELD_TEXT: case FIELD_BYTES: return v.text.len > 0;
	case FIELD_ENDPOINT: return v.endpoint != NULL;
	}
	return false;
}

void
observation_clear_values(struct observation *o)
{
	for (int i = 0; o->fields != NULL && i < o->fields->of[o->type].n; i++) {
		uint8_t type = o->fields->of[o->type].field[i].type;

		o->value[i] = type == FIELD_INTEGER || type == FIELD_FLAG
		    ? (union value){ .number = UNKNOWN } : (union value){ .text = { NULL, 0 } };
	}
}

int64_t
observation_number(const struct observation *o, enum field_role role)
{
	int i = o->fields == NULL ? -1 : field_of_role(o->fields, o->type, role);

	return i == -1 ? UNKNOWN : o->value[i].number;
}
