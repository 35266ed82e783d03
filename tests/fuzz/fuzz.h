/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets share: a claim that must hold, or the run ends here. */
#ifndef KANSOKU_TESTS_FUZZ_H
#define KANSOKU_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(claim)							\
	do {								\
		if (!(claim)) {						\
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim); \
			abort();					\
		}							\
	} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#endif
