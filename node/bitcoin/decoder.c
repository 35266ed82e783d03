/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/bitcoin/decoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/bitcoin/fields.h"
#include "node/bitcoin/frame.h"
#include "node/bitcoin/limits.h"
#include "node/bitcoin/message.h"

struct decoder {
	struct decoder_sink	sink;
	struct btc_frame	frame;
	bool			keep_going;
	bool			over;		/* nothing more can be read */
};

size_t
btc_text(uint8_t *out, struct text t)
{
	uint8_t *p = out;

	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.p[i];

		if (c >= 0x20 && c < 0x7f) {
			*p++ = c;
			continue;
		}
		*p++ = 0xf4;
		*p++ = 0x8f;
		*p++ = (uint8_t)(0xbc | c >> 6);
		*p++ = (uint8_t)(0x80 | (c & 0x3f));
	}
	return (size_t)(p - out);
}

/* ---- parts ------------------------------------------------------------------------ */

static void
report_part(struct decoder *d, struct part part)
{
	d->sink.part(d->sink.arg, &part);
}

static void
report_number(struct decoder *d, const char *name, int64_t v)
{
	report_part(d, (struct part){ .name = name, .type = PART_INTEGER, .number = v });
}

static void
report_text(struct decoder *d, const char *name, struct text t)
{
	report_part(d, (struct part){ .name = name, .type = PART_TEXT, .text = t });
}

static void
report_services(struct decoder *d, const char *name, uint64_t services)
{
	char buf[BTC_SERVICES_TEXT];

	report_text(d, name, btc_services_text(buf, services));
}

static void
report_sloppy(struct decoder *d, int sloppy)
{
	const char *name;

	report_part(d, (struct part){ .name = "sloppy", .type = PART_LIST });
	for (int bit = 1; (name = btc_sloppy_name(bit)) != NULL; bit <<= 1) {
		if (sloppy & bit)
			report_text(d, NULL, (struct text){ (const uint8_t *)name, strlen(name) });
	}
	report_part(d, (struct part){ .type = PART_END });
}

static void
report_version(struct decoder *d, const struct btc_version *v)
{
	uint8_t agent[4 * LIMIT_AGENT];

	report_number(d, "protocol", v->protocol);
	report_services(d, "services", v->services);
	report_number(d, "time", v->time);
	report_part(d, (struct part){ .name = "you", .type = PART_ENDPOINT, .endpoint = v->you });
	report_part(d, (struct part){ .name = "nonce", .type = PART_BYTES, .text = { v->nonce, 8 } });
	report_text(d, "agent", (struct text){ agent, btc_text(agent, v->agent) });
	report_number(d, "height", v->height);
	if (v->relay != UNKNOWN)
		report_number(d, "relay", v->relay);
	report_sloppy(d, v->sloppy);
}

static void
report_entries(struct decoder *d, struct btc_entries *s)
{
	struct btc_entry e;

	report_number(d, "count", s->count);
	report_sloppy(d, s->sloppy);
	report_part(d, (struct part){ .name = "entries", .type = PART_RECORDS, .number = s->count });
	while (btc_entries_next(s, &e)) {
		report_part(d, (struct part){ .name = "entry", .type = PART_RECORD });
		report_number(d, "time", e.time);
		report_services(d, "services", e.services);
		report_text(d, "network", (struct text){ (const uint8_t *)e.network, strlen(e.network) });
		report_part(d, (struct part){ .name = "address", .type = PART_ADDRESS, .endpoint = e.node });
		report_number(d, "port", e.node.port);
		report_part(d, (struct part){ .type = PART_END });
	}
	report_part(d, (struct part){ .type = PART_END });
}

/* ---- messages ----------------------------------------------------------------------- */

