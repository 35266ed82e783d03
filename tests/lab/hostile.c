/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/hostile.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lab/answer.h"
#include "data/lib/prng.h"
#include "tests/lab/node.h"
#include "tests/lab/worldfile.h"

#define SECOND		1000	/* world ms */
#define OFTEN		200
#define GARBAGE		512
#define NODES_TOTAL	10000	/* commands 4 in one go, */
#define NODES_AT_ONCE	2000
#define CALLS_TOTAL	10000	/* of one node to its caller, */
#define CALLS_AT_ONCE	50
#define PUSHES		4	/* calls for a visit */
#define ZEROS_AT_ONCE	4096	/* bytes */

static int64_t
soon(const struct peer *p, int64_t wait)
{
	return peer_now(p) + wait;
}

/* ---- pieces ------------------------------------------------------------------- */

static void
send_nothing(struct peer *p)
{
	(void)p;
}

static void
ignore_input(struct peer *p, const uint8_t *bytes, size_t n)
{
	(void)p;
	(void)bytes;
	(void)n;
}

static void
send_raw(struct peer *p, const uint8_t *bytes, size_t n)
{
	p->out.send(p->out.arg, bytes, n);
}

/* Nothing of its own accord from here on. */
static void
fall_silent(struct peer *p)
{
	for (int r = 0; r < RULE_N; r++)
		p->due[r] = PEER_NEVER;
}

static void
send_greeting(struct peer *p)
{
	role_genuine.open(p);
	fall_silent(p);
}

static void
keep_sent(void *arg, const uint8_t *bytes, size_t n)
{
	struct peer *p = arg;
	uint8_t *stash = realloc(p->stash, p->nstash + n);

	if (stash == NULL)
		return;
	memcpy(stash + p->nstash, bytes, n);
	p->stash = stash;
	p->nstash += n;
}

/* Keeps what `says` would send in the stash. */
static void
stash_saying(struct peer *p, void (*says)(struct peer *))
{
	struct outgoing real = p->out;

	p->nstash = 0;
	p->out.send = keep_sent;
	p->out.arg = p;
	says(p);
	p->out.send = real.send;
	p->out.arg = real.arg;
	p->step = 0;
}

static void
hang_up(struct peer *p, bool rst)
{
	p->rst = rst;
	peer_drop(p, LEAVE_TRICK);
}

/* ---- at the beginning ------------------------------------------------------------ */

static void
drip_open(struct peer *p)
{
	stash_saying(p, send_greeting);
	p->due[RULE_TRICK] = soon(p, 0);
}

static int64_t
drip_trick(struct peer *p)
{
	if (p->step == p->nstash)
		return PEER_NEVER;
	send_raw(p, p->stash + p->step++, 1);
	return soon(p, SECOND);
}

static void
garbage_open(struct peer *p)
{
	uint64_t noise[GARBAGE / sizeof(uint64_t)];

	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		noise[i] = prng_next(&p->host->prng);
	send_raw(p, (const uint8_t *)noise, sizeof(noise));
}

/* Every proper prefix of a greeting has its turn. */
static void
truncated_open(struct peer *p)
{
	stash_saying(p, send_greeting);
	if (p->nstash > 0)
		send_raw(p, p->stash, prng_below(&p->host->prng, (uint32_t)p->nstash));
	p->due[RULE_TRICK] = soon(p, SECOND);
}

static int64_t
hang_up_trick(struct peer *p)
{
	hang_up(p, false);
	return PEER_NEVER;
}

/* A RST before a byte, within the greeting, after it, or when the caller speaks. */
static void
reset_open(struct peer *p)
{
	stash_saying(p, send_greeting);
	p->step = prng_below(&p->host->prng, 4);
	if (p->step > 0)
		send_raw(p, p->stash, p->step == 1 ? p->nstash / 2 : p->nstash);
	if (p->step < 3)
		hang_up(p, true);
}

static void
reset_input(struct peer *p, const uint8_t *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	hang_up(p, true);
}

static void
half_close_open(struct peer *p)
{
	send_greeting(p);
	p->host->stage->ops->half_close(p);
}

/* ---- blocks that should not be ------------------------------------------------------ */

