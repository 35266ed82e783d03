/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/node/bitcoin/talk.h"

#include "node/bitcoin/limits.h"

static struct talk t, u;
static struct stream s;

#define HANDSHAKE	"version sendaddrv2 verack getaddr"

/* Version and verack of an ordinary node are in s. */
static void
begin_stream(void)
{
	s.n = 0;
	put_version(&s, 70016, 0, "/Satoshi:31.0.0/");
	put_message(&s, "sendaddrv2", NULL, 0);
	put_message(&s, "verack", NULL, 0);
}

static void
shake_hands(struct dialog_config c)
{
	talk_begin(&t, c);
	begin_stream();
	say(&t, &s);
	s.n = 0;
}

static void
a_visit_says_who_it_is_asks_once_and_listens(void **state)
{
	struct dialog_peer peer;

	(void)state;
	talk_begin(&t, usual_config());
	assert_string_equal(t.said, "version");		/* first, and in one write */
	begin_stream();
	say(&t, &s);
	assert_string_equal(t.said, HANDSHAKE);
	bitcoin[BITCOIN_MAIN].peer(t.d, &peer);
	assert_true(peer.handshaken && peer.dialog && !peer.undialable && peer.farewell == UNKNOWN);
	assert_int_equal(peer.contact[BTC_CONTACT_VERSION].number, 70016);
	assert_text(peer.contact[BTC_CONTACT_SERVICES].text, "c09");
	assert_text(peer.contact[BTC_CONTACT_AGENT].text, "/Satoshi:31.0.0/");
	assert_int_equal(peer.contact[BTC_CONTACT_HEIGHT].number, 900000);
	assert_int_equal(peer.contact[BTC_CONTACT_CLOCK_OFFSET].number, 500);
	s.n = 0;
	put_addr(&s, 3, 86400);
	say(&t, &s);
	assert_string_equal(t.found, "44.0.0.1:8333 ipv4 -86400 409 3 table\n"
	    "44.0.0.2:8333 ipv4 -86400 409 3 table\n44.0.0.3:8333 ipv4 -86400 409 3 table\n");
	assert_int_equal(bitcoin[BITCOIN_MAIN].due(t.d), t.now + LIMIT_SETTLE_MS);
	wait_ms(&t, LIMIT_SETTLE_MS);
	assert_int_equal(t.state, DIALOG_DONE);
	assert_string_equal(why(&t), "heard the answer to our question");
	bitcoin[BITCOIN_MAIN].peer(t.d, &peer);
	assert_true(peer.windows == 1 && peer.neighbours == 3 && peer.bad_keys == 0);
	assert_string_equal(t.said, HANDSHAKE);
	talk_end(&t);
}

/* What a node could ask for, and what might provoke an answer: the reply is silence. */
static void
nothing_but_a_ping_is_answered(void **state)
{
	static const char *const provoking[] = { "getaddr", "getdata", "getheaders", "getblocks", "mempool",
		"inv", "sendheaders", "sendcmpct", "feefilter", "wtxidrelay", "version", "verack", "reject",
		"addr", "addrv2", "pong", "notfound", "whatever", "sendtxrcncl", "getcfilters" };

	(void)state;
	shake_hands(usual_config());
	for (size_t i = 0; i < sizeof(provoking) / sizeof(provoking[0]); i++)
		put_message(&s, provoking[i], (const uint8_t *)"\0\0\0\0\0\0\0\0\0", 9);
	put_message(&s, "ping", NULL, 0);
	say(&t, &s);
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_string_equal(t.said, HANDSHAKE);
	s.n = 0;
	put_message(&s, "ping", (const uint8_t *)"abcdefgh", 8);
	say(&t, &s);
	assert_string_equal(t.said, HANDSHAKE " pong");
	assert_memory_equal(t.bytes + t.nbytes - 8, "abcdefgh", 8);
	talk_end(&t);
}

static void
the_repertoire_is_what_is_said(void **state)
{
	const struct utterance *r = bitcoin[BITCOIN_MAIN].repertoire;
	static const char *const five[] = { "version", "sendaddrv2", "verack", "getaddr", "pong" };
	size_t n = 0;

	(void)state;
	for (; r[n].name != NULL; n++)
		assert_string_equal(r[n].name, five[n]);
	assert_int_equal(n, 5);
}

/* ---- time -------------------------------------------------------------------------- */

