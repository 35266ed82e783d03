/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/lab/peer.h"

#include <string.h>

#include "node/lab/answer.h"
#include "node/lab/dice.h"
#include "node/lab/host.h"

/* Protocol sections 4.1 and 10, in milliseconds of world time. */
#define SECOND		1000
#define PORT0_AFTER	(1 * SECOND)
#define TEST_HOLD	(2 * SECOND)
#define SPREAD_AGE	(5 * SECOND)
#define DUPLICATE_AFTER	(10 * SECOND)
#define HANDSHAKE_LIMIT	(20 * SECOND)
#define BAD_PORT_AFTER	(30 * SECOND)
#define ASK_EVERY	(30 * SECOND)
#define IDLE_LIMIT	(300 * SECOND)
#define RESET_EVERY	(3600 * SECOND)

#define RATIO_LIMIT	19.9
#define RATIO_UP	1.5
#define RATIO_DOWN	(2.0 / 3.0)

/* A node buffers so much of a block that is too long before it gives up (2). */
#define SWALLOW_LIMIT	(4 * 1024 * 1024)

static int64_t
now_of(const struct peer *p)
{
	return p->host->stage->now;
}

static void
set_due(struct peer *p, enum peer_rule r, int64_t when)
{
	p->due[r] = when;
}

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

/* ---- life ------------------------------------------------------------------- */

void
peer_attach(struct peer *p, struct host *h, enum peer_kind kind, struct endpoint real,
    void (*send)(void *arg, const uint8_t *, size_t), void *arg)
{
	memset(p, 0, sizeof(*p));
	p->host = h;
	p->kind = kind;
	p->real = p->seen = real;
	p->speed = -1;
	p->search = kind != PEER_TEST;
	p->upstream = kind == PEER_DIALLED;
	p->born = p->last = now_of(p);
	p->out.send = send;
	p->out.arg = arg;
	for (int r = 0; r < RULE_N; r++)
		p->due[r] = PEER_NEVER;
	frame_init(&p->in);
	p->next = h->first;
	p->at_host = &h->first;
	if (p->next != NULL)
		p->next->at_host = &p->next;
	h->first = p;
}

/* A test ends with the link that it tests; the link merely loses its test. */
static void
part_from_partner(struct peer *p)
{
	struct peer *other = p->partner;

	if (other == NULL)
		return;
	p->partner = other->partner = NULL;
	if (other->kind == PEER_TEST)
		peer_drop(other, LEAVE_TESTED);
}

void
peer_detach(struct peer *p)
{
	part_from_partner(p);
	frame_clear(&p->in);
	*p->at_host = p->next;
	if (p->next != NULL)
		p->next->at_host = p->at_host;
	p->host->stage->tally.left[p->leave]++;
	p->host = NULL;
}

void
peer_drop(struct peer *p, enum leave why)
{
	if (p->leave != STAY)
		return;
	p->leave = why;
	p->host->stage->ops->wake(p);
}

/* ---- speaking --------------------------------------------------------------- */

static struct text
word_text(const char *s)
{
	return (struct text){ (const uint8_t *)s, strlen(s) };
}

static struct introduction
introduction(const struct peer *p)
{
	const struct world_node *n = &p->host->node;
	struct introduction i = {
		.speed = (float)n->speed,
		.type = { .type = p->kind == PEER_TEST, .port0 = n->port0,
		    .test = p->kind == PEER_TEST },
		.self = { .ip = n->public.ip, .port = n->public.port },
	};

	for (size_t w = 0; w < WORDS_N; w++)
		i.self.words[w] = word_text(n->words[w]);
	return i;
}

void
peer_open(struct peer *p)
{
	struct introduction i = introduction(p);
	uint64_t noise = dice_throw(&p->host->dice);
	uint8_t preamble[PREAMBLE_LEN];

	memcpy(preamble, &noise, sizeof(preamble));
	if (p->kind != PEER_ACCEPTED)
		p->born = p->last = now_of(p);	/* it took some time to connect */
	outgoing_greet(&p->out, preamble, &i);
	set_due(p, RULE_IDLE, p->last + IDLE_LIMIT);
	if (p->kind == PEER_TEST)
		set_due(p, RULE_TESTED, p->born + TEST_HOLD);
	else
		set_due(p, RULE_SLOW, p->born + patience(p, HANDSHAKE_LIMIT) + 1);
}

