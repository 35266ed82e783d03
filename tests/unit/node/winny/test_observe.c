/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a peer's messages say comes out as observations, claims kept apart. */
#include "tests/unit/node/winny/talk.h"

static struct talk t;
static uint8_t cipher[4][KEY_NAME_MAX];
static const uint8_t hash[16] = { 0xaa };

static void
begin(void)
{
	struct dialog_config c = usual_config();

	talk_open(&t, &c);
	handshake(&t);
}

static void
begin_behind_nat(void)
{
	struct dialog_config c = usual_config();
	const struct self_info self = { .ip = 0xc0a80007, .port = 7743 };

	talk_open(&t, &c);
	peer_greets(&t);
	SAY(&t, outgoing_self(w, &self));
	assert_string_equal(described(&t), " behind a NAT as=192.168.0.7:7743");
}

static struct key
a_file(uint8_t *room, const char *name)
{
	struct key k = { .source = endpoint_ipv4(0xc6336417, 9338), .hash = hash, .size = 7340032,
		.trip = text("a1B2c3D4e5"), .ttl = 1480, .blocks = 120, .mtime = 1274400000,
		.ignore = 2, .version = 5 };

	answer_name(&k, room, text(name));
	return k;
}

static void
a_key_is_reported_field_by_field(void **state)
{
	struct key k = a_file(cipher[0], "\x8e\xc0\x8c\xb1.txt");

	(void)state;
	begin();
	peer_query(&t, (struct query){ .spread = 1, .downstream = 9 }, NULL, &k, 1);
	assert_string_equal(t.found,
	    "key peer=203.0.113.7:7743 source=198.51.100.23:9338 hash=aa000000000000000000000000000000"
	    " size=7340032"
	    " name=実験.txt trip=a1B2c3D4e5 ttl=1480 blocks=120 mtime=1274400000 ignore=1"
	    " version=5 bbs= downstream=1 bbs_trip= raw=67\n");
	assert_int_equal(peer_of(&t).keys, 1);
	assert_int_equal(peer_of(&t).bad_keys, 0);
	talk_close(&t);
}

/* It borrows the port of a neighbour behind the same address. */
static void
a_delivery_is_by_who_was_dialled_whatever_it_announces(void **state)
{
	struct dialog_config c = usual_config();
	struct key k = a_file(cipher[0], "a.txt");
	char text[ENDPOINT_TEXT];

	(void)state;
	c.peer.port = 20001;
	talk_open(&t, &c);
	handshake(&t);
	peer_query(&t, (struct query){ .spread = 1 }, NULL, &k, 1);
	assert_non_null(strstr(t.found, "key peer=203.0.113.7:20001 "));
	assert_string_equal(endpoint_format(text, peer_of(&t).announced), "203.0.113.7:7743");
	assert_string_equal(endpoint_format(text,
	    *peer_of(&t).contact[WINNY_CONTACT_ANNOUNCED].endpoint), "203.0.113.7:7743");
	talk_close(&t);
	c.peer.port = 0;
	c.inbound = true;
	talk_open(&t, &c);
	handshake(&t);
	peer_query(&t, (struct query){ .spread = 1 }, NULL, &k, 1);
	assert_non_null(strstr(t.found, "key peer=203.0.113.7:0 "));
	talk_close(&t);
}

static void
a_thread_is_reported_with_its_owner_and_signature(void **state)
{
	struct key k = a_file(cipher[0], "[BBS_x]y");

	(void)state;
	k.bbs = endpoint_ipv4(0xcb007129, 8001);
	k.size = 2048;
	k.trip = text("AbCdEfGhIjK");
	k.signature = text("Z9y8X7w6V5u");
	begin();
	peer_query(&t, (struct query){ .reply = 1 }, NULL, &k, 1);
	assert_non_null(strstr(t.found, " trip=AbCdEfGhIjK "));
	assert_non_null(strstr(t.found, " bbs=203.0.113.41:8001 downstream=0"
	    " bbs_trip=Z9y8X7w6V5u raw=78"));
	talk_close(&t);
}

