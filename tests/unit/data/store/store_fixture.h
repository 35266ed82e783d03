/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the store share: a folder, observations, and what was complained about. */
#ifndef KANSOKU_TESTS_STORE_FIXTURE_H
#define KANSOKU_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/rows.h"
#include "data/store/store_impl.h"
#include "data/lib/text.h"
#include "tests/winny_records.h"

static char folder[64];
static char db_path[96];

static inline int
make_folder(void **state)
{
	(void)state;
	/* In memory if there is such a place: fsync is not what is tested. */
	strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/kansoku-store-XXXXXX"
	    : "/tmp/kansoku-store-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(db_path, sizeof(db_path), "%s/t.db", folder);
	return 0;
}

static inline int
remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

#define STORE_TEST(f)	cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

static inline struct store *
open_store(enum store_mode mode)
{
	struct store *s = store_open(db_path, mode);

	assert_non_null(s);
	return s;
}

/* What fn complains about, as text; the test fails if it is silent. */
static inline char *
complaint_of(void (*fn)(void *), void *arg)
{
	static char text[1024];
	char path[128];
	int saved = dup(STDERR_FILENO), fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/stderr", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	dup2(fd, STDERR_FILENO);
	fn(arg);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	assert_true(n > 0);
	text[n] = '\0';
	return text;
}

/* ---- observations ---- */

static inline struct endpoint
ep(uint32_t n)
{
	return endpoint_ipv4(0xcb007100u + n, (uint16_t)(20000 + n % 1000));
}

static inline struct observation
key(uint32_t round, int64_t t_ms, uint32_t peer, uint32_t source, uint32_t file)
{
	static char name[32];
	struct observation o = { .round = round, .t_ms = t_ms, .peer = ep(peer) };

	snprintf(name, sizeof(name), "file %u", file);
	set_winny_key(&o, (struct winny_key){ .source = ep(source), .size = 1000 + file,
		.name = text_of(name), .ttl = 1400, .blocks = 7, .mtime = 1274400000, .ignore = 0,
		.version = 5, .downstream = 1 });
	memcpy(o.key.content.id, &file, sizeof(file));
	return o;
}

static inline struct observation
neighbour(uint32_t round, uint32_t peer, uint32_t node)
{
	struct observation o = { .round = round, .t_ms = 5000, .peer = ep(peer) };

	set_winny_neighbour(&o, (struct winny_neighbour){ .node = ep(node), .speed = 120, .bbs = 0,
		.words = { text_of("a"), text_of("b"), text_of("") } });
	return o;
}

static inline struct observation
contact(uint32_t round, uint32_t node, bool inbound, enum outcome outcome)
{
	struct observation o = { .round = round, .t_ms = 6000 };

	set_winny_contact(&o, (struct winny_contact){ .node = ep(node), .inbound = inbound,
		.outcome = outcome, .command = UNKNOWN, .version = 12710, .speed = 120,
		.port0 = 0 });
	return o;
}

static inline struct observation
round_line(uint32_t round, bool over)
{
	struct observation o = { .type = OBS_ROUND, .round = round, .t_ms = 1000 };

	o.run = (struct obs_round){ .sensor = text_of("s1"), .overlay = text_of("winny"),
		.start_ms = 1000, .end_ms = over ? 9000 : UNKNOWN, .tried = 10, .reached = 8 };
	return o;
}

static inline void
add(struct store *s, struct observation o)
{
	if (store_add(s, &o) != 0)
		fail_msg("store_add: %s", store_error(s));
}

static inline void
refused(struct store *s, struct observation o, const char *reason)
{
	assert_int_equal(store_add(s, &o), -1);
	if (strstr(store_error(s), reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", store_error(s), reason);
}

/* ---- what is stored ---- */

static inline int64_t
ask_db(struct store *s, const char *query)
{
	sqlite3_stmt *st = NULL;
	int64_t v = INT64_MIN;

	assert_int_equal(sqlite3_prepare_v2(s->db, query, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static inline int
seen_of_row(const struct seen_row *r, void *arg)
{
	int *bits = arg;

	if (r->node == bits[0])
		bits[1] = r->bits;
	return 0;
}

/* The provenance bits of a node in a round; 0 if it has no row. */
static inline int
seen_of(struct store *s, uint32_t round, uint32_t n)
{
	int64_t id = 0;
	int found[2];

	if (rows_node_id(s, ep(n), &id) != 0)
		return 0;
	found[0] = (int)id;
	found[1] = 0;
	assert_int_equal(rows_seen(s, round, seen_of_row, found), 0);
	return found[1];
}

static inline bool
integrity_ok(struct store *s)
{
	sqlite3_stmt *st = NULL;
	bool good;

	sqlite3_prepare_v2(s->db, "PRAGMA integrity_check", -1, &st, NULL);
	good = sqlite3_step(st) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
	sqlite3_finalize(st);
	return good && ask_db(s, "SELECT count(*) FROM pragma_foreign_key_check") == 0;
}

#endif
