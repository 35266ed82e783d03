/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole link of the Bitcoin family.  The input is a byte of settings, then what the node
 * says: messages as a byte for the command, two for the length, the payload, which the target
 * frames as a node would (or, by a setting, the bytes as they are).
 *
 * The same bytes are played twice, whole and in pieces: what is sent, found and concluded
 * must be the same.  What is sent must be whole messages of the five commands; what is found
 * must be endpoints that can be written and read again.  A decoder reads them, too.
 */
#include <string.h>

#include "node/bitcoin/decoder.h"
#include "node/bitcoin/dialog.h"
#include "node/bitcoin/fields.h"
#include "node/bitcoin/frame.h"
#include "node/bitcoin/limits.h"
#include "node/wire.h"
#include "tests/fuzz/fuzz.h"

#define STREAM_MAX	(1 << 17)
#define SENT_MAX	(1 << 16)

static const char *const commands[] = { "version", "verack", "ping", "addr", "addrv2", "inv", "sendaddrv2",
	"getaddr", "", "pong" };

struct play {
	uint8_t		 sent[SENT_MAX];
	size_t		 nsent;
	uint64_t	 found, n;
	struct dialog_peer peer;
	enum dialog_state state;
	const char	*why;
	int64_t		 due;
};

static void
on_sent(void *arg, const uint8_t *p, size_t n)
{
	struct play *play = arg;

	MUST(n <= SENT_MAX - play->nsent);
	memcpy(play->sent + play->nsent, p, n);
	play->nsent += n;
}

static void
digest(struct play *p, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		p->found = (p->found ^ b[i]) * 0x100000001b3u;
}

static void
on_found(void *arg, const struct observation *o)
{
	struct play *p = arg;
	char buf[ENDPOINT_TEXT];
	struct endpoint e;

	MUST(o->type == OBS_NEIGHBOUR && o->fields == &btc_fields[BITCOIN_MAIN]);
	MUST(endpoint_parse(&e, endpoint_format(buf, o->neighbour.node)));
	MUST(endpoint_compare(e, o->neighbour.node) == 0);
	MUST(o->value[BTC_NEIGHBOUR_ENTRIES].number <= LIMIT_ENTRIES);
	for (int i = 0; i < BTC_NEIGHBOUR_FIELDS; i++) {
		if (o->fields->of[OBS_NEIGHBOUR].field[i].type == FIELD_TEXT) {
			MUST(utf8_valid(o->value[i].text.p, o->value[i].text.len));
			digest(p, o->value[i].text.p, o->value[i].text.len);
		} else
			digest(p, &o->value[i].number, sizeof(o->value[i].number));
	}
	digest(p, buf, strlen(buf));
	p->n++;
}

static void
check_sent(const struct play *p)
{
	static const char *const five[] = { "version", "sendaddrv2", "verack", "getaddr", "pong" };
	int asked = 0;

	for (size_t at = 0; at < p->nsent;) {
		const char *command = (const char *)p->sent + at + 4;
		uint32_t length;
		bool known = false;

		MUST(p->nsent - at >= BTC_HEADER);
		length = load_u32(p->sent + at + 16);
		MUST(p->nsent - at - BTC_HEADER >= length);
		for (size_t i = 0; i < sizeof(five) / sizeof(five[0]); i++)
			known |= strncmp(command, five[i], BTC_COMMAND) == 0;
		MUST(known);
		asked += strncmp(command, "getaddr", BTC_COMMAND) == 0;
		at += BTC_HEADER + length;
	}
	MUST(asked <= 1);
}

