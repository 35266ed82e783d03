/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One datagram of the DHT: what is read lies inside it, lists end, the tag of an
 * answer does not depend on who asks; and a visit that hears it makes something of
 * it and ends.
 */
#include <string.h>

#include "node/mainline/decoder.h"
#include "node/mainline/dialog.h"
#include "node/mainline/krpc.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t *first, *last;

static void
inside(struct text t)
{
	MUST(t.p == NULL || (t.p >= first && t.p + t.len <= last));
}

static void
walk(const struct krpc *m)
{
	const struct krpc_body *b = &m->body;
	struct krpc_contact c;
	struct endpoint e;
	size_t n = 0, at;

	inside(b->id); inside(b->target); inside(b->info_hash); inside(b->token);
	inside(b->nodes[0]); inside(b->nodes[1]); inside(b->values); inside(b->samples);
	inside(b->bloom[0]); inside(b->bloom[1]);
	MUST(b->samples.len % NODE_ID == 0);
	for (int ipv6 = 0; ipv6 < 2; ipv6++, n = 0) {
		for (at = 0; krpc_contact(b, ipv6, &at, &c); n++)
			inside((struct text){ c.id, NODE_ID });
		MUST(n * (ipv6 ? 38 : 26) == b->nodes[ipv6].len);
	}
	for (at = 0, n = 0; krpc_value(b, &at, &e); n++)
		MUST(at <= b->values.len);
	MUST(n * 8 <= b->values.len);
}

static void on_message(void *arg, const struct decoded *m) { (void)arg; (void)m; }
static void on_part(void *arg, const struct part *p) { *(int *)arg += p->type == PART_END; }
static void on_end(void *arg) { (void)arg; }
static void on_send(void *arg, const uint8_t *p, size_t n) { (void)arg; (void)p; MUST(n <= LIMIT_QUERY); }
static void on_found(void *arg, const struct observation *o) { (void)arg; MUST(o->fields == mainline.fields); }

/* The node answers every question with this, its t put right where it has four bytes. */
static void
visit(const uint8_t *data, size_t n, struct text t)
{
	static uint8_t copy[65536];
	const struct dialog_config c = { .windows = 1, .window_ms = 250, .patience_ms = 1500, .panel = 1, .tag = 5 };
	const struct dialog_sink sink = { on_send, on_found, NULL };
	struct dialog *d = mainline.open(&c, &sink, 0);
	enum dialog_state state = DIALOG_OPEN;
	struct dialog_peer peer;

	MUST(d != NULL && n <= sizeof(copy));
	memcpy(copy, data, n);
	for (int i = 0; state == DIALOG_OPEN; i++) {
		uint8_t *id = copy + (t.p - data);

		MUST(i < 64);
		memset(id, 0, 3);
		id[3] = (uint8_t)(5 << (32 - TAG_BITS) | (i & 7));
		state = mainline.input(d, mainline.due(d) - 1, copy, n);
		if (state == DIALOG_OPEN)
			state = mainline.tick(d, mainline.due(d));
	}
	mainline.peer(d, &peer);
	mainline.close(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct decoder_sink sink = { on_message, on_part, on_end, &(int){ 0 } };
	struct decoder *d = mainline_decoder_open(&sink, true);
	uint32_t tag, own;
	struct krpc m;
	const char *bad;

	if (n > 65536)
		return 0;
	first = data;
	last = n == 0 ? data : data + n;
	bad = krpc_read(&m, data, n);
	inside(m.t); inside(m.q); inside(m.v); inside(m.message);
	MUST(bad != NULL || strchr("qre", m.y) != NULL);
	MUST(bad != NULL || m.y == 'e' || m.body.id.len == NODE_ID);
	walk(&m);
	MUST(!mainline.address(data, n, false, &tag) || !mainline.address(data, n, true, &own));
	MUST((strcmp(mainline.stray(data, n), "rubbish") == 0) == (bad != NULL));
	mainline_decoder_input(d, data, n);
	mainline_decoder_close(d, true);
	if (m.t.len == 4)
		visit(data, n, m.t);
	return 0;
}
