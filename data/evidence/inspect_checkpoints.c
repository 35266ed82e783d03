/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checkpoints.txt: are they signed, of this log, and does the bundle's part of it agree? */
#include <inttypes.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/evidence/checkpoint.h"
#include "data/evidence/inspect_impl.h"
#include "data/lib/text.h"

static const char part[] = "checkpoints.txt";

struct witness {
	struct inspector *n;
	const char	*part;		/* the file's name in complaints */
	const char	*sensor;
	int64_t		 met, last;	/* of this log and in the bundle's part of it; the last entry */
	bool		 own;		/* every one has to be of this bundle */
};

/* The head after an entry, as far as the bundle shows it. */
static const uint8_t *
head_at(const struct inspector *n, int64_t entry, uint8_t before[MERKLE_HASH])
{
	const char *text = json_string_value(json_object_get(json_object_get(n->manifest, "chain"),
	    "before"));
	const json_t *log = json_object_get(n->manifest, "log");

	for (size_t i = 0; i < n->nrounds; i++)
		if (n->round[i].seq == entry)
			return n->round[i].head;
	if (n->nrounds > 0 && entry == json_integer_value(json_object_get(log, "entries")))
		text = json_string_value(json_object_get(log, "head"));
	else if (n->nrounds == 0 || entry != n->round[0].seq - 1)
		return NULL;
	return text != NULL && inspect_hex(text, strlen(text), before, MERKLE_HASH) ? before : NULL;
}

static int
check_one(const struct checkpoint *c, enum minisign_error sig, void *arg)
{
	struct witness *w = arg;
	struct inspector *n = w->n;
	char sensor[CHECKPOINT_ORIGIN];
	uint8_t before[MERKLE_HASH];
	const uint8_t *head = head_at(n, c->entry, before);
	bool ours = strcmp(c->origin, text_vis(sensor, sizeof(sensor), text_of(w->sensor))) == 0;

	if (!w->own && !ours)
		return 0;
	if (sig != MINISIGN_OK)
		inspect_fail(n, w->part, "entry %" PRId64 ": %s", c->entry, minisign_reason(sig));
	else if (!ours || (head == NULL && w->own))
		inspect_fail(n, w->part, "entry %" PRId64 ": is of another log, or another time", c->entry);
	else if (head != NULL && memcmp(head, c->head, sizeof(c->head)) != 0)
		inspect_fail(n, "rounds.csv", "entry %" PRId64 " of the chain is not what was published",
		    c->entry);
	else if (head != NULL) {
		w->met++;
		w->last = c->entry > w->last ? c->entry : w->last;
	}
	return 0;
}

const char *
bundle_witness(int64_t checkpoints, bool spanned)
{
	return spanned ? "a checkpoint in checkpoints.txt covers every entry of the incident" :
	    checkpoints > 0 ? "checkpoints.txt covers only part of the entries of the incident" :
	    "none: nothing in this bundle shows when the log was made";
}

/* What the manifest says of its own checkpoints. */
static void
compare_witness(struct inspector *n, const struct witness *w)
{
	const json_t *log = json_object_get(n->manifest, "log");
	const char *said = json_string_value(json_object_get(log, "witness"));
	int64_t last = 0;

	for (size_t i = 0; i < n->nrounds; i++)
		if (n->round[i].own)
			last = n->round[i].seq;
	if (json_integer_value(json_object_get(log, "checkpoints")) != w->met || said == NULL ||
	    strcmp(said, bundle_witness(w->met, w->met > 0 && w->last >= last)) != 0)
		inspect_fail(n, "manifest.json", "log: not these checkpoints (%" PRId64 ") are its witness",
		    w->met);
	n->i->spanned = w->met > 0 && w->last >= last;
}

static void
read_all(struct witness *w, FILE *in)
{
	int line;

	if (checkpoint_each(in, w->n->public, &line, check_one, w) != 0)
		inspect_fail(w->n, w->part, "line %d is none of a checkpoint's", line);
}

void
inspect_checkpoints(struct inspector *n)
{
	const struct tar_file *f = tar_pack_find(n->k, part);
	struct witness w = { .n = n, .part = part, .own = true, .last = 0,
		.sensor = json_string_value(json_object_get(n->manifest, "sensor")) };
	FILE *in;

	if (f != NULL && f->len == 0)
		inspect_fail(n, part, "holds no checkpoint");
	if (f != NULL && f->len > 0) {
		if ((in = fmemopen(f->p, f->len, "r")) == NULL) {
			n->oom = true;
			return;
		}
		read_all(&w, in);
		fclose(in);
	}
	if (n->manifest != NULL)
		compare_witness(n, &w);
}

int64_t
inspect_published(struct inspector *n, FILE *f, const char *path)
{
	struct witness w = { .n = n, .part = path,
		.sensor = json_string_value(json_object_get(n->manifest, "sensor")) };

	read_all(&w, f);
	return w.met;
}
