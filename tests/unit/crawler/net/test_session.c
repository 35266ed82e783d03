/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link from accept to its one outcome, with an overlay of four letters: the
 * sessions know no protocol.  The peer is the other end of a socket pair.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bounds.h"
#include "crawler/net/session_impl.h"
#include "data/lib/utctime.h"

/* ---- the toy overlay: h greets, k is a key, n a node, x is nonsense, q tells to leave, d is done ---- */

#define TOY_WAIT_MS	1000

struct dialog {
	struct dialog_sink sink;
	int64_t		due_ms;
	bool		greeted;
	int16_t		command;
};

static struct dialog *
toy_open(const struct dialog_config *c, const struct dialog_sink *sink, int64_t now_ms)
{
	struct dialog *d = calloc(1, sizeof(*d));

	(void)c;
	d->sink = *sink;
	d->due_ms = now_ms + TOY_WAIT_MS;
	d->command = UNKNOWN;
	for (int i = 0; i < 3; i++)
		sink->send(sink->arg, (const uint8_t *)"hi ", 3);
	return d;
}

static void
toy_leave(struct dialog *d)
{
	d->sink.send(d->sink.arg, (const uint8_t *)"bye", 3);
}

static enum dialog_state
toy_input(struct dialog *d, int64_t now_ms, const uint8_t *p, size_t n)
{
	const struct observation key = { .type = OBS_KEY }, node = { .type = OBS_NEIGHBOUR };

	if (now_ms >= d->due_ms)
		return DIALOG_BROKEN;
	for (size_t i = 0; i < n; i++)
		switch (p[i]) {
		case 'h':
			d->greeted = true;
			d->due_ms = INT64_MAX;
			break;
		case 'k':
			d->sink.found(d->sink.arg, &key);
			break;
		case 'n':
			d->sink.found(d->sink.arg, &node);
			break;
		case 'q':
			d->command = 33;
			return DIALOG_DROPPED;
		case 'd':
			toy_leave(d);
			return DIALOG_DONE;
		case 's':		/* say a lot */
			for (int k = 0; k < 4; k++)
				d->sink.send(d->sink.arg, (const uint8_t[4000]){ 0 }, 4000);
			break;
		default:
			return DIALOG_BROKEN;
		}
	return DIALOG_OPEN;
}

static int64_t
toy_due(const struct dialog *d)
{
	return d->due_ms;
}

static enum dialog_state
toy_tick(struct dialog *d, int64_t now_ms)
{
	return now_ms >= d->due_ms ? DIALOG_BROKEN : DIALOG_OPEN;
}

static void
toy_peer(const struct dialog *d, struct dialog_peer *p)
{
	*p = (struct dialog_peer){ .dialog = true, .handshaken = d->greeted,
		.farewell = d->command };
}

static const char *
toy_why(const struct dialog *d)
{
	(void)d;
	return "";
}

static void
toy_close(struct dialog *d)
{
	free(d);
}

static const struct overlay toy = {
	.name = "toy", .open = toy_open, .input = toy_input, .due = toy_due, .tick = toy_tick,
	.leave = toy_leave, .peer = toy_peer, .why = toy_why, .close = toy_close,
};

/* ---- the fixture ---- */

struct fixture {
	struct event_base *base;
	struct sessions	*sessions;
	int		 peer;		/* the other end */
	struct scope	 scope;		/* loopback */
	unsigned	 keys, nodes, greetings, up, done;
	struct session_result last;
};

static void
on_up(void *arg, struct session *s)
{
	(void)s;
	((struct fixture *)arg)->up++;
}

static void
on_greeted(void *arg, struct session *s, const struct dialog_peer *peer)
{
	struct fixture *f = arg;

	assert_true(peer->handshaken);
	assert_true(session_inbound(s));
	f->greetings++;
}

static void
on_found(void *arg, struct session *s, const struct observation *o)
{
	struct fixture *f = arg;

	assert_int_equal(session_tag(s), 77);
	f->keys += o->type == OBS_KEY;
	f->nodes += o->type == OBS_NEIGHBOUR;
}