static void
play(struct play *p, const struct dialog_config *c, const uint8_t *bytes, size_t n, size_t piece)
{
	const struct dialog_sink sink = { on_sent, on_found, p };
	const struct overlay *o = &bitcoin[BITCOIN_MAIN];
	struct dialog *d = o->open(c, &sink, 0);

	memset(p, 0, sizeof(*p));
	MUST(d != NULL);
	o->close(d);
	memset(p, 0, sizeof(*p));
	d = o->open(c, &sink, 0);
	MUST(d != NULL);
	p->state = DIALOG_OPEN;
	for (size_t at = 0; at < n && p->state == DIALOG_OPEN; at += piece)
		p->state = o->input(d, 1000, bytes + at, n - at < piece ? n - at : piece);
	o->peer(d, &p->peer);
	for (int i = 0; i < BTC_CONTACT_FIELDS; i++) {
		if (o->fields->of[OBS_CONTACT].field[i].type == FIELD_TEXT)
			MUST(utf8_valid(p->peer.contact[i].text.p, p->peer.contact[i].text.len));
	}
	p->due = o->due(d);
	digest(p, o->why(d), strlen(o->why(d)));
	check_sent(p);
	o->close(d);
}

/* ---- the decoder: it must come to an end, and tell whole parts ------------------------ */

static void
on_message(void *arg, const struct decoded *m)
{
	(void)arg;
	MUST(m->name == NULL || utf8_valid((const uint8_t *)m->name, strlen(m->name)));
}

static void
on_part(void *arg, const struct part *p)
{
	int *depth = arg;

	*depth += p->type == PART_LIST || p->type == PART_RECORDS || p->type == PART_RECORD;
	*depth -= p->type == PART_END;
	MUST(*depth >= 0);
	if (p->type == PART_TEXT)
		MUST(utf8_valid(p->text.p, p->text.len));
}

static void
on_end(void *arg)
{
	MUST(*(int *)arg == 0);
}

static void
decode(const uint8_t *bytes, size_t n)
{
	int depth = 0;
	const struct decoder_sink sink = { on_message, on_part, on_end, &depth };
	struct decoder *d = btc_decoder_open(&sink, true);

	MUST(d != NULL);
	(void)btc_decoder_input(d, bytes, n);
	btc_decoder_close(d, true);
}

static size_t
frame_messages(uint8_t *out, const uint8_t *p, size_t n)
{
	struct wire_out w = wire_out_of(out, STREAM_MAX);

	while (n >= 3) {
		const char *command = commands[p[0] % (sizeof(commands) / sizeof(commands[0]))];
		size_t len = load_u16(p + 1);
		uint8_t sum[4];

		p += 3;
		n -= 3;
		len = len < n ? len : n;
		btc_checksum(sum, p, len);
		wire_put(&w, btc_networks[BITCOIN_MAIN].magic, 4);
		wire_put_padded(&w, (struct text){ (const uint8_t *)command, strlen(command) }, BTC_COMMAND);
		wire_put_u32(&w, (uint32_t)len);
		wire_put(&w, sum, 4);
		wire_put(&w, p, len);
		p += len;
		n -= len;
	}
	return (size_t)(w.p - out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static uint8_t stream[STREAM_MAX];
	static struct play whole, cut;
	struct dialog_config c = { .windows = 1, .handshake_ms = 30000, .patience_ms = 150000,
		.silence_ms = 1200000, .utc_ms = INT64_C(1790000000000), .time_scale = 1,
		.peer = endpoint_ipv4(0x2c000001, 8333), .params = &btc_networks[BITCOIN_MAIN] };
	const uint8_t *bytes = stream;
	size_t len;

	if (n == 0 || n > STREAM_MAX / 16)
		return 0;
	c.standing = p[0] & 1;
	c.windows = p[0] & 2 ? 0 : 1;
	c.blocks_max = p[0] & 4 ? 3 : 0;
	len = n - 1;
	if (p[0] & 8)
		bytes = p + 1;
	else
		len = frame_messages(stream, p + 1, n - 1);
	play(&whole, &c, bytes, len, len > 0 ? len : 1);
	play(&cut, &c, bytes, len, 1 + (p[0] >> 4));
	MUST(whole.found == cut.found && whole.n == cut.n && whole.state == cut.state && whole.due == cut.due);
	MUST(whole.nsent == cut.nsent && memcmp(whole.sent, cut.sent, whole.nsent) == 0);
	MUST(whole.peer.neighbours == cut.peer.neighbours && whole.peer.bad_keys == cut.peer.bad_keys);
	decode(bytes, len);
	return 0;
}
