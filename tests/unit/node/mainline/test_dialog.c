/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visits to scripted nodes: what is asked, when, and what is made of the answers. */
#include <stdio.h>

#include "tests/unit/node/wire_test.h"

#include "node/mainline/dialog.h"
#include "node/mainline/fields.h"
#include "node/mainline/krpc.h"
#include "node/mainline/question.h"

#define PATIENCE	1500
#define SPACING		250
#define ID	"mnopqrstuvwxyz123456"

struct visit {
	struct dialog	*d;
	enum dialog_state state;
	int64_t		 now;
	int		 sent;
	struct bytes	 query[16];	/* as they left */
	struct krpc	 said;		/* the last of them, read */
	char		 found[8192];
};

static struct dialog_config
config(void)
{
	return (struct dialog_config){ .peer = endpoint_ipv4(0xcb007107, 6881), .windows = 1,
		.window_ms = SPACING, .patience_ms = PATIENCE, .tag = 0x12345678 & ((1u << TAG_BITS) - 1),
		.self_id = "aaaaaaaaaaaaaaaaaaaa", .panel = 1, .random = { 0x80, 1, 2, 3 } };
}

static void
on_send(void *arg, const uint8_t *p, size_t n)
{
	struct visit *v = arg;
	struct bytes *b = &v->query[v->sent++];

	assert_in_range(n, 1, LIMIT_QUERY);
	memcpy(b->b, p, n);
	b->n = n;
	assert_null(krpc_read(&v->said, b->b, n));
	/* Whatever is said is one of three questions, marked read-only, canonical. */
	assert_int_equal(v->said.sloppy, 0);
	assert_int_equal(v->said.y, 'q');
	assert_true(v->said.ro);
	assert_memory_equal(v->said.body.id.p, "aaaaaaaaaaaaaaaaaaaa", NODE_ID);
}

static void
on_found(void *arg, const struct observation *o)
{
	struct visit *v = arg;
	char line[300], at[ENDPOINT_TEXT];

	assert_ptr_equal(o->fields, mainline.fields);
	if (o->type == OBS_NEIGHBOUR)
		snprintf(line, sizeof(line), "node %s %.*s %d %d\n", endpoint_format(at, o->neighbour.node), NODE_ID,
		    (const char *)o->value[MAINLINE_NEIGHBOUR_ID].text.p,
		    (int)o->value[MAINLINE_NEIGHBOUR_TARGET_BITS].number,
		    (int)o->value[MAINLINE_NEIGHBOUR_FITS].number);
	else
		snprintf(line, sizeof(line), "key %s %.*s %lld raw %d\n", endpoint_format(at, o->key.source), NODE_ID,
		    (const char *)o->key.content.id, (long long)o->value[MAINLINE_KEY_VERSION].number,
		    o->key.raw.len > 0);
	assert_true(strlen(v->found) + strlen(line) < sizeof(v->found));
	strcat(v->found, line);
}

static void
begin(struct visit *v, const struct dialog_config *c)
{
	static struct dialog_sink sink = { on_send, on_found, NULL };

	memset(v, 0, sizeof(*v));
	sink.arg = v;
	v->now = 1000;
	v->d = mainline.open(c, &sink, v->now);
	v->state = DIALOG_OPEN;
	assert_non_null(v->d);
	assert_int_equal(v->sent, 1);
}

/* An answer or error to the question with this number: y, then what stands before t. */
static void
hear(struct visit *v, int question, const char *before_t, const char *after_t)
{
	struct bytes b = { 0 };
	struct krpc q;

	assert_null(krpc_read(&q, v->query[question].b, v->query[question].n));
	assert_int_equal(q.t.len, 4);
	b.n = (size_t)sprintf((char *)b.b, "d%s1:t4:", before_t);
	memcpy(b.b + b.n, q.t.p, 4);
	b.n += 4;
	b.n += (size_t)sprintf((char *)b.b + b.n, "%se", after_t);
	v->state = mainline.input(v->d, v->now, b.b, b.n);
}

/* Time passes until the dialog wants something. */
static void
until_due(struct visit *v)
{
	assert_true(mainline.due(v->d) < INT64_MAX);
	v->now = mainline.due(v->d);
	assert_int_equal(mainline.tick(v->d, v->now - 1), v->state);
	v->state = mainline.tick(v->d, v->now);
}

