/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture says, written: a record a link, a line a host, one for the run. */
#include <inttypes.h>
#include <string.h>

#include "crawler/capture/capture.h"
#include "data/lib/json_write.h"
#include "data/lib/utctime.h"

const char *const tap_level_name[] = {
	[TAP_NONE] = "none",
	[TAP_FIRST_BLOCK] = "first-block",
	[TAP_HEADER] = "header",
	[TAP_HANDSHAKE] = "handshake",
};

static const char *const end_name[] = { "client", "server" };

static char *
endpoint_text(const struct capture *c, struct endpoint e, char buf[NAME_TEXT])
{
	return capture_is_own(c, e) ? endpoint_format(buf, e) : outsider_text(&c->outsiders, e, buf);
}

static char *
address_text(const struct capture *c, struct endpoint e, char buf[NAME_TEXT])
{
	return capture_is_own(c, e) ? address_format(buf, e) : outsider_address(&c->outsiders, e, buf);
}

/* Which end of the printed record is which of the link: of one that was not seen to begin, ours first. */
static int
first_end(const struct capture *c, const struct link *link)
{
	return !link->opened && !capture_is_own(c, link->end[0]) && capture_is_own(c, link->end[1]);
}

static const char *
own_ends(const struct capture *c, const struct link *link, int first)
{
	bool client = capture_is_own(c, link->end[first]), server = capture_is_own(c, link->end[!first]);

	return client && server ? "both" : client ? "client" : "server";
}

static void
tap_state(const struct link *link, int end, struct tap_state *s)
{
	*s = (struct tap_state){ .level = TAP_NONE, .bytes = link->bytes[end] };
	if (link->tap[end] != NULL)
		link->overlay->tap_state(link->tap[end], s);
}

static uint64_t
traffic(const struct tap_state *s)
{
	return s->peer.keys + s->peer.queries + s->peer.neighbours + s->transfers;
}

/* ---- a link ------------------------------------------------------------------------- */

/* What the overlay says of a node, but for texts: those are about people. */
static void
put_contact(struct json_out *j, const struct overlay_fields *fields, const struct tap_state *s)
{
	for (int i = 0; i < fields->of[OBS_CONTACT].n; i++) {
		const struct field *f = &fields->of[OBS_CONTACT].field[i];

		if ((f->type != FIELD_INTEGER && f->type != FIELD_FLAG) ||
		    !value_is_said(f, s->peer.contact[i]))
			continue;
		if (f->type == FIELD_FLAG)
			json_put_bool(j, f->name, s->peer.contact[i].number != 0);
		else
			json_put_int(j, f->name, s->peer.contact[i].number);
	}
}

static void
put_stream(struct capture *c, struct json_out *j, const char *name, const struct link *link, int end)
{
	char buf[NAME_TEXT];
	struct tap_state s;

	tap_state(link, end, &s);
	json_put_object(j, name);
	json_put_string(j, "level", tap_level_name[s.level]);
	if (s.level > TAP_NONE) {
		put_contact(j, link->overlay->fields, &s);
		if (s.peer.handshaken)
			json_put_string(j, "node", endpoint_text(c, s.claims, buf));
	}
	json_put_int(j, "bytes", (int64_t)s.bytes);
	if (s.level > TAP_NONE) {
		json_put_int(j, "unread", (int64_t)s.unread);
		json_put_int(j, "lost_blocks", (int64_t)s.lost_blocks);
		json_put_bool(j, "traffic", traffic(&s) > 0);
		json_put_int(j, "keys", (int64_t)s.peer.keys);
		json_put_int(j, "searches", (int64_t)s.peer.queries);
		json_put_int(j, "nodes", (int64_t)s.peer.neighbours);
		json_put_int(j, "file_blocks", (int64_t)s.transfers);
	}
	json_put_end(j);
}