static void
who_is_slow_is_left(void **state)
{
	(void)state;
	talk_begin(&t, usual_config());
	wait_ms(&t, 29999);
	assert_int_equal(t.state, DIALOG_OPEN);
	wait_ms(&t, 1);
	assert_int_equal(t.state, DIALOG_BROKEN);
	assert_string_equal(why(&t), "the handshake was not over in time");
	assert_true(bitcoin[BITCOIN_MAIN].due(t.d) == INT64_MAX);
	talk_end(&t);

	shake_hands(usual_config());
	wait_ms(&t, 150000);
	assert_int_equal(t.state, DIALOG_DONE);
	assert_string_equal(why(&t), "no answer came");
	talk_end(&t);
}

static void
a_standing_link_stays_until_it_is_silent(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.standing = true;
	c.windows = 0;
	shake_hands(c);
	assert_string_equal(t.said, HANDSHAKE);
	put_addr(&s, 20, 86400);
	for (int i = 0; i < 100; i++) {
		wait_ms(&t, 1199000);
		say(&t, &s);
		assert_int_equal(t.state, DIALOG_OPEN);
	}
	wait_ms(&t, 1200000);
	assert_int_equal(t.state, DIALOG_DROPPED);
	assert_string_equal(why(&t), "the peer fell silent");
	talk_end(&t);
}

static void
a_census_is_over_with_the_handshake(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.windows = 0;
	shake_hands(c);
	assert_int_equal(t.state, DIALOG_DONE);
	assert_string_equal(t.said, "version sendaddrv2 verack");
	talk_end(&t);
}

static void
leaving_says_nothing(void **state)
{
	(void)state;
	shake_hands(usual_config());
	bitcoin[BITCOIN_MAIN].leave(t.d);
	assert_string_equal(t.said, HANDSHAKE);
	wait_ms(&t, 1);
	assert_int_equal(t.state, DIALOG_DONE);
	talk_end(&t);
}

/* ---- ages --------------------------------------------------------------------------- */

static void
age_of_one(int64_t ahead, int64_t age, double scale, int64_t later_ms, const char *want)
{
	struct dialog_config c = usual_config();
	char line[128];

	c.time_scale = scale;
	talk_begin(&t, c);
	s.n = 0;
	put_version(&s, 70016, ahead, "");
	put_message(&s, "verack", NULL, 0);
	say(&t, &s);
	t.now += later_ms;
	s.n = 0;
	put_addr(&s, 2, age);
	say(&t, &s);
	snprintf(line, sizeof(line), "44.0.0.1:8333 ipv4 %" PRId64 " 409 2 %s\n", -age, want);
	assert_memory_equal(t.found, line, strlen(line));
	talk_end(&t);
}

static void
news_is_told_by_the_clock_of_who_tells(void **state)
{
	(void)state;
	age_of_one(0, 0, 1, 0, "fresh");
	age_of_one(0, 780, 1, 0, "fresh");
	age_of_one(0, 781, 1, 0, "table");
	age_of_one(0, -600, 1, 0, "fresh");
	age_of_one(0, -601, 1, 0, "table");
	age_of_one(-3600, 3600, 1, 0, "fresh");		/* its clock is an hour behind */
	age_of_one(-3600, 0, 1, 0, "table");
	age_of_one(0, 700, 1, 80999, "fresh");
	age_of_one(0, 700, 1, 81000, "table");
	age_of_one(0, 700, 10, 8100, "table");		/* a lab's clock */
}

static void
own(unsigned n, int64_t age, int64_t after_ms, bool want)
{
	shake_hands(usual_config());
	t.now += after_ms;
	put_addr(&s, n, age);
	say(&t, &s);
	assert_int_equal(strstr(t.found, " own\n") != NULL, want);
	talk_end(&t);
}

static void
a_nodes_own_address_comes_alone_and_soon(void **state)
{
	(void)state;
	own(1, 0, 2000, true);
	own(1, 0, 2001, false);
	own(2, 0, 0, false);
	own(1, 5000, 0, false);
}

/* ---- what breaks a link, and what does not ------------------------------------------------ */

static void
broken_by(const char *want)
{
	talk_begin(&t, usual_config());
	say(&t, &s);
	assert_int_equal(t.state, DIALOG_BROKEN);
	assert_string_equal(why(&t), want);
	talk_end(&t);
}

static void
strangers_are_named(void **state)
{
	(void)state;
	s.n = 0;
	memcpy(s.b, "HTTP/1.1 400", s.n = 12);
	broken_by("no magic of this network: the encrypted transport of BIP 324, or another protocol");
	memcpy(s.b, btc_networks[DOGECOIN_MAIN].magic, s.n = 4);
	broken_by("a node of another network: dogecoin-main");
	begin_stream();
	memcpy(s.b + s.n, "nonsense", 8);
	s.n += 8;
	broken_by("lost the beginning of a message: the magic is wrong");
	s.n = 0;
	put_version(&s, 31799, 0, "/old/");
	broken_by("a protocol version that nodes hang up on");
	s.n = 0;
	put_message(&s, "version", (const uint8_t *)"short", 5);
	broken_by("its version is bad: cut short");
	begin_stream();
	put_message(&s, "inv", NULL, 0);
	s.b[s.n - 5] = 1;	/* 16 MiB and more */
	broken_by("longer than 4000000 bytes");
}

