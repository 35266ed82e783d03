/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/overlay.h"

#include <string.h>

#include "node/winny/dialog.h"

const struct overlay *const overlays[] = {
	&winny,
	NULL
};

const struct overlay *
overlay_find(const char *name)
{
	for (const struct overlay *const *o = overlays; *o != NULL; o++)
		if (strcmp((*o)->name, name) == 0)
			return *o;
	return NULL;
}
