/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as CP932: valid UTF-8 of bounded length, and the same bytes back,
 * but for pairs that have a twin.
 */
#include <string.h>

#include "data/lib/utf8.h"
#include "node/winny/cp932.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/node/winny/cp932_back.h"

#define MOST	4096

/* Do these pairs mean the same one character? */
static bool
are_twins(const uint8_t *a, const uint8_t *b)
{
	uint8_t ua[CP932_UTF8_MAX(2)], ub[CP932_UTF8_MAX(2)];
	size_t na = cp932_to_utf8(cp932(), ua, a, 2), nb = cp932_to_utf8(cp932(), ub, b, 2);

	return na == nb && na <= 3 && memcmp(ua, ub, na) == 0;
}

static void
from_cp932(const uint8_t *in, size_t n)
{
	static uint8_t utf8[CP932_UTF8_MAX(MOST)], back[CP932_UTF8_MAX(MOST)];
	size_t len = cp932_to_utf8(cp932(), utf8, in, n), nback = 0;

	MUST(len >= n / 2 && len <= CP932_UTF8_MAX(n));
	MUST(utf8_valid(utf8, len));
	MUST(cp932_back(back, &nback, utf8, len));
	MUST(nback == n);
	for (size_t i = 0; i < n; i++)
		MUST(in[i] == back[i] || (i + 1 < n && are_twins(in + i, back + i)) ||
		    (i > 0 && are_twins(in + i - 1, back + i - 1)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n <= MOST)
		from_cp932(data, n);
	return 0;
}
