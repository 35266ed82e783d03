/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map and the peers file that a sensor finds its way with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lab/map_file.h"
#include "node/winny/nodestr.h"
#include "tests/unit/lab/fixture.h"

static char path[] = "/tmp/kansoku-places-XXXXXX";

static int
fresh_file(void **state)
{
	int fd;

	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 7);
	if ((fd = mkstemp(path)) == -1)
		return -1;
	close(fd);
	fixture_world();
	return 0;
}

static int
no_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void
a_map_has_every_place_once_in_order(void **state)
{
	char line[100], lab[50], public[50];
	struct endpoint l, p, before = { 0, 0 };
	size_t n = 0;
	FILE *f;

	(void)state;
	assert_true(map_file_write_map(&world, 3600, 0, path));
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%49s %49s", lab, public), 2);
		assert_true(endpoint_parse(&l, lab) && endpoint_parse(&p, public));
		assert_true(endpoint_compare(before, l) < 0);
		assert_int_equal(p.ip - 0xc6336401, l.ip - 0x7f000101);
		before = l;
		n++;
	}
	fclose(f);
	/* The first node changes places: only where it is in this hour is written. */
	assert_int_equal(n, FIX_NODES);
}

static size_t
read_peers(struct endpoint *out)
{
	char line[200];
	const char *why;
	size_t n = 0;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		assert_true(nodestr_line(&out[n++], line, &why));
	}
	fclose(f);
	return n;
}

static void
peers_are_online_and_answer(void **state)
{
	struct endpoint got[FIX_NODES];
	size_t n;

	(void)state;
	world.offline[3] = true;
	world.node[4].silent = 1;
	world.node[5].port0 = 1;
	assert_true(map_file_write_peers(&world, 0, true, 200, path));
	n = read_peers(got);
	assert_int_equal(n, FIX_NODES - 3);
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = got[i].ip - 0xc6336401;

		assert_in_range(slot, 0, FIX_NODES - 1);
		assert_true(slot < 3 || slot > 5);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(endpoint_compare(got[i], got[j]), 0);
	}
}

static void
peers_without_a_map_are_on_loopback_where_they_listen(void **state)
{
	struct endpoint got[FIX_NODES];

	(void)state;
	assert_true(map_file_write_peers(&world, 1000, false, 7, path));
	assert_int_equal(read_peers(got), 7);
	for (int i = 0; i < 7; i++) {
		assert_int_equal(got[i].ip >> 24, 127);
		assert_int_equal(got[i].port, 8743);
	}
}

static void
the_shift_moves_the_lab_side_alone(void **state)
{
	char line[100];
	FILE *f;

	(void)state;
	assert_true(map_file_write_map(&world, 3600, -743, path));
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "127.0.1.1:7000 198.51.100.1:5000\n");
	fclose(f);
}

static void
online_counts_those_who_are(void **state)
{
	(void)state;
	world.offline[0] = world.offline[9] = true;
	assert_int_equal(map_file_online(&world), FIX_NODES - 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fresh_file, no_file)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_map_has_every_place_once_in_order),
		T(peers_are_online_and_answer),
		T(peers_without_a_map_are_on_loopback_where_they_listen),
		T(the_shift_moves_the_lab_side_alone),
		T(online_counts_those_who_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
