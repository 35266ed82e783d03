/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TCP stream in any order, against a model that holds all of its bytes.
 *
 * The input says of each segment where it lies and how long it is; copies of a byte
 * differ, so that it shows which one was taken: the first.  All segments come within the
 * time that a hole may take, so what the driver gets is every byte that was captured, in
 * order and once, and every hole by its length.  The same segments once more, each cut in
 * two, and the driver must get the same.
 */
#include <string.h>

#include "bounds.h"
#include "crawler/capture/streams.h"
#include "tests/fuzz/fuzz.h"

#define STREAM	4096
#define SEGMENTS 200

static struct model {
	uint8_t	byte[STREAM];
	bool	there[STREAM];
	size_t	end;
} model;

/* What the driver got. */
static struct tap {
	uint8_t	byte[STREAM];
	bool	there[STREAM];
	size_t	at;
	int	open;
} got;
static unsigned closed;

static enum recognised
recognise(const uint8_t *first, size_t len)
{
	(void)first;
	return len < 2 ? NOT_YET : OURS;
}

static struct tap *
tap_open(const struct tap_config *c, const struct tap_sink *sink)
{
	(void)c;
	(void)sink;
	MUST(got.open++ == 0);
	return &got;
}

static void
tap_input(struct tap *t, const uint8_t *p, size_t n)
{
	MUST(n > 0 && t->at + n <= STREAM);
	memcpy(t->byte + t->at, p, n);
	memset(t->there + t->at, 1, n);
	t->at += n;
}

static void
tap_gap(struct tap *t, uint64_t n)
{
	MUST(n > 0 && t->at + n <= STREAM);
	t->at += n;
}

static void
tap_state(const struct tap *t, struct tap_state *state)
{
	*state = (struct tap_state){ .level = TAP_FIRST_BLOCK, .bytes = t->at };
}

static size_t
tap_bytes(const struct tap *t)
{
	return t->at;
}

static void
tap_nothing(struct tap *t)
{
	(void)t;
}

static const struct overlay toy = {
	.name = "toy", .carrier = CARRIER_STREAM, .recognise = recognise, .tap_open = tap_open,
	.tap_input = tap_input, .tap_gap = tap_gap, .tap_state = tap_state, .tap_bytes = tap_bytes,
	.tap_give_up = tap_nothing, .tap_end = tap_nothing, .tap_close = tap_nothing,
};
static const struct overlay *const drivers[] = { &toy, NULL };

static void
on_found(void *arg, struct link *link, int side, const struct observation *o, bool in_passing)
{
	(void)arg;
	(void)link;
	(void)side;
	(void)o;
	(void)in_passing;
}

static void
on_closed(void *arg, struct link *link)
{
	(void)arg;
	MUST(link->overlay == &toy && link->opened);
	closed++;
}

static void
on_blind(void *arg, struct endpoint from, struct endpoint to, int64_t first_ms, uint64_t bytes)
{
	(void)arg;
	(void)from;
	(void)to;
	(void)first_ms;
	(void)bytes;
}

static void
send(struct streams *s, uint32_t seq, uint8_t flags, const uint8_t *p, uint32_t n, uint32_t len)
{
	struct ip_packet ip = { .has_ip = true, .version = 4, .protocol = 6, .n = 20 + n, .len = 20 + len };
	uint8_t b[20 + STREAM] = { 0, 80, 1, 0 };

	ip.src[15] = 2;
	ip.dst[15] = 1;
	b[4] = (uint8_t)(seq >> 24);
	b[5] = (uint8_t)(seq >> 16);
	b[6] = (uint8_t)(seq >> 8);
	b[7] = (uint8_t)seq;
	b[12] = 5 << 4;
	b[13] = flags;
	if (n > 0)
		memcpy(b + 20, p, n);
	ip.p = b;
	MUST(streams_take(s, &ip, 1000));
}

/* A segment: where, how long, and how much of it the snapshot length left. */
struct where {
	uint32_t	at, n, len;
};

static struct where
read_where(const uint8_t in[5])
{
	struct where w = { .at = (uint32_t)(in[0] << 8 | in[1]) % (STREAM - 512) };

	w.len = 1 + (uint32_t)(in[2] << 8 | in[3]) % 511;
	w.n = (in[4] & 0xf0) == 0xf0 ? w.len * (in[4] & 15) / 16 : w.len;
	return w;
}

static void
into_model(struct where w, const uint8_t *bytes)
{
	for (uint32_t i = 0; i < w.len; i++) {
		size_t at = w.at + i;

		/* The first copy counts, also if it is the one that was cut off. */
		if (at >= model.end)
			model.end = at + 1;
		if (model.byte[at] == 0) {
			model.byte[at] = i < w.n ? bytes[i] : 1;
			model.there[at] = i < w.n;
		}
	}
}

static void
play(const uint8_t *in, size_t size, uint32_t isn, bool halves)
{
	static const uint8_t key[16] = { 3 };
	const struct stream_sink sink = { on_found, on_closed, on_blind, NULL };
	struct streams *s = streams_new(drivers, 16, key, &sink);
	uint8_t bytes[STREAM];
	unsigned k = 0;

	MUST(s != NULL);
	memset(&got, 0, sizeof(got));
	memset(&model, 0, sizeof(model));
	closed = 0;
	send(s, isn, 2, NULL, 0, 0);
	for (; size >= 5 && k < SEGMENTS; in += 5, size -= 5, k++) {
		struct where w = read_where(in);

		memset(bytes, (int)(2 + k), w.len);
		into_model(w, bytes);
		if (halves && w.n == w.len && w.len > 1) {
			send(s, isn + 1 + w.at, 16, bytes, w.len / 2, w.len / 2);
			send(s, isn + 1 + w.at + w.len / 2, 16, bytes, w.len - w.len / 2, w.len - w.len / 2);
		} else
			send(s, isn + 1 + w.at, 16, bytes, w.n, w.len);
	}
	streams_free(s);
}

/* Without its first two bytes nobody could recognise it. */
static void
hold(void)
{
	if (!model.there[0] || !model.there[1]) {
		MUST(got.open == 0 && closed == 0);
		return;
	}
	MUST(got.open == 1 && closed == 1);
	MUST(got.at == model.end);
	for (size_t i = 0; i < model.end; i++) {
		MUST(got.there[i] == model.there[i]);
		MUST(!got.there[i] || got.byte[i] == model.byte[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	uint32_t isn;

	if (size < 4)
		return 0;
	memcpy(&isn, in, sizeof(isn));
	play(in + 4, size - 4, isn, false);
	hold();
	play(in + 4, size - 4, isn, true);
	hold();
	return 0;
}