static void
bad_messages_are_counted_and_dropped(void **state)
{
	struct dialog_peer peer;

	(void)state;
	shake_hands(usual_config());
	put_message(&s, "addr", (const uint8_t *)"\3", 1);		/* cut short */
	put_message(&s, "addrv2", (const uint8_t *)"\xfd\1\0", 3);	/* count in a longer form */
	put_message(&s, "", (const uint8_t *)"", 0);			/* no command */
	put_message(&s, "ping", (const uint8_t *)"abcdefgh", 8);
	s.b[s.n - 1] ^= 1;						/* wrong checksum */
	put_addr(&s, 1001, 5000);
	say(&t, &s);
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_string_equal(t.said, HANDSHAKE);
	assert_string_equal(t.found, "");
	bitcoin[BITCOIN_MAIN].peer(t.d, &peer);
	assert_int_equal(peer.bad_keys, 5);
	talk_end(&t);
}

static void
nothing_is_read_before_its_time(void **state)
{
	(void)state;
	talk_begin(&t, usual_config());
	s.n = 0;
	put_addr(&s, 5, 5000);
	put_message(&s, "verack", NULL, 0);
	put_message(&s, "ping", (const uint8_t *)"abcdefgh", 8);
	say(&t, &s);
	assert_string_equal(t.said, "version");
	begin_stream();
	s.n -= BTC_HEADER;			/* no verack yet */
	put_addr(&s, 5, 5000);
	put_version(&s, 60000, 0, "/second/");
	say(&t, &s);
	assert_string_equal(t.said, "version sendaddrv2 verack");
	assert_string_equal(t.found, "");
	talk_end(&t);
}

static void
messages_have_a_limit(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.blocks_max = 10;
	shake_hands(c);
	for (int i = 0; i < 7; i++)
		put_message(&s, "inv", (const uint8_t *)"abc", 3);
	say(&t, &s);
	assert_int_equal(t.state, DIALOG_OPEN);
	s.n = 0;
	put_message(&s, "inv", NULL, 0);
	say(&t, &s);
	assert_int_equal(t.state, DIALOG_BROKEN);
	talk_end(&t);
}

static void
an_agent_is_any_bytes_and_stays_text(void **state)
{
	struct dialog_peer peer;

	(void)state;
	talk_begin(&t, usual_config());
	s.n = 0;
	put_version(&s, 70015, -2, "/\x1b[31m\xff/");
	say(&t, &s);
	bitcoin[BITCOIN_MAIN].peer(t.d, &peer);
	assert_text(peer.contact[BTC_CONTACT_AGENT].text, "/\xf4\x8f\xbc\x9b[31m\xf4\x8f\xbf\xbf/");
	assert_int_equal(peer.contact[BTC_CONTACT_CLOCK_OFFSET].number, -1500);
	talk_end(&t);
}

static void
the_page_is_in_our_agent(void **state)
{
	struct dialog_config c = usual_config();
	static const char agent[] = "/kansoku:" KANSOKU_VERSION "(+https://example.org/s)/";

	(void)state;
	c.page = text("https://example.org/s");
	talk_begin(&t, c);
	assert_int_equal(t.bytes[BTC_HEADER + 80], sizeof(agent) - 1);
	assert_memory_equal(t.bytes + BTC_HEADER + 81, agent, sizeof(agent) - 1);
	assert_memory_equal(t.bytes + BTC_HEADER + 72, "\1\2\3\4\5\6\7\10", 8);
	talk_end(&t);
}

/* ---- pieces -------------------------------------------------------------------------------- */

