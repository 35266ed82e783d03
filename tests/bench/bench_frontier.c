/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory a known node takes in the crawler: what the process grew by for a
 * million of them, named by keys and then on the list of a round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crawler/frontier.h"

#define NODES	1000000u
#define MOST	160		/* bytes a node */

/* Bytes of memory that are this process's and in use. */
static double
resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
		exit(1);
	fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

int
main(void)
{
	double before = resident(), each;
	struct frontier *f = frontier_new(4 * NODES, (const uint8_t[16]){ 1 });

	for (uint32_t i = 0; f != NULL && i < NODES; i++)
		frontier_claim(f, endpoint_ipv4(0x0b000000 + i * 97, 7743), true);
	if (f == NULL || frontier_next(f, 0, false) != NODES) {
		fprintf(stderr, "bench_frontier: not all nodes are on the list\n");
		return 1;
	}
	each = (resident() - before) / NODES;
	printf("memory-a-known-node %.1f bytes at_most %d bytes %.4f ratio<1\n", each, MOST, each / MOST);
	frontier_free(f);
	return 0;
}
