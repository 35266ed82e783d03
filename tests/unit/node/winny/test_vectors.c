/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every known answer of tests/unit/node/winny/vectors.json, against the module that gives it. */
#include "tests/unit/node/wire_test.h"

#include "tests/unit/node/winny/encode.h"

#include "node/winny/cp932.h"
#include "node/winny/dialog.h"
#include "node/winny/frame.h"
#include "node/winny/key.h"
#include "node/winny/message.h"
#include "tests/lab/answer.h"
#include "node/winny/nodestr.h"
#include "node/winny/outgoing.h"

/* ---- ciphers ----------------------------------------------------------------- */

static void
assert_crypts(const struct bytes *key, const struct bytes *plain, const struct bytes *cipher)
{
	uint8_t out[BYTES_MAX];
	struct rc4 r;

	assert_int_equal(plain->n, cipher->n);
	rc4_key(&r, key->b, key->n);
	rc4_apply(&r, out, plain->b, plain->n);
	assert_memory_equal(out, cipher->b, cipher->n);
}

static void
check_rc4(json_t *v)
{
	struct bytes plain = hex_of(v, "plaintext_hex"), cipher = hex_of(v, "ciphertext_hex");
	struct bytes raw = hex_of(v, "key_raw_hex"), used = hex_of(v, "key_effective_hex");

	assert_crypts(&raw, &plain, &cipher);
	assert_crypts(&used, &plain, &cipher);
}

static void
rc4_vectors_pass(void **state)
{
	(void)state;
	each_vector("rc4", 7, check_rc4);
}

static void
check_rekey(json_t *v)
{
	struct bytes plain = hex_of(v, "plaintext_hex"), cipher = hex_of(v, "ciphertext_hex");
	struct bytes seed = hex_of(v, "seed_hex"), first = hex_of(v, "step1_ciphertext_hex");
	uint8_t preamble[PREAMBLE_LEN] = { 0 }, out[16];
	struct link_cipher l;

	memcpy(preamble + 2, seed.b, 4);
	link_cipher_start(&l, preamble);
	link_cipher_apply(&l, out, plain.b, plain.n);
	assert_memory_equal(out, first.b, first.n);
	link_cipher_rekey(&l);
	link_cipher_apply(&l, out, plain.b, plain.n);
	assert_memory_equal(out, cipher.b, cipher.n);
}

static void
rekey_vectors_pass(void **state)
{
	(void)state;
	each_vector("rekey", 5, check_rekey);
}

/* ---- text --------------------------------------------------------------------- */

static void
assert_cp932(struct text wire, const char *utf8)
{
	uint8_t out[CP932_UTF8_MAX(256)];

	assert_true(wire.len <= 256);
	assert_text((struct text){ out, cp932_to_utf8(cp932(), out, wire.p, wire.len) }, utf8);
}

static void
check_name(json_t *v)
{
	json_t *d = json_object_get(v, "decoded");
	struct bytes plain = hex_of(v, "plaintext_hex"), wire = hex_of(v, "wire_hex");
	struct bytes cipher = hex_of(v, "ciphertext_hex"), key = hex_of(v, "key_raw_hex");
	uint8_t out[KEY_NAME_MAX];
	struct key k = { 0 };

	assert_int_equal(name_sum(plain.b, plain.n), int_of(d, "checksum16"));
	assert_int_equal(plain.n, int_of(d, "length"));
	name_crypt(out, cipher.b, cipher.n, key.b[0]);
	assert_memory_equal(out, plain.b, plain.n);
	answer_name(&k, out, (struct text){ plain.b, plain.n });
	assert_int_equal(k.name.len, wire.b[0]);
	assert_int_equal(k.name_sum, wire.b[1] | wire.b[2] << 8);
	assert_memory_equal(k.name.p, wire.b + 3, wire.n - 3);
	assert_cp932((struct text){ plain.b, plain.n }, string_of(d, "text"));
}

static void
file_name_vectors_pass(void **state)
{
	(void)state;
	each_vector("file-name", 5, check_name);
}

static void
check_node_string(json_t *v)
{
	const char *plain = string_of(json_object_get(v, "decoded"), "text");
	char code[NODESTR_CODE], out[NODESTR_TEXT];

	assert_null(nodestr_encode(code, plain));
	assert_string_equal(code, string_of(v, "encoded"));
	assert_null(nodestr_decode(out, code));
	assert_string_equal(out, plain);
}

