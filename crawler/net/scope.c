/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/scope.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "data/lib/log.h"

const char *const scope_verdict_name[] = {
	[SCOPE_DIAL] = "to dial",
	[SCOPE_OUTSIDE] = "outside the scope",
	[SCOPE_SPECIAL] = "special-purpose",
	[SCOPE_OPT_OUT] = "opted out",
	[SCOPE_OWN] = "ourselves",
	[SCOPE_NO_PORT] = "port 0",
	[SCOPE_PORT] = "a port outside --ports",
	[SCOPE_FORBIDDEN] = "forbidden by this system",
	[SCOPE_NOWHERE] = "nobody there in the lab",
};
_Static_assert(sizeof(scope_verdict_name) / sizeof(scope_verdict_name[0]) == SCOPE_NVERDICT,
    "every verdict needs a name");

#define WELL_KNOWN	1024	/* ports below are other services' (RFC 6335) */
#define INTERFACES_MAX	256	/* addresses of this host that we know to avoid */

static const struct cidr loopback[] = {
	{ { 4, { 127 } }, 8 },
	{ { 6, { [15] = 1 } }, 128 },
};

static bool
ip_is_loopback(const struct ip *ip)
{
	return cidr_contains(&loopback[0], ip) || cidr_contains(&loopback[1], ip);
}

int
scope_init(struct scope *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->ports + WELL_KNOWN / 8, 0xff, sizeof(s->ports) - WELL_KNOWN / 8);
	return special_load(&s->special);
}

void
scope_allow_port(struct scope *s, uint16_t port)
{
	s->ports[port >> 3] |= (uint8_t)(1u << (port & 7));
}

static bool
port_is_allowed(const struct scope *s, uint16_t port)
{
	return s->ports[port >> 3] >> (port & 7) & 1;
}

/* A port number of a list, and on to what follows it; -1 if there is none. */
static long
read_port(const char **at)
{
	char *end;
	long v = **at >= '0' && **at <= '9' ? strtol(*at, &end, 10) : -1;

	if (v < 1 || v > UINT16_MAX)
		return -1;
	*at = end;
	return v;
}

const char *
scope_set_ports(struct scope *s, const char *list)
{
	static const char wrong[] = "want ports 1 to 65535 and spans of them, as 80,1024-65535";

	memset(s->ports, 0, sizeof(s->ports));
	for (const char *at = list;; at++) {
		long first = read_port(&at), last = first;

		if (first != -1 && *at == '-') {
			at++;
			last = read_port(&at);
		}
		if (first == -1 || last < first || (*at != ',' && *at != '\0'))
			return wrong;
		for (long port = first; port <= last; port++)
			scope_allow_port(s, (uint16_t)port);
		if (*at == '\0')
			return NULL;
	}
}

void
scope_free(struct scope *s)
{
	cidr_set_free(&s->allow);
	cidr_set_free(&s->opt_out);
	cidr_set_free(&s->own);
	special_free(&s->special);
	lab_map_free(s->map);
	memset(s, 0, sizeof(*s));
}

const char *
scope_add(struct scope *s, const char *text)
{
	const struct special_block *special;
	const char *why;
	struct cidr c;
	bool loops;

	if ((why = cidr_parse(&c, text)) != NULL)
		return why;
	loops = cidr_within(&c, &loopback[0]) || cidr_within(&c, &loopback[1]);
	special = special_around(&s->special, &c);
	if (special != NULL && !loops)
		return "lies in a special-purpose range, which is never dialled";
	if (cidr_set_add(&s->allow, c) != 0)
		return memory_missing();
	s->only_loopback = loops && (s->blocks == 0 || s->only_loopback);
	s->loopback |= loops;
	s->blocks++;
	return NULL;
}

int
scope_add_own(struct scope *s, struct ip ip)
{
	if (ip_is_loopback(&ip))
		return 0;		/* a lab's nodes are at home there too */
	if (cidr_set_add(&s->own, cidr_of_ip(ip)) != 0) {
		log_error("%s", memory_missing());
		return -1;
	}
	return 0;
}

/* IPv6 has no ioctl for that; its list is a file of 32 hex digits a line and more. */
static int
add_ipv6_interfaces(struct scope *s)
{
	FILE *f = fopen("/proc/net/if_inet6", "re");
	char line[128];
	int status = 0;

	while (f != NULL && status == 0 && fgets(line, sizeof(line), f) != NULL) {
		struct ip ip = { .family = 6 };
		int n = 0;

		while (n < 16 && sscanf(line + 2 * n, "%2hhx", &ip.byte[n]) == 1)
			n++;
		if (n == 16)
			status = scope_add_own(s, ip);
	}
	if (f != NULL)
		fclose(f);
	return status;
}

