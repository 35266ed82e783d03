/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings of crawl and probe: one table with limits, which serves the command line,
 * --help, the settings file and (by a test) the manual.
 *
 * -1 or 0 where a comment says so means "derive it"; settings_derive does.
 */
#ifndef KANSOKU_CRAWLER_SETTINGS_H
#define KANSOKU_CRAWLER_SETTINGS_H

#include "crawler/net/datagram.h"
#include "crawler/net/scope.h"
#include "crawler/store_budget.h"
#include "data/lib/cli.h"
#include "node/overlay.h"

/* The nodes that are dialled once more, with more patience, after silence. */
enum retry { RETRY_NONE, RETRY_VERIFIED, RETRY_ALL };

struct settings {
	/* files */
	const char	*db, *peers, *config, *lab_map, *opt_out, *metrics;
	/* who it is, and what it may do */
	const char	*user;			/* NULL: who started it */
	bool		 no_sandbox;
	/* whom */
	struct text_list scope, own_address;
	int		 retry;			/* enum retry */
	int64_t		 verified_for_ms;	/* -1: derive */
	const char	*ports;			/* that may be dialled; NULL: as the overlay has them */
	int64_t		 address_ports;		/* of one address in a round; 0: no limit; -1: derive */
	/* rounds */
	int64_t		 rounds;		/* 0: until stopped; -1: derive */
	int64_t		 round_every_ms;	/* 0: one after the other */
	int64_t		 round_limit_ms;	/* no dials after so long; 0: derive */
	int64_t		 round_dials;		/* nor more than so many */
	/* a visit */
	const char	*overlay, *network, *sensor, *page;
	int64_t		 windows;
	int64_t		 speed;			/* KB/s; 0: fit it to each peer */
	int64_t		 listen;		/* port; 0: none */
	int64_t		 connect_limit_ms, retry_limit_ms;
	int64_t		 visit_limit_ms;	/* 0: derive */
	double		 time_scale;
	/* how much at once */
	int64_t		 max_sessions;		/* 0: derive */
	int64_t		 dial_rate;		/* a second; 0: no limit; -1: derive */
	int64_t		 net_sessions;		/* per /24; 0: no limit; -1: derive */
	int64_t		 net_rate;		/* per /24 and minute; likewise */
	int64_t		 max_memory;		/* MiB for known nodes */
	int64_t		 hold;			/* links over many rounds */
	/* what is stored, in bytes; 0: no limit; -1: derive */
	int64_t		 max_db, disk_reserve;
	int64_t		 peer_store, net_store, inbound_store, round_store;	/* in a round */
	/* how it talks */
	bool		 no_keys, no_names, dry_run, json;
	/* overlays that have an id space */
	int64_t		 zone;			/* bits; 0: all of it; -1: derive */
	const char	*panel;			/* "1/64" */
	int64_t		 panel_one_in;		/* derived; 0: none */
	bool		 no_peers;

	int64_t		 descriptors;		/* that this process may have; derived */
	char		**kept;			/* values out of the settings file */
	size_t		 nkept;
};

enum settings_verb { FOR_CRAWL = 1, FOR_PROBE = 2 };
#define SETTINGS_MAX	56

void	 settings_init(struct settings *);
void	 settings_free(struct settings *);
/* The rows of a verb as options that set s; ends with name NULL. */
void	 settings_options(struct settings *s, enum settings_verb, struct option_spec[SETTINGS_MAX]);
/*
 * Reads the command line, and before it the file that --config names: what the
 * command line says wins, a list of it replaces the file's.  As cli_options.
 */
int	 settings_parse(struct settings *, enum settings_verb, const struct usage *,
	    int argc, char **argv, int *status);
/* Sets what a file says; an exit status, complained about unless EXIT_DONE. */
int	 settings_file(struct settings *, const struct option_spec *, const char *path);

/*
 * The overlay that --overlay and --network name, or NULL after a complaint.  A network is
 * called as its row says, "regtest"; where another family has the same driver it may be
 * named in full, "litecoin-regtest".  NULL: the one that --overlay names.
 */
const struct overlay *settings_overlay(const char *name, const char *network);

/* ---- settings_derive.c ---- */
/*
 * Fills the scope from the settings and refuses what does not go together; an
 * exit status, complained about unless EXIT_DONE.
 */
int	 settings_scope(const struct settings *, struct scope *);
/* Derives what was left open; the scope is sealed by then.  As settings_scope. */
int	 settings_derive(struct settings *, const struct scope *);
/* Who may have how much stored. */
struct store_limits settings_store(const struct settings *);
/* How fast datagrams may leave, for an overlay that is carried by them. */
struct datagram_limits settings_datagrams(const struct settings *);
/* What every dialog of the overlay is told, but for the peer's side of it. */
struct dialog_config settings_dialog(const struct settings *);
const char *settings_retry_name(const struct settings *);
/* The address that --own-address names first, or 0. */
uint32_t settings_own_ip(const struct settings *);

#endif