static void
check_bad_node_string(json_t *v)
{
	char out[NODESTR_TEXT];

	assert_non_null(nodestr_decode(out, string_of(v, "encoded")));
	assert_string_equal(out, "");
}

static void
node_string_vectors_pass(void **state)
{
	(void)state;
	each_vector("node-string", 5, check_node_string);
	each_vector("node-string-invalid", 3, check_bad_node_string);
}

/* ---- fields -------------------------------------------------------------------- */

static void
assert_ip(uint32_t ip, const char *expected)
{
	char buf[ENDPOINT_TEXT], want[ENDPOINT_TEXT];

	snprintf(want, sizeof(want), "%s:0", expected);
	assert_string_equal(endpoint_format(buf, endpoint_ipv4(ip, 0)), want);
}

static void
assert_words(const struct text words[3], json_t *expected)
{
	for (size_t i = 0; i < 3; i++)
		assert_cp932(words[i], json_string_value(json_array_get(expected, i)));
}

static void
check_header_fields(const struct header *h, json_t *d)
{
	assert_int_equal(h->version, int_of(d, "version"));
	assert_text(header_text(h), string_of(d, "text"));
}

static void
check_self_fields(const struct self_info *s, json_t *d)
{
	assert_ip(s->ip, string_of(d, "ip"));
	assert_int_equal(s->port, int_of(d, "port"));
	assert_text(s->ddns, string_of(d, "ddns"));
	assert_words(s->words, json_object_get(d, "cluster"));
}

static void
check_node_fields(const struct other_node *n, json_t *d)
{
	assert_ip(n->ip, string_of(d, "ip"));
	assert_int_equal(n->port, int_of(d, "port"));
	assert_int_equal(n->bbs_port, int_of(d, "bbs_port"));
	assert_int_equal(n->bbs, int_of(d, "is_bbs"));
	assert_int_equal(n->speed, int_of(d, "speed"));
	assert_words(n->words, json_object_get(d, "words"));
	assert_int_equal(other_node_accepted(n), int_of(d, "genuine_node_accepts"));
}

static void
check_key_fields(const struct key *k, json_t *d)
{
	struct bytes hash = hex_of(d, "hash");
	uint8_t name[KEY_NAME_MAX];

	assert_int_equal(key_open(k, name), KEY_OK);
	assert_ip(k->source.ip, string_of(d, "ip"));
	assert_int_equal(k->source.port, int_of(d, "port"));
	assert_ip(k->bbs.ip, string_of(d, "bbs_ip"));
	assert_int_equal(k->bbs.port, int_of(d, "bbs_port"));
	assert_int_equal(k->size, int_of(d, "size"));
	assert_memory_equal(k->hash, hash.b, 16);
	assert_cp932((struct text){ name, k->name.len }, string_of(d, "file_name"));
	assert_text(k->trip, string_of(d, "trip"));
	assert_text(k->signature, string_of(d, "bbs_trip"));
	assert_int_equal(k->ttl, int_of(d, "ttl"));
	assert_int_equal(k->blocks, int_of(d, "refs"));
	assert_int_equal(k->mtime, int_of(d, "timestamp"));
	assert_int_equal(k->ignore, int_of(d, "ignore"));
	assert_int_equal(k->version, int_of(d, "version"));
}

static void
check_query_fields(const struct query *q, json_t *d)
{
	struct wire via = q->via, keys = q->keys;
	struct endpoint e;
	struct key k;
	json_t *want;
	size_t i;

	assert_int_equal(q->reply, int_of(d, "reply"));
	assert_int_equal(q->spread, int_of(d, "spread"));
	assert_int_equal(q->downstream, int_of(d, "downstream"));
	assert_int_equal(q->bbs, int_of(d, "bbs"));
	assert_int_equal(q->id, int_of(d, "id"));
	assert_cp932(q->words, string_of(d, "keyword"));
	assert_text(q->trip, string_of(d, "trip"));
	json_array_foreach(json_object_get(d, "nodes"), i, want) {
		assert_true(query_via(&e, &via));
		assert_ip(e.ip, json_string_value(json_array_get(want, 0)));
		assert_int_equal(e.port, json_integer_value(json_array_get(want, 1)));
	}
	assert_false(query_via(&e, &via));
	assert_int_equal(q->nkeys, json_array_size(json_object_get(d, "keys")));
	json_array_foreach(json_object_get(d, "keys"), i, want) {
		assert_true(key_next(&k, &keys));
		check_key_fields(&k, want);
	}
	assert_false(key_next(&k, &keys));
}

