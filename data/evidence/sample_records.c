/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "data/evidence/sample_records.h"
#include "data/store/translog.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

/* A record for a line. */
struct quoted {
	const struct found_record *record;
	struct notice	*of;
};

struct quoting {
	const struct incident_rows *f;
	struct notice	*notice;
	size_t		 nnotices;
	struct quoted	*quoted;		/* in the order of the log, and one that is none */
	size_t		 n;
	size_t		 next[OBS_NTYPE];	/* while a round goes by: the next of a tree */
};

/* No names of files or words: the numbers alone, and what is claimed marked so. */
static char *
log_line(const struct observation *o)
{
	char peer[ENDPOINT_TEXT], source[ENDPOINT_TEXT], when[WHEN_TEXT];
	char hash[2 * CONTENT_MAX + 1], *line = NULL;
	int n;

	endpoint_format(peer, o->peer);
	utctime_format(when, o->t_ms);
	if (o->type == OBS_KEY)
		n = asprintf(&line, "%s round %u from %s key claimed %s hash %s ttl %" PRId64 " size %" PRId64,
		    when, o->round, peer, endpoint_format(source, o->key.source),
		    sodium_bin2hex(hash, sizeof(hash), o->key.content.id, o->key.content.len),
		    observation_number(o, ROLE_LIFETIME), observation_number(o, ROLE_SIZE));
	else
		n = asprintf(&line, "%s round %u from %s neighbour claimed %s", when, o->round, peer,
		    endpoint_format(source, o->neighbour.node));
	return n == -1 ? NULL : line;
}

/* Of the notice's `of` listed records, is the one that comes as number `met` quoted? */
static bool
is_quoted(size_t met, size_t of)
{
	if (of <= NOTICE_LINES)
		return true;
	return met * NOTICE_LINES / of != (met + 1) * NOTICE_LINES / of;
}

/* Whose record it is, as a number below nnotices; nnotices: nobody's. */
static size_t
notice_at(const struct quoting *q, const struct found_record *r)
{
	const struct notice *n = notice_find(q->notice, q->nnotices, q->f->peer[r->peer].endpoint);

	return n == NULL ? q->nnotices : (size_t)(n - q->notice);
}

/* Records of each notice, spread evenly over the incident. */
static int
choose_lines(struct quoting *q)
{
	const struct found_record *record = q->f->record;
	struct { size_t met, of; } *count = calloc(q->nnotices + 1, sizeof(*count));

	q->quoted = calloc(q->nnotices * NOTICE_LINES + 1, sizeof(*q->quoted));
	if (count == NULL || q->quoted == NULL) {
		log_error("out of memory");
		free(count);
		return -1;
	}
	for (size_t i = 0; i < q->f->nrecords; i++)
		count[notice_at(q, &record[i])].of++;
	for (size_t i = 0; i < q->f->nrecords; i++) {
		size_t at = notice_at(q, &record[i]);

		if (at < q->nnotices && is_quoted(count[at].met++, count[at].of))
			q->quoted[q->n++] = (struct quoted){ &record[i], &q->notice[at] };
	}
	free(count);
	return 0;
}

static int
on_leaf(const struct translog_leaf *l, void *arg)
{
	struct quoting *q = arg;
	const struct quoted *next = &q->quoted[q->next[l->tree]];

	if ((l->tree != OBS_KEY && l->tree != OBS_NEIGHBOUR) || next->record == NULL ||
	    next->record->type != l->tree || next->record->round != l->of->round ||
	    next->record->index != l->index)
		return 0;
	q->next[l->tree]++;
	if ((next->of->line[next->of->nlines] = log_line(l->of)) != NULL)
		next->of->nlines++;
	return 0;
}

/* Records of a round stand together, its keys before its neighbours. */
static int
read_lines(struct store *s, struct quoting *q)
{
	size_t at = 0;

	while (at < q->n) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): below n each has a record */
		uint32_t round = q->quoted[at].record->round;

		q->next[OBS_KEY] = q->next[OBS_NEIGHBOUR] = at;
		for (; at < q->n && q->quoted[at].record->round == round; at++)
			q->next[OBS_NEIGHBOUR] += q->quoted[at].record->type == OBS_KEY;
		if (translog_leaves(s, round, on_leaf, q) == -1) {
			log_error("%s", store_error(s));
			return -1;
		}
	}
	return 0;
}

int
sample_records(struct store *s, const struct incident_rows *f, struct notice *notice, size_t n)
{
	struct quoting q = { .f = f, .notice = notice, .nnotices = n };
	int bad = choose_lines(&q) == 0 ? read_lines(s, &q) : -1;

	free(q.quoted);
	return bad;
}