/* In pieces of any size the same is said, found and concluded. */
static void
cutting_makes_no_difference(void **state)
{
	struct dialog_peer a, b;
	static const size_t piece[] = { 1, 2, 3, 7, 23, 24, 25, 31, 100, 1000, 4096 };

	(void)state;
	begin_stream();
	put_message(&s, "ping", (const uint8_t *)"abcdefgh", 8);
	put_addr(&s, 40, 100);
	put_message(&s, "inv", (const uint8_t *)"some bytes that nobody reads", 28);
	put_message(&s, "addr", (const uint8_t *)"\2", 1);
	put_addr(&s, 1000, 100000);
	put_message(&s, "ping", (const uint8_t *)"ABCDEFGH", 8);
	talk_begin(&t, usual_config());
	say(&t, &s);
	bitcoin[BITCOIN_MAIN].peer(t.d, &a);
	for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		talk_begin(&u, usual_config());
		for (size_t at = 0; at < s.n; at += piece[i])
			u.state = bitcoin[BITCOIN_MAIN].input(u.d, u.now, s.b + at,
			    s.n - at < piece[i] ? s.n - at : piece[i]);
		bitcoin[BITCOIN_MAIN].peer(u.d, &b);
		assert_string_equal(u.said, t.said);
		assert_string_equal(u.found, t.found);
		assert_int_equal(u.state, t.state);
		assert_true(a.neighbours == b.neighbours && a.bad_keys == b.bad_keys && a.neighbours == 1040);
		assert_true(bitcoin[BITCOIN_MAIN].due(u.d) == bitcoin[BITCOIN_MAIN].due(t.d));
		talk_end(&u);
	}
	talk_end(&t);
}

/* ---- the row ----------------------------------------------------------------------------------- */

static void
collect_line(void *arg, const char *label, struct text line)
{
	char *out = arg;

	sprintf(out + strlen(out), "%s=%.*s;", label, (int)line.len, (const char *)line.p);
}

static void
it_describes_what_is_in_no_field(void **state)
{
	char out[512] = "";

	(void)state;
	shake_hands(usual_config());
	put_message(&s, "inv", (const uint8_t *)"abc", 3);
	put_message(&s, "addr", (const uint8_t *)"\2", 1);
	put_message(&s, "addr", (const uint8_t *)"\0x", 2);
	say(&t, &s);
	bitcoin[BITCOIN_MAIN].describe(t.d, collect_line, out);
	assert_string_equal(out, "calls us=44.5.6.7:8333;bad messages=1;sloppy=1;skipped=2;their bytes=3;");
	talk_end(&t);
}

static void
first_bytes_are_recognised(void **state)
{
	(void)state;
	for (int i = 0; i < BTC_MEMBERS; i++) {
		assert_int_equal(bitcoin[i].recognise(btc_networks[i].magic, 3), NOT_YET);
		assert_int_equal(bitcoin[i].recognise(btc_networks[i].magic, 4), OURS);
		assert_string_equal(bitcoin[i].name, bitcoin[i].fields->overlay);
		assert_ptr_equal(bitcoin[i].params, &btc_networks[i]);
		assert_ptr_equal(overlay_find(bitcoin[i].name), &bitcoin[i]);
	}
	assert_int_equal(bitcoin[0].recognise((const uint8_t *)"GET ", 4), NOT_OURS);
	assert_null(btc_network_of_magic((const uint8_t *)"GET "));
}

static void
peers_are_hosts_and_ports(void **state)
{
	const char *wrong = "not set";
	struct endpoint e;

	(void)state;
	assert_true(bitcoin[0].peer_entry(&e, "[2a01::1]:8333", &wrong));
	assert_true(e.net == NET_IPV6 && e.port == 8333);
	assert_false(bitcoin[0].peer_entry(&e, "", &wrong));
	assert_null(wrong);
	assert_false(bitcoin[0].peer_entry(&e, "seed.example.org:8333", &wrong));
	assert_non_null(wrong);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visit_says_who_it_is_asks_once_and_listens),
		cmocka_unit_test(nothing_but_a_ping_is_answered),
		cmocka_unit_test(the_repertoire_is_what_is_said),
		cmocka_unit_test(who_is_slow_is_left),
		cmocka_unit_test(a_standing_link_stays_until_it_is_silent),
		cmocka_unit_test(a_census_is_over_with_the_handshake),
		cmocka_unit_test(leaving_says_nothing),
		cmocka_unit_test(news_is_told_by_the_clock_of_who_tells),
		cmocka_unit_test(a_nodes_own_address_comes_alone_and_soon),
		cmocka_unit_test(strangers_are_named),
		cmocka_unit_test(bad_messages_are_counted_and_dropped),
		cmocka_unit_test(nothing_is_read_before_its_time),
		cmocka_unit_test(messages_have_a_limit),
		cmocka_unit_test(an_agent_is_any_bytes_and_stays_text),
		cmocka_unit_test(the_page_is_in_our_agent),
		cmocka_unit_test(cutting_makes_no_difference),
		cmocka_unit_test(it_describes_what_is_in_no_field),
		cmocka_unit_test(first_bytes_are_recognised),
		cmocka_unit_test(peers_are_hosts_and_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
