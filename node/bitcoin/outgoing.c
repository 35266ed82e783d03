/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/bitcoin/outgoing.h"

#include <string.h>

#include "node/bitcoin/frame.h"
#include "node/bitcoin/limits.h"
#include "node/wire.h"

static void
send_message(const struct btc_outgoing *o, const char *command, struct text payload)
{
	uint8_t buf[BTC_OUTGOING], sum[4];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	btc_checksum(sum, payload.p, payload.len);
	wire_put(&w, o->network->magic, sizeof(o->network->magic));
	wire_put_padded(&w, (struct text){ (const uint8_t *)command, strlen(command) }, BTC_COMMAND);
	wire_put_u32(&w, (uint32_t)payload.len);
	wire_put(&w, sum, sizeof(sum));
	wire_put(&w, payload.p, payload.len);
	o->send(o->arg, buf, (size_t)(w.p - buf));
}

static void
send_empty(const struct btc_outgoing *o, const char *command)
{
	send_message(o, command, (struct text){ (const uint8_t *)"", 0 });
}

static void
put_u64(struct wire_out *w, uint64_t v)
{
	wire_put_u32(w, (uint32_t)v);
	wire_put_u32(w, (uint32_t)(v >> 32));
}

/* No services, the address as 16 bytes, the port; of other networks than IP nothing. */
static void
put_address(struct wire_out *w, struct endpoint e)
{
	uint8_t a[16] = { [10] = 0xff, [11] = 0xff }, bytes[ADDRESS_MAX];
	size_t n = address_bytes(e, bytes);

	if (n <= sizeof(a))
		memcpy(a + sizeof(a) - n, bytes, n);
	put_u64(w, 0);
	wire_put(w, a, sizeof(a));
	wire_put_u8(w, (uint8_t)(e.port >> 8));
	wire_put_u8(w, (uint8_t)e.port);
}

void
btc_send_version(const struct btc_outgoing *o, int64_t time_s, struct endpoint you,
    const uint8_t nonce[BTC_NONCE], struct text agent)
{
	uint8_t buf[BTC_OUTGOING];
	struct wire_out w = wire_out_of(buf, sizeof(buf));
	size_t len = agent.len < LIMIT_AGENT ? agent.len : LIMIT_AGENT;

	wire_put_u32(&w, BTC_PROTOCOL);
	put_u64(&w, 0);
	put_u64(&w, (uint64_t)time_s);
	put_address(&w, you);
	put_address(&w, (struct endpoint){ .net = NET_IPV4 });
	wire_put(&w, nonce, BTC_NONCE);
	if (len < 0xfd) {
		wire_put_u8(&w, (uint8_t)len);
	} else {
		wire_put_u8(&w, 0xfd);
		wire_put_u16(&w, (uint16_t)len);
	}
	wire_put(&w, agent.p, len);
	wire_put_u32(&w, 0);	/* height */
	wire_put_u8(&w, 0);	/* relay */
	send_message(o, "version", (struct text){ buf, (size_t)(w.p - buf) });
}

void
btc_send_sendaddrv2(const struct btc_outgoing *o)
{
	send_empty(o, "sendaddrv2");
}

void
btc_send_verack(const struct btc_outgoing *o)
{
	send_empty(o, "verack");
}

void
btc_send_getaddr(const struct btc_outgoing *o)
{
	send_empty(o, "getaddr");
}

void
btc_send_pong(const struct btc_outgoing *o, const uint8_t nonce[BTC_NONCE])
{
	send_message(o, "pong", (struct text){ nonce, BTC_NONCE });
}
