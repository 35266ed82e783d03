/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "observation.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *const observation_type_name[OBS_NTYPE] = {
	[OBS_ROUND] = "round",
	[OBS_KEY] = "key",
	[OBS_NEIGHBOUR] = "neighbour",
	[OBS_QUERY] = "query",
	[OBS_CONTACT] = "contact",
};

const char *const outcome_name[OUT_N] = {
	[OUT_OK] = "ok",
	[OUT_REFUSED] = "refused",
	[OUT_TIMEOUT] = "timeout",
	[OUT_RESET] = "reset",
	[OUT_BAD_HANDSHAKE] = "bad-handshake",
	[OUT_DROPPED] = "dropped",
	[OUT_EXCLUDED] = "excluded",
};

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

bool
endpoint_parse(struct endpoint *e, const char *text)
{
	char host[INET_ADDRSTRLEN];
	const char *colon = strchr(text, ':');
	struct in_addr in;
	uint16_t port;
	size_t n;

	if (colon == NULL || (n = (size_t)(colon - text)) >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &in) != 1 || !parse_port(&port, colon + 1))
		return false;
	e->ip = ntohl(in.s_addr);
	e->port = port;
	return true;
}

char *
endpoint_format(char buf[ENDPOINT_TEXT], struct endpoint e)
{
	snprintf(buf, ENDPOINT_TEXT, "%u.%u.%u.%u:%u", e.ip >> 24,
	    e.ip >> 16 & 255, e.ip >> 8 & 255, e.ip & 255, (unsigned)e.port);
	return buf;
}

int
endpoint_compare(struct endpoint a, struct endpoint b)
{
	if (a.ip != b.ip)
		return a.ip < b.ip ? -1 : 1;
	return (a.port > b.port) - (a.port < b.port);
}
