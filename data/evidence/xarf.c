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
put_id(struct json_out *j)
{
	uint8_t b[16];
	char text[37];

	randombytes_buf(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);		/* a random UUID, RFC 4122 4.4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(text, sizeof(text), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
	    b[14], b[15]);
	json_put_string(j, "report_id", text);
}

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
		json_put_string(j, "description", "records that the host delivered over TCP, one a line;"
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
put_tags(struct json_out *j, const struct reporter *r)
{
	char tag[64];

	json_put_array(j, "tags");
	json_put_string(j, NULL, "threat:index-poisoning");
	json_put_string(j, NULL, "evidence:delivered-over-tcp");
	snprintf(tag, sizeof(tag), "kind:%s", r->kind);
	json_put_string(j, NULL, tag);
	json_put_end(j);
}

int
notice_xarf(FILE *f, const struct reporter *r, const struct notice *n)
{
	static const struct pseudonyms open;
	struct json_out j;
	char buf[NAME_TEXT];

	json_start(&j, f, JSON_FORM_INDENTED);
	json_put_object(&j, NULL);
	json_put_string(&j, "xarf_version", "4.0.0");
	put_id(&j);
	put_times(&j, n);
	put_party(&j, "reporter", r);
	put_party(&j, "sender", r);
	json_put_string(&j, "source_identifier", pseudonym_address(&open, (struct endpoint){ .ip = n->ip }, buf));
	if (n->peer[0]->endpoint.port > 0)
		json_put_int(&j, "source_port", n->peer[0]->endpoint.port);
	json_put_string(&j, "category", "reputation");
	json_put_string(&j, "type", "threat_intelligence");
	json_put_string(&j, "threat_type", "bogus_key_delivery");
	json_put_string(&j, "protocol", "tcp");
	json_put_string(&j, "evidence_source", "crawler");
	json_put_real(&j, "confidence", r->confidence);
	json_put_string(&j, "description", "The host delivered records of a peer-to-peer overlay that are"
	    " judged to be made up.  It may be an innocent relay.  Addresses named in the records"
	    " are claims by others and are not reported.");
	json_put_int(&j, "records", n->records);
	json_put_int(&j, "sources_named", n->sources);
	put_evidence(&j, n);
	put_tags(&j, r);
	json_put_end(&j);
	return ferror(f) ? -1 : 0;
}
