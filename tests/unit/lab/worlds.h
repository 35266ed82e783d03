/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Worlds for tests: written to a temporary file, loaded, and deleted at once. */
#ifndef KANSOKU_TESTS_LAB_WORLDS_H
#define KANSOKU_TESTS_LAB_WORLDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lab/world_impl.h"

#define MINUTE	60.0
#define HOUR	3600.0
#define DAY	86400.0

/* The world, or NULL with *why; its file is called "world" in *why. */
static inline struct world *
load_text(const char *ini, uint64_t seed, char **why)
{
	char path[] = "/tmp/kansoku-world-XXXXXX", *at;
	int fd = mkstemp(path);
	struct world *w;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, ini, strlen(ini)), (ssize_t)strlen(ini));
	close(fd);
	w = world_load(path, 0, seed, why);
	unlink(path);
	if (*why != NULL && (at = strstr(*why, path)) != NULL) {
		memcpy(at, "world", 5);
		memmove(at + 5, at + strlen(path), strlen(at + strlen(path)) + 1);
	}
	return w;
}

static inline struct world *
world_of(const char *ini)
{
	char *why;
	struct world *w = load_text(ini, 0, &why);

	if (w == NULL)
		fail_msg("%s", why);
	return w;
}

/* The whole key table of a relay. */
static inline const struct world_key *
world_keys(struct world *w, uint32_t slot, double t, size_t *n)
{
	return world_key_window(w, slot, t, 0, UINT32_MAX, n);
}

/* What tests of quiet worlds begin with. */
#define STILL \
	"[population]\nport0 = 0\nsilent = 0\nholders = 100%\n" \
	"[churn]\nsession = 0\nday_wave = 0\nweek_wave = 0\ndecline = 0\n"

#endif
