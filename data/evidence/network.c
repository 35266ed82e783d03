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

struct networks {
	MMDB_s	db;
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

char *
networks_name(const struct networks *n, uint32_t ip, char buf[NETWORK_NAME])
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip) };
	MMDB_lookup_result_s r;
	MMDB_entry_data_s d;
	int rc;

	buf[0] = '\0';
	if (n == NULL)
		return buf;
	snprintf(buf, NETWORK_NAME, "unknown");
	r = MMDB_lookup_sockaddr(&n->db, (const struct sockaddr *)(const void *)&sin, &rc);
	if (rc != MMDB_SUCCESS || !r.found_entry)
		return buf;
	if (MMDB_get_value(&r.entry, &d, "autonomous_system_number", NULL) == MMDB_SUCCESS &&
	    d.has_data && d.type == MMDB_DATA_TYPE_UINT32)
		snprintf(buf, NETWORK_NAME, "AS%u", d.uint32);
	else
		take_country(&r.entry, buf);
	return buf;
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

char *
networks_name(const struct networks *n, uint32_t ip, char buf[NETWORK_NAME])
{
	(void)n;
	(void)ip;
	buf[0] = '\0';
	return buf;
}

#endif