void
peer_say(struct peer *p, const uint8_t *blocks, size_t len)
{
	struct stage *s = p->host->stage;

	link_apply(&p->out.link, s->sealed, blocks, len);
	p->last = s->now;
	p->out.send(p->out.arg, s->sealed, len);
}

static void
say_bare(struct peer *p, uint8_t code)
{
	uint8_t buf[8];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	answer_bare(&w, code);
	peer_say(p, buf, (size_t)(w.p - buf));
}

/* ---- what the peer says ------------------------------------------------------ */

static void
on_header(struct peer *p, const struct message *m)
{
	if (header_accepted(&m->header))
		frame_rekey(&p->in);	/* again for every one, as nodes do */
	else
		peer_drop(p, LEAVE_HEADER);
}

/* A float outside int's range has no integer; nodes get the lowest one. */
static int32_t
whole(float f)
{
	return f > -2147483648.0f && f < 2147483648.0f ? (int32_t)f : INT32_MIN;
}

static void
on_speed(struct peer *p, const struct message *m)
{
	p->speed = whole(m->speed);
}

static void
on_link_type(struct peer *p, const struct message *m)
{
	const struct link_type *t = &m->link_type;

	p->port0 = t->port0 != 0;
	p->test |= t->test != 0;
	p->search &= t->type == 0 && !p->test;
	if (p->kind == PEER_TEST || p->test)
		return;
	if (t->type == 1)
		say_bare(p, CMD_CLOSE_LIMIT);	/* nothing is uploaded here */
	if (t->type != 0 || t->bbs != 0)
		peer_drop(p, LEAVE_KIND);
}

/* Cut at the first NUL or space. */
static void
store_word(char out[LIMIT_CLUSTER_WORD + 1], struct text t)
{
	size_t n = 0;

	while (n < t.len && n < LIMIT_CLUSTER_WORD && t.p[n] != '\0' && t.p[n] != ' ')
		n++;
	memcpy(out, t.p != NULL ? (const char *)t.p : "", n);
	out[n] = '\0';
}

static bool
is_twin(const struct peer *p)
{
	const struct world_node *n = &p->host->node;

	if (p->speed != n->speed || p->seen.port != n->public.port)
		return false;
	for (size_t w = 0; w < WORDS_N; w++)
		if (strcmp(p->words[w], n->words[w]) != 0)
			return false;
	return true;
}

static double
ratio(const struct peer *p)
{
	return p->speed < 0 ? 0 : (double)p->speed / p->host->node.speed;
}

static void
decide_direction(struct peer *p)
{
	double r = ratio(p);

	if (p->port0)
		p->upstream = false;
	else if (!p->host->node.port0 && r > RATIO_UP)
		p->upstream = true;
	else if (!p->host->node.port0 && r < RATIO_DOWN)
		p->upstream = false;
}

/* The observed address with the announced port, as others know it. */
static struct endpoint
identity(const struct peer *p, uint16_t port)
{
	struct endpoint lab = { p->real.ip, port }, public;

	return world_public(p->host->stage->world, lab, &public) ? public : lab;
}

static void
arm_rules(struct peer *p)
{
	int64_t now = now_of(p), age = p->born;
	struct host *h = p->host;

	set_due(p, RULE_PORT0, later(now, age + PORT0_AFTER + 1));
	set_due(p, RULE_DUPLICATE, later(now, age + DUPLICATE_AFTER));
	set_due(p, RULE_BAD_PORT, p->reachable ? PEER_NEVER :
	    age + patience(p, BAD_PORT_AFTER) + 1);
	set_due(p, RULE_BUDGET, host_next(h, SECOND));
	set_due(p, RULE_ASK, host_next(h, ASK_EVERY));
	set_due(p, RULE_HOURLY, p->port0 ? PEER_NEVER : host_next(h, RESET_EVERY));
	set_due(p, RULE_SEARCH, h->stage->search_every > 0 ? now : PEER_NEVER);
}

