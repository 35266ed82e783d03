/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checkpoints.txt: those of this log that a bundle's chain can be held against. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

struct choosing {
	struct bundle	*b;
	char		 origin[CHECKPOINT_ORIGIN];
	size_t		 read, others, reach;	/* reach: entries up to the one that spans */
	size_t		 last;
};

/* The head of the chain at an entry; NULL where the bundle's part of it does not reach. */
static const uint8_t *
head_at(const struct bundle *b, int64_t entry)
{
	int64_t first = b->chain[0].seq;

	if (entry == first - 1)
		return b->before;
	/* More of the chain than the incident's part is in memory still. */
	return entry >= first && entry <= b->log_entries ? b->chain[entry - first].head : NULL;
}

static int
take_checkpoint(const struct checkpoint *c, enum minisign_error sig, void *arg)
{
	struct choosing *q = arg;
	struct bundle *b = q->b;
	const uint8_t *head = head_at(b, c->entry);
	char *more;

	q->read++;
	if (strcmp(c->origin, q->origin) != 0) {
		q->others++;
		return 0;
	}
	if (sig != MINISIGN_OK || (c->entry >= b->chain[0].seq &&
	    (head == NULL || memcmp(head, c->head, sizeof(c->head)) != 0))) {
		log_error("%s: the checkpoint of entry %" PRId64 " %s", b->ask->checkpoints, c->entry,
		    sig != MINISIGN_OK ? minisign_reason(sig) : "is not in the log of this database");
		return 1;
	}
	if (head == NULL || memcmp(head, c->head, sizeof(c->head)) != 0 || q->reach > 0)
		return 0;	/* long before the incident, or not needed any more */
	if ((more = realloc(b->checkpoints, b->checkpoints_len + c->len + 1)) == NULL)
		return 2;
	b->checkpoints = more;
	memcpy(more + b->checkpoints_len, c->text, c->len);
	more[b->checkpoints_len + c->len] = '\n';
	b->checkpoints_len += c->len + 1;
	b->ncheckpoints++;
	if (c->entry >= b->chain[q->last - 1].seq)
		q->reach = (size_t)(c->entry - b->chain[0].seq) + 1;
	return 0;
}

int
bundle_checkpoints_choose(struct bundle *b, size_t last)
{
	struct choosing q = { .b = b, .last = last };
	int line, bad;
	FILE *f;

	b->nchain = 0;
	if (b->ask->checkpoints == NULL || last == 0)
		return 0;
	if ((f = fopen(b->ask->checkpoints, "re")) == NULL) {
		log_error("%s: %s", b->ask->checkpoints, os_error());
		return -1;
	}
	text_vis(q.origin, sizeof(q.origin), text_of(b->sensor));
	bad = checkpoint_each(f, &b->public, &line, take_checkpoint, &q);
	fclose(f);
	if (bad == -1)
		log_error("%s:%d: is no file of checkpoints", b->ask->checkpoints, line);
	else if (bad == 2)
		log_error("out of memory");
	else if (bad == 0 && b->ncheckpoints == 0)
		log_error("%s: none of its %zu checkpoints is of this log and of the time of the incident%s",
		    b->ask->checkpoints, q.read, q.others > 0 ? " (some are of other sensors)" : "");
	if (bad != 0 || b->ncheckpoints == 0)
		return -1;
	b->spanned = q.reach > 0;
	b->nchain = q.reach;
	if (!b->spanned)
		log_info("no checkpoint is as late as the incident: make one, and publish it");
	return 0;
}

int
bundle_checkpoints(struct bundle *b, FILE *f)
{
	fwrite(b->checkpoints, 1, b->checkpoints_len, f);
	return 0;
}