static struct dialog_peer
over(struct visit *v)
{
	struct dialog_peer p;

	mainline.leave(v->d);
	assert_int_equal(mainline.due(v->d), INT64_MAX);
	mainline.peer(v->d, &p);	/* numbers alone are looked at when it is gone */
	mainline.close(v->d);
	return p;
}

#define ANSWER(body)	"1:rd2:id20:" ID body "e"
#define R	"1:v4:LT\2\10" "1:y1:r"

static void
a_whole_visit_asks_in_order(void **state)
{
	struct dialog_config c = config();
	struct dialog_peer p;
	struct visit v;

	(void)state;
	begin(&v, &c);
	assert_text(v.said.q, "find_node");
	v.now += 40;
	hear(&v, 0, ANSWER("5:nodes26:bcdefghijklmnopqrstu\300\1\2\1\32\341"), R);
	assert_string_equal(v.found, "node 192.1.2.1:6881 bcdefghijklmnopqrstu 0 0\n");
	assert_int_equal(mainline.due(v.d), 1000 + SPACING);	/* from the last datagram, not from its answer */
	until_due(&v);
	assert_text(v.said.q, "find_node");
	assert_text(v.said.body.target, ID);
	hear(&v, 1, ANSWER("5:nodes52:bcdefghijklmnopqrstu\300\1\2\1\32\341" "mnopqrstuvwxyz123455\300\1\2\1\32\342"), R);
	assert_non_null(strstr(v.found, "node 192.1.2.1:6882 mnopqrstuvwxyz123455 158 0\n"));
	assert_int_equal(v.found[strlen(v.found) - 1], '\n');
	until_due(&v);
	assert_text(v.said.q, "sample_infohashes");
	hear(&v, 2, "1:rd2:id20:" ID "8:intervali90e3:numi2e7:samples40:AAAAAAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBBBBBe", R);
	for (int i = 0; i < 2; i++) {
		char want[64], hash;

		until_due(&v);
		assert_text(v.said.q, "get_peers");
		assert_int_equal(v.said.body.target.len, 0);
		hash = (char)v.said.body.info_hash.p[0];
		assert_true(hash == 'A' || hash == 'B');
		hear(&v, 3 + i, ANSWER("5:token1:x6:valuesl6:\301\2\3\4\32\341" "6:\301\2\3\5\32\341e"), R);
		snprintf(want, sizeof(want), "key 193.2.3.4:6881 %c", hash);
		assert_non_null(strstr(v.found, want));
	}
	assert_non_null(strstr(v.found, " 1280573960 raw 1\nkey 193.2.3.5:6881"));
	assert_int_equal(v.state, DIALOG_DONE);
	assert_int_equal(v.sent, 5);
	assert_int_equal(v.now - 1000, 4 * SPACING);
	p = over(&v);
	assert_true(p.handshaken && !p.outside);
	assert_int_equal(p.keys, 4);
	assert_int_equal(p.neighbours, 2);
	assert_int_equal(p.windows, 2);
	assert_int_equal(p.contact[MAINLINE_CONTACT_RTT].number, 40);
	assert_int_equal(p.contact[MAINLINE_CONTACT_INDEXES].number, 1);
	assert_int_equal(p.contact[MAINLINE_CONTACT_NUM].number, 2);
	assert_int_equal(p.contact[MAINLINE_CONTACT_INTERVAL].number, 90);
	assert_int_equal(p.contact[MAINLINE_CONTACT_FITS].number, 0);
	assert_int_equal(p.contact[MAINLINE_CONTACT_VERSION].number, 0x4c540208);
}

static void
silence_is_asked_twice_with_the_same_id(void **state)
{
	struct dialog_config c = config();
	struct visit v;

	(void)state;
	begin(&v, &c);
	until_due(&v);
	assert_int_equal(v.now, 1000 + PATIENCE);
	assert_int_equal(v.sent, 2);
	assert_int_equal(v.query[0].n, v.query[1].n);
	assert_memory_equal(v.query[0].b, v.query[1].b, v.query[0].n);
	until_due(&v);
	assert_int_equal(v.state, DIALOG_BROKEN);
	assert_string_equal(mainline.why(v.d), "no answer");
	assert_false(over(&v).handshaken);

	/* An answer to the first try still counts after the second left. */
	begin(&v, &c);
	until_due(&v);
	v.now += 10;
	hear(&v, 0, ANSWER(""), R);
	assert_int_equal(v.state, DIALOG_OPEN);
	hear(&v, 0, ANSWER(""), R);	/* and the other answer is nothing new */
	assert_int_equal(v.state, DIALOG_OPEN);
	until_due(&v);
	assert_text(v.said.body.target, ID);
	until_due(&v);
	until_due(&v);
	assert_int_equal(v.state, DIALOG_DONE);
	assert_int_equal(v.sent, 4);
	assert_true(over(&v).handshaken);
}