static void
check_fields(const struct message *m, json_t *d)
{
	switch (m->code) {
	case CMD_HEADER:
		check_header_fields(&m->header, d);
		break;
	case CMD_SPEED:
		assert_true(m->speed == (float)int_of(d, "speed"));
		break;
	case CMD_LINK_TYPE:
		assert_int_equal(m->link_type.type, int_of(d, "link_type"));
		assert_int_equal(m->link_type.port0, int_of(d, "port0"));
		assert_int_equal(m->link_type.test, int_of(d, "conn_test"));
		assert_int_equal(m->link_type.bbs, int_of(d, "bbs_link"));
		break;
	case CMD_SELF:
		check_self_fields(&m->self, d);
		break;
	case CMD_NODE:
		if (json_object_get(d, "words") != NULL)
			check_node_fields(&m->node, d);
		break;
	case CMD_BBS_PORT:
		assert_int_equal(m->bbs_port, int_of(d, "bbs_port"));
		break;
	case CMD_CONDITIONAL:
		assert_cp932(m->conditional.words, string_of(d, "keyword"));
		assert_text(m->conditional.trip, string_of(d, "trip"));
		assert_int_equal(m->conditional.id, int_of(d, "id"));
		break;
	case CMD_QUERY:
		check_query_fields(&m->query, d);
		break;
	default:
		break;
	}
}

/* ---- encoders -------------------------------------------------------------------- */

static void
assert_encodes(const struct message *m, const struct bytes *plain)
{
	uint8_t out[BYTES_MAX];
	struct wire_out w = wire_out_of(out, sizeof(out));

	encode(&w, m);
	assert_false(w.bad);
	assert_int_equal(w.p - out, plain->n);
	if (m->code == CMD_CONDITIONAL)		/* noise behind the NULs is not kept */
		return;
	assert_memory_equal(out, plain->b, plain->n);
}

/* ---- blocks ------------------------------------------------------------------------ */

/* Takes the framing off a plain block. */
static enum message_error
decode_framed(struct message *m, const struct bytes *framed)
{
	assert_true(framed->n >= 5);
	assert_int_equal(framed->b[0] | framed->b[1] << 8, framed->n - 4);
	return message_decode(m, framed->b[4], (struct text){ framed->b + 5, framed->n - 5 });
}

static void
check_block(json_t *v)
{
	struct bytes plain = hex_of(v, "plaintext_hex"), cipher = hex_of(v, "ciphertext_hex");
	struct bytes seed = hex_of(v, "seed_hex");
	size_t skip = (size_t)int_of(v, "keystream_offset");
	uint8_t preamble[PREAMBLE_LEN] = { 0 }, out[BYTES_MAX];
	struct message m;
	struct link_cipher l;

	memcpy(preamble + 2, seed.b, 4);
	link_cipher_start(&l, preamble);
	link_cipher_rekey(&l);
	link_cipher_apply(&l, out, out, skip);
	link_cipher_apply(&l, out, cipher.b, cipher.n);
	assert_memory_equal(out, plain.b, plain.n);
	assert_int_equal(decode_framed(&m, &plain), MESSAGE_OK);
	assert_int_equal(m.code, int_of(v, "code"));
	assert_ptr_equal(m.command, command_find(m.code));
	check_fields(&m, json_object_get(v, "decoded"));
	assert_encodes(&m, &plain);
}

static void
block_vectors_pass(void **state)
{
	(void)state;
	each_vector("block", 18, check_block);
}

static void
check_invalid(json_t *v)
{
	struct bytes plain = hex_of(v, "plaintext_hex");
	struct message m;

	assert_int_not_equal(decode_framed(&m, &plain), MESSAGE_OK);
	assert_null(m.command);
}

static void
check_rejected(json_t *v)
{
	json_t *d = json_object_get(v, "decoded");
	struct bytes plain = hex_of(v, "plaintext_hex");
	uint8_t name[KEY_NAME_MAX];
	json_int_t total = 0, accepted = 0;
	struct message m;
	struct key k;

	assert_int_equal(decode_framed(&m, &plain), MESSAGE_OK);
	for (; key_next(&k, &m.query.keys); total++)
		accepted += key_open(&k, name) == KEY_OK;
	assert_int_equal(total, int_of(d, "keys_total"));
	assert_int_equal(accepted, int_of(d, "keys_accepted"));
}

