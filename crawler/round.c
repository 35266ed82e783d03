/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When: rounds one after the other or on a period, each begun, worked off and
 * closed in the store; the clock is watched, and a stop ends a round cleanly.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "crawler/crawl.h"
#include "bounds.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define CLOCK_STEP_MS	500	/* less is the clock being disciplined */
#define CLOCK_LOOK_MS	1000
#define PASS_MS		1000	/* what little came is stored so soon */
/* The loop turns at least so often: in a round for dials and deadlines, between
 * rounds for callers only. */
#define TICK_MS		10
#define IDLE_TICK_MS	100

int64_t
round_utc(const struct crawl *c, int64_t monotonic_ms)
{
	return c->round.start_ms +
	    (int64_t)((double)(monotonic_ms - c->round.begun_ms) * c->set.time_scale);
}

int64_t
round_clock(const struct crawl *c)
{
	if (c->set.time_scale == 1)
		return utctime_now();
	return c->lab_epoch_ms +
	    (int64_t)((double)(utctime_monotonic() - c->begun_ms) * c->set.time_scale);
}

void
round_fault(struct crawl *c, const char *why)
{
	if (c->stop == STOP_FAULT)
		return;
	log_error("%s; the round ends here and stays incomplete", why);
	c->round.given_up = "the store failed";
	c->stop = STOP_FAULT;
}

/* ---- watching while it runs ----------------------------------------------------------- */

static int64_t
magnitude(int64_t v)
{
	return v < 0 ? -v : v;
}

/* Wall minus monotonic clock; false when something came between the two looks. */
static bool
clock_offset(int64_t *offset_ms)
{
	int64_t before = utctime_monotonic(), wall = utctime_now();

	*offset_ms = wall - before;
	return utctime_monotonic() - before < CLOCK_STEP_MS / 10;
}

/* Intervals are monotonic; a step of the wall clock is only noted. */
static void
watch_clock(struct crawl *c, int64_t now_ms)
{
	int64_t offset, step;

	if (now_ms - c->clock_checked_ms < CLOCK_LOOK_MS || !clock_offset(&offset))
		return;
	c->clock_checked_ms = now_ms;
	step = offset - c->clock_offset_ms;
	c->clock_offset_ms = offset;
	if (magnitude(step) < CLOCK_STEP_MS || c->round.id == 0)
		return;
	log_error("the system's clock jumped by %.1f s; times of round %u go on from its start",
	    (double)step / SECOND_MS, (unsigned)c->round.id);
	if (magnitude(step) > magnitude(c->round.clock_jump_ms))
		c->round.clock_jump_ms = step;
}

/* This machine, not the network, keeps the round from going on. */
static void
watch_stall(struct crawl *c, int64_t now_ms)
{
	if (c->round.local_errno == 0 ||
	    sessions_open(c->sessions) > sessions_standing(c->sessions) || visit_over(c) ||
	    (double)(now_ms - c->round.last_dial_ms) * c->set.time_scale < LIMIT_STALL_MS)
		return;
	c->round.given_up = strerror(c->round.local_errno);
}

/* Claims must not keep a round open for ever: the verified were first. */
static void
watch_limits(struct crawl *c, int64_t now_ms)
{
	if (round_dials_are_over(&c->round))
		return;
	if (store_budget_cut(c->store_budget) & 1u << CUT_ROUND)
		visit_cut(c, CUT_ROUND);
	else if (now_ms - c->round.begun_ms >= c->set.round_limit_ms)
		visit_cut(c, CUT_TIME);
	else if ((int64_t)c->round.dials >= c->set.round_dials)
		visit_cut(c, CUT_DIALS);
}

/* ---- the disk ------------------------------------------------------------------------- */

