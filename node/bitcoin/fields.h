/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records of the Bitcoin family hold beside what every overlay's do, and the positions. */
#ifndef KANSOKU_NODE_BITCOIN_FIELDS_H
#define KANSOKU_NODE_BITCOIN_FIELDS_H

#include "node/bitcoin/networks.h"

enum btc_neighbour_field {
	BTC_NEIGHBOUR_NET, BTC_NEIGHBOUR_TIME, BTC_NEIGHBOUR_SERVICES, BTC_NEIGHBOUR_ENTRIES,
	BTC_NEIGHBOUR_FRESH, BTC_NEIGHBOUR_OWN, BTC_NEIGHBOUR_FIELDS
};
enum btc_contact_field {
	BTC_CONTACT_VERSION, BTC_CONTACT_SERVICES, BTC_CONTACT_AGENT, BTC_CONTACT_HEIGHT,
	BTC_CONTACT_CLOCK_OFFSET, BTC_CONTACT_HELD, BTC_CONTACT_FIELDS
};

/* A clock that is further off than this, in ms (35,000 years), is none: not said. */
#define BTC_CLOCK_MAX	(INT64_C(1) << 50)

/* Services are 64 bits, more than a number of ours holds: hexadecimal text, "c09". */
#define BTC_SERVICES_TEXT	17
struct text	btc_services_text(char buf[BTC_SERVICES_TEXT], uint64_t services);

/* Those of each member; they differ in its name alone. */
extern const struct overlay_fields btc_fields[BTC_MEMBERS];

#endif
