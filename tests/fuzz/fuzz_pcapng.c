/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Capture files of either format.  What is read of a file that is cut is the beginning of
 * what is read of the whole one.
 */
#include <string.h>

#include "bounds.h"
#include "crawler/capture/pcap_file.h"
#include "crawler/capture/pcapng.h"
#include "tests/fuzz/fuzz.h"

#define PACKETS	4096

/* A number for each packet, as far as there is room; returns how many there were. */
static size_t
read_file(const uint8_t *p, size_t n, uint64_t digest[PACKETS])
{
	uint8_t copy[1 << 16];
	struct pcap_file old = { .p = NULL };
	struct pcapng *g = NULL;
	struct packet packet;
	const char *why = NULL;
	size_t count = 0;
	FILE *f;
	int got = -1;

	if (n == 0 || n > sizeof(copy))
		return 0;
	memcpy(copy, p, n);
	MUST((f = fmemopen(copy, n, "rb")) != NULL);
	if (p[0] == 0x0a)
		MUST((g = pcapng_new(f)) != NULL);
	else
		why = pcap_file_begin(&old, f);
	while (why == NULL && (got = g != NULL ? pcapng_next(g, &packet) :
	    pcap_file_next(&old, &packet, &why)) == 1) {
		uint64_t d = (uint64_t)packet.t_ns * 31 + (uint64_t)packet.link * 7 + packet.len;

		MUST(packet.n <= packet.len && packet.n <= PACKET_BYTES);
		for (uint32_t i = 0; i < packet.n; i++)
			d = d * 1099511628211u + packet.p[i];
		if (count < PACKETS)
			digest[count++] = d;
		why = NULL;
	}
	MUST(got != 1);
	if (g != NULL) {
		MUST(got == 0 || pcapng_why(g) != NULL);
		MUST(strlen(pcapng_interface(g)) < PCAPNG_NAME);
		MUST(pcapng_dropped(g) >= -1);
	}
	pcapng_free(g);
	pcap_file_end(&old);
	fclose(f);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	static uint64_t whole[PACKETS], part[PACKETS];
	size_t n = read_file(in, size, whole), k = read_file(in, size / 2, part);

	MUST(k <= n);
	MUST(memcmp(whole, part, k * sizeof(whole[0])) == 0);
	return 0;
}
