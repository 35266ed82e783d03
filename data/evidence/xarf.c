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
put_id(struct jout *j)
{
	uint8_t b[16];
	char text[37];

	randombytes_buf(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);		/* a random UUID, RFC 4122 4.4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(text, sizeof(text), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
	    b[14], b[15]);
	jout_string(j, "report_id", text);
}

static void
put_party(struct jout *j, const char *key, const struct reporter *r)
{
	jout_object(j, key);
	jout_string(j, "org", r->org);
	jout_string(j, "contact", r->contact);
	jout_string(j, "domain", r->domain);
	jout_end(j);
}

/* The log lines as one text, in base64 with its hash. */
static void
put_evidence(struct jout *j, const struct notice *n)
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
		jout_array(j, "evidence");
		jout_object(j, NULL);
		jout_string(j, "content_type", "text/plain");
		jout_string(j, "description", "records that the host delivered over TCP, one a line;"
		    " \"claimed\" is what a record says");
		jout_string(j, "payload", payload);
		jout_string(j, "hash", hash);
		jout_int(j, "size", (int64_t)len);
		jout_end(j);
		jout_end(j);
		free(payload);
	}
	free(text);
}

static void
put_times(struct jout *j, const struct notice *n)
{
	char buf[32];

	jout_string(j, "timestamp", bundle_second(buf, n->last_ms));
	jout_string(j, "first_seen", bundle_second(buf, n->first_ms));
	jout_string(j, "last_seen", bundle_second(buf, n->last_ms));
}

static void
put_tags(struct jout *j, const struct reporter *r)
{
	char tag[64];

	jout_array(j, "tags");
	jout_string(j, NULL, "threat:index-poisoning");
	jout_string(j, NULL, "evidence:delivered-over-tcp");
	snprintf(tag, sizeof(tag), "kind:%s", r->kind);
	jout_string(j, NULL, tag);
	jout_end(j);
}

void
notice_xarf(FILE *f, const struct reporter *r, const struct notice *n)
{
	static const struct names open;
	struct jout j = { .f = f, .lines = true };
	char buf[NAME_TEXT];

	jout_object(&j, NULL);
	jout_string(&j, "xarf_version", "4.0.0");
	put_id(&j);
	put_times(&j, n);
	put_party(&j, "reporter", r);
	put_party(&j, "sender", r);
	jout_string(&j, "source_identifier", names_address(&open, n->ip, buf));
	if (n->peer[0]->endpoint.port > 0)
		jout_int(&j, "source_port", n->peer[0]->endpoint.port);
	jout_string(&j, "category", "reputation");
	jout_string(&j, "type", "threat_intelligence");
	jout_string(&j, "threat_type", "bogus_key_delivery");
	jout_string(&j, "protocol", "tcp");
	jout_string(&j, "evidence_source", "crawler");
	jout_real(&j, "confidence", r->confidence);
	jout_string(&j, "description", "The host delivered records of a peer-to-peer overlay that are"
	    " judged to be made up.  It may be an innocent relay.  Addresses named in the records"
	    " are claims by others and are not reported.");
	jout_int(&j, "records", n->records);
	jout_int(&j, "sources_named", n->sources);
	put_evidence(&j, n);
	put_tags(&j, r);
	jout_end(&j);
}