/* Protocol 4.1-5, in its order. */
static void
finish_handshake(struct peer *p, struct endpoint self_reported)
{
	struct stage *s = p->host->stage;
	double r = ratio(p);

	if (is_twin(p)) {
		peer_drop(p, LEAVE_TWIN);
		return;
	}
	if (p->search && !(r >= 1 / RATIO_LIMIT && r <= RATIO_LIMIT)) {
		s->tally.refusals++;
		p->parting = true;
		host_farewell(p);
		return;
	}
	p->reachable = p->kind != PEER_ACCEPTED || p->port0 || p->test;
	decide_direction(p);
	p->nat = self_reported.ip != p->seen.ip;
	if (!p->complete && p->search)
		arm_rules(p);
	if (!p->complete)
		s->tally.handshakes++;
	p->complete = true;
	if (!p->reachable && p->partner == NULL)
		s->ops->call_back(p, p->seen.port);
}

static void
on_self(struct peer *p, const struct message *m)
{
	const struct self_info *i = &m->self;
	bool in_range = i->port > 0 && i->port <= UINT16_MAX;
	uint16_t port = in_range ? (uint16_t)i->port : 0;

	if (p->kind == PEER_TEST || p->complete || p->parting)
		return;
	p->seen = identity(p, port);
	for (size_t w = 0; w < WORDS_N; w++)
		store_word(p->words[w], i->words[w]);
	/* Without a port it is as if nothing had come: 4.1-8 ends the link. */
	if (port != 0)
		finish_handshake(p, (struct endpoint){ i->ip, port });
}

static void
on_request(struct peer *p, const struct message *m)
{
	(void)m;
	if (p->complete && p->search && !p->parting)
		host_spread(p, (struct text){ NULL, 0 }, (struct text){ NULL, 0 });
}

static void
on_conditional(struct peer *p, const struct message *m)
{
	if (p->complete && p->search && !p->parting)
		host_spread(p, m->conditional.words, m->conditional.trip);
}

static void
on_close(struct peer *p, const struct message *m)
{
	if (m->code != CMD_CLOSE_LIMIT)		/* which is only noted */
		peer_drop(p, LEFT);
}

static void (*const handlers[CMD_N])(struct peer *, const struct message *) = {
	[CMD_HEADER] = on_header,
	[CMD_SPEED] = on_speed,
	[CMD_LINK_TYPE] = on_link_type,
	[CMD_SELF] = on_self,
	[CMD_REQUEST] = on_request,
	[CMD_CONDITIONAL] = on_conditional,
	[CMD_CLOSE] = on_close,
	[CMD_CLOSE_LIMIT] = on_close,
	[CMD_CLOSE_PORT] = on_close,
	[CMD_CLOSE_IGNORED] = on_close,
	[CMD_CLOSE_SLOW] = on_close,
	[CMD_CLOSE_FORGED] = on_close,
};

static void
on_block(struct peer *p, const struct block *b)
{
	struct message m;

	if (message_decode(&m, b->code, b->payload) != MESSAGE_OK)
		peer_drop(p, LEAVE_COMMAND);
	else if (handlers[b->code] != NULL)
		handlers[b->code](p, &m);
}

/* ---- bytes -------------------------------------------------------------------- */

/* A block that is too long is waited for, within reason; a negative one is not. */
static void
begin_swallowing(struct peer *p, uint32_t len)
{
	if (len > INT32_MAX - 4)
		peer_drop(p, LEAVE_LENGTH);
	else
		p->swallow = len < SWALLOW_LIMIT ? len : SWALLOW_LIMIT;
}

static void
swallow(struct peer *p, size_t n)
{
	if ((int64_t)n < p->swallow)
		p->swallow -= (int64_t)n;
	else
		peer_drop(p, LEAVE_LENGTH);
}

