/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key records decoded a second on one core: bytes of a link in, observations
 * with UTF-8 names out, through the whole dialog.  Held against the records a
 * second whose bytes RC4 alone can decrypt, in the same run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/winny/fields.h"
#include "node/winny/key.h"
#include "node/winny/message.h"
#include "tests/lab/answer.h"
#include "node/winny/outgoing.h"
#include "node/winny/dialog.h"

#define SPREADS		200
#define KEYS		600	/* in a spread: the most that a node sends */
#define CHUNK		16384	/* as read from a socket */
#define ROUNDS		25	/* the best of them counts: the machine is shared */

static const uint8_t preamble[PREAMBLE_LEN] = { 0, 0, 0xd2, 0x46, 0xad, 0x10 };

/* Seconds of a core that this program had: others may want it too. */
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
	fprintf(stderr, "bench_decode: %s\n", why);
	exit(1);
}

/* ---- the peer's bytes ---------------------------------------------------------------- */

/* Names like those of the overlay: brackets and numbers in ASCII, the rest in kanji. */
static size_t
make_name(uint8_t *out, unsigned n)
{
	static const char *const part[] = {
		"(\x88\xea\x94\xca\x8f\x91\x90\xd0) ", "[\x83\x41\x83\x6a\x83\x81] ",
		"\x89\xb9\x8a\x79\x8f\x57 ", "\x8e\xca\x90\x5e\x8f\x57 ",
	};
	int len = snprintf((char *)out, KEY_NAME_MAX, "%s%s%s %06u (640x480 DivX).avi", part[n % 4],
	    part[n / 4 % 4], "\x91\xe6\x82\x50\x98\x62", n);

	return (size_t)len;
}

static void
put_key(struct answer_query *a, unsigned n)
{
	uint8_t hash[16], plain[KEY_NAME_MAX], cipher[KEY_NAME_MAX];
	struct key k = { .source = endpoint_ipv4(0x0b000000 + n * 2654435761u % 0x7fffffff, 1024),
		.size = n * 7919 % 700000000, .hash = hash, .ttl = (uint16_t)(n % 1500),
		.blocks = n % 9000, .mtime = 1274400000 + n, .version = 5 };

	for (size_t i = 0; i < sizeof(hash); i++)
		hash[i] = (uint8_t)(n * 31 + i * 17 + 1);
	answer_name(&k, cipher, (struct text){ plain, make_name(plain, n) });
	answer_query_key(a, &k);
}

static uint8_t *
make_stream(size_t *len)
{
	const struct introduction us = { .speed = 120, .self = { .ip = 0xcb007107, .port = 7743 } };
	size_t room = (size_t)SPREADS * KEYS * 160 + 4096;
	uint8_t *bytes = malloc(room), *second;
	struct wire_out w = wire_out_of(bytes, bytes == NULL ? 0 : room);
	struct link_cipher l;

	link_cipher_start(&l, preamble);
	wire_put(&w, preamble, PREAMBLE_LEN);
	outgoing_header(&w, OUTGOING_VERSION, (struct text){ (const uint8_t *)OUTGOING_TEXT, 16 });
	link_cipher_apply(&l, bytes + PREAMBLE_LEN, bytes + PREAMBLE_LEN, 25);
	link_cipher_rekey(&l);
	second = w.p;
	outgoing_speed(&w, us.speed);
	outgoing_self(&w, &us.self);
	for (unsigned s = 0; s < SPREADS; s++) {
		const struct query q = { .spread = 1, .downstream = 0 };
		struct answer_query a;

		answer_query_begin(&a, &w, &q, NULL);
		for (unsigned k = 0; k < KEYS; k++)
			put_key(&a, s * KEYS + k);
		answer_query_end(&a);
	}
	if (w.bad)
		die("the stream does not fit");
	link_cipher_apply(&l, second, second, (size_t)(w.p - second));
	*len = (size_t)(w.p - bytes);
	return bytes;
}

/* ---- the two loops ---------------------------------------------------------------------- */

static void
drop(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

/* Looks at what a store would look at, so that none of the work can be left out. */
static void
count(void *arg, const struct observation *o)
{
	struct text name = o->value[WINNY_KEY_NAME].text;
	uint64_t *sum = arg;

	sum[0]++;
	sum[1] += o->key.source.ip + name.len + name.p[name.len - 1];
}

static double
time_dialog(const uint8_t *bytes, size_t len)
{
	const struct dialog_config c = { .windows = 1, .age_ms = 1, .handshake_ms = 1000,
		.window_ms = 1000, .patience_ms = 1000, .peer = endpoint_ipv4(0xcb007107, 7743) };
	uint64_t sum[2] = { 0 };
	const struct dialog_sink sink = { drop, count, sum };
	struct dialog *d = winny.open(&c, &sink, 0);
	double from;

	if (d == NULL)
		die("out of memory");
	from = now();
	for (size_t at = 0; at < len; at += CHUNK)	/* at time 0: it never asks, so never leaves */
		winny.input(d, 0, bytes + at, len - at < CHUNK ? len - at : CHUNK);
	from = now() - from;
	winny.close(d);
	if (sum[0] != (uint64_t)SPREADS * KEYS)
		die("keys were lost");
	return from;
}

static double
time_rc4(const uint8_t *bytes, size_t len)
{
	static uint8_t out[CHUNK];
	struct rc4 r;
	double from = now();

	rc4_key(&r, preamble + 2, 4);
	for (size_t at = 0; at < len; at += CHUNK)
		rc4_apply(&r, out, bytes + at, len - at < CHUNK ? len - at : CHUNK);
	return now() - from;
}

int
main(void)
{
	double dialog = 1e9, rc4 = 1e9, records = (double)SPREADS * KEYS, t;
	size_t len;
	uint8_t *bytes = make_stream(&len);

	winny.prepare();
	for (int i = 0; i < ROUNDS; i++) {
		if ((t = time_dialog(bytes, len)) < dialog)
			dialog = t;
		if ((t = time_rc4(bytes, len)) < rc4)
			rc4 = t;
	}
	free(bytes);
	printf("key-records-decoded %.0f records/s rc4-alone %.0f records/s %.3f ratio>=0.5,value>=2e6\n",
	    records / dialog, records / rc4, rc4 / dialog);
	fprintf(stderr, "%.1f bytes a record; RC4 alone %.0f MB/s\n", (double)len / records,
	    (double)len / rc4 / 1e6);
	return 0;
}
