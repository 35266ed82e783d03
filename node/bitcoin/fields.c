/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/bitcoin/fields.h"

#include "node/bitcoin/unrelayed.csv.h"

struct text
btc_services_text(char buf[BTC_SERVICES_TEXT], uint64_t services)
{
	size_t at = BTC_SERVICES_TEXT;

	do {
		buf[--at] = "0123456789abcdef"[services & 15];
	} while ((services >>= 4) > 0);
	return (struct text){ (const uint8_t *)buf + at, BTC_SERVICES_TEXT - at };
}

static const struct field neighbour_fields[] = {
	[BTC_NEIGHBOUR_NET] = { .name = "net", .about = "network of the address, as the message has it",
	    .type = FIELD_TEXT, .level = LEVEL_CLAIM },
	[BTC_NEIGHBOUR_TIME] = { .name = "time", .unit = "s", .about = "when it was last seen, Unix time, as claimed",
	    .max = UINT32_MAX, .level = LEVEL_TELLING },
	[BTC_NEIGHBOUR_SERVICES] = { .name = "services", .about = "what it offers, as claimed: bits in hexadecimal",
	    .type = FIELD_TEXT, .level = LEVEL_CLAIM },
	[BTC_NEIGHBOUR_ENTRIES] = { .name = "entries", .about = "entries of the message that it came in",
	    .max = UINT16_MAX, .level = LEVEL_TELLING },
	[BTC_NEIGHBOUR_FRESH] = { .name = "fresh", .about = "its time is news by the clock of who told of it",
	    .type = FIELD_FLAG, .level = LEVEL_TELLING, .role = ROLE_FRESH },
	[BTC_NEIGHBOUR_OWN] = { .name = "own", .about = "alone, and right after our question: the teller's own address",
	    .type = FIELD_FLAG, .level = LEVEL_TELLING },
};
static const struct field contact_fields[] = {
	[BTC_CONTACT_VERSION] = { .name = "version", .about = "protocol version that it announced",
	    .min = INT32_MIN, .max = INT32_MAX, .level = LEVEL_CONTACT },
	[BTC_CONTACT_SERVICES] = { .name = "services", .about = "what it offers: bits in hexadecimal",
	    .type = FIELD_TEXT, .level = LEVEL_CONTACT },
	[BTC_CONTACT_AGENT] = { .name = "agent", .about = "program that it says it is", .type = FIELD_TEXT,
	    .level = LEVEL_CONTACT },
	[BTC_CONTACT_HEIGHT] = { .name = "height", .about = "blocks that it knows", .min = INT32_MIN,
	    .max = INT32_MAX, .level = LEVEL_CONTACT },
	[BTC_CONTACT_CLOCK_OFFSET] = { .name = "clock_offset", .unit = "ms", .about = "how far its clock is ahead of ours",
	    .min = -BTC_CLOCK_MAX, .max = BTC_CLOCK_MAX, .level = LEVEL_CONTACT },
	[BTC_CONTACT_HELD] = { .name = "held", .unit = "ms", .about = "time in this round that a link to it was held",
	    .max = INT64_MAX, .level = LEVEL_CONTACT, .role = ROLE_HELD, .quiet = true },
};
_Static_assert(sizeof(neighbour_fields) / sizeof(neighbour_fields[0]) == BTC_NEIGHBOUR_FIELDS, "a row for each");
_Static_assert(sizeof(contact_fields) / sizeof(contact_fields[0]) == BTC_CONTACT_FIELDS, "likewise");

/* Nobody holds contents here: what is advertised, and judged, is the address that an entry names. */
#define FIELDS(member, text)	[member] = { .overlay = (text), .judged = 1u << OBS_NEIGHBOUR, \
	.unrelayed = unrelayed_csv, .of = { \
	[OBS_NEIGHBOUR] = { neighbour_fields, BTC_NEIGHBOUR_FIELDS }, \
	[OBS_CONTACT] = { contact_fields, BTC_CONTACT_FIELDS } } }

const struct overlay_fields btc_fields[BTC_MEMBERS] = {
	FIELDS(BITCOIN_MAIN, "bitcoin"),
	FIELDS(BITCOIN_TESTNET3, "bitcoin-testnet3"),
	FIELDS(BITCOIN_TESTNET4, "bitcoin-testnet4"),
	FIELDS(BITCOIN_SIGNET, "bitcoin-signet"),
	FIELDS(BITCOIN_REGTEST, "bitcoin-regtest"),
	FIELDS(LITECOIN_MAIN, "litecoin"),
	FIELDS(LITECOIN_TESTNET, "litecoin-testnet"),
	FIELDS(LITECOIN_REGTEST, "litecoin-regtest"),
	FIELDS(DOGECOIN_MAIN, "dogecoin"),
	FIELDS(DOGECOIN_TESTNET, "dogecoin-testnet"),
	FIELDS(DOGECOIN_REGTEST, "dogecoin-regtest"),
};