static void
take_blocks(struct peer *p, const uint8_t *bytes, size_t n)
{
	struct block b;

	while (p->leave == STAY && p->swallow == 0) {
		switch (frame_next(&p->in, &bytes, &n, &b)) {
		case FRAME_BLOCK:
			on_block(p, &b);
			break;
		case FRAME_EMPTY:
			break;
		case FRAME_TOO_LONG:
			begin_swallowing(p, b.len);
			break;
		case FRAME_NO_MEMORY:
			peer_drop(p, LEAVE_LENGTH);
			break;
		default:
			return;
		}
	}
	if (p->leave == STAY)
		swallow(p, n);
}

void
peer_input(struct peer *p, const uint8_t *bytes, size_t n)
{
	if (p->leave != STAY || n == 0)
		return;
	p->last = now_of(p);
	if (!p->heard && n < PREAMBLE_LEN) {
		peer_drop(p, LEAVE_PREAMBLE);
		return;
	}
	p->heard = true;
	if (p->swallow > 0)
		swallow(p, n);
	else
		take_blocks(p, bytes, n);
}

/* ---- what happens by itself ---------------------------------------------------- */

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

static bool
same_identity(const struct peer *a, const struct peer *b)
{
	return a != b && b->complete && b->search && b->leave == STAY &&
	    endpoint_compare(a->seen, b->seen) == 0;
}

/* The list is youngest first: what follows us is older. */
static int64_t
rule_duplicate(struct peer *p)
{
	for (const struct peer *older = p->next; older != NULL; older = older->next)
		if (same_identity(p, older)) {
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
	say_bare(p, CMD_CLOSE_PORT);
	p->parting = true;
	set_due(p, RULE_CLOSE, now_of(p) + SECOND);
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
		p->host->stage->tally.passed++;
	}
	peer_drop(p, LEAVE_TESTED);
	return PEER_NEVER;
}

static int64_t
rule_budget(struct peer *p)
{
	return host_budget(p->host) ? PEER_NEVER : host_next(p->host, SECOND);
}

static int64_t
rule_ask(struct peer *p)
{
	uint8_t buf[8];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	if (!host_alive(p->host))
		return PEER_NEVER;
	if (!p->parting && now_of(p) - p->born > SPREAD_AGE) {
		outgoing_request(&w);
		peer_say(p, buf, (size_t)(w.p - buf));
	}
	return host_next(p->host, ASK_EVERY);
}

/* Gaps between searches are even at half to one and a half times the mean. */
static int64_t
rule_search(struct peer *p)
{
	struct stage *s = p->host->stage;
	double u = dice_unit(dice_throw(&p->host->dice));

	if (!p->parting && s->now - p->born > SPREAD_AGE)
		host_search(p);
	return s->now + (int64_t)((0.5 + u) * (double)s->search_every) + 1;
}

static int64_t
rule_idle(struct peer *p)
{
	if (p->last + IDLE_LIMIT <= now_of(p))
		peer_drop(p, LEAVE_IDLE);
	return p->last + IDLE_LIMIT;
}

static int64_t
rule_hourly(struct peer *p)
{
	peer_drop(p, LEAVE_HOURLY);
	return PEER_NEVER;
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
		if (p->due[r] <= now_of(p)) {
			p->due[r] = PEER_NEVER;
			p->due[r] = rules[r](p);
		}
}

/* ---- for the rest of the node ---------------------------------------------------- */

bool
peer_takes_spreads(const struct peer *p, bool upward)
{
	return p->leave == STAY && p->complete && p->search && !p->parting &&
	    p->upstream == upward && now_of(p) - p->born > SPREAD_AGE;
}

uint32_t
peer_alike(const struct peer *p)
{
	const char *mine[WORDS_N], *theirs[WORDS_N];

	for (size_t w = 0; w < WORDS_N; w++) {
		mine[w] = p->host->node.words[w];
		theirs[w] = p->words[w];
	}
	return words_alike(mine, theirs);
}
