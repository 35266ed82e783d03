/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/overlay.h"

#include <string.h>

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

const char *
overlay_prepare(const struct overlay *o)
{
	return o->prepare == NULL ? NULL : o->prepare();
}
