/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/peer.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lab/answer.h"
#include "tests/lab/stage.h"

int64_t
peer_now(const struct peer *p)
{
	return p->host->stage->now;
}

/* ---- life ------------------------------------------------------------------- */

void
peer_attach(struct peer *p, struct lab_node *h, enum peer_kind kind, struct endpoint real,
    void (*send)(void *arg, const uint8_t *, size_t), void *arg)
{
	memset(p, 0, sizeof(*p));
	p->host = h;
	p->kind = kind;
	p->real = p->seen = real;
	p->speed = -1;
	p->search = kind != PEER_TEST;
	p->upstream = kind == PEER_DIALLED;
	p->born = p->last = peer_now(p);
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
	free(p->stash);
	*p->at_host = p->next;
	if (p->next != NULL)
		p->next->at_host = p->at_host;
	p->host->stage->stats.left[p->leave]++;
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

/* ---- the role of its node ------------------------------------------------------- */

void
peer_open(struct peer *p)
{
	if (p->kind != PEER_ACCEPTED)
		p->born = p->last = peer_now(p);	/* it took some time to connect */
	p->host->role->open(p);
}

void
peer_input(struct peer *p, const uint8_t *bytes, size_t n)
{
	if (p->leave != STAY || n == 0)
		return;
	p->last = peer_now(p);
	p->host->role->input(p, bytes, n);
	p->heard = true;
}

/* ---- speaking --------------------------------------------------------------- */

void
peer_say(struct peer *p, const uint8_t *blocks, size_t len)
{
	struct stage *s = p->host->stage;

	link_cipher_apply(&p->out.link, s->sealed, blocks, len);
	p->last = s->now;
	p->out.send(p->out.arg, s->sealed, len);
}

void
peer_say_bare(struct peer *p, uint8_t code)
{
	uint8_t buf[8];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	answer_bare(&w, code);
	peer_say(p, buf, (size_t)(w.p - buf));
}

/* ---- for the rest of the node ---------------------------------------------------- */

bool
peer_takes_spreads(const struct peer *p, bool upward)
{
	return p->leave == STAY && p->complete && p->search && !p->parting &&
	    p->upstream == upward && peer_now(p) - p->born > PEER_SPREAD_AGE;
}

uint32_t
peer_alike(const struct peer *p)
{
	const char *mine[WORDS_N], *theirs[WORDS_N];

	for (size_t w = 0; w < WORDS_N; w++) {
		mine[w] = p->host->node.words[w];
		theirs[w] = p->words[w];
	}
	return cluster_words_alike(mine, theirs);
}
