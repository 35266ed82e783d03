/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of overlays of the programs that the toy's test runs: overlays.c with one row more. */
#include "node/overlay.h"
#include "node/mainline/dialog.h"
#include "node/winny/dialog.h"

extern const struct overlay toy;

const struct overlay *const overlays[] = { &winny, &mainline, &toy, NULL };