static void
a_bad_key_costs_only_itself(void **state)
{
	struct key k[3] = { a_file(cipher[0], "first"), a_file(cipher[1], "bad"),
		a_file(cipher[2], "third") };

	(void)state;
	k[1].name_sum++;
	begin();
	peer_query(&t, (struct query){ .spread = 1 }, NULL, k, 3);
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_non_null(strstr(t.found, "name=first"));
	assert_null(strstr(t.found, "name=bad"));
	assert_non_null(strstr(t.found, "name=third"));
	assert_int_equal(peer_of(&t).keys, 2);
	assert_int_equal(peer_of(&t).bad_keys, 1);
	talk_close(&t);
}

/* Special addresses are claims worth keeping; only our own is nonsense. */
static void
any_source_is_a_claim_but_ourselves(void **state)
{
	struct key k[3] = { a_file(cipher[0], "loop"), a_file(cipher[1], "ours"),
		a_file(cipher[2], "neighbour") };

	(void)state;
	k[0].source = endpoint_ipv4(0x7f000001, 0);
	k[1].source = usual_config().self;
	k[2].source = usual_config().self;
	k[2].source.port++;
	begin();
	peer_query(&t, (struct query){ .spread = 1 }, NULL, k, 3);
	assert_non_null(strstr(t.found, "source=127.0.0.1:0"));
	assert_null(strstr(t.found, "name=ours"));
	assert_non_null(strstr(t.found, "name=neighbour"));
	assert_int_equal(peer_of(&t).bad_keys, 1);
	talk_close(&t);
}

static void
a_search_is_reported_and_its_keys_are_not(void **state)
{
	const struct endpoint via[2] = { endpoint_ipv4(0xcb007107, 7743),
		endpoint_ipv4(0xc6336417, 9338) };
	struct key k = a_file(cipher[0], "hidden");

	(void)state;
	begin();
	peer_query(&t, (struct query){ .nvia = 2, .id = -7, .words = text("\x8a\xcf\x91\xaa a"),
	    .trip = text("a1B2c3D4e5") }, via, &k, 1);
	assert_string_equal(t.found, "query peer=203.0.113.7:7743 via=203.0.113.7:7743"
	    " via=198.51.100.23:9338 words=観測 a id=-7 trip=a1B2c3D4e5\n");
	assert_int_equal(peer_of(&t).queries, 1);
	assert_int_equal(peer_of(&t).keys, 0);
	talk_close(&t);
}

static void
the_longest_search_is_reported_whole(void **state)
{
	struct endpoint via[255];
	char words[256], needle[64];

	(void)state;
	memset(words, 0xff, 255);	/* four bytes of UTF-8 for each */
	words[255] = '\0';
	for (size_t i = 0; i < 255; i++)
		via[i] = endpoint_ipv4((uint32_t)(0x01000000 + i), (uint16_t)(i + 1));
	begin();
	peer_query(&t, (struct query){ .nvia = 255, .words = text(words) }, via, NULL, 0);
	snprintf(needle, sizeof(needle), "via=1.0.0.254:255 words=");
	assert_non_null(strstr(t.found, needle));
	assert_non_null(strstr(t.found, "\xf4\x8f\xbf\xbf id=0 trip=\n"));
	talk_close(&t);
}

static void
a_conditional_request_is_reported_as_a_search(void **state)
{
	const struct conditional c = { .words = text("a -b"), .trip = text("x"), .id = 42 };

	(void)state;
	begin();
	SAY(&t, answer_conditional(w, &c));
	assert_string_equal(t.found,
	    "query peer=203.0.113.7:7743 words=a -b id=42 trip=x\n");
	talk_close(&t);
}

