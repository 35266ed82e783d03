/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets share: claims that must hold, or the run ends here. */
#ifndef KANSOKU_TESTS_FUZZ_H
#define KANSOKU_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "data/lib/utf8.h"

#define MUST(claim)							\
	do {								\
		if (!(claim)) {						\
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim); \
			abort();					\
		}							\
	} while (0)

/* Well-formed UTF-8 from end to end. */
static inline bool
utf8_valid(const uint8_t *p, size_t len)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n)
		if ((n = utf8_get(&c, p + i, len - i)) == 0)
			return false;
	return true;
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#endif
