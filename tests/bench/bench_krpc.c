/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams of the DHT decoded on one core: an answer to find_node as libtorrent
 * gives it, with eight contacts, held against copying its bytes one by one; and the
 * worst that 2,304 bytes can ask for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/mainline/krpc.h"

#define TIMES	20000
#define ROUNDS	25	/* the best of them counts: the machine is shared */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Microseconds a datagram; every contact is looked at. */
static double
time_decoding(const uint8_t *p, size_t n, size_t contacts)
{
	double best = 1e9, from;
	struct krpc_contact c;
	struct krpc m;
	size_t seen, at;

	for (int round = 0; round < ROUNDS; round++) {
		from = now();
		seen = 0;
		for (int i = 0; i < TIMES; i++) {
			(void)krpc_read(&m, p, n);
			for (at = 0; krpc_contact(&m.body, false, &at, &c);)
				seen += c.id[0] != 0;
		}
		from = (now() - from) / TIMES * 1e6;
		best = from < best ? from : best;
		if (seen != contacts * TIMES)
			exit(1);
	}
	return best;
}

static double
time_copying(const uint8_t *p, size_t n)
{
	static uint8_t copied[4096];
	volatile uint8_t *to = copied;
	double best = 1e9, from;

	for (int round = 0; round < ROUNDS; round++) {
		from = now();
		for (int i = 0; i < TIMES; i++)
			for (size_t k = 0; k < n; k++)
				to[k] = p[k];
		from = (now() - from) / TIMES * 1e6;
		best = from < best ? from : best;
	}
	return best;
}

int
main(void)
{
	static uint8_t answer[512], worst[2304];
	size_t n = (size_t)sprintf((char *)answer, "d2:ip6:abcdef1:rd2:id20:mnopqrstuvwxyz1234565:nodes208:");
	double t, copy, bad;

	memset(answer + n, 'x', 208);
	n += 208;
	n += (size_t)sprintf((char *)answer + n, "1:pi4660ee1:t4:abcd1:v4:LT\2\10" "1:y1:re");
	t = time_decoding(answer, n, 8);
	copy = time_copying(answer, n);
	printf("dht-answer-decoded %.4f us copied-byte-by-byte %.4f us %.3f value<=1\n", t, copy, copy / t);
	fprintf(stderr, "an answer of %zu bytes\n", n);
	/* A list of one-byte values, each a token of its own, inside an argument that nobody reads. */
	n = (size_t)sprintf((char *)worst, "d1:rd2:id20:mnopqrstuvwxyz1234566:valuesl");
	for (; n + 20 < sizeof(worst); n += 2)
		memcpy(worst + n, "0:", 2);
	n += (size_t)sprintf((char *)worst + n, "ee1:t1:a1:y1:re");
	bad = time_decoding(worst, n, 0) * 1000 / (double)n;
	copy = time_copying(worst, n) * 1000 / (double)n;
	printf("dht-worst-kilobyte %.4f us copied-byte-by-byte %.4f us %.3f value<=20\n", bad, copy, copy / bad);
	return 0;
}
