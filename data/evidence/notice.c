/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a mail; its words, in both languages, are in mail.txt. */
#include "data/evidence/notice.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/lib/template.h"
#include "data/lib/utctime.h"
#include "evidence/mail.txt.h"

const char *const link_text[LINK_N] = {
	[LINK_CALLED] = "opened by the sensor to the host's listening port",
	[LINK_CALLS] = "opened by the host; the port is only what it announced",
	[LINK_UNKNOWN] = "a TCP link; who opened it and a handshake were not recorded",
};
const char notice_not_claimed[] = "That this host made the records up: nodes pass on what others"
    " told them, so a delivering host is often an innocent relay, or runs a program that its owner"
    " does not know of.  Addresses named inside the records are claims by others and took no part"
    " as far as we know.";

struct notice *
notice_find(struct notice *notice, size_t n, struct endpoint host)
{
	host.port = 0;
	for (size_t i = 0; i < n; i++) {
		if (endpoint_compare(notice[i].host, host) == 0)
			return &notice[i];
	}
	return NULL;
}

void
notice_identify(struct notice *n)
{
	uint8_t b[16];
	char hex[33];

	randombytes_buf(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	sodium_bin2hex(hex, sizeof(hex), b, sizeof(b));
	snprintf(n->id, sizeof(n->id), "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16,
	    hex + 20);
}

bool
notice_is_shaken(const struct notice *n)
{
	for (size_t i = 0; i < n->npeers; i++)
		if (n->peer[i]->answered == 0 && n->peer[i]->inbound == 0)
			return false;
	return n->npeers > 0;
}

char *
notice_origin(const struct reporter *r, const struct notice *n, char buf[NOTICE_ORIGIN])
{
	int at;

	if (n->imported == 0) {
		snprintf(buf, NOTICE_ORIGIN, "The records were received by the sensor itself.");
		return buf;
	}
	if (n->imported == n->records)
		at = snprintf(buf, NOTICE_ORIGIN, "All these records were");
	else
		at = snprintf(buf, NOTICE_ORIGIN, "%" PRId64 " of the %" PRId64 " records were", n->imported,
		    n->records);
	at += snprintf(buf + at, (size_t)(NOTICE_ORIGIN - at), " imported from a file of observations: this"
	    " program did not receive them itself, and takes their peers and times on trust.");
	if (r->import != NULL)
		snprintf(buf + at, (size_t)(NOTICE_ORIGIN - at), "  File: %s.", r->import);
	return buf;
}

const struct delivering_row *
notice_rank(const struct notice *n)
{
	const struct delivering_row *best = NULL;

	for (size_t i = 0; i < n->npeers; i++) {
		const struct delivering_row *d = &n->peer[i]->rank;

		if (d->rank > 0 && (best == NULL || d->rank < best->rank))
			best = d;
	}
	return best;
}

static void
add_finding(struct facts *x, const struct notice *n)
{
	const struct delivering_row *d = notice_rank(n);
	bool injector = d != NULL && strcmp(d->label, delivered_name[DELIVERED_INJECTOR]) == 0;

	facts_set(x, "label", delivered_name[injector ? DELIVERED_INJECTOR : DELIVERED_BY]);
	facts_set(x, "injector", injector ? "yes" : NULL);
	if (d == NULL)
		return;
	facts_format(x, "rank", "%d", d->rank);
	facts_format(x, "share", "%.1f", 100 * d->share);
	facts_format(x, "ratio", "%.0f", d->ratio);
	if (d->ratio > 0)
		facts_format(x, "usual", "%.1f", 100 * d->share / d->ratio);
}

/* Which of the two opened the link decides what its port means: a caller only claims one. */
static void
add_link(struct facts *x, const char *peer, const char *arrow, const char *port,
    enum link what, int64_t handshakes)
{
	static const char *const name[LINK_N] = { [LINK_CALLED] = "called", [LINK_CALLS] = "calls",
		[LINK_UNKNOWN] = "unknown" };
	struct facts *link = facts_add(x, "links");

	facts_set(link, "peer", peer);
	facts_set(link, "arrow", arrow);
	facts_set(link, "port", port);
	facts_set(link, "text", link_text[what]);
	facts_set(link, name[what], "yes");
	facts_set(link, "claimed", strchr(peer, ':') != NULL ? "yes" : NULL);
	if (handshakes > 0)
		facts_format(link, "times", "%" PRId64, handshakes);
}

static void
add_links(struct facts *x, const struct reporter *r, const struct notice *n)
{
	for (size_t i = 0; i < n->npeers; i++) {
		const struct found_peer *p = n->peer[i];
		char peer[ENDPOINT_TEXT];

		if (p->endpoint.port == 0)
			address_format(peer, p->endpoint);
		else
			endpoint_format(peer, p->endpoint);
		if (p->answered > 0)
			add_link(x, peer, "<-", NULL, LINK_CALLED, p->answered);
		if (p->inbound > 0)
			add_link(x, peer, "->", r->listen_port, LINK_CALLS, p->inbound);
		if (p->answered == 0 && p->inbound == 0)
			add_link(x, peer, "--", NULL, LINK_UNKNOWN, 0);
	}
	facts_set(x, "us", r->sensor_address);
	facts_set(x, "shaken", notice_is_shaken(n) ? "yes" : NULL);
}

static void
add_clock_and_bundle(struct facts *x, const struct reporter *r)
{
	char hex[65];

	if (r->clock_known && r->clock_us != UNKNOWN)
		facts_format(x, "clock_error", "%.3f", (double)r->clock_us / 1e6);
	if (r->jump_ms != UNKNOWN)
		facts_format(x, "clock_jump", "%.3f", (double)r->jump_ms / 1e3);
	facts_set(x, "bundle", r->bundle);
	facts_set(x, "bundle_sha256", sodium_bin2hex(hex, sizeof(hex), r->bundle_sha256,
	    sizeof(r->bundle_sha256)));
	facts_format(x, "retention", "%" PRId64, r->retention_ms / DAY_MS);
}

/* "Fri, 21 May 2010 00:25:00 +0000", the date-time of RFC 5322, 3.3. */
static char *
mail_date(char buf[32], int64_t ms)
{
	static const char day[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char month[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
		"Oct", "Nov", "Dec" };
	struct civil c;

	utctime_civil(&c, ms);
	snprintf(buf, 32, "%s, %d %s %04d %02d:%02d:%02d +0000", day[c.weekday], c.day,
	    month[c.month - 1], c.year, c.hour, c.minute, c.second);
	return buf;
}

int
notice_mail(FILE *f, const struct reporter *r, const struct notice *n)
{
	static const struct template mail[] = { { "mail", mail_txt }, { NULL, NULL } };
	struct facts *x = facts_new();
	char buf[32], address[ENDPOINT_TEXT], origin[NOTICE_ORIGIN];
	int bad;

	facts_set(x, "org", r->org);
	facts_set(x, "contact", r->contact);
	facts_set(x, "overlay", r->overlay);
	facts_format(x, "case", "%s-%" PRId64, r->sensor, r->incident);
	facts_set(x, "ip", address_format(address, n->host));
	facts_set(x, "sent", mail_date(buf, r->now_ms));
	facts_format(x, "message_id", "<%s@%s>", n->id, r->domain);
	facts_set(x, "not_claimed", notice_not_claimed);
	facts_set(x, "origin", notice_origin(r, n, origin));
	if (n->imported > 0)
		facts_format(x, "imported", "%" PRId64, n->imported);
	facts_set(x, "all_imported", n->imported == n->records ? "yes" : NULL);
	facts_set(x, "import", n->imported > 0 ? r->import : NULL);
	facts_set(x, "state", r->state);
	facts_format(x, "records", "%" PRId64, n->records);
	facts_format(x, "sources", "%" PRId64, n->sources);
	facts_format(x, "rounds", "%" PRId64, n->rounds);
	facts_set(x, "first", bundle_second(buf, n->first_ms));
	facts_set(x, "last", bundle_second(buf, n->last_ms));
	facts_format(x, "date", "%.10s", buf);
	add_finding(x, n);
	add_links(x, r, n);
	add_clock_and_bundle(x, r);
	facts_format(x, "line_count", "%zu", n->nlines);
	for (size_t i = 0; i < n->nlines; i++)
		facts_set(facts_add(x, "lines"), "line", n->line[i]);
	bad = template_write(f, mail, "mail", TEMPLATE_PLAIN, x);
	facts_free(x);
	return bad;
}
