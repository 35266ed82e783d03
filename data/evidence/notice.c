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

struct notice *
notice_find(struct notice *notice, size_t n, uint32_t ip)
{
	for (size_t i = 0; i < n; i++) {
		if (notice[i].ip == ip)
			return &notice[i];
	}
	return NULL;
}

static const struct delivering_row *
best_rank(const struct notice *n)
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
	const struct delivering_row *d = best_rank(n);
	bool injector = d != NULL && strcmp(d->label, delivered_name[DELIVERED_INJECTOR]) == 0;

	facts_set(x, "label", delivered_name[injector ? DELIVERED_INJECTOR : DELIVERED_BY]);
	facts_set(x, "injector", injector ? "yes" : NULL);
	if (d == NULL)
		return;
	facts_format(x, "rank", "%d", d->rank);
	facts_format(x, "share", "%.1f", 100 * d->share);
	facts_format(x, "ratio", "%.0f", d->ratio);
}

/* Which of the two opened the link decides what its port means. */
static void
add_link(struct facts *x, const char *peer, const char *arrow, const char *port,
    const char *what, int64_t handshakes)
{
	struct facts *link = facts_add(x, "links");

	facts_set(link, "peer", peer);
	facts_set(link, "arrow", arrow);
	facts_set(link, "port", port);
	facts_set(link, what, "yes");
	if (handshakes > 0)
		facts_format(link, "times", "%" PRId64, handshakes);
}

static void
add_links(struct facts *x, const struct reporter *r, const struct notice *n)
{
	bool shaken = n->npeers > 0;	/* with all its ports, or only with some? */

	for (size_t i = 0; i < n->npeers; i++) {
		const struct found_peer *p = n->peer[i];
		char peer[ENDPOINT_TEXT];

		endpoint_format(peer, p->endpoint);
		if (p->answered > 0)
			add_link(x, peer, "<-", NULL, "called", p->answered);
		if (p->inbound > 0)
			add_link(x, peer, "->", r->listen_port, "calls", p->inbound);
		if (p->answered == 0 && p->inbound == 0) {
			add_link(x, peer, "--", NULL, "unknown", 0);
			shaken = false;
		}
	}
	facts_set(x, "us", r->sensor_address);
	facts_set(x, "shaken", shaken ? "yes" : NULL);
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

int
notice_mail(FILE *f, const struct reporter *r, const struct notice *n)
{
	static const struct template mail[] = { { "mail", mail_txt }, { NULL, NULL } };
	struct facts *x = facts_new();
	char buf[32];
	int bad;

	facts_set(x, "org", r->org);
	facts_set(x, "contact", r->contact);
	facts_set(x, "overlay", r->overlay);
	facts_format(x, "case", "%s-%" PRId64, r->sensor, r->incident);
	facts_format(x, "ip", "%u.%u.%u.%u", n->ip >> 24, n->ip >> 16 & 255, n->ip >> 8 & 255,
	    n->ip & 255);
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
