/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sensor without a listener announces a port all the same: what names it there is no news. */
#include "talk.h"

static struct talk t;

static void
what_names_our_stand_in_port_is_ourselves(void **state)
{
	static const uint8_t hash[16] = { 1 };
	struct dialog_config c = usual_config();
	struct other_node us = { .ip = c.self.ip, .speed = 1 };
	uint8_t cipher[2][KEY_NAME_MAX];
	struct key k[2] = { { .hash = hash, .size = 1, .ttl = 1500, .version = 5 } };

	(void)state;
	c.port0 = true;
	c.self.port = 0;
	talk_open(&t, &c);
	handshake(&t);
	k[1] = k[0];
	k[0].source = t.self;
	k[1].source = endpoint_ipv4(c.self.ip, (uint16_t)(t.self.port + 1));
	answer_name(&k[0], cipher[0], text("ours"));
	answer_name(&k[1], cipher[1], text("beside"));
	peer_query(&t, (struct query){ .spread = 1 }, NULL, k, 2);
	us.port = t.self.port;
	SAY(&t, answer_node(w, &us));
	assert_null(strstr(t.found, "name=ours"));
	assert_non_null(strstr(t.found, "name=beside"));
	assert_int_equal(peer_of(&t).bad_keys, 1);
	assert_int_equal(peer_of(&t).neighbours, 0);
	us.port++;
	SAY(&t, answer_node(w, &us));
	assert_int_equal(peer_of(&t).neighbours, 1);
	talk_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_names_our_stand_in_port_is_ourselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