/* A length field and so many bytes of the block that it promises. */
static void
send_length(struct peer *p, uint32_t len, size_t bytes)
{
	struct stage *s = p->host->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));

	wire_put_u32(&w, len);
	memset(w.p, CMD_FILLER, bytes);
	peer_say(p, s->plain, 4 + bytes);
}

static void
longest_open(struct peer *p)
{
	role_genuine.open(p);
	send_length(p, LIMIT_BLOCK, STAGE_BLOCK - 4);
	/* Its last bytes, in the same stream. */
	memset(p->host->stage->plain, CMD_FILLER, LIMIT_BLOCK - (STAGE_BLOCK - 4));
	peer_say(p, p->host->stage->plain, LIMIT_BLOCK - (STAGE_BLOCK - 4));
}

static void
too_long_open(struct peer *p)
{
	role_genuine.open(p);
	send_length(p, LIMIT_BLOCK + 1, STAGE_BLOCK - 4);
}

static void
negative_open(struct peer *p)
{
	role_genuine.open(p);
	send_length(p, UINT32_MAX, 64);
}

static void
zeros_open(struct peer *p)
{
	send_greeting(p);
	p->due[RULE_TRICK] = soon(p, OFTEN);
}

static int64_t
zeros_trick(struct peer *p)
{
	memset(p->host->stage->plain, 0, ZEROS_AT_ONCE);
	peer_say(p, p->host->stage->plain, ZEROS_AT_ONCE);
	return soon(p, OFTEN);
}

static void
second_header_open(struct peer *p)
{
	uint8_t buf[64];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	role_genuine.open(p);
	outgoing_header(&w, OUTGOING_VERSION,
	    (struct text){ (const uint8_t *)OUTGOING_TEXT, sizeof(OUTGOING_TEXT) - 1 });
	peer_say(p, buf, (size_t)(w.p - buf));
}

static void
unknown_open(struct peer *p)
{
	role_genuine.open(p);
	peer_say_bare(p, 200);
}

/* ---- too much --------------------------------------------------------------------------- */

static void
nodes_open(struct peer *p)
{
	role_genuine.open(p);
	p->due[RULE_TRICK] = soon(p, SECOND);
}

static int64_t
nodes_trick(struct peer *p)
{
	struct stage *s = p->host->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct other_node n = { .speed = 120 };

	for (int i = 0; i < NODES_AT_ONCE; i++) {
		n.ip = (uint32_t)prng_next(&p->host->prng);
		n.port = 1 + (int32_t)prng_below(&p->host->prng, LIMIT_PORT);
		answer_node(&w, &n);
	}
	peer_say(p, s->plain, (size_t)(w.p - s->plain));
	p->step += NODES_AT_ONCE;
	return p->step < NODES_TOTAL ? soon(p, OFTEN) : PEER_NEVER;
}

static void
endless_answer(struct peer *p)
{
	p->due[RULE_TRICK] = soon(p, 0);
}

static int64_t
endless_trick(struct peer *p)
{
	static const struct text none;

	respond_spread(p, none, none);
	return soon(p, OFTEN);
}

static void
calls_answer(struct peer *p)
{
	p->due[RULE_TRICK] = soon(p, 0);
}

static int64_t
calls_trick(struct peer *p)
{
	struct endpoint caller = { .ip = p->real.ip, .port = p->seen.port };

	for (int i = 0; i < CALLS_AT_ONCE; i++)
		p->host->stage->ops->call(p->host, caller);
	p->step += CALLS_AT_ONCE;
	return p->step < CALLS_TOTAL ? soon(p, OFTEN) : PEER_NEVER;
}

static void
trickle_answer(struct peer *p)
{
	stash_saying(p, answer_own);
	fall_silent(p);
	p->due[RULE_TRICK] = soon(p, 0);
}

/* A RST within the answer. */
static void
cut_answer(struct peer *p)
{
	stash_saying(p, answer_own);
	send_raw(p, p->stash, p->nstash / 2);
	hang_up(p, true);
}

/* ---- another's port ---- */

/* As genuine nodes do, but that the port is not its own: a neighbour's behind the same address. */
static void
liar_open(struct peer *p)
{
	struct lab_node *n = p->host;
	struct endpoint own = n->node.public;

	n->node.public.port = (uint16_t)(own.port < LIMIT_PORT ? own.port + 1 : own.port - 1);
	role_genuine.open(p);
	n->node.public = own;
}

