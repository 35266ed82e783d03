/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scripted conversation with a dialog of the Bitcoin family: the test plays the node, hears
 * what the dialog says message by message, and keeps what it found as lines of text.
 */
#ifndef KANSOKU_TESTS_BITCOIN_TALK_H
#define KANSOKU_TESTS_BITCOIN_TALK_H

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/node/wire_test.h"

#include "node/bitcoin/dialog.h"
#include "node/bitcoin/fields.h"
#include "node/bitcoin/frame.h"
#include "node/wire.h"

#define STREAM_MAX	(1 << 18)
#define NOW_S		1790000000

/* Bytes that the node says, put together before they are handed over. */
struct stream {
	uint8_t	b[STREAM_MAX];
	size_t	n;
};

static inline void
put_message(struct stream *s, const char *command, const uint8_t *payload, size_t n)
{
	struct wire_out w = wire_out_of(s->b + s->n, STREAM_MAX - s->n);
	uint8_t sum[4];

	btc_checksum(sum, payload, n);
	wire_put(&w, btc_networks[BITCOIN_MAIN].magic, 4);
	wire_put_padded(&w, text(command), BTC_COMMAND);
	wire_put_u32(&w, (uint32_t)n);
	wire_put(&w, sum, 4);
	wire_put(&w, payload, n);
	assert_false(w.bad);
	s->n = (size_t)(w.p - s->b);
}

/* A version of protocol 70016, services c09, whose clock is `ahead` seconds before NOW_S. */
static inline void
put_version(struct stream *s, int32_t protocol, int64_t ahead, const char *agent)
{
	uint8_t buf[1024];
	struct wire_out w = wire_out_of(buf, sizeof(buf));
	int64_t time = NOW_S + ahead;

	wire_put_i32(&w, protocol);
	wire_put_u32(&w, 0xc09);
	wire_put_u32(&w, 0);
	wire_put_u32(&w, (uint32_t)time);
	wire_put_u32(&w, (uint32_t)(time >> 32));
	wire_put(&w, (uint8_t[26]){ [18] = 0xff, [19] = 0xff, [20] = 44, 5, 6, 7, 0x20, 0x8d }, 26);
	wire_put(&w, (uint8_t[26]){ 0 }, 26);
	wire_put(&w, "nonce123", 8);
	wire_put_u8(&w, (uint8_t)strlen(agent));
	wire_put(&w, agent, strlen(agent));
	wire_put_i32(&w, 900000);
	wire_put_u8(&w, 1);
	put_message(s, "version", buf, (size_t)(w.p - buf));
}

/* addr with n entries 44.0.0.1, 44.0.0.2 …, all `age` seconds old by NOW_S. */
static inline void
put_addr(struct stream *s, unsigned n, int64_t age)
{
	uint8_t buf[40000];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	if (n < 0xfd) {
		wire_put_u8(&w, (uint8_t)n);
	} else {
		wire_put_u8(&w, 0xfd);
		wire_put_u16(&w, (uint16_t)n);
	}
	for (unsigned i = 1; i <= n; i++) {
		wire_put_u32(&w, (uint32_t)(NOW_S - age));
		wire_put_u32(&w, 0x409);
		wire_put_u32(&w, 0);
		wire_put(&w, (uint8_t[12]){ [10] = 0xff, [11] = 0xff }, 12);
		wire_put(&w, (uint8_t[6]){ 44, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0x20, 0x8d }, 6);
	}
	assert_false(w.bad);
	put_message(s, "addr", buf, (size_t)(w.p - buf));
}

struct talk {
	struct dialog	*d;
	int64_t		 now;
	enum dialog_state state;
	struct btc_frame ear;		/* what the dialog's bytes come out of */
	char		 said[1024];	/* commands, in order, with blanks */
	uint8_t		 bytes[8192];	/* all that it said */
	size_t		 nbytes;
	char		 found[1 << 20];	/* a line for each observation */
	size_t		 nfound;
};

/* In place of ear's own reading of five commands: their headers are looked at. */
static inline void
hear(void *arg, const uint8_t *bytes, size_t n)
{
	struct talk *t = arg;

	assert_true(t->nbytes + n <= sizeof(t->bytes));
	memcpy(t->bytes + t->nbytes, bytes, n);
	t->nbytes += n;
	while (n > 0) {		/* whole messages only */
		uint32_t length;

		assert_true(n >= BTC_HEADER);
		assert_memory_equal(bytes, btc_networks[BITCOIN_MAIN].magic, 4);
		length = load_u32(bytes + 16);
		assert_true(n >= BTC_HEADER + length);
		snprintf(t->said + strlen(t->said), sizeof(t->said) - strlen(t->said), "%s%.12s",
		    t->said[0] == '\0' ? "" : " ", (const char *)bytes + 4);
		bytes += BTC_HEADER + length;
		n -= BTC_HEADER + length;
	}
}

static inline void
find(void *arg, const struct observation *o)
{
	struct talk *t = arg;
	char buf[ENDPOINT_TEXT];

	assert_int_equal(o->type, OBS_NEIGHBOUR);
	assert_ptr_equal(o->fields, bitcoin[BITCOIN_MAIN].fields);
	assert_true(o->round == 0 && o->t_ms == 0 && endpoint_is_nobody(o->to));
	t->nfound += (size_t)snprintf(t->found + t->nfound, sizeof(t->found) - t->nfound,
	    "%s %.*s %" PRId64 " %.*s %" PRId64 " %s%s\n", endpoint_format(buf, o->neighbour.node),
	    (int)o->value[BTC_NEIGHBOUR_NET].text.len, (const char *)o->value[BTC_NEIGHBOUR_NET].text.p,
	    o->value[BTC_NEIGHBOUR_TIME].number - NOW_S,
	    (int)o->value[BTC_NEIGHBOUR_SERVICES].text.len,
	    (const char *)o->value[BTC_NEIGHBOUR_SERVICES].text.p,
	    o->value[BTC_NEIGHBOUR_ENTRIES].number,
	    o->value[BTC_NEIGHBOUR_FRESH].number ? "fresh" : "table",
	    o->value[BTC_NEIGHBOUR_OWN].number ? " own" : "");
	assert_true(t->nfound < sizeof(t->found));
}

static inline struct dialog_config
usual_config(void)
{
	return (struct dialog_config){
		.peer = endpoint_ipv4(0x2c000001, 8333), .windows = 1, .handshake_ms = 30000,
		.patience_ms = 150000, .silence_ms = 1200000, .utc_ms = (int64_t)NOW_S * 1000,
		.params = bitcoin[BITCOIN_MAIN].params, .random = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
	};
}

/* Zeroed by the caller, for it is large. */
static inline void
talk_begin(struct talk *t, struct dialog_config c)
{
	const struct dialog_sink sink = { hear, find, t };

	memset(t, 0, sizeof(*t));
	t->now = 1000000;
	t->d = bitcoin[BITCOIN_MAIN].open(&c, &sink, t->now);
	assert_non_null(t->d);
}

static inline void
talk_end(struct talk *t)
{
	bitcoin[BITCOIN_MAIN].close(t->d);
	t->d = NULL;
}

static inline void
say(struct talk *t, const struct stream *s)
{
	t->state = bitcoin[BITCOIN_MAIN].input(t->d, t->now, s->b, s->n);
}

static inline void
wait_ms(struct talk *t, int64_t ms)
{
	t->now += ms;
	t->state = bitcoin[BITCOIN_MAIN].tick(t->d, t->now);
}

static inline const char *
why(const struct talk *t)
{
	return bitcoin[BITCOIN_MAIN].why(t->d);
}

#endif