static void
invalid_block_vectors_are_refused(void **state)
{
	(void)state;
	each_vector("block-invalid", 4, check_invalid);
	each_vector("block-key-rejected", 1, check_rejected);
}

static void
check_header(json_t *v)
{
	json_t *d = json_object_get(v, "decoded");
	struct bytes cipher = hex_of(v, "ciphertext_hex");
	uint8_t out[BYTES_MAX];
	struct wire_out w = wire_out_of(out, sizeof(out));
	struct message m;

	assert_int_equal(message_decode(&m, 0, (struct text){ cipher.b, cipher.n }), MESSAGE_OK);
	check_header_fields(&m.header, d);
	assert_int_equal(header_accepted(&m.header), int_of(d, "genuine_node_accepts"));
	outgoing_header(&w, m.header.version, header_text(&m.header));
	assert_memory_equal(out + 5, cipher.b, cipher.n);
}

static void
header_vectors_pass(void **state)
{
	(void)state;
	each_vector("protocol-header", 5, check_header);
}

/* ---- whole streams ------------------------------------------------------------------ */

/* Reads a stream cut at `cut`, compares each block, and says it again. */
static void
replay(json_t *v, const struct bytes *stream, size_t cut)
{
	json_t *blocks = json_object_get(v, "blocks"), *want;
	const uint8_t *part[] = { stream->b, stream->b + cut };
	size_t left[] = { cut, stream->n - cut }, seen = 0;
	uint8_t again[BYTES_MAX];
	struct wire_out w = wire_out_of(again, sizeof(again));
	struct link_cipher said;
	struct message m;
	struct frame f;
	struct block b;

	wire_put(&w, stream->b, PREAMBLE_LEN);
	link_cipher_start(&said, stream->b);
	frame_init(&f);
	for (size_t i = 0; i < 2; i++) {
		while (frame_next(&f, &part[i], &left[i], &b) == FRAME_BLOCK) {
			uint8_t *from = w.p;

			want = json_array_get(blocks, seen++);
			assert_int_equal(b.code, int_of(want, "code"));
			assert_int_equal(b.offset, int_of(want, "stream_offset"));
			assert_int_equal(message_decode(&m, b.code, b.payload), MESSAGE_OK);
			assert_string_equal(m.command->name, string_of(want, "name"));
			check_fields(&m, json_object_get(v, "decoded"));
			encode(&w, &m);
			link_cipher_apply(&said, from, from, (size_t)(w.p - from));
			if (b.code == CMD_HEADER) {
				frame_rekey(&f);
				link_cipher_rekey(&said);
			}
		}
		assert_int_equal(left[i], 0);
	}
	assert_int_equal(seen, json_array_size(blocks));
	assert_true(frame_at_rest(&f));
	assert_null(f.body);
	assert_int_equal(w.p - again, stream->n);
	assert_memory_equal(again, stream->b, stream->n);
	frame_clear(&f);
}

static void
check_handshake(json_t *v)
{
	struct bytes stream = hex_of(v, "ciphertext_hex");

	for (size_t cut = 0; cut <= stream.n; cut++)
		replay(v, &stream, cut);
}

static void
handshake_vectors_pass_cut_anywhere(void **state)
{
	(void)state;
	each_vector("handshake", 3, check_handshake);
}

/* What happens to one block, in the words of the vectors. */
static bool
event_of(char out[32], enum frame_result r, const struct block *b)
{
	struct message m;
	enum message_error err;

	if (r != FRAME_BLOCK) {
		strcpy(out, r == FRAME_EMPTY ? "ignore-empty-block" : "too-long");
		return r == FRAME_EMPTY;
	}
	err = message_decode(&m, b->code, b->payload);
	snprintf(out, 32, "%s %d", err == MESSAGE_UNKNOWN ? "unknown" :
	    err == MESSAGE_LENGTH ? "bad-length" : b->code >= 96 ? "ignore" : "command", b->code);
	return err == MESSAGE_OK;
}

