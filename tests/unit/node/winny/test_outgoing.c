/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we say is well-formed, cut to what a node sends, and nothing else exists. */
#include "tests/unit/node/wire_test.h"

#include <stdio.h>

#include "node/winny/dialog.h"
#include "node/winny/outgoing.h"

static uint8_t room[2048];

static struct message
read_back(const struct wire_out *w)
{
	struct wire in = wire_of(room, (size_t)(w->p - room));
	uint32_t len = wire_u32(&in);
	struct message m;
	uint8_t code;

	assert_false(w->bad);
	assert_int_equal(len, wire_left(&in));
	code = wire_u8(&in);
	assert_int_equal(message_decode(&m, code, (struct text){ in.p, wire_left(&in) }), MESSAGE_OK);
	return m;
}

static void
words_and_names_are_cut_to_what_a_node_sends(void **state)
{
	char word[300], name[300];
	struct wire_out w = wire_out_of(room, sizeof(room));
	struct self_info s = { .ip = 1, .port = 2 };
	struct message m;

	(void)state;
	memset(word, 'w', sizeof(word));
	memset(name, 'n', sizeof(name));
	s.ddns = (struct text){ (uint8_t *)name, sizeof(name) };
	for (int i = 0; i < 3; i++)
		s.words[i] = (struct text){ (uint8_t *)word, sizeof(word) };
	outgoing_self(&w, &s);
	m = read_back(&w);
	assert_int_equal(m.self.ddns.len, 255);
	for (int i = 0; i < 3; i++)
		assert_int_equal(m.self.words[i].len, 100);
}

static void
a_block_that_does_not_fit_says_so(void **state)
{
	const struct self_info s = { .words = { text("word") } };

	(void)state;
	for (size_t size = 0; size < 21; size++) {
		struct wire_out w = wire_out_of(room, size);

		outgoing_self(&w, &s);
		assert_true(w.bad);
	}
	for (size_t size = 0; size < 25; size++) {
		struct wire_out w = wire_out_of(room, size);

		outgoing_header(&w, OUTGOING_VERSION, text(OUTGOING_TEXT));
		assert_true(w.bad);
	}
}

static size_t sends;

static void
count(void *arg, const uint8_t *p, size_t n)
{
	(void)p;
	*(size_t *)arg = n;
	sends++;
}

static void
the_longest_handshake_is_a_write_for_each_block(void **state)
{
	char word[300];
	const uint8_t preamble[PREAMBLE_LEN] = { 0 };
	struct introduction i = { .speed = 1 };
	size_t len = 0;		/* of the last send: a block each, as a genuine node writes */
	struct outgoing o = { .send = count, .arg = &len };

	(void)state;
	memset(word, 'w', sizeof(word));
	i.self.ddns = (struct text){ (uint8_t *)word, sizeof(word) };
	for (int k = 0; k < 3; k++)
		i.self.words[k] = i.self.ddns;
	sends = 0;
	outgoing_greet(&o, preamble, &i);
	assert_int_equal(sends, 5);
	assert_int_equal(len, 5 + 12 + 255 + 300);
	outgoing_introduce(&o, &i);
	assert_int_equal(sends, 8);
	assert_int_equal(len, 5 + 12 + 255 + 300);
	outgoing_ask(&o);
	assert_int_equal(len, 5);
	outgoing_leave(&o);
	assert_int_equal(len, 5);
	assert_int_equal(sends, 10);
}

/* The first line that a command prints, with blanks for line ends. */
static void
assert_prints(const char *command, const char *expected)
{
	char line[512] = "";
	FILE *p = popen(command, "r");

	assert_non_null(p);
	if (fgets(line, sizeof(line), p) == NULL)
		line[0] = '\0';
	pclose(p);
	assert_string_equal(line, expected);
}

/*
 * The sources themselves: in this room only outgoing.c writes blocks, of seven
 * codes, and only it calls send; nothing of the sensor knows the lab's encoders.
 */
static void
only_one_module_can_write_and_only_seven_codes(void **state)
{
	(void)state;
	assert_prints("grep -ho 'head(w, CMD[A-Z_]*' node/winny/outgoing.c | sort | tr '\n' ' '",
	    "head(w, CMD_CLOSE head(w, CMD_FILLER head(w, CMD_HEADER head(w, CMD_LINK_TYPE"
	    " head(w, CMD_REQUEST head(w, CMD_SELF head(w, CMD_SPEED ");
	assert_prints("grep -rlE --include=*.c 'wire_put|[>.]send\\(' node/winny | sort | tr '\n' ' '",
	    "node/winny/outgoing.c ");
	assert_prints("grep -rlE --include=*.[ch] 'tests/lab/|answer_([^m]|m[^s])' node crawler data"
	    " analysis kansoku.c | tr '\n' ' '", "node/winny/outgoing.h ");	/* a comment */
}

/* The code of the one block that the writer holds; the block is forgotten. */
static uint8_t
code_of(struct wire_out *w)
{
	uint8_t code = read_back(w).code;

	*w = wire_out_of(room, sizeof(room));
	return code;
}

/*
 * The driver's repertoire names each block that outgoing.c can write, once, by
 * its command; the table of commands marks the same ones as ours.
 */
static void
the_repertoire_is_what_can_be_said(void **state)
{
	struct wire_out w = wire_out_of(room, sizeof(room));
	bool said[256] = { false }, named[256] = { false };

	(void)state;
	outgoing_filler(&w);
	said[code_of(&w)] = true;
	outgoing_header(&w, OUTGOING_VERSION, text(OUTGOING_TEXT));
	said[code_of(&w)] = true;
	outgoing_speed(&w, 120);
	said[code_of(&w)] = true;
	outgoing_link_type(&w, &(struct link_type){ 0 });
	said[code_of(&w)] = true;
	outgoing_self(&w, &(struct self_info){ .ip = 1, .port = 2 });
	said[code_of(&w)] = true;
	outgoing_request(&w);
	said[code_of(&w)] = true;
	outgoing_farewell(&w);
	said[code_of(&w)] = true;
	for (const struct utterance *u = winny.repertoire; u->name != NULL; u++) {
		unsigned code;

		assert_int_equal(sscanf(u->why, "command %u: ", &code), 1);
		assert_true(code < 256 && !named[code]);
		named[code] = true;
		for (const struct utterance *before = winny.repertoire; before < u; before++)
			assert_string_not_equal(before->name, u->name);
	}
	for (unsigned code = 0; code < 256; code++) {
		const struct command *c = command_find((uint8_t)code);

		assert_int_equal(named[code], said[code]);
		assert_int_equal(named[code], c != NULL && c->ours);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_names_are_cut_to_what_a_node_sends),
		cmocka_unit_test(a_block_that_does_not_fit_says_so),
		cmocka_unit_test(the_longest_handshake_is_a_write_for_each_block),
		cmocka_unit_test(only_one_module_can_write_and_only_seven_codes),
		cmocka_unit_test(the_repertoire_is_what_can_be_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
