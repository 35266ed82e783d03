/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "data/lib/work_queue.h"

#define JOBS	20000u

struct clerk {
	uint32_t	next;		/* number of the job that has its turn */
	uint64_t	bytes;
	unsigned	wrong;
	pthread_t	who;
};

static size_t
length_of(uint32_t i)
{
	return i % 1000 == 999 ? WORK_QUEUE_MOST : sizeof(i) + i % 333;
}

/* What fails here fails in no test: it is counted. */
static void
handle(void *arg, const void *job, size_t len)
{
	struct clerk *c = arg;
	uint32_t i;

	memcpy(&i, job, sizeof(i));
	c->wrong += i != c->next++ || len != length_of(i) || (uintptr_t)job % _Alignof(max_align_t) != 0;
	c->bytes += len;
	c->who = pthread_self();
}

static uint64_t
add_jobs(struct work_queue *v, uint32_t from, uint32_t to)
{
	uint64_t bytes = 0;

	for (uint32_t i = from; i < to; i++) {
		memcpy(work_queue_add(v, length_of(i)), &i, sizeof(i));
		bytes += length_of(i);
	}
	return bytes;
}

static void
jobs_arrive_once_in_order_and_whole(void **state)
{
	struct clerk c = { 0 };
	struct work_queue *v = work_queue_new(3, handle, &c);
	uint64_t bytes;

	(void)state;
	assert_non_null(v);
	bytes = add_jobs(v, 0, JOBS / 2);
	work_queue_finish(v);
	assert_int_equal(c.next, JOBS / 2);
	assert_int_equal(c.bytes, bytes);
	assert_false(pthread_equal(c.who, pthread_self()));
	bytes += add_jobs(v, JOBS / 2, JOBS);
	work_queue_free(v);			/* finishes, too */
	assert_int_equal(c.next, JOBS);
	assert_int_equal(c.bytes, bytes);
	assert_int_equal(c.wrong, 0);
}

static void
little_work_costs_no_thread(void **state)
{
	struct clerk c = { 0 };
	struct work_queue *v = work_queue_new(3, handle, &c);

	(void)state;
	add_jobs(v, 0, 100);
	assert_int_equal(c.next, 0);
	work_queue_finish(v);
	assert_int_equal(c.next, 100);
	assert_true(pthread_equal(c.who, pthread_self()));
	work_queue_free(v);
	work_queue_free(NULL);
}

/* Passed on, a job is done without a call that waits for it. */
static void
what_is_passed_on_is_done(void **state)
{
	struct clerk c = { 0 };
	struct work_queue *v = work_queue_new(3, handle, &c);

	(void)state;
	work_queue_pass(v);		/* nothing there: nothing happens */
	add_jobs(v, 0, 1);
	work_queue_pass(v);
	work_queue_free(v);
	assert_int_equal(c.next, 1);
	assert_false(pthread_equal(c.who, pthread_self()));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_arrive_once_in_order_and_whole),
		cmocka_unit_test(little_work_costs_no_thread),
		cmocka_unit_test(what_is_passed_on_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
