/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "node/mainline/krpc.h"

struct decoder {
	struct decoder_sink	sink;
	uint64_t		offset;
	bool			keep_going;
};

static void
report(struct decoder *d, struct part p)
{
	d->sink.part(d->sink.arg, &p);
}

static void
report_bytes(struct decoder *d, const char *name, struct text t)
{
	if (t.p != NULL)
		report(d, (struct part){ .name = name, .type = PART_BYTES, .text = t });
}

static void
report_text(struct decoder *d, const char *name, struct text t)
{
	report(d, (struct part){ .name = name, .type = PART_TEXT, .text = t });
}

static void
report_number(struct decoder *d, const char *name, bool has, int64_t v)
{
	if (has)
		report(d, (struct part){ .name = name, .type = PART_INTEGER, .number = v });
}

static void
report_list(struct decoder *d, const char *name)
{
	report(d, (struct part){ .name = name, .type = PART_LIST });
}

static void
report_end(struct decoder *d)
{
	report(d, (struct part){ .type = PART_END });
}

static void
report_contacts(struct decoder *d, const struct krpc_body *b, bool ipv6)
{
	const char *name = ipv6 ? "nodes6" : "nodes";
	struct krpc_contact c;
	size_t at = 0;

	if (b->nodes[ipv6].p == NULL)
		return;
	report(d, (struct part){ .name = name, .type = PART_RECORDS,
		.number = (int64_t)(b->nodes[ipv6].len / (NODE_ID + (ipv6 ? 18 : 6))) });
	while (krpc_contact(b, ipv6, &at, &c)) {
		report(d, (struct part){ .name = "node", .type = PART_RECORD });
		report_bytes(d, "id", (struct text){ c.id, NODE_ID });
		report(d, (struct part){ .name = "node", .type = PART_ENDPOINT, .endpoint = c.at });
		report_end(d);
	}
	report_end(d);
}

static void
report_values(struct decoder *d, const struct krpc_body *b)
{
	struct part p = { .type = PART_ENDPOINT };

	if (b->values.p == NULL)
		return;
	report_list(d, "values");
	for (size_t at = 0; krpc_value(b, &at, &p.endpoint);)
		report(d, p);
	report_end(d);
}

static void
report_samples(struct decoder *d, struct text samples)
{
	if (samples.p == NULL)
		return;
	report_list(d, "samples");
	for (size_t i = 0; i + NODE_ID <= samples.len; i += NODE_ID)
		report_bytes(d, NULL, (struct text){ samples.p + i, NODE_ID });
	report_end(d);
}

/* Addresses that a filter of BEP 33 holds, as an estimate. */
static void
report_bloom(struct decoder *d, const char *name, struct text filter)
{
	if (filter.p != NULL)
		report(d, (struct part){ .name = name, .type = PART_FLOAT,
			.real = (float)krpc_bloom_estimate(filter.p) });
}

static void
report_body(struct decoder *d, const struct krpc_body *b)
{
	report_bytes(d, "id", b->id);
	report_bytes(d, "target", b->target);
	report_bytes(d, "info_hash", b->info_hash);
	report_number(d, "port", b->has_port, b->port);
	report_number(d, "implied_port", b->has_implied_port, b->implied_port);
	report_bytes(d, "token", b->token);
	report_contacts(d, b, false);
	report_contacts(d, b, true);
	report_values(d, b);
	report_samples(d, b->samples);
	report_number(d, "num", b->has_num, b->num);
	report_number(d, "interval", b->has_interval, b->interval);
	report_bloom(d, "BFsd_estimate", b->bloom[0]);
	report_bloom(d, "BFpe_estimate", b->bloom[1]);
}

static void
report_message(struct decoder *d, const struct krpc *m)
{
	report_text(d, "y", (struct text){ (const uint8_t *)&m->y, 1 });
	report_bytes(d, "t", m->t);
	report_bytes(d, "v", m->v);
	if (!endpoint_is_nobody(m->ip))
		report(d, (struct part){ .name = "ip", .type = PART_ENDPOINT, .endpoint = m->ip });
	if (m->y == 'e') {
		report_number(d, "code", m->code != UNKNOWN, m->code);
		report_text(d, "message", m->message);
	} else {
		if (m->y == 'q') {
			report_text(d, "q", m->q);
			report_number(d, "ro", true, m->ro);
		}
		report_body(d, &m->body);
	}
	report_list(d, "sloppy");
	for (int i = 0; i < SLOPPY_KINDS; i++)
		if (m->sloppy & 1u << i)
			report_text(d, NULL, (struct text){ (const uint8_t *)sloppy_name[i],
				strlen(sloppy_name[i]) });
	report_end(d);
}

struct decoder *
mainline_decoder_open(const struct decoder_sink *sink, bool keep_going)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (d != NULL)
		*d = (struct decoder){ .sink = *sink, .keep_going = keep_going };
	return d;
}

bool
mainline_decoder_input(struct decoder *d, const uint8_t *p, size_t n)
{
	static const char *const name[] = { ['q'] = "query", ['r'] = "answer", ['e'] = "error" };
	struct decoded line = { .offset = d->offset, .code = UNKNOWN, .len = (int64_t)n };
	struct krpc m;

	line.error = krpc_read(&m, p, n);
	line.name = line.error == NULL ? name[(unsigned char)m.y] : NULL;
	d->offset += n;
	d->sink.message(d->sink.arg, &line);
	if (line.error == NULL)
		report_message(d, &m);
	d->sink.message_end(d->sink.arg);
	return line.error == NULL || d->keep_going;
}

void
mainline_decoder_close(struct decoder *d, bool at_end)
{
	(void)at_end;
	free(d);
}
