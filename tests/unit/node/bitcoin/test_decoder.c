/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/node/bitcoin/talk.h"

#include "node/bitcoin/decoder.h"

static struct stream s;
static char out[4096];

static void
add(const char *form, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, form);
	vsnprintf(out + n, sizeof(out) - n, form, ap);
	va_end(ap);
}

static void
on_message(void *arg, const struct decoded *m)
{
	(void)arg;
	add("%d:%s:%d%s%s", (int)m->offset, m->name != NULL ? m->name : "-", (int)m->len,
	    m->error != NULL ? "!" : "", m->error != NULL ? m->error : "");
}

static void
on_part(void *arg, const struct part *p)
{
	char buf[ENDPOINT_TEXT];

	(void)arg;
	if (p->name != NULL)
		add(" %s=", p->name);
	if (p->type == PART_INTEGER)
		add("%lld", (long long)p->number);
	else if (p->type == PART_TEXT)
		add("%.*s", (int)p->text.len, (const char *)p->text.p);
	else if (p->type == PART_ADDRESS)
		add("%s", address_format(buf, p->endpoint));
	else if (p->type == PART_END)
		add(")");
}

static void
on_end(void *arg)
{
	(void)arg;
	add("\n");
}

static void
decode_in_pieces(size_t piece, bool keep_going, bool at_end)
{
	const struct decoder_sink sink = { on_message, on_part, on_end, NULL };
	struct decoder *d = btc_decoder_open(&sink, keep_going);
	bool more = true;

	out[0] = '\0';
	for (size_t at = 0; more && at < s.n; at += piece)
		more = btc_decoder_input(d, s.b + at, s.n - at < piece ? s.n - at : piece);
	btc_decoder_close(d, at_end);
}

static void
messages_are_told_with_their_parts(void **state)
{
	(void)state;
	s.n = 0;
	put_version(&s, 70016, 0, "/x\n/");
	put_message(&s, "inv", (const uint8_t *)"abc", 3);
	put_addr(&s, 1, 0);
	put_message(&s, "ping", (const uint8_t *)"abcdefgh", 8);
	for (size_t piece = 1; piece < 60; piece += 29) {
		decode_in_pieces(piece, false, true);
		assert_string_equal(out, "0:version:90 protocol=70016 services=c09 time=1790000000 you= nonce="
		    " agent=/x\xf4\x8f\xbc\x8a/ height=900000 relay=1 sloppy=)\n"
		    "114:inv:3\n"
		    "141:addr:31 count=1 sloppy=) entries= entry= time=1790000000 services=409 network=ipv4"
		    " address=44.0.0.1 port=8333))\n"
		    "196:ping:8 nonce=\n");
	}
}

static void
what_a_node_would_drop_is_told(void **state)
{
	(void)state;
	s.n = 0;
	put_message(&s, "addr", (const uint8_t *)"\2", 1);
	put_message(&s, "ping", NULL, 0);
	decode_in_pieces(100, false, true);
	assert_string_equal(out, "0:addr:1!cut short\n");
	decode_in_pieces(100, true, true);
	assert_string_equal(out, "0:addr:1!cut short\n25:ping:0 nonce=\n");
	s.b[20] ^= 1;
	decode_in_pieces(3, true, true);
	assert_string_equal(out, "0:addr:1!the checksum is wrong\n25:ping:0 nonce=\n");
	s.n = 0;
	put_message(&s, "addr\"", (const uint8_t *)"\0x", 2);
	put_message(&s, "addrv2", (const uint8_t *)"\0x", 2);
	decode_in_pieces(100, false, true);
	assert_string_equal(out, "0:addr?:2\n26:addrv2:2 count=0 sloppy=trailing) entries=)\n");
}

static void
strangers_and_ends_are_told(void **state)
{
	(void)state;
	memcpy(s.b, "GET / HTTP/1.1", s.n = 14);
	decode_in_pieces(100, true, true);
	assert_string_equal(out, "0:-:-1!no network's magic: the encrypted transport of BIP 324, or another protocol\n");
	s.n = 0;
	put_message(&s, "ping", NULL, 0);
	memcpy(s.b + s.n, "GET ", 4);
	s.n += 4;
	decode_in_pieces(100, true, true);
	assert_string_equal(out, "0:ping:0 nonce=\n24:-:-1!not the magic of this network\n");
	s.n -= 4;
	memcpy(s.b + s.n, s.b, 10);
	s.n += 10;
	decode_in_pieces(100, true, true);
	assert_string_equal(out, "0:ping:0 nonce=\n24:-:-1!the stream ends inside a header: 10 of 24 bytes are here\n");
	decode_in_pieces(100, true, false);
	assert_string_equal(out, "0:ping:0 nonce=\n");
	s.n = 0;
	put_addr(&s, 1, 0);
	s.n -= 3;
	decode_in_pieces(100, true, true);
	assert_string_equal(out, "0:addr:31!the stream ends inside a message: 28 of 31 bytes are here\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_told_with_their_parts),
		cmocka_unit_test(what_a_node_would_drop_is_told),
		cmocka_unit_test(strangers_and_ends_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