static void
begin_message(struct decoder *d, const struct btc_message *m, const char *error)
{
	char name[4 * BTC_COMMAND + 1];
	size_t len = btc_text((uint8_t *)name, (struct text){ (const uint8_t *)m->command,
	    strnlen(m->command, BTC_COMMAND) });
	const struct decoded line = { .offset = m->offset, .name = len > 0 ? name : NULL, .code = UNKNOWN,
		.len = len > 0 ? (int64_t)m->length : UNKNOWN, .error = error };

	name[len] = '\0';
	for (size_t i = 0; i < len; i++) {	/* it stands between quotes of ours */
		if (name[i] == '"' || name[i] == '\\')
			name[i] = '?';
	}
	d->sink.message(d->sink.arg, &line);
}

static void
refuse(struct decoder *d, const struct btc_message *m, const char *why, bool over)
{
	begin_message(d, m, why);
	d->sink.message_end(d->sink.arg);
	d->over = over || !d->keep_going;
}

static void
decode_message(struct decoder *d, const struct btc_message *m)
{
	struct btc_version v;
	struct btc_entries s;
	const char *why = NULL;
	bool entries = m->is == BTC_ADDR || m->is == BTC_ADDRV2;

	if (m->is == BTC_VERSION)
		why = btc_version_read(&v, m->payload, m->length);
	else if (entries)
		why = btc_entries_open(&s, m->is == BTC_ADDRV2, m->payload, m->length);
	if (why != NULL) {
		refuse(d, m, why, false);
		return;
	}
	begin_message(d, m, NULL);
	if (m->is == BTC_VERSION)
		report_version(d, &v);
	else if (entries)
		report_entries(d, &s);
	else if (m->is == BTC_PING)
		report_part(d, (struct part){ .name = "nonce", .type = PART_BYTES, .text = { m->payload, m->length } });
	d->sink.message_end(d->sink.arg);
}

/* ---- the stream ------------------------------------------------------------------------ */

struct decoder *
btc_decoder_open(const struct decoder_sink *sink, bool keep_going)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->sink = *sink;
	d->keep_going = keep_going;
	btc_frame_init(&d->frame, NULL);
	return d;
}

bool
btc_decoder_input(struct decoder *d, const uint8_t *bytes, size_t n)
{
	enum btc_frame_result r = BTC_FRAME_SKIPPED;
	struct btc_message m;

	while (!d->over && r != BTC_FRAME_MORE) {
		r = btc_frame_next(&d->frame, &bytes, &n, &m);
		if (r == BTC_FRAME_MESSAGE) {
			decode_message(d, &m);
		} else if (r == BTC_FRAME_SKIPPED) {
			begin_message(d, &m, NULL);
			d->sink.message_end(d->sink.arg);
		} else if (r == BTC_FRAME_BAD_MAGIC) {
			m = (struct btc_message){ .offset = d->frame.at - 4 };
			refuse(d, &m, d->frame.network != NULL ? btc_frame_text(r) : "no network's magic: "
			    "the encrypted transport of BIP 324, or another protocol", true);
		} else if (r != BTC_FRAME_MORE) {
			refuse(d, &m, btc_frame_text(r), r == BTC_FRAME_TOO_LONG || r == BTC_FRAME_NO_MEMORY);
		}
	}
	return !d->over;
}

void
btc_decoder_close(struct decoder *d, bool at_end)
{
	struct btc_frame *f;
	char why[96];

	if (d == NULL)
		return;
	f = &d->frame;
	if (at_end && !d->over && !btc_frame_at_rest(f)) {
		struct btc_message m = f->in_payload ? f->message
		    : (struct btc_message){ .offset = f->at - f->has };

		snprintf(why, sizeof(why), "the stream ends inside a %s: %u of %u bytes are here",
		    f->in_payload ? "message" : "header",
		    f->in_payload ? (unsigned)(f->message.length - f->left) : (unsigned)f->has,
		    f->in_payload ? (unsigned)f->message.length : (unsigned)BTC_HEADER);
		refuse(d, &m, why, true);
	}
	btc_frame_clear(f);
	free(d);
}
