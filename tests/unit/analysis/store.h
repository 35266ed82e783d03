/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An empty store in a folder of its own, for one test: its state, and where it lies. */
#ifndef KANSOKU_TESTS_ANALYSIS_STORE_H
#define KANSOKU_TESTS_ANALYSIS_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/store.h"

static char folder[64], path[80];

static inline int
make_store(void **state)
{
	strcpy(folder, "/tmp/kansoku-analysis-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/db", folder);
	return (*state = store_open(path, STORE_CREATE)) == NULL ? -1 : 0;
}

static inline int
drop_store(void **state)
{
	char command[96];

	store_close(*state);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

#endif
