/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Winny overlay, protocol 2.0b7.1, as a listener: see node/overlay.h. */
#ifndef KANSOKU_NODE_WINNY_DIALOG_H
#define KANSOKU_NODE_WINNY_DIALOG_H

#include "node/overlay.h"

extern const struct overlay winny;

#endif
