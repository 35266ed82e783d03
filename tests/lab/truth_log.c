/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/truth_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"
#include "tests/lab/truth.h"

struct truth_log {
	struct links	*links;
	struct truth	*truth;
	const char	*path;
	FILE		*f;
	uint32_t	 round;		/* the last one written */
	struct event	*next;
	bool		 failed;
};

static void
fail_log(struct truth_log *c, const char *why)
{
	log_error("cannot write %s: %s", c->path, why);
	c->failed = true;
}

/* The round after n begins, in real ms from now. */
static int64_t
until_next(const struct truth_log *c)
{
	const struct world_clock *p = &c->links->clock;
	int64_t wait =
	    world_clock_when(p, c->round * world_round_s(c->links->stage->world) * 1000) -
	    world_clock_real(p);

	return wait > 0 ? wait : 0;
}

static void
write_round(evutil_socket_t fd, short what, void *arg)
{
	struct truth_log *c = arg;
	int64_t wait;
	struct timeval tv;

	(void)fd;
	(void)what;
	c->round++;
	if (truth_begin(c->truth, c->round) != 0 || truth_end(c->truth, false) != 0) {
		fail_log(c, strerror(errno));
		links_stop(c->links);
		return;
	}
	wait = until_next(c);
	tv = (struct timeval){ wait / 1000, wait % 1000 * 1000 };
	event_add(c->next, &tv);
}

struct truth_log *
truth_log_open(struct links *l, const char *path, double until)
{
	struct truth_log *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		log_error("cannot write %s: no memory", path);
		return NULL;
	}
	c->links = l;
	c->path = path;
	if ((c->f = fopen(path, "we")) == NULL)
		fail_log(c, strerror(errno));
	else if ((c->truth = truth_new(l->stage->world, c->f, until)) == NULL ||
	    (c->next = evtimer_new(l->base, write_round, c)) == NULL)
		fail_log(c, "no memory");
	else
		write_round(-1, 0, c);
	if (!c->failed)
		return c;
	truth_log_close(c);
	return NULL;
}

bool
truth_log_close(struct truth_log *c)
{
	bool good;

	if (c == NULL)
		return true;
	if (c->f != NULL && fclose(c->f) != 0 && !c->failed)
		fail_log(c, strerror(errno));
	if (c->next != NULL)
		event_free(c->next);
	truth_free(c->truth);
	good = !c->failed;
	free(c);
	return good;
}
