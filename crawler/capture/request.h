/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command line of kansoku capture asks for, checked and opened. */
#ifndef KANSOKU_CRAWLER_CAPTURE_REQUEST_H
#define KANSOKU_CRAWLER_CAPTURE_REQUEST_H

#include "crawler/capture/capture.h"
#include "crawler/capture/consent.h"
#include "data/lib/cli.h"
#include "data/lib/outfile.h"

struct request {
	const char	*db, *consent_path, *opt_out, *vantage, *links, *interface, *filter, *user;
	struct text_list own, overlays;
	bool		 template, dry_run, json, show_addresses, names, tell_tags, check_sums,
			 any_order;
	int		 pseudonyms;		/* enum outsiders_form, but for plain */
	int64_t		 slice_ms, retain_ms, for_ms, buffer_mib, max_memory;
	char		**file;
	int		 nfiles;

	struct consent	 consent;
	struct capture	 capture;
	struct outfile	*links_file;		/* of files: it appears whole or not at all */
	char		*kept_vantage;
	char		*names_of_files;
	int64_t		 dropped;		/* as files or the kernel say; UNKNOWN */
};

/* An exit status, complained about unless EXIT_DONE. */
int	 request_check(struct request *);
/* Database, output and what the run needs in memory. */
int	 request_open(struct request *);
/* In one paragraph, to standard error: what will be read and kept. */
void	 request_explain(const struct request *);
/* Gives everything back; what was not committed is lost. */
void	 request_close(struct request *);

/* ---- live.c ---- */

struct live;

/*
 * Opens the interface, which needs a right that is given up here, for good.  An exit
 * status, complained about unless EXIT_DONE.
 */
int	 live_open(struct live **, const struct request *);
/* Its packets, until they have come for --for or a signal says stop.  An exit status. */
int	 live_run(struct live *, struct request *);
void	 live_close(struct live *);	/* NULL is fine */

#endif
