/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that runs out at the n-th request, wherever that is: no crash, no
 * damage, and nothing counted that was not complete.  The requests of the whole
 * process pass through here, SQLite's and libsodium's too.
 */
#include "tests/unit/data/store/store_fixture.h"

#include <errno.h>

static long countdown = -1;	/* requests until one fails; -1: none will */
static long refusals;

#if defined(__has_feature)
#define SANITIZED	__has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED	1
#else
#define SANITIZED	0
#endif

#if !SANITIZED		/* whose malloc cannot be replaced: then one life without trouble */
void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static bool
refuse(void)
{
	if (countdown < 0 || countdown-- > 0)
		return false;
	countdown = -1;
	refusals++;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return refuse() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return refuse() ? NULL : __libc_realloc(p, n);
}
#endif

/* A small life of a database, which gives up at the first error. */
static void
live(void *arg)
{
	struct endpoint via[2] = { ep(14), ep(19) };
	struct observation o, q = { .round = 1, .t_ms = 4000, .peer = ep(1) };
	struct store *s;

	set_winny_query(&q, (struct winny_query){ .via = via, .nvia = 2, .words = text_of("w"), .id = 7 });
	countdown = *(const long *)arg;
	if ((s = store_open(db_path, STORE_CREATE)) == NULL)
		goto out;
	o = round_line(1, false);
	if (store_begin_run(s, "1", "{}") == -1 || store_add(s, &o) != 0 || store_add(s, &q) != 0)
		goto out;
	for (uint32_t i = 0; i < 800; i++) {
		o = key(1, 2000 + i / 30, i % 9, i, i % 700);
		o.key.raw = text_of("raw");
		if (store_add(s, &o) != 0)
			goto out;
	}
	o = neighbour(1, 1, 2);
	if (store_add(s, &o) == 0 && store_commit(s) == 0) {
		o = round_line(1, true);
		(void)store_add(s, &o);
	}
	(void)store_end_run(s);
out:
	store_close(s);
	countdown = -1;
	fputs("over\n", stderr);
}

static void
no_request_that_fails_does_damage(void **state)
{
	long lives = 0, failed = 0;

	(void)state;
	/* Every request at first, then further and further apart. */
	for (long n = 0; lives == refusals; n += 1 + n / 100) {
		struct store *s;
		int64_t round;

		lives++;
		unlink(db_path);
		(void)complaint_of(live, &n);
		s = open_store(STORE_CREATE);
		assert_true(integrity_ok(s));
		round = ask_db(s, "SELECT count(*) FROM round WHERE complete");
		assert_int_equal(ask_db(s, "SELECT coalesce(sum(n), 0) FROM delivery"),
		    ask_db(s, "SELECT count(*) FROM sighting"));
		if (round == 1) {
			assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 800);
			assert_int_equal(ask_db(s, "SELECT count(*) FROM seen"), 800);
		}
		/* Without columns for what an overlay says there is nothing that says it. */
		assert_int_equal(ask_db(s, store_fields(s) == NULL ? "SELECT count(*) FROM file"
		    : "SELECT count(*) FROM file WHERE name IS NULL OR name NOT LIKE 'file %'"), 0);
		failed += round == 0;
		store_close(s);
	}
	assert_true(SANITIZED || (lives > 200 && failed > 50));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(no_request_that_fails_does_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
