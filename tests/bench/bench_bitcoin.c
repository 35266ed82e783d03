/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of addrv2 a second on one core: bytes of a link in, observations out, through the
 * whole dialog.  Held against a bare loop over the same bytes, which hashes each payload twice
 * and reads the entries that are nothing but IPv4, in the same run.
 */
#include <sodium/crypto_hash_sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/bitcoin/dialog.h"
#include "node/bitcoin/fields.h"
#include "node/bitcoin/frame.h"
#include "node/wire.h"

#define BYTES		(16 << 20)
#define CHUNK		65536	/* as read from a socket */
#define ROUNDS		9	/* the best of them counts: the machine is shared */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
die(const char *why)
{
	fprintf(stderr, "bench_bitcoin: %s\n", why);
	exit(1);
}

static void
put_message(struct wire_out *w, const char *command, const uint8_t *payload, size_t n)
{
	uint8_t sum[4];

	btc_checksum(sum, payload, n);
	wire_put(w, btc_networks[BITCOIN_MAIN].magic, 4);
	wire_put_padded(w, (struct text){ (const uint8_t *)command, strlen(command) }, BTC_COMMAND);
	wire_put_u32(w, (uint32_t)n);
	wire_put(w, sum, 4);
	wire_put(w, payload, n);
}

/* A node's handshake, then messages of so many entries; *n is how many in all. */
static size_t
make_stream(uint8_t *bytes, unsigned entries, size_t *first, size_t *n)
{
	static uint8_t payload[40000];
	struct wire_out w = wire_out_of(bytes, BYTES);
	uint8_t version[86] = { 0x80, 0x11, 1, 0, 9, 4 };
	unsigned at = 0;

	memcpy(version + 12, (uint8_t[4]){ 0x80, 0x3b, 0xb1, 0x6a }, 4);
	put_message(&w, "version", version, sizeof(version));
	put_message(&w, "verack", NULL, 0);
	*first = (size_t)(w.p - bytes);
	for (*n = 0; (size_t)(w.end - w.p) > sizeof(payload); *n += entries) {
		struct wire_out p = wire_out_of(payload, sizeof(payload));

		wire_put(&p, (uint8_t[3]){ 0xfd, (uint8_t)entries, (uint8_t)(entries >> 8) }, entries < 0xfd ? 0 : 3);
		if (entries < 0xfd)
			wire_put_u8(&p, (uint8_t)entries);
		for (unsigned i = 0; i < entries; i++, at++) {
			wire_put_u32(&p, 1790000000 - at % 100000);
			wire_put(&p, (uint8_t[5]){ 0xfd, 9, 4, 1, 4 }, 5);
			wire_put_u32(&p, 0x2c + at * 2654435761u);
			wire_put_u16(&p, 0x8d20);
		}
		put_message(&w, "addrv2", payload, (size_t)(p.p - payload));
	}
	return (size_t)(w.p - bytes);
}

/* ---- the two loops ---------------------------------------------------------------- */

static void
drop(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

static void
count(void *arg, const struct observation *o)
{
	uint64_t *sum = arg;

	sum[0]++;
	sum[1] += o->neighbour.node.ip + (uint64_t)o->value[BTC_NEIGHBOUR_TIME].number +
	    o->value[BTC_NEIGHBOUR_SERVICES].text.p[0];
}

static double
time_dialog(const uint8_t *bytes, size_t len, size_t n)
{
	const struct dialog_config c = { .standing = true, .handshake_ms = 1000,
		.utc_ms = INT64_C(1790000000000), .peer = endpoint_ipv4(0x2c000001, 8333),
		.params = bitcoin[BITCOIN_MAIN].params };
	uint64_t sum[2] = { 0 };
	const struct dialog_sink sink = { drop, count, sum };
	struct dialog *d = bitcoin[BITCOIN_MAIN].open(&c, &sink, 0);
	double from;

	if (d == NULL)
		die("out of memory");
	from = now();
	for (size_t at = 0; at < len; at += CHUNK)
		bitcoin[BITCOIN_MAIN].input(d, 0, bytes + at, len - at < CHUNK ? len - at : CHUNK);
	from = now() - from;
	bitcoin[BITCOIN_MAIN].close(d);
	if (sum[0] != n)
		die("entries were lost");
	return from;
}

static double
time_bare(const uint8_t *bytes, size_t at, size_t len, unsigned entries, size_t n)
{
	uint64_t sum = 0, seen = 0;
	double from = now();

	while (at < len) {
		uint32_t length = load_u32(bytes + at + 16);
		const uint8_t *p = bytes + at + BTC_HEADER;
		uint8_t once[32], twice[32];

		crypto_hash_sha256(once, p, length);
		crypto_hash_sha256(twice, once, sizeof(once));
		if (memcmp(twice, bytes + at + 20, 4) != 0)
			die("a checksum is wrong");
		p += entries < 0xfd ? 1 : 3;
		for (unsigned i = 0; i < entries; i++, p += 15, seen++)
			sum += load_u32(p) + load_u16(p + 5) + __builtin_bswap32(load_u32(p + 9)) +
			    (unsigned)(p[13] << 8 | p[14]);
		at += BTC_HEADER + length;
	}
	from = now() - from;
	if (seen != n || sum == 0)
		die("the bare loop lost entries");
	return from;
}

int
main(void)
{
	static const unsigned sizes[] = { 10, 1000 };
	uint8_t *bytes = malloc(BYTES);

	if (bytes == NULL)
		die("out of memory");
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		double dialog = 1e9, bare = 1e9, t;
		size_t first, n, len = make_stream(bytes, sizes[k], &first, &n);

		for (int i = 0; i < ROUNDS; i++) {
			if ((t = time_dialog(bytes, len, n)) < dialog)
				dialog = t;
			if ((t = time_bare(bytes, first, len, sizes[k], n)) < bare)
				bare = t;
		}
		printf("address-entries-by-%u %.0f entries/s bare-loop %.0f entries/s %.3f ratio>=0.5\n",
		    sizes[k], (double)n / dialog, (double)n / bare, bare / dialog);
	}
	free(bytes);
	return 0;
}