static void
on_done(void *arg, struct session *s, const struct session_result *r)
{
	struct fixture *f = arg;

	(void)s;
	f->done++;
	f->last = *r;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sessions_config c = {
		.overlay = &toy, .own_ip = 1, .visit_limit_ms = 5000,
		.budget = { .bytes = 1000, .records = { [OBS_KEY] = 10, [OBS_NEIGHBOUR] = 3 } }, .up = on_up, .greeted = on_greeted, .found = on_found,
		.done = on_done, .arg = f,
	};
	int fd[2];

	if (*state != NULL)
		c.budget.bytes = *(const uint64_t *)*state;
	assert_int_equal(scope_init(&f->scope), 0);
	assert_null(scope_add(&f->scope, "127.0.0.0/8"));
	scope_seal(&f->scope);
	c.scope = &f->scope;
	c.base = f->base = event_base_new();
	f->sessions = sessions_new(&c);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	f->peer = fd[1];
	assert_int_equal(session_accept(f->sessions, fd[0], 0x3a000001, 77), 0);
	assert_int_equal(sessions_open(f->sessions), 1);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sessions_free(f->sessions);
	event_base_free(f->base);
	scope_free(&f->scope);
	if (f->peer != -1)
		close(f->peer);
	free(f);
	return 0;
}

static void
turn(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void
peer_says(struct fixture *f, const char *text)
{
	assert_int_equal(write(f->peer, text, strlen(text)), (ssize_t)strlen(text));
	turn(f);
}

static void
peer_hears(struct fixture *f, const char *text)
{
	char got[128] = "";
	ssize_t n = read(f->peer, got, sizeof(got) - 1);

	assert_int_equal(n, (ssize_t)strlen(text));
	assert_string_equal(got, text);
}

static void
ended(struct fixture *f, enum outcome outcome)
{
	assert_int_equal(f->done, 1);
	assert_int_equal(f->last.outcome, outcome);
	assert_int_equal(f->last.local_error, 0);
	assert_int_equal(sessions_open(f->sessions), 0);
	assert_int_equal(sessions_inbound(f->sessions), 0);
}

/* ---- facts ---- */

static void
what_is_said_at_once_leaves_in_one_write(void **state)
{
	peer_hears(*state, "hi hi hi ");
}

static void
a_handshake_makes_it_ok_however_it_ends(void **state)
{
	struct fixture *f = *state;

	peer_says(f, "hkk");
	assert_int_equal(f->greetings, 1);
	peer_says(f, "h");
	assert_int_equal(f->greetings, 1);
	assert_int_equal(f->keys, 2);
	peer_says(f, "x");
	ended(f, OUT_OK);
	assert_int_equal(f->last.bytes_in, 5);
	assert_int_equal(f->last.bytes_out, 9);
}

static void
nonsense_before_it_is_a_bad_handshake(void **state)
{
	peer_says(*state, "x");
	ended(*state, OUT_BAD_HANDSHAKE);
}

static void
a_close_command_before_it_is_dropped(void **state)
{
	struct fixture *f = *state;

	peer_says(f, "q");
	ended(f, OUT_DROPPED);
	assert_int_equal(f->last.peer.farewell, 33);
}

static void
an_end_before_it_is_a_reset(void **state)
{
	struct fixture *f = *state;

	close(f->peer);
	f->peer = -1;
	turn(f);
	ended(f, OUT_RESET);
}

/* One edge tells of both. */
static void
an_end_right_behind_the_last_words_is_heard(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write(f->peer, "hk", 2), 2);
	close(f->peer);
	f->peer = -1;
	turn(f);
	ended(f, OUT_OK);
	assert_int_equal(f->keys, 1);
	assert_int_equal(f->last.bytes_in, 2);
}

static uint64_t plenty = 1 << 20;	/* bytes that a peer may send */