static void
check_edge(json_t *v)
{
	json_t *events = json_object_get(json_object_get(v, "decoded"), "events");
	struct bytes stream = hex_of(v, "plaintext_hex");
	uint8_t preamble[PREAMBLE_LEN] = { 1, 2, 3, 4, 5, 6 };
	const uint8_t *p = preamble;
	size_t n = PREAMBLE_LEN, seen = 0;
	enum frame_result r;
	char event[32];
	struct link_cipher l;
	struct frame f;
	struct block b;

	link_cipher_start(&l, preamble);
	link_cipher_apply(&l, stream.b, stream.b, stream.n);
	frame_init(&f);
	assert_int_equal(frame_next(&f, &p, &n, &b), FRAME_MORE);
	p = stream.b;
	n = stream.n;
	while ((r = frame_next(&f, &p, &n, &b)) != FRAME_MORE) {
		bool on = event_of(event, r, &b);

		assert_string_equal(event, json_string_value(json_array_get(events, seen++)));
		if (!on)
			break;
	}
	assert_int_equal(seen, json_array_size(events));
	frame_clear(&f);
}

static void
edge_vectors_pass(void **state)
{
	(void)state;
	each_vector("stream-edge", 6, check_edge);
}

/* ---- the decoder of captures ---- */

struct told {
	size_t	messages, ends, parts, depth, errors;
	char	names[16384];		/* of all messages and parts, in order */
};

static void
note_name(struct told *t, const char *name)
{
	size_t n = strlen(t->names);

	snprintf(t->names + n, sizeof(t->names) - n, "%s ", name == NULL ? "-" : name);
}

static void
on_message(void *arg, const struct decoded *m)
{
	struct told *t = arg;

	t->messages++;
	t->errors += m->error != NULL;
	note_name(t, m->name);
}

static void
on_part(void *arg, const struct part *p)
{
	struct told *t = arg;

	t->parts++;
	if (p->type >= PART_LIST && p->type != PART_END && p->type != PART_REFUSAL)
		t->depth++;
	if (p->type == PART_REFUSAL)
		assert_non_null(p->why);
	if (p->type == PART_END) {
		assert_true(t->depth > 0);
		t->depth--;
	}
	note_name(t, p->name);
}

static void
on_message_end(void *arg)
{
	struct told *t = arg;

	assert_int_equal(t->depth, 0);	/* every list is closed with its message */
	t->ends++;
}

static void
decode_in(struct told *t, const uint8_t *p, size_t n, size_t step)
{
	const struct decoder_sink sink = { on_message, on_part, on_message_end, t };
	struct decoder *d = winny.decoder_open(&sink, true);

	memset(t, 0, sizeof(*t));
	assert_non_null(d);
	for (size_t at = 0; at < n; at += step)
		winny.decoder_input(d, p + at, n - at < step ? n - at : step);
	winny.decoder_close(d, true);
	assert_int_equal(t->messages, t->ends);
}

static void
check_decoder(json_t *v)
{
	static struct told whole, cut;
	struct bytes block = hex_of(v, "plaintext_hex");
	uint8_t stream[PREAMBLE_LEN + sizeof(block.b)] = { 1, 2, 3, 4, 5, 6 };
	struct link_cipher l;

	link_cipher_start(&l, stream);
	link_cipher_apply(&l, stream + PREAMBLE_LEN, block.b, block.n);
	decode_in(&whole, stream, PREAMBLE_LEN + block.n, PREAMBLE_LEN + block.n);
	decode_in(&cut, stream, PREAMBLE_LEN + block.n, 1);
	assert_true(whole.messages > 0);
	assert_int_equal(whole.parts, cut.parts);
	assert_int_equal(whole.errors, cut.errors);
	assert_string_equal(whole.names, cut.names);
}

static void
the_decoder_tells_every_block_cut_anywhere(void **state)
{
	(void)state;
	each_vector("block", 18, check_decoder);
	each_vector("block-invalid", 4, check_decoder);
	each_vector("block-key-rejected", 1, check_decoder);
	each_vector("stream-edge", 6, check_decoder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rc4_vectors_pass),
		cmocka_unit_test(rekey_vectors_pass),
		cmocka_unit_test(file_name_vectors_pass),
		cmocka_unit_test(node_string_vectors_pass),
		cmocka_unit_test(header_vectors_pass),
		cmocka_unit_test(block_vectors_pass),
		cmocka_unit_test(invalid_block_vectors_are_refused),
		cmocka_unit_test(handshake_vectors_pass_cut_anywhere),
		cmocka_unit_test(edge_vectors_pass),
		cmocka_unit_test(the_decoder_tells_every_block_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
