/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dialog that gets no memory ends and says so, whichever request fails; an
 * idle one holds little.  The allocator here is ours, so that it can refuse.  A
 * sanitizer or valgrind brings its own, which grants all and finds leaks.
 */
#include "tests/unit/node/winny/talk.h"

#include <malloc.h>

#ifdef __has_feature		/* clang's way to say it */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__
#endif
#endif

/* volatile: a compiler takes it that no allocator reads them. */
static volatile bool armed;
static volatile long allowed;		/* requests that still succeed */

#ifndef __SANITIZE_ADDRESS__
void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static bool
refused(void)
{
	return armed && allowed-- <= 0;
}

void *
malloc(size_t n)
{
	return refused() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return refused() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return refused() ? NULL : __libc_realloc(p, n);
}
#endif

/* Is it our allocator that is asked? */
static bool
is_ours(void)
{
	void *(*volatile ask)(size_t) = malloc;		/* not inlined */
	void *p;

	armed = true;
	allowed = 0;
	p = ask(1);
	armed = false;
	free(p);
	return p == NULL;
}

static void
ignore(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

static void
count(void *arg, const struct observation *o)
{
	(void)o;
	++*(int *)arg;
}

static struct dialog *
open_dialog(int *found)
{
	const struct dialog_sink sink = { ignore, count, found };
	struct dialog_config c = usual_config();

	return winny.open(&c, &sink, 0);
}

/* Plays the first vector, byte by byte, with only n requests granted. */
static bool
play(const struct bytes *stream, long n)
{
	int found = 0;
	struct dialog *d;
	enum dialog_state s = DIALOG_OPEN;

	allowed = n;
	armed = true;
	d = open_dialog(&found);
	for (size_t i = 0; d != NULL && i < stream->n; i++)
		s = winny.input(d, 0, stream->b + i, 1);
	armed = false;
	if (d == NULL) {
		assert_int_equal(n, 0);
		return false;
	}
	assert_true(s == DIALOG_OPEN || s == DIALOG_BROKEN);
	if (s == DIALOG_BROKEN)
		assert_string_equal(winny.why(d), "out of memory");
	winny.close(d);
	assert_int_equal(found, s == DIALOG_OPEN);
	return s == DIALOG_OPEN;
}

static struct bytes
first_handshake(void)
{
	json_t *all = vectors(), *v;
	struct bytes b = { 0 };
	size_t i;

	json_array_foreach(json_object_get(all, "vectors"), i, v)
		if (b.n == 0 && strcmp(string_of(v, "kind"), "handshake") == 0)
			b = hex_of(v, "ciphertext_hex");
	json_decref(all);
	return b;
}

static void
each_request_may_fail(void **state)
{
	struct bytes stream = first_handshake();
	long n = 0;

	(void)state;
	winny.prepare();
	while (!play(&stream, n))
		n++;
	assert_int_equal(n > 5, is_ours());
}

static void
an_open_dialog_holds_less_than_2_kib(void **state)
{
	struct bytes stream = first_handshake();
	struct dialog *d[100];
	size_t before = mallinfo2().uordblks;
	int found = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		d[i] = open_dialog(&found);
		winny.input(d[i], 0, stream.b, stream.n);
	}
	assert_true((mallinfo2().uordblks - before) / 100 < 2048);
	for (int i = 0; i < 100; i++)
		winny.close(d[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_may_fail),
		cmocka_unit_test(an_open_dialog_holds_less_than_2_kib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
