/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A captured direction with holes.  The input is settings (a piece's length, then where
 * holes lie and how long they are), then what stands behind the header, in clear; the target
 * encrypts it.  Read in pieces and as a whole it must come out the same, and of a stream without
 * holes every byte is read or the reading ended.
 */
#include <string.h>

#include "node/winny/dialog.h"
#include "node/winny/link_cipher.h"
#include "node/winny/outgoing.h"
#include "tests/fuzz/fuzz.h"

#define HOLES	3
#define SETTINGS (1 + 4 * HOLES)
#define HEAD	36
#define MOST	8192

struct hole {
	size_t	at, n;
};

struct heard {
	uint64_t	found, n;
	struct tap_state state;
};

static void
on_found(void *arg, const struct observation *o, bool in_passing)
{
	struct heard *h = arg;

	h->n++;
	h->found = h->found * 1099511628211u + (uint64_t)o->type * 2 + in_passing;
	if (o->type == OBS_KEY) {
		h->found = h->found * 31 + o->key.source.ip;
		for (int i = 0; i < o->fields->of[OBS_KEY].n; i++)
			if (o->fields->of[OBS_KEY].field[i].type == FIELD_TEXT)
				MUST(utf8_valid(o->value[i].text.p, o->value[i].text.len));
	}
}

static struct heard
play(const uint8_t *wire, size_t n, const struct hole *hole, size_t piece)
{
	const struct tap_config c = { .from = endpoint_ipv4(1, 1), .to = endpoint_ipv4(2, 2), .client = true };
	struct heard h = { .found = 1 };
	const struct tap_sink sink = { on_found, &h };
	struct tap *t = winny.tap_open(&c, &sink);
	size_t at = 0, next = 0;

	MUST(t != NULL);
	while (at < n) {
		size_t end = at + piece < n ? at + piece : n;

		while (next < HOLES && (hole[next].n == 0 || hole[next].at < at))
			next++;
		if (next < HOLES && hole[next].at == at) {
			size_t gap = hole[next].n < n - at ? hole[next].n : n - at;

			winny.tap_gap(t, gap);
			at += gap;
			continue;
		}
		if (next < HOLES && hole[next].at < end)
			end = hole[next].at;
		winny.tap_input(t, wire + at, end - at);
		at = end;
	}
	winny.tap_end(t);
	winny.tap_state(t, &h.state);
	MUST(h.state.bytes == n && h.state.unread <= n);
	winny.tap_close(t);
	return h;
}

static size_t
encrypt(uint8_t *wire, const uint8_t *plain, size_t n)
{
	static const uint8_t preamble[PREAMBLE_LEN] = { 1, 2, 0xd2, 0x46, 0xad, 0x10 };
	static const char version[] = "Winny Ver2.0b7.1";
	struct wire_out w = wire_out_of(wire + PREAMBLE_LEN, HEAD);
	struct link_cipher c;

	outgoing_filler(&w);
	outgoing_header(&w, 12710, (struct text){ (const uint8_t *)version, sizeof(version) - 1 });
	memcpy(wire, preamble, sizeof(preamble));
	link_cipher_start(&c, preamble);
	link_cipher_apply(&c, wire + PREAMBLE_LEN, wire + PREAMBLE_LEN, HEAD - PREAMBLE_LEN);
	link_cipher_rekey(&c);
	link_cipher_apply(&c, wire + HEAD, plain, n);
	return HEAD + n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct hole hole[HOLES] = { { 0, 0 } };
	uint8_t wire[HEAD + MOST];
	struct heard whole, pieces;
	size_t n, at = 11;

	if (size < SETTINGS || size > MOST)
		return 0;
	n = encrypt(wire, in + SETTINGS, size - SETTINGS);
	/* One behind the other, none in the first block. */
	for (int i = 0; i < HOLES; i++) {
		hole[i].at = at + (size_t)(in[1 + 4 * i] << 8 | in[2 + 4 * i]) % (MOST / 4);
		hole[i].n = (size_t)(in[3 + 4 * i] << 8 | in[4 + 4 * i]) % 2048;
		at = hole[i].at + hole[i].n + 1;
	}
	whole = play(wire, n, hole, n);
	pieces = play(wire, n, hole, 1 + in[0] % 64);
	MUST(whole.n == pieces.n && whole.found == pieces.found);
	MUST(whole.state.level == pieces.state.level && whole.state.unread == pieces.state.unread);
	MUST(whole.state.peer.keys == pieces.state.peer.keys);
	return 0;
}