/* More than one read takes, and no second edge. */
static void
what_a_read_leaves_over_is_read(void **state)
{
	static char words[LIMIT_READ + 4321];
	struct fixture *f = *state;

	memset(words, 'h', sizeof(words));
	assert_int_equal(write(f->peer, words, sizeof(words)), (ssize_t)sizeof(words));
	turn(f);
	sessions_leave(f->sessions, true);
	assert_int_equal(f->last.bytes_in, sizeof(words));
}

static void
slowness_is_a_timeout(void **state)
{
	struct fixture *f = *state;
	int64_t now = utctime_monotonic();

	sessions_tick(f->sessions, now + TOY_WAIT_MS - 100);
	assert_int_equal(f->done, 0);
	sessions_tick(f->sessions, now + TOY_WAIT_MS + 100);
	ended(f, OUT_TIMEOUT);
}

static void
what_came_while_we_were_late_is_in_time(void **state)
{
	struct fixture *f = *state;
	int64_t now = utctime_monotonic();

	assert_int_equal(write(f->peer, "h", 1), 1);	/* and the loop does not turn */
	sessions_tick(f->sessions, now + TOY_WAIT_MS + 100);
	assert_int_equal(f->greetings, 1);
	assert_int_equal(f->done, 0);
}

/* Listens on loopback; the kernel answers before anybody accepts. */
static int
listener(struct endpoint *at)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*at = endpoint_ipv4(INADDR_LOOPBACK, ntohs(in.sin_port));
	return fd;
}

static void
a_dial_that_was_answered_while_we_were_late_is_up(void **state)
{
	const struct session_notes notes = { .claims = 0, .cohort = 0 };
	struct fixture *f = *state;
	struct endpoint to;
	int fd = listener(&to);
	struct pollfd call = { .fd = fd, .events = POLLIN };

	assert_int_equal(session_dial(f->sessions, to, 500, 77, &notes).error, 0);
	assert_int_equal(poll(&call, 1, 5000), 1);
	sessions_tick(f->sessions, utctime_monotonic() + 600);
	assert_int_equal(f->up, 1);
	assert_int_equal(f->done, 0);
	assert_int_equal(sessions_open(f->sessions), 2);
	close(fd);
}

/* However many have something to say, deadlines and dials have their turn. */
static void
links_are_served_so_many_at_a_time(void **state)
{
	struct fixture *f = *state;
	/* libevent asks for 32 links, and for twice as many after each full answer. */
	int ends[4 * LIMIT_SERVED][2];
	unsigned n = sizeof(ends) / sizeof(ends[0]);
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends[i]), 0);
		assert_int_equal(session_accept(f->sessions, ends[i][0], 0x3a000001, 77), 0);
		assert_int_equal(write(ends[i][1], "h", 1), 1);
	}
	while (f->greetings < n) {
		unsigned before = f->greetings;

		sessions_tick(f->sessions, utctime_monotonic());
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		assert_in_range(f->greetings - before, 1, LIMIT_SERVED);
	}
	for (unsigned i = 0; i < n; i++)
		close(ends[i][1]);
}

static void
a_visit_has_its_limit_and_ends_with_a_goodbye(void **state)
{
	struct fixture *f = *state;
	int64_t now = utctime_monotonic();

	peer_says(f, "h");
	sessions_tick(f->sessions, now + 4900);
	assert_int_equal(f->done, 0);
	sessions_tick(f->sessions, now + 5100);
	ended(f, OUT_OK);
	peer_hears(f, "hi hi hi bye");
}

static void
done_flushes_and_closes(void **state)
{
	struct fixture *f = *state;
	char end;

	peer_says(f, "hd");
	ended(f, OUT_OK);
	peer_hears(f, "hi hi hi bye");
	assert_int_equal(read(f->peer, &end, 1), 0);
}

static void
too_many_records_end_the_visit(void **state)
{
	struct fixture *f = *state;

	peer_says(f, "hkkkkkkkkkkk");
	ended(f, OUT_OK);
	assert_int_equal(f->keys, 10);
	assert_true(f->last.over_budget);
	assert_false(f->last.cut_short);
	peer_hears(f, "hi hi hi bye");
}

