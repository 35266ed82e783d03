/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/bitcoin/frame.h"

#include <sodium/crypto_hash_sha256.h>
#include <stdlib.h>
#include <string.h>

#include "node/bitcoin/limits.h"
#include "node/wire.h"

static const char commands[BTC_COMMANDS][BTC_COMMAND] = {
	[BTC_VERSION] = "version",
	[BTC_VERACK] = "verack",
	[BTC_PING] = "ping",
	[BTC_ADDR] = "addr",
	[BTC_ADDRV2] = "addrv2",
};

const char *
btc_frame_text(enum btc_frame_result r)
{
	static const char *const text[] = {
		[BTC_FRAME_BAD_COMMAND] = "a command with bytes after its end, or an empty one",
		[BTC_FRAME_BAD_CHECKSUM] = "the checksum is wrong",
		[BTC_FRAME_OVERSIZE] = "longer than any message of its kind",
		[BTC_FRAME_BAD_MAGIC] = "not the magic of this network",
		[BTC_FRAME_TOO_LONG] = "longer than 4000000 bytes",
		[BTC_FRAME_NO_MEMORY] = "out of memory",
	};

	return text[r] != NULL ? text[r] : "";
}

void
btc_checksum(uint8_t out[4], const uint8_t *p, size_t n)
{
	uint8_t once[crypto_hash_sha256_BYTES], twice[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(once, p, n);
	crypto_hash_sha256(twice, once, sizeof(once));
	memcpy(out, twice, 4);
}

void
btc_frame_init(struct btc_frame *f, const struct btc_network *network)
{
	memset(f, 0, sizeof(*f));
	f->network = network;
}

void
btc_frame_clear(struct btc_frame *f)
{
	free(f->kept);
	f->kept = NULL;
}

bool
btc_frame_at_rest(const struct btc_frame *f)
{
	return f->has == 0 && !f->in_payload;
}

/* ---- the header --------------------------------------------------------------- */

/* Letters, then NULs alone; the letters themselves are the sender's affair. */
static bool
is_command(const uint8_t p[BTC_COMMAND])
{
	size_t n = strnlen((const char *)p, BTC_COMMAND);

	for (size_t i = n; i < BTC_COMMAND; i++) {
		if (p[i] != 0)
			return false;
	}
	return n > 0;
}

/* As soon as its four bytes are here: who speaks another protocol may wait for us. */
static bool
magic_agrees(struct btc_frame *f)
{
	if (f->network == NULL)
		f->network = btc_network_of_magic(f->header);
	return f->network != NULL && memcmp(f->header, f->network->magic, 4) == 0;
}

static void
read_header(struct btc_frame *f)
{
	struct btc_message *m = &f->message;

	m->is = BTC_OTHER;
	m->length = f->left = load_u32(f->header + 16);
	memcpy(m->command, f->header + 4, BTC_COMMAND);
	for (int c = BTC_OTHER + 1; c < BTC_COMMANDS; c++) {
		if (memcmp(commands[c], f->header + 4, BTC_COMMAND) == 0)
			m->is = (enum btc_command)c;
	}
	f->verdict = !is_command(f->header + 4) ? BTC_FRAME_BAD_COMMAND
	    : m->is == BTC_OTHER ? BTC_FRAME_SKIPPED
	    : m->length > LIMIT_READ_MESSAGE ? BTC_FRAME_OVERSIZE : BTC_FRAME_MESSAGE;
	f->in_payload = true;
}

/* Collects the header; MESSAGE when it is whole. */
static enum btc_frame_result
take_header(struct btc_frame *f, const uint8_t **p, size_t *n)
{
	while (f->has < BTC_HEADER && *n > 0) {
		f->header[f->has++] = *(*p)++;
		--*n;
		f->at++;
		if (f->has == 4 && !magic_agrees(f))
			return BTC_FRAME_BAD_MAGIC;
	}
	if (f->has < BTC_HEADER)
		return BTC_FRAME_MORE;
	f->message.offset = f->at - BTC_HEADER;
	read_header(f);
	return f->message.length > LIMIT_MESSAGE ? BTC_FRAME_TOO_LONG : BTC_FRAME_MESSAGE;
}

/* ---- the payload ---------------------------------------------------------------- */

/* Keeps a piece of a payload that is not all here; false without memory. */
static bool
keep_piece(struct btc_frame *f, const uint8_t *p, size_t n)
{
	uint32_t length = f->message.length;

	if (f->kept == NULL && (f->kept = malloc(length)) == NULL)
		return false;
	memcpy(f->kept + (length - f->left), p, n);
	return true;
}

static enum btc_frame_result
judge_payload(struct btc_frame *f, const uint8_t *payload, struct btc_message *m)
{
	uint8_t sum[4];

	m->payload = payload;
	btc_checksum(sum, payload, m->length);
	return memcmp(sum, f->header + 20, sizeof(sum)) == 0 ? BTC_FRAME_MESSAGE : BTC_FRAME_BAD_CHECKSUM;
}

enum btc_frame_result
btc_frame_next(struct btc_frame *f, const uint8_t **p, size_t *n, struct btc_message *m)
{
	const uint8_t *from;
	size_t take;

	if (!f->in_payload) {
		enum btc_frame_result r;

		btc_frame_clear(f);	/* the last message was looked at */
		if ((r = take_header(f, p, n)) != BTC_FRAME_MESSAGE) {
			*m = f->message;
			return r;
		}
	}
	from = *p;
	take = *n < f->left ? *n : f->left;
	if (f->verdict == BTC_FRAME_MESSAGE && (take < f->left || f->kept != NULL) && take > 0 &&
	    !keep_piece(f, from, take))
		return BTC_FRAME_NO_MEMORY;
	*p += take;
	*n -= take;
	f->at += take;
	f->left -= (uint32_t)take;
	*m = f->message;
	if (f->left > 0)
		return BTC_FRAME_MORE;
	f->in_payload = false;
	f->has = 0;
	return f->verdict == BTC_FRAME_MESSAGE
	    ? judge_payload(f, f->kept != NULL ? f->kept : from, m) : f->verdict;
}
