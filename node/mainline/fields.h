/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the DHT's records hold beside what every overlay's do, and the positions in it. */
#ifndef KANSOKU_NODE_MAINLINE_FIELDS_H
#define KANSOKU_NODE_MAINLINE_FIELDS_H

#include "observation.h"

/* Positions in observation.value, by type of record. */
enum mainline_key_field { MAINLINE_KEY_VERSION, MAINLINE_KEY_FIELDS };
enum mainline_neighbour_field {
	MAINLINE_NEIGHBOUR_ID, MAINLINE_NEIGHBOUR_TARGET_BITS, MAINLINE_NEIGHBOUR_FITS,
	MAINLINE_NEIGHBOUR_FIELDS
};
enum mainline_contact_field {
	MAINLINE_CONTACT_ID, MAINLINE_CONTACT_FITS, MAINLINE_CONTACT_VERSION, MAINLINE_CONTACT_RTT,
	MAINLINE_CONTACT_SECOND_ID, MAINLINE_CONTACT_INDEXES, MAINLINE_CONTACT_NUM,
	MAINLINE_CONTACT_INTERVAL, MAINLINE_CONTACT_SAMPLES, MAINLINE_CONTACT_ERROR,
	MAINLINE_CONTACT_FIELDS
};

extern const struct overlay_fields mainline_fields;

#endif