static void
each_kind_of_record_has_a_budget_of_its_own(void **state)
{
	struct fixture *f = *state;

	peer_says(f, "hnnnkkkkkkkkkk");
	assert_int_equal(f->done, 0);
	peer_says(f, "n");
	ended(f, OUT_OK);
	assert_int_equal(f->keys, 10);
	assert_int_equal(f->nodes, 3);
	assert_true(f->last.over_budget);
}

static void
the_budget_grows_with_the_windows_and_not_for_nodes(void **state)
{
	const struct visit_plan plan = { 0 }, many = { .nodes = 5000 };
	struct session_budget none = session_budget(&plan, 0), two = session_budget(&plan, 2);

	(void)state;
	assert_int_equal(two.bytes - none.bytes, 2 * LIMIT_WINDOW_BYTES);
	assert_int_equal(two.records[OBS_KEY] - none.records[OBS_KEY], 2 * LIMIT_WINDOW_KEYS);
	assert_int_equal(two.records[OBS_QUERY] - none.records[OBS_QUERY],
	    2 * LIMIT_WINDOW_QUERIES);
	assert_int_equal(two.records[OBS_NEIGHBOUR], LIMIT_VISIT_NODES);
	assert_int_equal(session_budget(&many, 2).records[OBS_NEIGHBOUR], 5000);
	/* What a dialog cannot find, it may not. */
	assert_int_equal(two.records[OBS_CONTACT] + two.records[OBS_ROUND], 0);
}

static void
too_many_bytes_end_the_visit(void **state)
{
	struct fixture *f = *state;
	char much[1002];

	memset(much, 'h', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	peer_says(f, much);
	ended(f, OUT_OK);
	assert_true(f->last.over_budget);
}

static void
who_does_not_read_costs_a_bounded_queue(void **state)
{
	struct fixture *f = *state;

	peer_says(f, "h");
	for (int i = 0; i < 100; i++)		/* 1.6 MB, past any socket buffer */
		peer_says(f, "s");
	assert_int_equal(f->done, 0);		/* it is deaf, not gone */
	sessions_leave(f->sessions, true);
	ended(f, OUT_OK);
	assert_true(f->last.bytes_out < 100 * 16000);
}

static void
leaving_says_goodbye_and_is_told_apart(void **state)
{
	struct fixture *f = *state;

	sessions_leave(f->sessions, false);	/* an inbound link stays */
	assert_int_equal(f->done, 0);
	sessions_leave(f->sessions, true);
	assert_int_equal(f->done, 1);
	assert_true(f->last.cut_short);
	peer_hears(f, "hi hi hi bye");
}

static void
a_session_stays_small(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct session), 100, 432);
}

#define FACT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(what_is_said_at_once_leaves_in_one_write),
		FACT(a_handshake_makes_it_ok_however_it_ends),
		FACT(nonsense_before_it_is_a_bad_handshake),
		FACT(a_close_command_before_it_is_dropped),
		FACT(an_end_before_it_is_a_reset),
		FACT(an_end_right_behind_the_last_words_is_heard),
		cmocka_unit_test_prestate_setup_teardown(what_a_read_leaves_over_is_read, setup,
		    teardown, &plenty),
		FACT(slowness_is_a_timeout),
		FACT(what_came_while_we_were_late_is_in_time),
		FACT(a_dial_that_was_answered_while_we_were_late_is_up),
		FACT(links_are_served_so_many_at_a_time),
		FACT(a_visit_has_its_limit_and_ends_with_a_goodbye),
		FACT(done_flushes_and_closes),
		FACT(too_many_records_end_the_visit),
		FACT(each_kind_of_record_has_a_budget_of_its_own),
		FACT(the_budget_grows_with_the_windows_and_not_for_nodes),
		FACT(too_many_bytes_end_the_visit),
		FACT(who_does_not_read_costs_a_bounded_queue),
		FACT(leaving_says_goodbye_and_is_told_apart),
		cmocka_unit_test(a_session_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
