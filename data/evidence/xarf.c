/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same facts in XARF v4 (xarf.org): reputation/threat_intelligence, the one
 * type that says no more than we know.  source_identifier is always an address
 * that we had a TCP link with.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/evidence/notice.h"
#include "data/lib/text.h"

static void
put_party(struct json_out *j, const char *key, const struct reporter *r)
{
	json_put_object(j, key);
	json_put_string(j, "org", r->org);
	json_put_string(j, "contact", r->contact);
	json_put_string(j, "domain", r->domain);
	json_put_end(j);
}

/* The log lines as one text, in base64 with its hash. */
static void
put_evidence(struct json_out *j, const struct notice *n)
{
	char *text = NULL, *payload, hash[8 + 64] = "sha256:";
	uint8_t sum[crypto_hash_sha256_BYTES];
	size_t len = 0, room;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return;
	for (size_t i = 0; i < n->nlines; i++)
		fprintf(f, "%s\n", n->line[i]);
	fclose(f);
	room = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
	if (text != NULL && (payload = malloc(room)) != NULL) {
		sodium_bin2base64(payload, room, (const uint8_t *)text, len,
		    sodium_base64_VARIANT_ORIGINAL);
		crypto_hash_sha256(sum, (const uint8_t *)text, len);
		sodium_bin2hex(hash + 7, 65, sum, sizeof(sum));
		json_put_array(j, "evidence");
		json_put_object(j, NULL);
		json_put_string(j, "content_type", "text/plain");
		json_put_string(j, "description", n->imported == n->records ?
		    "records that the host delivered over TCP by an imported file, one a line;"
		    " \"claimed\" is what a record says" :
		    "records that the host delivered over TCP, one a line;"
		    " \"claimed\" is what a record says");
		json_put_string(j, "payload", payload);
		json_put_string(j, "hash", hash);
		json_put_int(j, "size", (int64_t)len);
		json_put_end(j);
		json_put_end(j);
		free(payload);
	}
	free(text);
}

static void
put_times(struct json_out *j, const struct notice *n)
{
	char buf[32];

	json_put_string(j, "timestamp", bundle_second(buf, n->last_ms));
	json_put_string(j, "first_seen", bundle_second(buf, n->first_ms));
	json_put_string(j, "last_seen", bundle_second(buf, n->last_ms));
}

static void
put_tags(struct json_out *j, const struct reporter *r, const struct notice *n)
{
	char tag[64];

	json_put_array(j, "tags");
	json_put_string(j, NULL, "threat:index-poisoning");
	json_put_string(j, NULL, n->imported == n->records ? "evidence:imported" : "evidence:delivered-over-tcp");
	json_put_string(j, NULL, n->imported == 0 ? "origin:observed" : n->imported == n->records ?
	    "origin:imported" : "origin:partly-imported");
	snprintf(tag, sizeof(tag), "kind:%s", r->kind);
	json_put_string(j, NULL, tag);
	json_put_end(j);
}

/* What the mail says of each link, and of its port. */
static void
put_link(struct json_out *j, const struct found_peer *p, enum link what, int64_t handshakes)
{
	char peer[ENDPOINT_TEXT];

	json_put_object(j, NULL);
	json_put_string(j, "peer", endpoint_format(peer, p->endpoint));
	json_put_string(j, "opened", link_text[what]);
	if (what == LINK_UNKNOWN)
		json_put_null(j, "handshakes");
	else
		json_put_int(j, "handshakes", handshakes);
	json_put_end(j);
}

static void
put_links(struct json_out *j, const struct notice *n)
{
	json_put_array(j, "connections");
	for (size_t i = 0; i < n->npeers; i++) {
		const struct found_peer *p = n->peer[i];

		if (p->answered > 0)
			put_link(j, p, LINK_CALLED, p->answered);
		if (p->inbound > 0)
			put_link(j, p, LINK_CALLS, p->inbound);
		if (p->answered == 0 && p->inbound == 0)
			put_link(j, p, LINK_UNKNOWN, 0);
	}
	json_put_end(j);
}

/* Only a port that we dialled is known to be the host's; what it announced is a claim. */
static void
put_source(struct json_out *j, const struct notice *n)
{
	char address[ENDPOINT_TEXT];

	json_put_string(j, "source_identifier", address_format(address, n->host));
	for (size_t i = 0; i < n->npeers; i++) {
		if (n->peer[i]->answered > 0 && n->peer[i]->endpoint.port > 0) {
			json_put_int(j, "source_port", n->peer[i]->endpoint.port);
			return;
		}
	}
}

static void
put_finding(struct json_out *j, const struct notice *n)
{
	const struct delivering_row *d = notice_rank(n);
	bool injector = d != NULL && strcmp(d->label, delivered_name[DELIVERED_INJECTOR]) == 0;

	json_put_object(j, "finding");
	json_put_string(j, "label", delivered_name[injector ? DELIVERED_INJECTOR : DELIVERED_BY]);
	if (d != NULL) {
		json_put_int(j, "rank", d->rank);
		json_put_share(j, "share", d->share);
		json_put_share(j, "ratio", d->ratio);
	}
	json_put_end(j);
	json_put_string(j, "not_claimed", notice_not_claimed);
}

int
notice_xarf(FILE *f, const struct reporter *r, const struct notice *n)
{
	struct json_out j;
	char origin[NOTICE_ORIGIN];

	json_start(&j, f, JSON_FORM_INDENTED);
	json_put_object(&j, NULL);
	json_put_string(&j, "xarf_version", "4.2.0");
	json_put_string(&j, "report_id", n->id);
	put_times(&j, n);
	put_party(&j, "reporter", r);
	put_party(&j, "sender", r);
	put_source(&j, n);
	json_put_string(&j, "category", "reputation");
	json_put_string(&j, "type", "threat_intelligence");
	json_put_string(&j, "threat_type", "bogus_key_delivery");
	json_put_string(&j, "protocol", "tcp");
	json_put_string(&j, "evidence_source", "crawler");
	json_put_string(&j, "description", n->imported == n->records ? "By an imported file of"
	    " observations, the host delivered records of a peer-to-peer overlay that are judged to be"
	    " made up.  It may be an innocent relay.  Addresses named in the records are claims by"
	    " others and are not reported." : "The host delivered records of a peer-to-peer overlay that are"
	    " judged to be made up.  It may be an innocent relay.  Addresses named in the records"
	    " are claims by others and are not reported.");
	json_put_string(&j, "origin", notice_origin(r, n, origin));
	json_put_string(&j, "incident_state", r->state);
	json_put_int(&j, "records", n->records);
	json_put_int(&j, "records_imported", n->imported);
	json_put_int(&j, "sources_named", n->sources);
	json_put_int(&j, "rounds", n->rounds);
	json_put_string(&j, "evidence_level", n->imported == n->records ?
	    "imported: what a file says" : notice_is_shaken(n) ?
	    "data received after a completed handshake" :
	    "TCP link and data received; a completed handshake is not recorded of all ports");
	put_links(&j, n);
	put_finding(&j, n);
	put_evidence(&j, n);
	put_tags(&j, r, n);
	json_put_end(&j);
	return ferror(f) ? -1 : 0;
}
