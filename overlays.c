/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The overlays that this program knows: a line each, and nothing else names them. */
#include <string.h>

#include "node/overlay.h"
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

const struct overlay_fields *
overlay_fields(const char *name)
{
	const struct overlay *o = name == NULL ? overlays[0] : overlay_find(name);

	return o == NULL ? NULL : o->fields;
}
