/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Winny overlay, version 2.0b7.1, as a listener (PROTOCOL.md, section 11): see node/overlay.h. */
#ifndef KANSOKU_NODE_WINNY_DIALOG_H
#define KANSOKU_NODE_WINNY_DIALOG_H

#include "node/overlay.h"

extern const struct overlay winny;

#endif