/* By ioctl, not getifaddrs: a confined service may have no netlink socket. */
int
scope_add_interfaces(struct scope *s)
{
	struct ifreq found[INTERFACES_MAX];
	struct ifconf all = { .ifc_len = sizeof(found), .ifc_req = found };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status = 0;

	if (fd == -1 || ioctl(fd, SIOCGIFCONF, &all) != 0) {
		log_error("the addresses of this host: %s", strerror(errno));
		status = -1;
	}
	for (size_t i = 0; status == 0 && i < (size_t)all.ifc_len / sizeof(found[0]); i++) {
		struct sockaddr_in in;

		memcpy(&in, &found[i].ifr_addr, sizeof(in));
		if (in.sin_family == AF_INET)
			status = scope_add_own(s, ip_of_ipv4(ntohl(in.sin_addr.s_addr)));
	}
	if (fd != -1)
		close(fd);
	return status == 0 ? add_ipv6_interfaces(s) : status;
}

bool
scope_own_address(const struct scope *s, size_t i, struct ip *ip)
{
	for (size_t k = 0; k < s->own.n; k++) {
		*ip = s->own.range[k].first;	/* each range is one address */
		if (special_find(&s->special, ip) == NULL && i-- == 0)
			return true;
	}
	return false;
}

int
scope_use_map(struct scope *s, const char *path)
{
	if (s->blocks > 0 && !s->only_loopback) {
		log_error("--lab-map pins the scope to 127.0.0.0/8; leave out the other --scope");
		return -1;
	}
	if (s->blocks == 0 && scope_add(s, "127.0.0.0/8") != NULL) {
		log_error("%s", memory_missing());
		return -1;
	}
	return (s->map = lab_map_read(path)) != NULL ? 0 : -1;
}

void
scope_seal(struct scope *s)
{
	cidr_set_seal(&s->allow);
	cidr_set_seal(&s->opt_out);
	cidr_set_seal(&s->own);
}

/* The reason not to dial an address, whatever the scope says. */
static enum scope_verdict
judge_address(const struct scope *s, const struct ip *ip)
{
	bool may_loop = s->loopback && s->map == NULL && ip_is_loopback(ip);

	if (!may_loop && special_find(&s->special, ip) != NULL)
		return SCOPE_SPECIAL;
	if (cidr_set_contains(&s->opt_out, ip))
		return SCOPE_OPT_OUT;
	if (cidr_set_contains(&s->own, ip))
		return SCOPE_OWN;
	return SCOPE_DIAL;
}

/* IPv4 and IPv6 are what this system can dial. */
static bool
ip_of_endpoint(struct endpoint e, struct ip *ip)
{
	*ip = e.net == NET_IPV6 ? ip_of_ipv6(e.addr) : ip_of_ipv4(e.ip);
	return e.net == NET_IPV6 || e.net == NET_IPV4;
}

enum scope_verdict
scope_judge(const struct scope *s, struct endpoint e, struct endpoint *target)
{
	enum scope_verdict v;
	struct endpoint to = e;
	struct ip ip;

	if (e.port == 0)
		return SCOPE_NO_PORT;
	if (!ip_of_endpoint(e, &ip))
		return SCOPE_OUTSIDE;	/* we have no way to dial it */
	if ((v = judge_address(s, &ip)) != SCOPE_DIAL)
		return v;
	if (s->map != NULL && !lab_map_lab(s->map, e, &to))
		return SCOPE_NOWHERE;
	ip_of_endpoint(to, &ip);
	if (!cidr_set_contains(&s->allow, &ip) || (s->map != NULL && !ip_is_loopback(&ip)))
		return SCOPE_OUTSIDE;
	if (to.port == 0)
		return SCOPE_NO_PORT;
	if (!port_is_allowed(s, e.port))
		return SCOPE_PORT;
	if (s->listener.port != 0 && endpoint_compare(to, s->listener) == 0)
		return SCOPE_OWN;
	*target = to;
	return SCOPE_DIAL;
}

enum scope_verdict
scope_judge_caller(const struct scope *s, uint32_t ip, uint32_t *public)
{
	struct ip caller = ip_of_ipv4(ip);
	uint32_t above = ip;

	if (!cidr_set_contains(&s->allow, &caller))
		return SCOPE_OUTSIDE;
	if (s->map != NULL && !lab_map_public_ip(s->map, ip, &above))
		return SCOPE_NOWHERE;
	*public = above;
	caller = ip_of_ipv4(above);
	return judge_address(s, &caller);
}
