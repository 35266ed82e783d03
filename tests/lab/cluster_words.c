/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/cluster_words.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MIN	2

/* Copies the words that count; returns how many. */
static size_t
usable(const char *out[WORDS_N], const char *const words[WORDS_N])
{
	size_t n = 0;

	for (size_t i = 0; i < WORDS_N && words[i][0] != '\0'; i++) {
		bool repeats = strlen(words[i]) < WORD_MIN;

		for (size_t j = 0; j < i && !repeats; j++)
			repeats = strstr(words[i], words[j]) != NULL;
		if (!repeats)
			out[n++] = words[i];
	}
	return n;
}

static uint32_t
pair_alike(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	if (strstr(a, b) == NULL && strstr(b, a) == NULL)
		return 0;
	return (uint32_t)(la < lb ? la : lb);
}

uint32_t
cluster_words_alike(const char *const mine[WORDS_N], const char *const theirs[WORDS_N])
{
	const char *a[WORDS_N], *b[WORDS_N];
	size_t na = usable(a, mine), nb = usable(b, theirs);
	uint32_t sum = 0;

	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++)
			sum += pair_alike(a[i], b[j]);
	return sum < WORDS_ALIKE_MAX ? sum : WORDS_ALIKE_MAX;
}
