/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb crawl: reads what is wanted, prepares, crawls, closes. */
#include "crawler/crawl.h"

#include <sodium.h>
#include <stdlib.h>

#include "crawler/verbs.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

static const struct usage usage = {
	.program = "kansoku crawl", .operands = "",
	.about = "Visits every known node of the overlay in rounds, asks each for keys, and logs\n"
	    "what it says.  Dials nobody outside --scope.",
};

/* The parameters of this run go into the database before the first dial. */
static int
crawl_with(struct crawl *c)
{
	char *parameters = crawl_report_parameters(c);
	int status;

	if (parameters == NULL) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	status = store_begin_run(c->store, KANSOKU_VERSION, parameters) >= 0 ?
	    EXIT_DONE : EXIT_FAILED;
	free(parameters);
	if (status == EXIT_DONE)
		status = round_all(c);
	else
		log_error("%s: %s", c->set.db, store_error(c->store));
	sessions_leave(c->sessions, true);
	if (c->stop != STOP_FAULT && store_end_run(c->store) != 0) {
		log_error("%s: %s", c->set.db, store_error(c->store));
		status = EXIT_FAILED;
	}
	return status;
}

static int
dry_run(struct crawl *c)
{
	if (frontier_next(c->frontier, crawl_start_verified_since(c, round_clock(c)), false) ==
	    -1) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	return crawl_report_dry_run(c);
}

static int
crawl(struct crawl *c)
{
	int status;

	if ((status = crawl_start_scope(c)) != EXIT_DONE ||
	    (status = crawl_start_peers(c)) != EXIT_DONE ||
	    (status = crawl_start_user(c)) != EXIT_DONE ||
	    (status = crawl_start_store(c)) != EXIT_DONE ||
	    (status = crawl_start_frontier(c)) != EXIT_DONE)
		return status;
	if (c->set.dry_run)
		return dry_run(c);
	if ((status = crawl_start_loop(c)) != EXIT_DONE)
		return status;
	crawl_start_confined(c);
	if ((status = crawl_start_lasting(c)) != EXIT_DONE)
		return status;
	crawl_report_start(c);
	if ((status = round_budgets(c)) != EXIT_DONE)
		return status;
	service_manager_tell(&c->manager, "READY=1\nSTATUS=first round");
	return crawl_with(c);
}

int
verb_crawl(int argc, char **argv)
{
	struct crawl c = { .stop = STOP_NO, .manager = { .fd = -1 } };
	int status;

	if (sodium_init() == -1) {
		log_error("libsodium cannot start");
		return EXIT_FAILED;
	}
	settings_init(&c.set);
	if (settings_parse(&c.set, FOR_CRAWL, &usage, argc, argv, &status) != -1)
		status = crawl(&c);
	crawl_close(&c);
	return status;
}
