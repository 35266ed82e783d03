/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mail: a text in which @NAME@ stands for a fact. */
#include "data/evidence/notice.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/lib/text.h"
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

/* What the words of the text are made of. */
struct fill {
	FILE			*f;
	const struct reporter	*r;
	const struct notice	*n;
};

/* The operator's own words are text, too. */
static void
put_vis(const struct fill *x, const char *s)
{
	char vis[512];

	fputs(text_vis(vis, sizeof(vis), text_of(s)), x->f);
}

static void
put_ip(const struct fill *x)
{
	uint32_t ip = x->n->ip;

	fprintf(x->f, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void
put_line_count(const struct fill *x)
{
	fprintf(x->f, "%zu", x->n->nlines);
}

static void
put_date(const struct fill *x)
{
	struct civil c;

	utctime_civil(&c, x->n->last_ms);
	fprintf(x->f, "%04d-%02d-%02d", c.year, c.month, c.day);
}

static void
put_case(const struct fill *x)
{
	put_vis(x, x->r->sensor);
	fprintf(x->f, "-%" PRId64, x->r->incident);
}

/* ---- the finding --------------------------------------------------------------------- */

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

static bool
is_injector(const struct notice *n)
{
	const struct delivering_row *d = best_rank(n);

	return d != NULL && strcmp(d->label, delivered_name[DELIVERED_INJECTOR]) == 0;
}

static void
put_label(const struct fill *x)
{
	fputs(delivered_name[is_injector(x->n) ? DELIVERED_INJECTOR : DELIVERED_BY], x->f);
}

static void
put_label_ja(const struct fill *x)
{
	fputs(is_injector(x->n) ? "送信源である可能性が高い" : "渡した(送信源とは断定しない)", x->f);
}

static void
put_rank(const struct fill *x)
{
	const struct delivering_row *d = best_rank(x->n);

	if (d != NULL)
		fprintf(x->f, ", rank %d by the share of bogus records\namong what it delivered (%.1f %%,"
		    " %.0f times that of the median peer)", d->rank, 100 * d->share, d->ratio);
}

static void
put_rank_ja(const struct fill *x)
{
	const struct delivering_row *d = best_rank(x->n);

	if (d != NULL)
		fprintf(x->f, "、渡されたレコードに占める偽の割合で第%d位\n(%.1f %%、中央値の%.0f倍)", d->rank,
		    100 * d->share, d->ratio);
}

/* ---- connections ------------------------------------------------------------------------ */

/* How a link is told in one language. */
struct link_words {
	const char	*us, *any_port;
	const char	*called, *calls, *link;	/* one line each: who opened it */
	const char	*shaken, *times;	/* "handshake completed" N "times" */
};

static const struct link_words english = {
	"(sensor)", "(port not recorded)",
	"opened by the sensor to the host's listening port",
	"opened by the host; this is the port that it announced",
	"a TCP link; who opened it and a handshake were not recorded",
	"handshake completed", "times",
}, japanese = {
	"(観測装置)", "(ポート記録なし)",
	"観測装置からホストの待ち受けポートへ接続",
	"ホストから接続(ポートはホストが通知したもの)",
	"TCP接続(どちらから接続したか、ハンドシェイクが完了したかの記録なし)",
	"ハンドシェイク完了", "回",
};

/* peer, arrow, our side, and what is known of such links. */
static void
put_link(const struct fill *x, const struct link_words *w, const char *peer, const char *arrow,
    const char *port, const char *what, int64_t handshakes)
{
	fprintf(x->f, "  %s %s ", peer, arrow);
	put_vis(x, x->r->sensor_address != NULL ? x->r->sensor_address : w->us);
	fprintf(x->f, "%s", *port == '(' ? " " : ":");
	put_vis(x, port);
	fprintf(x->f, "\n      %s", what);
	if (handshakes > 0)
		fprintf(x->f, "; %s %" PRId64 " %s", w->shaken, handshakes, w->times);
	putc('\n', x->f);
}

/* Which of the two opened the link decides what its port means. */
static void
put_links(const struct fill *x, const struct link_words *w)
{
	const char *here = x->r->listen_port != NULL ? x->r->listen_port : w->any_port;

	for (size_t i = 0; i < x->n->npeers; i++) {
		const struct found_peer *p = x->n->peer[i];
		char peer[ENDPOINT_TEXT];

		endpoint_format(peer, p->endpoint);
		if (p->answered > 0)
			put_link(x, w, peer, "<-", w->any_port, w->called, p->answered);
		if (p->inbound > 0)
			put_link(x, w, peer, "->", here, w->calls, p->inbound);
		if (p->answered == 0 && p->inbound == 0)
			put_link(x, w, peer, "--", w->any_port, w->link, 0);
	}
}

static void
put_connections(const struct fill *x)
{
	put_links(x, &english);
}

static void
put_connections_ja(const struct fill *x)
{
	put_links(x, &japanese);
}

/* ---- how far we know the host ------------------------------------------------------------ */

/* Of all its ports, or only of some? */
static bool
shook_hands(const struct notice *n)
{
	for (size_t i = 0; i < n->npeers; i++) {
		if (n->peer[i]->answered == 0 && n->peer[i]->inbound == 0)
			return false;
	}
	return n->npeers > 0;
}

static void
put_claim(const struct fill *x)
{
	fputs(shook_hands(x->n) ? "the overlay's handshake was completed"
	    : "no completed handshake is recorded\nof at least one of its ports", x->f);
}

static void
put_claim_ja(const struct fill *x)
{
	fputs(shook_hands(x->n) ? "ハンドシェイク完了"
	    : "ハンドシェイク完了の記録がないポートがあります", x->f);
}

static void
put_level(const struct fill *x)
{
	fputs(shook_hands(x->n) ? "Data received after a completed handshake: the highest level"
	    : "TCP link and data received; a completed handshake is not recorded of all ports", x->f);
}

static void
put_level_ja(const struct fill *x)
{
	fputs(shook_hands(x->n) ? "ハンドシェイク完了後にデータを受信(最も高い段階)"
	    : "TCP接続でデータを受信(ハンドシェイク完了の記録がないポートあり)", x->f);
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void
put_clock(const struct fill *x)
{
	if (x->r->clock_known && x->r->clock_us != UNKNOWN)
		fprintf(x->f, "kept by a time service, error under %.3f s", (double)x->r->clock_us / 1e6);
	else
		fputs("system clock; its error was not measured in all rounds", x->f);
	if (x->r->jump_ms != UNKNOWN)
		fprintf(x->f, "; largest jump in a round %.3f s", (double)x->r->jump_ms / 1e3);
}

static void
put_clock_ja(const struct fill *x)
{
	if (x->r->clock_known && x->r->clock_us != UNKNOWN)
		fprintf(x->f, "時刻サービスで同期、誤差 %.3f 秒以内", (double)x->r->clock_us / 1e6);
	else
		fputs("システム時計(誤差を測定していない巡があります)", x->f);
}

static void
put_lines(const struct fill *x)
{
	for (size_t i = 0; i < x->n->nlines; i++)
		fprintf(x->f, "  %s\n", x->n->line[i]);
}

static void
put_bundle(const struct fill *x)
{
	char hex[65];

	fputs("  ", x->f);
	put_vis(x, x->r->bundle);
	fprintf(x->f, "\n  SHA-256 %s",
	    sodium_bin2hex(hex, sizeof(hex), x->r->bundle_sha256, sizeof(x->r->bundle_sha256)));
}

static void
put_verify(const struct fill *x)
{
	fputs("The times and ports above can be compared with your own connection records.", x->f);
	if (x->r->bundle == NULL) {
		fputs("  On\nrequest we send a signed bundle with the records and the proof that each was\n"
		    "logged when it came; minisign or OpenSSL verify it.", x->f);
		return;
	}
	fputs("  The\nrecords, and the proof that each was logged when it came, are in the signed bundle\n",
	    x->f);
	put_bundle(x);
	fputs("\n  minisign -V -p KEY.pub -m BUNDLE.tar     (its README.txt tells the rest)", x->f);
}

static void
put_verify_ja(const struct fill *x)
{
	fputs("上記の時刻とポートを貴社の接続記録と照合できます。", x->f);
	if (x->r->bundle == NULL) {
		fputs("ご要望があれば、レコードと、その受信時に\n記録されたことの証明を収めた署名付きファイルを"
		    "お送りします(minisignまたはOpenSSLで検証)。", x->f);
		return;
	}
	fputs("レコードとその証明は署名付きファイルにあります。\n", x->f);
	put_bundle(x);
}

static void
put_retention(const struct fill *x)
{
	fprintf(x->f, "%" PRId64 " days", x->r->retention_ms / DAY_MS);
}

static void
put_retention_ja(const struct fill *x)
{
	fprintf(x->f, "%" PRId64 "日間", x->r->retention_ms / DAY_MS);
}

/* ---- filling in -------------------------------------------------------------------------------- */

/* A word is a member of the reporter or the notice as it stands, or a function's. */
static const struct word {
	const char	*name;
	enum { W_CALL, W_TEXT, W_COUNT, W_TIME } kind;
	size_t		 at;	/* texts: in the reporter; counts and times: in the notice */
	void		(*put)(const struct fill *);
} words[] = {
	{ "ORG", W_TEXT, offsetof(struct reporter, org), NULL },
	{ "CONTACT", W_TEXT, offsetof(struct reporter, contact), NULL },
	{ "OVERLAY", W_TEXT, offsetof(struct reporter, overlay), NULL },
	{ "RECORDS", W_COUNT, offsetof(struct notice, records), NULL },
	{ "SOURCES", W_COUNT, offsetof(struct notice, sources), NULL },
	{ "ROUNDS", W_COUNT, offsetof(struct notice, rounds), NULL },
	{ "FIRST", W_TIME, offsetof(struct notice, first_ms), NULL },
	{ "LAST", W_TIME, offsetof(struct notice, last_ms), NULL },
	{ "IP", W_CALL, 0, put_ip },
	{ "DATE", W_CALL, 0, put_date },
	{ "CASE", W_CALL, 0, put_case },
	{ "LABEL", W_CALL, 0, put_label },
	{ "LABEL_JA", W_CALL, 0, put_label_ja },
	{ "RANK", W_CALL, 0, put_rank },
	{ "RANK_JA", W_CALL, 0, put_rank_ja },
	{ "CONNECTIONS", W_CALL, 0, put_connections },
	{ "CONNECTIONS_JA", W_CALL, 0, put_connections_ja },
	{ "CLOCK", W_CALL, 0, put_clock },
	{ "CLOCK_JA", W_CALL, 0, put_clock_ja },
	{ "CLAIM", W_CALL, 0, put_claim },
	{ "CLAIM_JA", W_CALL, 0, put_claim_ja },
	{ "LEVEL", W_CALL, 0, put_level },
	{ "LEVEL_JA", W_CALL, 0, put_level_ja },
	{ "LINES", W_CALL, 0, put_lines },
	{ "LINECOUNT", W_CALL, 0, put_line_count },
	{ "VERIFY", W_CALL, 0, put_verify },
	{ "VERIFY_JA", W_CALL, 0, put_verify_ja },
	{ "RETENTION", W_CALL, 0, put_retention },
	{ "RETENTION_JA", W_CALL, 0, put_retention_ja },
};

static int64_t
count_at(const struct notice *n, size_t at)
{
	int64_t v;

	memcpy(&v, (const char *)n + at, sizeof(v));
	return v;
}

static void
put_word(const struct fill *x, const struct word *w)
{
	const char *text;
	char buf[32];

	switch (w->kind) {
	case W_CALL:
		w->put(x);
		return;
	case W_TEXT:
		memcpy(&text, (const char *)x->r + w->at, sizeof(text));
		put_vis(x, text);
		return;
	case W_COUNT:
		fprintf(x->f, "%" PRId64, count_at(x->n, w->at));
		return;
	case W_TIME:
		fputs(bundle_second(buf, count_at(x->n, w->at)), x->f);
	}
}

/* The word that p begins with, up to its @; NULL if it is none. */
static const struct word *
find_word(const char *p)
{
	size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	for (size_t i = 0; p[n] == '@' && i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == n && memcmp(words[i].name, p, n) == 0)
			return &words[i];
	return NULL;
}

void
notice_mail(FILE *f, const struct reporter *r, const struct notice *n)
{
	const struct fill x = { f, r, n };
	const struct word *w;

	for (const char *p = mail_txt; *p != '\0'; p++) {
		if (*p != '@' || (w = find_word(p + 1)) == NULL) {
			putc(*p, f);
			continue;
		}
		put_word(&x, w);
		p += strlen(w->name) + 1;
	}
}