static void
never_more_than_eight_datagrams(void **state)
{
	struct dialog_config c = config();
	struct visit v;

	(void)state;
	begin(&v, &c);
	for (int i = 0, asked = 0; v.state == DIALOG_OPEN; i++) {
		int before = v.sent;

		until_due(&v);
		if (v.sent == before)
			break;
		/* Each first try is lost, each second answered. */
		if (i % 2 == 0) {
			hear(&v, v.sent - 1, asked == 2 ? "1:rd2:id20:" ID "7:samples100:AAAAAAAAAAAAAAAAAAAA"
			    "BBBBBBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDDDDDDEEEEEEEEEEEEEEEEEEEEe" :
			    ANSWER(""), R);
			asked++;
		}
	}
	assert_int_equal(v.sent, LIMIT_DATAGRAMS);
	assert_int_equal(v.state, DIALOG_DONE);
	over(&v);
}

static void
errors_end_only_what_they_answer(void **state)
{
	struct dialog_config c = config();
	struct dialog_peer p;
	struct visit v;

	(void)state;
	begin(&v, &c);
	hear(&v, 0, "1:eli203e2:noe1:rd2:id20:" ID "e", "1:y1:e");
	assert_int_equal(v.state, DIALOG_DROPPED);
	p = over(&v);
	assert_int_equal(p.farewell, 203);
	assert_int_equal(p.contact[MAINLINE_CONTACT_ERROR].number, 203);
	assert_string_equal(mainline.farewell_name(203), "protocol error");
	assert_null(mainline.farewell_name(7));

	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	until_due(&v);
	hear(&v, 1, ANSWER(""), R);
	until_due(&v);
	hear(&v, 2, "1:eli204e2:noe", "1:y1:e");
	assert_int_equal(v.state, DIALOG_DONE);
	p = over(&v);
	assert_true(p.handshaken);
	assert_int_equal(p.contact[MAINLINE_CONTACT_INDEXES].number, 0);

	/* An error without a code is one all the same. */
	begin(&v, &c);
	hear(&v, 0, "1:ele", "1:y1:e");
	assert_int_equal(v.state, DIALOG_DROPPED);
	assert_int_equal(over(&v).farewell, 0);
}

static void
bad_answers_break_a_visit_that_has_not_begun(void **state)
{
	struct dialog_config c = config();
	struct visit v;

	(void)state;
	begin(&v, &c);
	hear(&v, 0, "1:rd2:id19:mnopqrstuvwxyz12345e", R);
	assert_int_equal(v.state, DIALOG_BROKEN);
	assert_string_equal(mainline.why(v.d), "no id of 20 bytes");
	over(&v);
	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	until_due(&v);
	hear(&v, 1, "1:rd2:id19:mnopqrstuvwxyz12345e", R);
	assert_int_equal(v.state, DIALOG_DONE);
	assert_true(over(&v).handshaken);
	/* What nobody asked yet is nobody's answer. */
	begin(&v, &c);
	v.query[5] = v.query[0];
	v.query[5].b[strstr((char *)v.query[0].b + 100 - 25, "1:t4:") - (char *)v.query[0].b + 8] |= 5;
	hear(&v, 5, ANSWER(""), R);
	assert_int_equal(v.state, DIALOG_OPEN);
	for (int i = 0; i < LIMIT_ANSWERS && v.state == DIALOG_OPEN; i++)
		hear(&v, 5, ANSWER(""), R);
	assert_int_equal(v.state, DIALOG_BROKEN);
	over(&v);
}

static void
another_id_in_a_later_answer_is_told(void **state)
{
	struct dialog_config c = config();
	struct dialog_peer p;
	struct visit v;

	(void)state;
	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	until_due(&v);
	hear(&v, 1, "1:rd2:id20:mnopqrstuvwxyz123457e", R);
	mainline.peer(v.d, &p);
	assert_text(p.contact[MAINLINE_CONTACT_ID].text, ID);
	assert_text(p.contact[MAINLINE_CONTACT_SECOND_ID].text, "mnopqrstuvwxyz123457");
	over(&v);
}

