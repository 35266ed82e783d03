/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The BitTorrent Mainline DHT, as a driver for the crawler: a visit to a node is a
 * few questions by datagrams (node/overlay.h has the calls).  Nothing is answered,
 * nobody is announced, and holders of contents are never dialled.
 */
#ifndef KANSOKU_NODE_MAINLINE_DIALOG_H
#define KANSOKU_NODE_MAINLINE_DIALOG_H

#include "node/overlay.h"

extern const struct overlay mainline;

#endif
