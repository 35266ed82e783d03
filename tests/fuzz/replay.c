/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target over saved inputs: what libFuzzer does where there is no
 * clang.  Each input lies in a heap block of exactly its size, so that a
 * sanitizer sees the first byte read past it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define INPUT_MAX	(16u << 20)

/* The file in a block of exactly its size, NULL after a complaint. */
static uint8_t *
read_whole(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *all = malloc(INPUT_MAX), *exact = NULL;

	if (f == NULL || all == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	} else {
		*n = fread(all, 1, INPUT_MAX, f);
		if (ferror(f))
			fprintf(stderr, "%s: %s\n", path, strerror(errno));
		else if ((exact = malloc(*n > 0 ? *n : 1)) != NULL)
			memcpy(exact, all, *n);
	}
	if (f != NULL)
		fclose(f);
	free(all);
	return exact;
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s INPUT...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		size_t n;
		uint8_t *input = read_whole(argv[i], &n);

		if (input == NULL)
			return 1;
		LLVMFuzzerTestOneInput(input, n);
		free(input);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
