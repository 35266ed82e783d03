/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/network.h"

#include <stdio.h>
#include <stdbool.h>

#include "data/lib/log.h"

#ifdef HAVE_MAXMINDDB

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct networks {
	MMDB_s	db;
	const char *path;		/* borrowed */
};

struct networks *
networks_open(const char *path)
{
	struct networks *n = calloc(1, sizeof(*n));
	int rc;

	if (n == NULL) {
		log_error("out of memory");
		return NULL;
	}
	n->path = path;
	if ((rc = MMDB_open(path, MMDB_MODE_MMAP, &n->db)) == MMDB_SUCCESS)
		return n;
	log_error("%s: %s; want an MMDB file", path, MMDB_strerror(rc));
	free(n);
	return NULL;
}

void
networks_close(struct networks *n)
{
	if (n != NULL)
		MMDB_close(&n->db);
	free(n);
}

/* "JP" of a file of countries. */
static bool
take_country(MMDB_entry_s *e, char buf[NETWORK_NAME])
{
	MMDB_entry_data_s d;

	if (MMDB_get_value(e, &d, "country", "iso_code", NULL) != MMDB_SUCCESS || !d.has_data ||
	    d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size != 2)
		return false;
	for (int i = 0; i < 2; i++)
		if (d.utf8_string[i] < 'A' || d.utf8_string[i] > 'Z')
			return false;
	snprintf(buf, NETWORK_NAME, "%.2s", d.utf8_string);
	return true;
}

/* Does the record say anything of countries, perhaps not which? */
static bool
knows_places(MMDB_entry_s *e)
{
	static const char *const key[] = { "country", "registered_country", "continent" };
	MMDB_entry_data_s d;

	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		if (MMDB_get_value(e, &d, key[i], NULL) == MMDB_SUCCESS && d.has_data)
			return true;
	return false;
}

static MMDB_lookup_result_s
look_up(const struct networks *n, struct endpoint e, int *rc)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(e.ip) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

	if (e.net == NET_IPV4)
		return MMDB_lookup_sockaddr(&n->db, (const struct sockaddr *)(const void *)&sin, rc);
	memcpy(&sin6.sin6_addr, e.addr, sizeof(sin6.sin6_addr));
	return MMDB_lookup_sockaddr(&n->db, (const struct sockaddr *)(const void *)&sin6, rc);
}

int
networks_name(const struct networks *n, struct endpoint e, char buf[NETWORK_NAME])
{
	char address[ENDPOINT_TEXT];
	MMDB_lookup_result_s r;
	MMDB_entry_data_s d;
	int rc;

	buf[0] = '\0';
	if (n == NULL)
		return 0;
	snprintf(buf, NETWORK_NAME, "unknown");
	r = look_up(n, e, &rc);
	if (rc == MMDB_SUCCESS && !r.found_entry)
		return 0;
	if (rc == MMDB_SUCCESS)
		rc = MMDB_get_value(&r.entry, &d, "autonomous_system_number", NULL);
	if (rc == MMDB_SUCCESS && d.has_data && d.type == MMDB_DATA_TYPE_UINT32) {
		snprintf(buf, NETWORK_NAME, "AS%u", d.uint32);
		return 0;
	}
	if (rc == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR && (take_country(&r.entry, buf) ||
	    knows_places(&r.entry)))
		return 0;
	log_error("%s: the lookup of %s failed: %s", n->path, address_format(address, e),
	    rc == MMDB_SUCCESS || rc == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ?
	    "it holds neither networks (ASN) nor countries" : MMDB_strerror(rc));
	return -1;
}

#else

struct networks *
networks_open(const char *path)
{
	log_error("%s: this kansoku was built without libmaxminddb; leave the option away", path);
	return NULL;
}

void
networks_close(struct networks *n)
{
	(void)n;
}

int
networks_name(const struct networks *n, struct endpoint e, char buf[NETWORK_NAME])
{
	(void)n;
	(void)e;
	buf[0] = '\0';
	return 0;
}

#endif
