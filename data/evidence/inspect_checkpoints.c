/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checkpoints.txt: are they signed, and does the bundle's part of the chain agree? */
#include <inttypes.h>
#include <string.h>

#include "data/evidence/checkpoint.h"
#include "data/evidence/inspect_impl.h"

static const char part[] = "checkpoints.txt";

static int
check_one(const struct checkpoint *c, enum minisign_error sig, void *arg)
{
	struct inspector *n = arg;

	if (sig != MINISIGN_OK)
		inspect_fail(n, part, "entry %" PRId64 ": %s", c->entry, minisign_reason(sig));
	for (size_t i = 0; i < n->nrounds; i++)
		if (n->round[i].seq == c->entry &&
		    memcmp(n->round[i].head, c->head, sizeof(c->head)) != 0)
			inspect_fail(n, "rounds.csv", "entry %" PRId64 " of the chain is not what was"
			    " published", c->entry);
	return 0;
}

void
inspect_checkpoints(struct inspector *n)
{
	const struct tar_file *f = tar_pack_find(n->k, part);
	FILE *in;
	int line;

	if (f == NULL || f->len == 0)
		return;
	if ((in = fmemopen(f->p, f->len, "r")) == NULL) {
		n->oom = true;
		return;
	}
	if (checkpoint_each(in, n->public, &line, check_one, n) != 0)
		inspect_fail(n, part, "line %d is none of a checkpoint's", line);
	fclose(in);
}