static void
outside_the_zone_only_the_way_is_asked(void **state)
{
	struct dialog_config c = config();
	struct dialog_peer p;
	struct visit v;

	(void)state;
	c.zone = (struct zone){ "zone", 8 };
	begin(&v, &c);
	assert_int_equal(v.said.body.target.p[0], 'z');
	hear(&v, 0, ANSWER("5:nodes26:zcdefghijklmnopqrstu\300\1\2\1\32\341"), R);
	assert_int_equal(v.state, DIALOG_DONE);
	p = over(&v);
	assert_true(p.handshaken && p.outside);
}

/* Into the zone, or strictly nearer to it. */
static void
who_leads_nearer_is_followed(void **state)
{
	static const struct { const char *id; bool follow; } contacts[] = {
		{ "zzzzzzzzzzzzzzzzzzzz", true }, { "yzzzzzzzzzzzzzzzzzzz", true },
		{ "mzzzzzzzzzzzzzzzzzzz", false }, { "\001zzzzzzzzzzzzzzzzzzz", false },
	};
	struct dialog_config c = config();
	struct visit v;

	(void)state;
	c.zone = (struct zone){ "zzzz", 8 };
	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	for (size_t i = 0; i < sizeof(contacts) / sizeof(contacts[0]); i++) {
		struct observation o = { .type = OBS_NEIGHBOUR };

		o.value[MAINLINE_NEIGHBOUR_ID].text = text(contacts[i].id);
		assert_int_equal(mainline.follow(v.d, &o), contacts[i].follow);
		o.type = OBS_KEY;
		assert_false(mainline.follow(v.d, &o));
	}
	over(&v);
}

static void
a_census_asks_for_no_sample(void **state)
{
	struct dialog_config c = config();
	struct visit v;

	(void)state;
	c.windows = 0;
	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	until_due(&v);
	hear(&v, 1, ANSWER(""), R);
	assert_int_equal(v.state, DIALOG_DONE);
	assert_int_equal(over(&v).contact[MAINLINE_CONTACT_INDEXES].number, UNKNOWN);
}

/* BEP 51: not before the interval is over; what was sampled before is asked for meanwhile. */
static void
a_sample_is_not_asked_for_too_soon(void **state)
{
	static uint8_t memory[4096];
	struct dialog_config c = config();
	struct dialog_peer p;
	struct visit v;

	(void)state;
	assert_in_range(mainline.traits->memory, 1, sizeof(memory));
	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	assert_false(mainline.remember(v.d, memory));
	until_due(&v);
	hear(&v, 1, ANSWER(""), R);
	until_due(&v);
	hear(&v, 2, "1:rd2:id20:" ID "8:intervali90e7:samples20:AAAAAAAAAAAAAAAAAAAAe", R);
	assert_true(mainline.remember(v.d, memory));
	over(&v);

	c.memory = memory;
	begin(&v, &c);			/* a second after the first began */
	hear(&v, 0, ANSWER(""), R);
	until_due(&v);
	hear(&v, 1, ANSWER(""), R);
	until_due(&v);
	assert_text(v.said.q, "get_peers");
	assert_text(v.said.body.info_hash, "AAAAAAAAAAAAAAAAAAAA");
	hear(&v, 2, ANSWER("6:valuesl6:\301\2\3\4\32\341e"), R);
	assert_int_equal(v.state, DIALOG_DONE);
	assert_true(mainline.remember(v.d, memory));	/* still the old one */
	p = over(&v);
	assert_int_equal(p.keys, 1);
	assert_int_equal(p.contact[MAINLINE_CONTACT_INDEXES].number, UNKNOWN);

	c.panel = 0;			/* nothing to ask about: the searches are all */
	begin(&v, &c);
	hear(&v, 0, ANSWER(""), R);
	until_due(&v);
	hear(&v, 1, ANSWER(""), R);
	assert_int_equal(v.state, DIALOG_DONE);
	over(&v);
}