static void
a_neighbour_is_reported_unless_a_node_would_ignore_it(void **state)
{
	static const struct { uint32_t ip; int32_t port; bool reported; } said[] = {
		{ 0xc6336417, 9338, true }, { 0xc6336417, 0, false }, { 0xc6336417, -1, false },
		{ 0xc6336417, 32767, true }, { 0xc6336417, 32768, false },
		{ 0xc0000201, 7000, false }, { 0xc0000201, 7001, true },	/* ourselves; beside */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		const struct other_node n = { .ip = said[i].ip, .port = said[i].port, .speed = -1,
			.bbs = 3, .words = { text("\x83\x51"), text(""), text("b c") } };

		begin();
		SAY(&t, answer_node(w, &n));
		assert_int_equal(t.found[0] != '\0', said[i].reported);
		assert_int_equal(peer_of(&t).neighbours, said[i].reported);
		if (i == 0)
			assert_string_equal(t.found, "neighbour peer=203.0.113.7:7743"
			    " node=198.51.100.23:9338 speed=-1 bbs=1 words=ゲ words= words=b c\n");
		assert_int_equal(t.state, DIALOG_OPEN);
		talk_close(&t);
	}
}

/* 192.168.0.7:7743 is what the peer calls itself; 203.0.113.7 is what we see. */
static void
a_peer_behind_a_nat_is_named_as_we_see_it(void **state)
{
	const struct endpoint via[3] = { endpoint_ipv4(0xc0a80007, 7743),
		endpoint_ipv4(0xc0a80007, 7744), endpoint_ipv4(0xc0a80008, 7743) };
	struct key k = a_file(cipher[0], "[BBS_x]y");

	(void)state;
	begin_behind_nat();
	peer_query(&t, (struct query){ .nvia = 3 }, via, NULL, 0);
	assert_non_null(strstr(t.found,
	    "via=203.0.113.7:7743 via=192.168.0.7:7744 via=192.168.0.8:7743 words="));
	k.source = k.bbs = via[0];
	k.size = 1;
	peer_query(&t, (struct query){ .spread = 1 }, NULL, &k, 1);
	assert_non_null(strstr(t.found, "source=203.0.113.7:7743"));
	assert_non_null(strstr(t.found, "bbs=203.0.113.7:7743"));
	talk_close(&t);

	begin();	/* without a NAT nothing is changed */
	peer_query(&t, (struct query){ .nvia = 3 }, via, NULL, 0);
	assert_non_null(strstr(t.found, "via=192.168.0.7:7743"));
	talk_close(&t);
}

/* Nobody has an address of its own yet that could be translated. */
static void
before_the_introduction_nothing_is_translated(void **state)
{
	struct dialog_config c = usual_config();
	struct key k = a_file(cipher[0], "early");

	(void)state;
	k.source = endpoint_ipv4(0, 0);
	talk_open(&t, &c);
	peer_greets(&t);
	peer_query(&t, (struct query){ .spread = 1 }, NULL, &k, 1);
	assert_non_null(strstr(t.found, "source=0.0.0.0:0"));
	assert_non_null(strstr(t.found, " bbs= "));
	talk_close(&t);
}

static void
overlays_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(overlay_find("winny"), &winny);
	assert_null(overlay_find("winnyp"));
	assert_null(winny.prepare());
	for (int i = 0; overlays[i] != NULL; i++)
		assert_ptr_equal(overlay_find(overlays[i]->name), overlays[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_reported_field_by_field),
		cmocka_unit_test(a_delivery_is_by_who_was_dialled_whatever_it_announces),
		cmocka_unit_test(a_thread_is_reported_with_its_owner_and_signature),
		cmocka_unit_test(a_bad_key_costs_only_itself),
		cmocka_unit_test(any_source_is_a_claim_but_ourselves),
		cmocka_unit_test(a_search_is_reported_and_its_keys_are_not),
		cmocka_unit_test(the_longest_search_is_reported_whole),
		cmocka_unit_test(a_conditional_request_is_reported_as_a_search),
		cmocka_unit_test(a_neighbour_is_reported_unless_a_node_would_ignore_it),
		cmocka_unit_test(a_peer_behind_a_nat_is_named_as_we_see_it),
		cmocka_unit_test(before_the_introduction_nothing_is_translated),
		cmocka_unit_test(overlays_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