static void
put_link(struct capture *c, const struct link *link)
{
	char buf[NAME_TEXT], vantage[160];
	int first = first_end(c, link);
	struct json_out j;

	snprintf(vantage, sizeof(vantage), "tap:%s", c->vantage);
	json_start(&j, c->links, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	json_put_string(&j, "type", "link");
	json_put_time(&j, "first", link->first_ms);
	json_put_time(&j, "last", link->last_ms);
	for (int i = 0; i < 2; i++)
		json_put_string(&j, end_name[i], endpoint_text(c, link->end[first ^ i], buf));
	json_put_bool(&j, "opened", link->opened);
	json_put_string(&j, "own", own_ends(c, link, first));
	json_put_string(&j, "overlay", link->overlay->name);
	json_put_string(&j, "vantage", vantage);
	json_put_object(&j, "streams");
	for (int i = 0; i < 2; i++)
		put_stream(c, &j, end_name[i], link, first ^ i);
	json_put_end(&j);
	json_put_end(&j);
}

/* Columns as Zeek's conn.log names them, then ours. */
void
records_head(struct capture *c)
{
	if (c->link_form != LINKS_TSV)
		return;
	fputs(LINKS_TSV_HEAD "#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
	    "#path\tkansoku\n"
	    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration"
	    "\torig_bytes\tresp_bytes\tlocal_orig\tlocal_resp\tmissed_bytes\topened\torig_level"
	    "\tresp_level\torig_keys\tresp_keys\tvantage\n"
	    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval"
	    "\tcount\tcount\tbool\tbool\tcount\tbool\tstring"
	    "\tstring\tcount\tcount\tstring\n", c->links);
}

static void
put_row(struct capture *c, const struct link *link)
{
	int a = first_end(c, link), b = !a;
	char orig[NAME_TEXT], resp[NAME_TEXT];
	struct tap_state s[2];
	int64_t took = link->last_ms - link->first_ms;

	tap_state(link, a, &s[0]);
	tap_state(link, b, &s[1]);
	fprintf(c->links, "%" PRId64 ".%03d000\tC%016" PRIx64 "\t%s\t%u\t%s\t%u\ttcp\t%s\t%" PRId64 ".%03d000",
	    link->first_ms / 1000, (int)(link->first_ms % 1000), link->user,
	    address_text(c, link->end[a], orig), link->end[a].port,
	    address_text(c, link->end[b], resp), link->end[b].port, link->overlay->name,
	    took / 1000, (int)(took % 1000));
	fprintf(c->links, "\t%" PRIu64 "\t%" PRIu64 "\t%c\t%c\t%" PRIu64 "\t%c\t%s\t%s\t%" PRIu64 "\t%" PRIu64
	    "\ttap:%s\n", s[0].bytes, s[1].bytes, capture_is_own(c, link->end[a]) ? 'T' : 'F',
	    capture_is_own(c, link->end[b]) ? 'T' : 'F', s[0].unread + s[1].unread, link->opened ? 'T' : 'F',
	    tap_level_name[s[0].level], tap_level_name[s[1].level], s[0].peer.keys, s[1].peer.keys,
	    c->vantage);
}

void
records_link(struct capture *c, const struct link *link)
{
	if (c->link_form == LINKS_TSV)
		put_row(c, link);
	else
		put_link(c, link);
	if (ferror(c->links))
		c->failed = true;
}

/* ---- hosts ------------------------------------------------------------------------------ */

static void
put_host(const struct capture *c, struct json_out *j, const struct host *h)
{
	bool tested = host_is_tested(h);
	char buf[ENDPOINT_TEXT];
	double low, high;
	enum finding finding = hosts_finding(c->hosts, h, &low, &high);

	json_put_object(j, NULL);
	json_put_string(j, "type", "host");
	json_put_string(j, "host", address_format(buf, h->address));
	json_put_string(j, "overlay", h->overlay->name);
	json_put_time(j, "first", h->first_ms);
	json_put_time(j, "last", h->last_ms);
	json_put_int(j, "links", h->links);
	json_put_int(j, "peers", (int64_t)h->peers);
	json_put_string(j, "level", tap_level_name[h->level]);
	json_put_bool(j, "traffic", h->traffic > 0);
	json_put_int(j, "keys_sent", (int64_t)h->keys_sent);
	json_put_int(j, "keys_received", (int64_t)h->keys_received);
	json_put_known(j, "tested", tested ? (int64_t)(h->tested + h->own_tested) : UNKNOWN);
	json_put_known(j, "tested_foreign", tested ? (int64_t)h->tested : UNKNOWN);
	json_put_known(j, "unhanded", tested ? (int64_t)h->unhanded : UNKNOWN);
	json_put_known(j, "refreshed", tested ? (int64_t)h->refreshed : UNKNOWN);
	if (tested && h->tested > 0) {
		json_put_share(j, "unhanded_low", low);
		json_put_share(j, "unhanded_high", high);
	}
	json_put_share(j, "unread", host_unread(h));
	json_put_string(j, "finding", finding_name[finding]);
	json_put_end(j);
}

struct listing {
	const struct capture *c;
	FILE	*f;
	int	 width;
	size_t	 shown, first_only;
};

static int
json_host(const struct host *h, void *arg)
{
	const struct listing *l = arg;
	struct json_out j;

	if (h->level == TAP_NONE)
		return 0;
	json_start(&j, l->f, JSON_FORM_LINE);
	put_host(l->c, &j, h);
	return 0;
}

static int
measure(const struct host *h, void *arg)
{
	struct listing *l = arg;
	char buf[ENDPOINT_TEXT];
	int n = (int)strlen(address_format(buf, h->address));

	l->first_only += h->level == TAP_FIRST_BLOCK;
	if (h->level > TAP_FIRST_BLOCK && n > l->width)
		l->width = n;
	l->shown += h->level > TAP_FIRST_BLOCK;
	return 0;
}

static int
row_host(const struct host *h, void *arg)
{
	const struct listing *l = arg;
	char buf[ENDPOINT_TEXT], since[WHEN_TEXT], until[WHEN_TEXT], unhanded[24] = "-";
	double low, high;
	enum finding finding = hosts_finding(l->c->hosts, h, &low, &high);

	/* Anybody can choose the first bytes: no node is named for these alone. */
	if (h->level <= TAP_FIRST_BLOCK)
		return 0;
	if (host_is_tested(h))
		snprintf(unhanded, sizeof(unhanded), "%" PRIu64, h->unhanded);
	fprintf(l->f, "%-*s  %.16s  %.16s %6u %6" PRIu64 "  %-9s%s %7" PRIu64 " %8" PRIu64 " %8s %6.1f%%  %s\n",
	    l->width, address_format(buf, h->address), utctime_format(since, h->first_ms),
	    utctime_format(until, h->last_ms), h->links, h->peers, tap_level_name[h->level],
	    h->traffic > 0 ? "+traffic" : "        ", h->keys_sent, h->keys_received, unhanded,
	    100 * host_unread(h), finding_name[finding]);
	return 0;
}

void
records_hosts(struct capture *c, FILE *f, bool json)
{
	struct listing l = { .c = c, .f = f, .width = 4 };

	if (json) {
		hosts_each(c->hosts, json_host, &l);
		return;
	}
	hosts_each(c->hosts, measure, &l);
	if (l.shown > 0)
		fprintf(f, "%-*s  %-16s  %-16s %6s %6s  %-17s %7s %8s %8s %7s  %s\n", l.width, "host",
		    "since", "until", "links", "peers", "level", "sent", "received", "unhanded", "unread",
		    "finding");
	hosts_each(c->hosts, row_host, &l);
	if (l.shown == 0)
		fputs("no host of the own network was recognised in what was read\n", f);
	if (l.first_only > 0)
		fprintf(f, "%zu more began as a client begins and went on with something else\n",
		    l.first_only);
}

/* ---- the run ----------------------------------------------------------------------------- */

char *
records_unknown(char out[UNKNOWN_TEXT], const struct unknown_number *n)
{
	switch (n->what) {
	case UNKNOWN_LINK:
		snprintf(out, UNKNOWN_TEXT, "link type %u", n->number);
		break;
	case UNKNOWN_ETHERTYPE:
		snprintf(out, UNKNOWN_TEXT, "ethertype 0x%04x", n->number);
		break;
	case UNKNOWN_PPP:
		snprintf(out, UNKNOWN_TEXT, "PPP protocol 0x%04x", n->number);
		break;
	default:
		snprintf(out, UNKNOWN_TEXT, "IP protocol %u", n->number);
		break;
	}
	return out;
}

static void
put_counts(struct json_out *j, const struct capture_counts *n)
{
	uint64_t named = 0;
	char buf[UNKNOWN_TEXT];

	json_put_int(j, "packets", (int64_t)n->packets);
	json_put_int(j, "read", (int64_t)n->read);
	json_put_int(j, "foreign", (int64_t)n->foreign);
	json_put_int(j, "not_ip", (int64_t)n->not_ip);
	json_put_int(j, "cut", (int64_t)n->cut);
	json_put_int(j, "fragments", (int64_t)n->fragments);
	json_put_int(j, "too_deep", (int64_t)n->too_deep);
	json_put_int(j, "damaged", (int64_t)n->damaged);
	json_put_object(j, "unknown");
	for (size_t i = 0; i < n->nnumbers; i++) {
		json_put_int(j, records_unknown(buf, &n->numbers[i]), (int64_t)n->numbers[i].n);
		named += n->numbers[i].n;
	}
	if (named < n->unknown)
		json_put_int(j, "others", (int64_t)(n->unknown - named));
	json_put_end(j);
}

void
records_capture(struct capture *c, FILE *f, const char *file, int64_t dropped, bool complete)
{
	const struct stream_counts *s = streams_counts(c->streams);
	struct json_out j;

	json_start(&j, f, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	json_put_string(&j, "type", "capture");
	json_put_string(&j, "file", file);
	put_counts(&j, &c->counts);
	if (c->check_sums)
		json_put_int(&j, "bad_checksums", (int64_t)c->counts.bad_sums);
	json_put_int(&j, "tcp", (int64_t)s->connections);
	json_put_int(&j, "links", (int64_t)c->links_closed);
	json_put_int(&j, "unopened", (int64_t)s->unopened);
	json_put_int(&j, "evicted", (int64_t)s->evicted);
	json_put_share(&j, "lost", capture_lost(c));
	json_put_known(&j, "dropped", dropped);
	json_put_bool(&j, "complete", complete);
	json_put_end(&j);
}