/* Bytes that are free where the database lies; UNKNOWN if nobody knows. */
static int64_t
free_bytes(const struct crawl *c)
{
	struct statvfs fs;

	return c->folder == NULL || statvfs(c->folder, &fs) != 0 ? UNKNOWN
	    : (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

static bool
disk_is_full(const struct crawl *c)
{
	int64_t left = c->set.disk_reserve > 0 ? free_bytes(c) : UNKNOWN;

	return left != UNKNOWN && left < c->set.disk_reserve;
}

/* Nothing more may be stored: what is there is closed, and the crawl ends. */
static void
give_up_full(struct crawl *c, enum round_cut why)
{
	char size[SIZE_TEXT];

	if (c->stop != STOP_NO)
		return;
	if (why == CUT_DATABASE)
		log_error("%s has the %s that --max-db allows: the crawl ends; \"kansoku prune\" makes room",
		    c->set.db, cli_size_text(size, c->set.max_db));
	else
		log_error("%s: less than the %s of --disk-reserve is free on its disk: the crawl ends", c->set.db,
		    cli_size_text(size, c->set.disk_reserve));
	c->round.cut |= UINT32_C(1) << why;
	c->round.given_up = why == CUT_DATABASE ? "the database is full" : "the disk is nearly full";
	c->stop = STOP_FULL;
}

static void
watch_disk(struct crawl *c)
{
	if (store_budget_cut(c->store_budget) & 1u << CUT_DATABASE)
		give_up_full(c, CUT_DATABASE);
	else if (disk_is_full(c))
		give_up_full(c, CUT_DISK);
}

int
round_budgets(struct crawl *c)
{
	int64_t most = c->set.max_db, size = most > 0 ? store_size(c->store) : 0;
	char text[SIZE_TEXT];

	if (size == UNKNOWN) {
		round_fault(c, store_error(c->store));
		return EXIT_FAILED;
	}
	store_budget_begin(c->store_budget, most == 0 ? 0 : most > size ? most - size : 1);
	if (most > 0 && size >= most)
		give_up_full(c, CUT_DATABASE);
	else if (disk_is_full(c))
		give_up_full(c, CUT_DISK);
	else if (most > 0 && (double)size >= DATABASE_WARNING * (double)most && !c->warned_full) {
		log_error("%s has %.0f %% of the %s that --max-db allows; \"kansoku prune\" makes room", c->set.db,
		    100 * (double)size / (double)most, cli_size_text(text, most));
		c->warned_full = true;
	}
	return c->stop == STOP_FULL ? EXIT_FAILED : EXIT_DONE;
}

/*
 * One turn of the loop; the tick event sees to it that there is one soon.  While
 * links wait to be served nobody else is dialled: peers would wait for us.
 */
static void
turn_loop(struct crawl *c)
{
	bool behind = event_base_get_num_events(c->base, EVENT_BASE_COUNT_ACTIVE) > 0;
	bool more = c->round.id != 0 && !behind && visit_pump(c);
	int64_t now_ms;

	event_base_loop(c->base, EVLOOP_ONCE | (more ? EVLOOP_NONBLOCK : 0));
	now_ms = utctime_monotonic();
	sessions_tick(c->sessions, now_ms);
	if (c->round.id != 0)
		held_fill(c);
	watch_clock(c, now_ms);
	service_manager_alive(&c->manager, now_ms);
	if (now_ms - c->passed_ms >= PASS_MS) {
		store_thread_pass(c->store_thread);
		watch_disk(c);
		c->passed_ms = now_ms;
	}
	if (c->round.id == 0)
		return;
	watch_stall(c, now_ms);
	watch_limits(c, now_ms);
	crawl_report_progress(c);
}

static int
set_tick(struct crawl *c, int ms)
{
	const struct timeval tick = { 0, ms * 1000 };

	event_del(c->tick);
	return event_add(c->tick, &tick);
}

/* ---- a round ---------------------------------------------------------------------------- */

/*
 * Where links are held a round begins where the last one ended, with no time between them,
 * unless the wall clock has gone another way meanwhile.
 */
static void
begin_clock(struct crawl *c)
{
	struct round *r = &c->round;
	int64_t now = round_clock(c), on_time = round_utc(c, utctime_monotonic());

	while (!clock_offset(&c->clock_offset_ms))
		continue;
	r->last_dial_ms = utctime_monotonic();
	if (c->panel != NULL && r->ended_ms != 0 &&
	    (double)magnitude(now - on_time) < CLOCK_STEP_MS * c->set.time_scale) {
		r->start_ms = round_utc(c, r->ended_ms);
		r->begun_ms = r->ended_ms;
		return;
	}
	r->begun_ms = r->last_dial_ms;
	r->start_ms = now;
}

static int
begin_round(struct crawl *c)
{
	struct round *r = &c->round;

	begin_clock(c);
	r->sampling = frontier_sampling(c->frontier);	/* before the list makes it wider */
	r->listed = frontier_next(c->frontier, crawl_start_verified_since(c, r->start_ms),
	    c->keep_list);
	if (r->listed == -1) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	r->crowded = frontier_left_out(c->frontier);
	r->id = c->recording;
	c->heard_between = false;
	dial_window_new_round(&c->dial_window);
	if (c->net_quota != NULL)
		quota_reset(c->net_quota);
	if (c->address_quota != NULL)
		quota_reset(c->address_quota);
	if (set_tick(c, TICK_MS) != 0) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	return recorder_round(c, ROUND_OPEN) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* By which half of those who tell were the nodes of the zone told of that answered? */
static void
tally_zone(struct crawl *c)
{
	struct zone_tally *t = &c->round.zone;

	for (node_id n = frontier_first(c->frontier, NODE_DONE); n != NO_NODE;
	    n = frontier_after(c->frontier, n)) {
		unsigned by = frontier_told_by(c->frontier, n);

		if ((by >> FRONTIER_MET & 1) == 0)
			continue;
		t->half[0] += by & 1;
		t->half[1] += by >> 1 & 1;
		t->both += (by & 3) == 3;
	}
}

/* Closes the round in the store; complete, if it was seen through. */
static void
end_round(struct crawl *c)
{
	struct round *r = &c->round;

	sessions_leave(c->sessions, c->stop != STOP_NO);
	held_count(c);
	c->clock_checked_ms = 0;	/* one last look */
	watch_clock(c, utctime_monotonic());
	r->ended_ms = utctime_monotonic();
	r->end_ms = round_utc(c, r->ended_ms);
	if (c->stop == STOP_SIGNAL)
		r->given_up = "stopped by signal";
	if (store_thread_finish(c->store_thread) == 0)	/* all that came is there, or was refused */
		watch_disk(c);
	if (c->stop != STOP_FAULT) {
		bool seen_through = r->given_up == NULL;

		r->complete = recorder_round(c,
		    seen_through ? ROUND_COMPLETE : ROUND_STOPPED) == 0 && seen_through;
	}
	if (c->stop != STOP_FAULT &&
	    (store_thread_finish(c->store_thread) != 0 || store_commit(c->store) != 0))
		round_fault(c, store_error(c->store));
	c->ever_reached |= r->reached + r->held_links > 0;
	if (r->reached > 0)
		c->last_start_ms = r->start_ms;
	if (c->overlay->traits->leads_at_once)
		tally_zone(c);
	r->cut |= store_budget_cut(c->store_budget);
	r->not_stored = store_budget_refused(c->store_budget);
	crawl_report_round(c);
	crawl_metrics_round(c);
	/* Without keys, or without any answer, the old list is the best there is. */
	c->keep_list = (c->set.windows == 0 && !c->overlay->traits->leads_at_once) ||
	    r->reached == 0 || !visit_over(c);
	c->recording++;
	/* Callers come between rounds, too: they count for the next, in this one's time. */
	if (c->stop != STOP_FAULT)
		(void)round_budgets(c);
	*r = (struct round){ .start_ms = r->start_ms, .begun_ms = r->begun_ms,
		.ended_ms = r->ended_ms };
}

/* There was no next round for what callers said since the last: it is one that nobody began. */
static void
close_between(struct crawl *c)
{
	struct round *r = &c->round;

	if (c->stop == STOP_FAULT || !c->heard_between)
		return;
	r->id = c->recording;
	r->start_ms = round_utc(c, r->ended_ms);
	r->begun_ms = r->ended_ms;
	r->sampling = frontier_sampling(c->frontier);
	r->end_ms = round_utc(c, utctime_monotonic());
	if (recorder_round(c, ROUND_OPEN) == 0 && recorder_round(c, ROUND_STOPPED) == 0 &&
	    store_commit(c->store) != 0)
		round_fault(c, store_error(c->store));
	r->id = 0;
}

/* With held links there is no time between rounds: what they bring belongs to one of them. */
static bool
goes_on(const struct crawl *c)
{
	return c->panel != NULL ? utctime_monotonic() < c->until_ms : !visit_over(c);
}

static int
one_round(struct crawl *c)
{
	int status = begin_round(c);

	if (status != EXIT_DONE)
		return status;
	while (c->stop == STOP_NO && c->round.given_up == NULL && goes_on(c))
		turn_loop(c);
	end_round(c);
	return c->stop == STOP_FAULT ? EXIT_FAILED : EXIT_DONE;
}

/* ---- all rounds --------------------------------------------------------------------------- */

static void
wait_until(struct crawl *c, int64_t start_ms)
{
	if (c->stop == STOP_NO && set_tick(c, IDLE_TICK_MS) != 0)
		round_fault(c, "out of memory");
	while (c->stop == STOP_NO && utctime_monotonic() < start_ms)
		turn_loop(c);
}

/* The next start on the period that is still to come. */
static int64_t
next_start(const struct crawl *c, int64_t last_start_ms)
{
	int64_t every = c->set.round_every_ms, now = utctime_monotonic(), missed;

	if (every == 0)
		return now;
	if (c->panel != NULL && now < last_start_ms + 2 * every)
		return last_start_ms + every;
	missed = (now - last_start_ms) / every;
	if (missed > 0 && c->stop == STOP_NO)
		log_info("the round was longer than --round-every: %lld start%s skipped",
		    (long long)missed, missed == 1 ? "" : "s");
	return last_start_ms + (missed + 1) * every;
}

int
round_all(struct crawl *c)
{
	int64_t start = utctime_monotonic();
	int status = EXIT_DONE;

	c->keep_list = true;
	c->recording = store_last_round(c->store) + 1;
	for (int64_t n = 1; status == EXIT_DONE && c->stop == STOP_NO; n++) {
		c->until_ms = start + c->set.round_every_ms;
		status = one_round(c);
		if (status != EXIT_DONE || n == c->set.rounds)
			break;
		start = next_start(c, start);
		wait_until(c, start);
	}
	close_between(c);
	if (c->stop == STOP_FAULT || c->stop == STOP_FULL)
		return EXIT_FAILED;
	if (status == EXIT_DONE && c->stop == STOP_NO && !c->ever_reached)
		return EXIT_NOTHING;
	return status;
}
