/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The overlays that this program knows: a line each, and nothing else names them. */
#include "node/bitcoin/dialog.h"
#include "node/overlay.h"
#include "node/mainline/dialog.h"
#include "node/winny/dialog.h"

const struct overlay *const overlays[] = {
	&winny,
	&mainline,
	BITCOIN_FAMILY,
	NULL
};