/* What it is asked over its own calls is answered like that, too. */
static void
pusher_answer(struct peer *p)
{
	struct endpoint caller = { .ip = p->real.ip, .port = p->seen.port };

	answer_flood(p);
	for (int i = 0; p->kind == PEER_ACCEPTED && i < PUSHES; i++)
		p->host->stage->ops->call(p->host, caller);
}

/* ---- the table ----------------------------------------------------------------------------- */

static void
on_input(struct peer *p, const uint8_t *bytes, size_t n)
{
	role_genuine.input(p, bytes, n);
}

static void
open_genuine(struct peer *p)
{
	role_genuine.open(p);
}

static const struct role roles[NHOSTILE] = {
	[HOSTILE_MUTE] = { send_nothing, ignore_input, NULL, NULL },
	[HOSTILE_DRIP] = { drip_open, ignore_input, NULL, drip_trick },
	[HOSTILE_GARBAGE] = { garbage_open, ignore_input, NULL, NULL },
	[HOSTILE_TRUNCATED] = { truncated_open, ignore_input, NULL, hang_up_trick },
	[HOSTILE_ZEROS] = { zeros_open, ignore_input, NULL, zeros_trick },
	[HOSTILE_LONGEST] = { longest_open, on_input, NULL, NULL },
	[HOSTILE_TOO_LONG] = { too_long_open, on_input, NULL, NULL },
	[HOSTILE_NEGATIVE] = { negative_open, on_input, NULL, NULL },
	[HOSTILE_ENDLESS] = { open_genuine, on_input, endless_answer, endless_trick },
	[HOSTILE_MISCOUNT] = { open_genuine, on_input, answer_miscounted, NULL },
	[HOSTILE_SECOND_HEADER] = { second_header_open, on_input, NULL, NULL },
	[HOSTILE_NODES] = { nodes_open, on_input, NULL, nodes_trick },
	[HOSTILE_UNKNOWN] = { unknown_open, on_input, NULL, NULL },
	[HOSTILE_RESET] = { reset_open, reset_input, NULL, NULL },
	[HOSTILE_HALF_CLOSE] = { half_close_open, ignore_input, NULL, NULL },
	[HOSTILE_STAYS] = { send_greeting, ignore_input, NULL, NULL },
	[HOSTILE_ECHO] = { send_nothing, send_raw, NULL, NULL },
	[HOSTILE_IMPOSTOR] = { open_genuine, on_input, answer_impostor, NULL },
	[HOSTILE_SPECIAL] = { open_genuine, on_input, answer_special, NULL },
	[HOSTILE_NAMES] = { open_genuine, on_input, answer_names, NULL },
	[HOSTILE_CALLS] = { open_genuine, on_input, calls_answer, calls_trick },
	[HOSTILE_TRICKLE] = { open_genuine, on_input, trickle_answer, drip_trick },
	[HOSTILE_CUT] = { open_genuine, on_input, cut_answer, NULL },
	[HOSTILE_FRAMING] = { open_genuine, on_input, answer_framing, NULL },
	[HOSTILE_PORT_LIAR] = { liar_open, on_input, answer_flood, NULL },
	[HOSTILE_PUSHER] = { liar_open, on_input, pusher_answer, NULL },
	[HOSTILE_SEEPING] = { open_genuine, on_input, answer_seeping, NULL },
	[HOSTILE_OWN_LIST] = { open_genuine, on_input, answer_own_list, NULL },
	[HOSTILE_CROWDING] = { open_genuine, on_input, answer_crowding, NULL },
	[HOSTILE_BYSTANDER] = { open_genuine, on_input, answer_bystander, NULL },
	[HOSTILE_NETS] = { open_genuine, on_input, answer_nets, NULL },
	[HOSTILE_LOW_PORTS] = { open_genuine, on_input, answer_low_ports, NULL },
	[HOSTILE_ONE_HASH] = { open_genuine, on_input, answer_one_hash, NULL },
	[HOSTILE_MANY_HASHES] = { open_genuine, on_input, answer_many_hashes, NULL },
	[HOSTILE_BORROWED] = { open_genuine, on_input, answer_borrowed, NULL },
};

const struct role *
role_of(int kind)
{
	return kind >= 0 && kind < NHOSTILE ? &roles[kind] : &role_genuine;
}
