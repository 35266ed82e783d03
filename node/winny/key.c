/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/key.h"

#include <string.h>
#include <threads.h>

#include "node/winny/rc4.h"

/*
 * A record is three fixed parts with the name and the signature between them.
 * The length of the name is in the first, that of the signature ends the second.
 */
#define HEAD		35
#define MIDDLE		(KEY_TRIP + 1)
#define TAIL		12
#define AT_NAME_LEN	32
_Static_assert(HEAD + MIDDLE + TAIL == KEY_FIXED, "a record is its parts");

bool
key_skip(struct wire *w, uint8_t *signature)
{
	size_t left = wire_left(w), name;

	*signature = 0;
	if (left < KEY_FIXED || left - KEY_FIXED < (name = w->p[AT_NAME_LEN]))
		return false;
	*signature = w->p[HEAD + name + KEY_TRIP];
	if (*signature > KEY_TRIP || left - KEY_FIXED - name < *signature)
		return false;
	w->p += KEY_FIXED + name + *signature;
	return true;
}

bool
key_next(struct key *k, struct wire *w)
{
	const uint8_t *head, *middle, *tail, *from = w->p;

	if (wire_left(w) == 0 || (head = wire_bytes(w, HEAD)) == NULL)
		return false;
	k->name = wire_text(w, head[AT_NAME_LEN]);
	if ((middle = wire_bytes(w, MIDDLE)) == NULL)
		return false;
	k->signature = wire_text(w, middle[KEY_TRIP]);
	if ((tail = wire_bytes(w, TAIL)) == NULL)
		return false;
	k->source = load_endpoint(head);
	k->bbs = load_endpoint(head + 6);
	k->size = load_u32(head + 12);
	k->hash = head + 16;
	k->name_sum = load_u16(head + 33);
	k->trip = text_until_nul((struct text){ middle, KEY_TRIP });
	k->ttl = load_u16(tail);
	k->blocks = load_u32(tail + 2);
	k->mtime = load_u32(tail + 6);
	k->ignore = tail[10];
	k->version = tail[11];
	k->raw = (struct text){ from, (size_t)(w->p - from) };
	return true;
}

/* ---- names ---------------------------------------------------------------- */

static uint8_t streams[256][KEY_NAME_MAX];	/* const once made */

static void
make_streams(void)
{
	struct rc4 r;

	for (size_t k = 0; k < 256; k++) {
		rc4_key(&r, (const uint8_t[]){ (uint8_t)k }, 1);
		rc4_apply(&r, streams[k], streams[k], KEY_NAME_MAX);
	}
}

const uint8_t *
name_stream(uint8_t key)
{
	static once_flag made = ONCE_FLAG_INIT;

	call_once(&made, make_streams);
	return streams[key];
}

uint16_t
name_crypt(uint8_t *out, const uint8_t *in, size_t n, uint8_t key)
{
	const uint64_t even = 0x00ff00ff00ff00ff;
	const uint8_t *stream = name_stream(key);
	uint64_t sums = 0, a, b;	/* four lanes: at most 255 * 255, so none overflows */
	uint32_t rest = 0;
	size_t i;

	for (i = 0; n - i >= 8; i += 8) {
		memcpy(&a, in + i, 8);
		memcpy(&b, stream + i, 8);
		a ^= b;
		memcpy(out + i, &a, 8);
		sums += (a & even) + (a >> 8 & even);
	}
	for (; i < n; i++)
		rest += out[i] = in[i] ^ stream[i];
	return (uint16_t)((sums * 0x0001000100010001 >> 48) + rest);
}

uint16_t
name_sum(const uint8_t *plain, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += plain[i];
	return (uint16_t)sum;
}

/* ---- what a genuine node checks ------------------------------------------- */

#define BBS_SIZE_MAX	(1u << 20)
#define BBS_BLOCKS_MAX	1200

static bool
is_trip_byte(uint8_t c, bool bbs)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (bbs && (c == '+' || c == '!'));
}

/* Empty, 10 letters and digits, or a BBS trip of 11 from its wider alphabet. */
static bool
is_trip(struct text t)
{
	if (t.len != 0 && t.len != 10 && t.len != 11)
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!is_trip_byte(t.p[i], t.len == 11))
			return false;
	return true;
}

static enum key_error
check_bbs(const struct key *k, const uint8_t *name)
{
	static const char mark[] = "[BBS_";

	if (k->size > BBS_SIZE_MAX)
		return KEY_BBS_SIZE;
	if (k->trip.len == 0)
		return KEY_BBS_TRIP;
	if (k->blocks > BBS_BLOCKS_MAX)
		return KEY_BBS_BLOCKS;
	if (k->name.len < sizeof(mark) - 1 || memcmp(name, mark, sizeof(mark) - 1) != 0)
		return KEY_BBS_NAME;
	return KEY_OK;
}

enum key_error
key_open(const struct key *k, uint8_t name[KEY_NAME_MAX])
{
	static const uint8_t no_hash[16];
	uint16_t sum = name_crypt(name, k->name.p, k->name.len, (uint8_t)k->name_sum);

	if (memcmp(k->hash, no_hash, sizeof(no_hash)) == 0)
		return KEY_NO_HASH;
	if (k->size > INT32_MAX)
		return KEY_SIZE;
	if (!is_trip(k->trip))
		return KEY_TRIP_FORM;
	if (sum != k->name_sum)
		return KEY_NAME_SUM;
	if (k->name.len < 2)
		return KEY_NAME_SHORT;
	if (name[0] == '@')
		return KEY_NAME_MARK;
	if (k->bbs.ip != 0 || k->signature.len > 0)
		return check_bbs(k, name);
	return KEY_OK;
}

const char *
key_error_text(enum key_error err)
{
	static const char *const text[] = {
		[KEY_OK] = "no error",
		[KEY_NO_HASH] = "hash is zero",
		[KEY_SIZE] = "size is 2 GiB or more",
		[KEY_TRIP_FORM] = "malformed trip",
		[KEY_NAME_SUM] = "name checksum does not match",
		[KEY_NAME_SHORT] = "name shorter than 2 bytes",
		[KEY_NAME_MARK] = "name begins with @",
		[KEY_BBS_SIZE] = "BBS thread above 1 MiB",
		[KEY_BBS_TRIP] = "BBS thread without a trip",
		[KEY_BBS_BLOCKS] = "BBS thread with more than 1200 posts",
		[KEY_BBS_NAME] = "BBS thread not named [BBS_",
	};
	_Static_assert(sizeof(text) / sizeof(text[0]) == KEY_NERR,
	    "every key_error needs a text");

	return text[err];
}