static void
datagrams_find_their_visit(void **state)
{
	struct dialog_config c = config();
	struct visit v;
	uint32_t tag = 0;
	char answer[64];
	int n;

	(void)state;
	begin(&v, &c);
	assert_false(mainline.address(v.query[0].b, v.query[0].n, false, &tag));
	assert_true(mainline.address(v.query[0].b, v.query[0].n, true, &tag));
	assert_int_equal(tag, c.tag);
	tag = 0;
	n = sprintf(answer, "d1:t4:");
	memcpy(answer + n, strstr((char *)v.query[0].b + 75, "1:t4:") + 5, 4);
	assert_true(mainline.address((uint8_t *)answer, (size_t)n + 4, false, &tag));	/* bad, but tells */
	assert_int_equal(tag, c.tag);
	assert_false(mainline.address((const uint8_t *)"d1:t2:aa1:y1:re", 15, false, &tag));
	over(&v);
}

static void
strays_are_named(void **state)
{
	static const struct { const char *bytes, *name; } stray[] = {
		{ "d1:ad2:id20:" ID "e1:q4:ping1:t1:a1:y1:qe", "ping" },
		{ "d1:ad2:id20:" ID "e1:q13:announce_peer1:t1:a1:y1:qe", "announce_peer" },
		{ "d1:ad2:id20:" ID "e1:q3:foo1:t1:a1:y1:qe", "other query" },
		{ "d1:rd2:id20:" ID "e1:t1:a1:y1:re", "answer" },
		{ "d1:t1:a1:y1:ee", "error" }, { "hello", "rubbish" }, { "", "rubbish" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stray) / sizeof(stray[0]); i++)
		assert_string_equal(mainline.stray((const uint8_t *)stray[i].bytes, strlen(stray[i].bytes)), stray[i].name);
}

static void
peers_are_named_by_endpoint_or_compact_contact(void **state)
{
	static const struct { const char *line, *want; } entry[] = {
		{ "203.0.113.7:6881", "203.0.113.7:6881" }, { "[2001:db8::1]:80", "[2001:db8::1]:80" },
		{ "cb0071071ae1", "203.0.113.7:6881" },
		{ "000102030405060708090a0b0c0d0e0f10111213CB0071071AE1", "203.0.113.7:6881" },
		{ "20010db80000000000000000000000010050", "[2001:db8::1]:80" },
		{ "000102030405060708090a0b0c0d0e0f1011121320010db80000000000000000000000010050", "[2001:db8::1]:80" },
		{ "", NULL }, { "cb0071071a", NULL }, { "203.0.113.7:0", NULL }, { "203.0.113.7", NULL },
		{ "cb0071070000", NULL }, { "router.example:6881", NULL },
		{ "[fc00::1]:80", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(entry) / sizeof(entry[0]); i++) {
		char text[ENDPOINT_TEXT];
		const char *why;
		struct endpoint e;
		bool good = mainline.peer_entry(&e, entry[i].line, &why);

		assert_int_equal(good, entry[i].want != NULL);
		if (good)
			assert_string_equal(endpoint_format(text, e), entry[i].want);
		else
			assert_int_equal(why == NULL, *entry[i].line == '\0');
	}
}

static void
count_line(void *arg, const char *label, struct text t)
{
	assert_true(strlen(label) > 0 && t.len > 0);
	++*(int *)arg;
}

static void
a_node_is_described(void **state)
{
	struct dialog_config c = config();
	struct visit v;
	int lines = 0;

	(void)state;
	begin(&v, &c);
	mainline.describe(v.d, count_line, &lines);
	assert_int_equal(lines, 0);
	hear(&v, 0, "2:ip6:\301\2\3\4\32\341" ANSWER(""), R);
	mainline.describe(v.d, count_line, &lines);
	assert_int_equal(lines, 3);
	mainline.close(v.d);
	mainline.close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_visit_asks_in_order),
		cmocka_unit_test(silence_is_asked_twice_with_the_same_id),
		cmocka_unit_test(never_more_than_eight_datagrams),
		cmocka_unit_test(errors_end_only_what_they_answer),
		cmocka_unit_test(bad_answers_break_a_visit_that_has_not_begun),
		cmocka_unit_test(another_id_in_a_later_answer_is_told),
		cmocka_unit_test(outside_the_zone_only_the_way_is_asked),
		cmocka_unit_test(who_leads_nearer_is_followed),
		cmocka_unit_test(a_census_asks_for_no_sample),
		cmocka_unit_test(a_sample_is_not_asked_for_too_soon),
		cmocka_unit_test(datagrams_find_their_visit),
		cmocka_unit_test(strays_are_named),
		cmocka_unit_test(peers_are_named_by_endpoint_or_compact_contact),
		cmocka_unit_test(a_node_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
