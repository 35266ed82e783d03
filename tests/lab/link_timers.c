/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The timers of a link: things that happen by themselves, each at its own time. */
#include "data/lib/prng.h"
#include "tests/lab/node.h"

/* Protocol sections 4.1 and 10, in milliseconds of world time. */
#define SECOND		1000
#define PORT0_AFTER	(1 * SECOND)
#define TEST_HOLD	(2 * SECOND)
#define DUPLICATE_AFTER	(10 * SECOND)
#define HANDSHAKE_LIMIT	(20 * SECOND)
#define BAD_PORT_AFTER	(30 * SECOND)
#define ASK_EVERY	(30 * SECOND)
#define IDLE_LIMIT	(300 * SECOND)
#define RESET_EVERY	(3600 * SECOND)

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A limit on how slow the other side may be: fair also when time is scaled. */
static int64_t
patience(const struct peer *p, int64_t limit)
{
	return later(limit, p->host->stage->grace);
}

void
link_timers_begin(struct peer *p)
{
	p->due[RULE_IDLE] = p->last + IDLE_LIMIT;
	if (p->kind == PEER_TEST)
		p->due[RULE_TESTED] = p->born + TEST_HOLD;
	else
		p->due[RULE_SLOW] = p->born + patience(p, HANDSHAKE_LIMIT) + 1;
}

void
link_timers_arm(struct peer *p)
{
	int64_t now = peer_now(p), age = p->born;
	struct lab_node *h = p->host;

	p->due[RULE_PORT0] = later(now, age + PORT0_AFTER + 1);
	p->due[RULE_DUPLICATE] = later(now, age + DUPLICATE_AFTER);
	p->due[RULE_BAD_PORT] = p->reachable ? PEER_NEVER :
	    age + patience(p, BAD_PORT_AFTER) + 1;
	p->due[RULE_BUDGET] = lab_node_next(h, SECOND);
	p->due[RULE_ASK] = lab_node_next(h, ASK_EVERY);
	p->due[RULE_HOURLY] = p->port0 ? PEER_NEVER : lab_node_next(h, RESET_EVERY);
	p->due[RULE_SEARCH] = h->stage->search_every > 0 ? now : PEER_NEVER;
}

static int64_t
rule_slow(struct peer *p)
{
	if (!p->complete && !p->parting)
		peer_drop(p, LEAVE_SLOW);
	return PEER_NEVER;
}

static int64_t
rule_port0(struct peer *p)
{
	if (p->port0 && (p->speed >= p->host->node.speed || p->host->node.port0))
		peer_drop(p, LEAVE_PORT0);
	return PEER_NEVER;
}

/* The list is youngest first: what follows us is older. */
static int64_t
rule_duplicate(struct peer *p)
{
	for (const struct peer *older = p->next; older != NULL; older = older->next)
		if (older->complete && older->search && older->leave == STAY &&
		    endpoint_compare(p->seen, older->seen) == 0) {
			peer_drop(p, LEAVE_DUPLICATE);
			break;
		}
	return PEER_NEVER;
}

/* Said first; the link goes a second later. */
static int64_t
rule_bad_port(struct peer *p)
{
	if (p->reachable)
		return PEER_NEVER;
	peer_say_bare(p, CMD_CLOSE_PORT);
	p->parting = true;
	p->due[RULE_CLOSE] = peer_now(p) + SECOND;
	return PEER_NEVER;
}

static int64_t
rule_close(struct peer *p)
{
	peer_drop(p, LEAVE_BAD_PORT);
	return PEER_NEVER;
}

/* A test link held for two seconds: the port is good. */
static int64_t
rule_tested(struct peer *p)
{
	if (p->partner != NULL) {
		p->partner->reachable = true;
		p->host->stage->stats.passed++;
	}
	peer_drop(p, LEAVE_TESTED);
	return PEER_NEVER;
}

static int64_t
rule_budget(struct peer *p)
{
	return lab_node_budget(p->host) ? PEER_NEVER : lab_node_next(p->host, SECOND);
}

static int64_t
rule_ask(struct peer *p)
{
	uint8_t buf[8];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	if (!lab_node_alive(p->host))
		return PEER_NEVER;
	if (!p->parting && peer_now(p) - p->born > PEER_SPREAD_AGE) {
		outgoing_request(&w);
		peer_say(p, buf, (size_t)(w.p - buf));
	}
	return lab_node_next(p->host, ASK_EVERY);
}

/* Gaps between searches are even at half to one and a half times the mean. */
static int64_t
rule_search(struct peer *p)
{
	struct stage *s = p->host->stage;
	double u = prng_unit(prng_next(&p->host->prng));

	if (!p->parting && s->now - p->born > PEER_SPREAD_AGE)
		lab_node_search(p);
	return s->now + (int64_t)((0.5 + u) * (double)s->search_every) + 1;
}

static int64_t
rule_idle(struct peer *p)
{
	if (p->last + IDLE_LIMIT <= peer_now(p))
		peer_drop(p, LEAVE_IDLE);
	return p->last + IDLE_LIMIT;
}

static int64_t
rule_hourly(struct peer *p)
{
	peer_drop(p, LEAVE_HOURLY);
	return PEER_NEVER;
}

static int64_t
rule_trick(struct peer *p)
{
	return p->host->role->trick(p);
}

/* Each says when it wants to be called next. */
static int64_t (*const rules[RULE_N])(struct peer *) = {
	[RULE_SLOW] = rule_slow,
	[RULE_PORT0] = rule_port0,
	[RULE_DUPLICATE] = rule_duplicate,
	[RULE_BAD_PORT] = rule_bad_port,
	[RULE_TESTED] = rule_tested,
	[RULE_BUDGET] = rule_budget,
	[RULE_ASK] = rule_ask,
	[RULE_SEARCH] = rule_search,
	[RULE_IDLE] = rule_idle,
	[RULE_HOURLY] = rule_hourly,
	[RULE_CLOSE] = rule_close,
	[RULE_TRICK] = rule_trick,
};

int64_t
peer_due(const struct peer *p)
{
	int64_t due = PEER_NEVER;

	if (p->leave != STAY)
		return 0;
	for (int r = 0; r < RULE_N; r++)
		if (p->due[r] < due)
			due = p->due[r];
	return due;
}

void
peer_tick(struct peer *p)
{
	for (int r = 0; r < RULE_N && p->leave == STAY; r++)
		if (p->due[r] <= peer_now(p)) {
			p->due[r] = PEER_NEVER;
			p->due[r] = rules[r](p);
		}
}
