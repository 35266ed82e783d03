/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku capture: which hosts of one's own network speak an overlay, and with whom. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/capture/request.h"
#include "crawler/capture/savefile.h"
#include "crawler/capture/verbs.h"
#include "data/lib/confine.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define UNDERSTOOD	0.9	/* of all packets; below it the layer that was not is named */
#define PROGRESS	65536	/* packets between two looks at the clock */

/* ---- files ------------------------------------------------------------------------- */

/* Time of a packet that may not be read: outside the consent, or before what was read. */
static int
check_time(const struct request *r, const char *file, int64_t t_ms, bool first)
{
	char when[WHEN_TEXT], last[WHEN_TEXT];

	if (!consent_in_force(&r->consent, t_ms)) {
		log_error("%s: holds packets of %.16s, outside the dates of the consent (%s)", file,
		    utctime_format(when, t_ms), r->consent_path);
		return EXIT_MISUSED;
	}
	if (first && !r->any_order && t_ms < r->capture.last_ms) {
		log_error("%s: begins at %.19s, before the end of the file before it (%.19s); give files"
		    " in the order of time, or --any-order", file, utctime_format(when, t_ms),
		    utctime_format(last, r->capture.last_ms));
		return EXIT_MISUSED;
	}
	return EXIT_DONE;
}

static int
read_packets(struct request *r, const char *file, struct savefile *s)
{
	struct capture *c = &r->capture;
	char why[SAVEFILE_WHY];
	struct packet packet;
	uint64_t n = 0;
	int status = EXIT_DONE, got;

	while ((got = savefile_next(s, &packet, why)) == 1 && !c->failed) {
		if ((status = check_time(r, file, packet.t_ns / 1000000, n == 0)) != EXIT_DONE)
			return status;
		if (c->counts.packets == 0 && r->vantage == NULL && *savefile_interface(s) != '\0') {
			free(r->kept_vantage);
			c->vantage = r->kept_vantage = strdup(savefile_interface(s));
		}
		capture_packet(c, &packet);
		if (++n % PROGRESS == 0)
			log_progress("capture: %s: %" PRIu64 " packets, %" PRIu64 " links", file, n,
			    c->links_closed);
	}
	if (got < 0)
		log_error("%s: %s", file, why);
	return got < 0 || c->failed ? EXIT_FAILED : EXIT_DONE;
}

static int
read_file(struct request *r, const char *file)
{
	const char *shown = strcmp(file, "-") == 0 ? "standard input" : file;
	char why[SAVEFILE_WHY];
	struct savefile *s = savefile_open(file, why);
	int status;

	if (s == NULL) {
		log_error("%s: %s", shown, why);
		return EXIT_FAILED;
	}
	status = read_packets(r, shown, s);
	if (savefile_dropped(s) >= 0)
		r->dropped = (r->dropped == UNKNOWN ? 0 : r->dropped) + savefile_dropped(s);
	savefile_close(s);
	return status;
}

/* A file that is damaged ends where it is; what the others hold is read. */
static int
read_files(struct request *r)
{
	int status = EXIT_DONE;

	for (int i = 0; i < r->nfiles && status != EXIT_MISUSED; i++) {
		int one = read_file(r, r->file[i]);

		status = one != EXIT_DONE ? one : status;
	}
	return status;
}

/* ---- what is said at the end ------------------------------------------------------------ */

/* What most of what was not understood was. */
static const char *
main_reason(const struct capture_counts *n, char buf[UNKNOWN_TEXT])
{
	const struct unknown_number *most = NULL;
	uint64_t other = n->cut > n->damaged ? n->cut : n->damaged;

	for (size_t i = 0; i < n->nnumbers; i++)
		if (most == NULL || n->numbers[i].n > most->n)
			most = &n->numbers[i];
	other = other > n->too_deep ? other : n->too_deep;
	other = other > n->fragments ? other : n->fragments;
	if (most != NULL && most->n >= other)
		return records_unknown(buf, most);
	if (other == n->cut)
		return "cut inside a header";
	if (other == n->damaged)
		return "damaged headers";
	return other == n->too_deep ? "too many layers" : "fragments of packets that are not whole";
}

/* EXIT_NOTHING after a complaint where there was nothing to be understood. */
static int
judge(const struct request *r)
{
	const struct capture_counts *n = &r->capture.counts;
	uint64_t understood = n->read + n->foreign + n->not_ip;
	char buf[UNKNOWN_TEXT];

	if (n->packets == 0)
		log_error("%s: no packets", r->names_of_files);
	else if (understood == 0)
		log_error("%s: %" PRIu64 " packets, none understood: %s", r->names_of_files, n->packets,
		    main_reason(n, buf));
	else if (n->read == 0 && n->foreign > 0)
		log_error("%s: %" PRIu64 " packets, none with an end in the own network", r->names_of_files,
		    n->packets);
	else if ((double)understood < UNDERSTOOD * (double)n->packets)
		log_error("%s: of %" PRIu64 " packets %" PRIu64 " were not understood: %s", r->names_of_files,
		    n->packets, n->packets - understood, main_reason(n, buf));
	return n->read > 0 ? EXIT_DONE : EXIT_NOTHING;
}

static void
say_loss(const struct request *r)
{
	const struct capture *c = &r->capture;
	const struct stream_counts *s = streams_counts(c->streams);

	log_info("packets %" PRIu64 ": read %" PRIu64 ", foreign %" PRIu64 ", not IP %" PRIu64
	    ", not understood %" PRIu64 ", cut %" PRIu64 ", waiting fragments %" PRIu64
	    "; TCP connections %" PRIu64 ", of these not seen to begin %" PRIu64 ", links %" PRIu64,
	    c->counts.packets, c->counts.read, c->counts.foreign, c->counts.not_ip,
	    c->counts.unknown + c->counts.damaged + c->counts.too_deep, c->counts.cut, c->counts.fragments,
	    s->connections, s->unopened, c->links_closed);
	if (capture_lost(c) > 0 || r->dropped > 0)
		log_info("of what passed %.2f %% is missing, by holes in streams%s", 100 * capture_lost(c),
		    r->dropped == UNKNOWN ? "; whether it was dropped nobody says" : "");
	if (r->dropped > 0)
		log_info("%" PRId64 " packets were dropped (%.2f %%), says who captured", r->dropped,
		    100 * (double)r->dropped / (double)(r->dropped + (int64_t)c->counts.packets));
	if (s->evicted > 0)
		log_error("%" PRIu64 " streams were forgotten early: a table was full; see --max-memory",
		    s->evicted);
}

static int
commit(struct request *r)
{
	struct capture *c = &r->capture;

	if (c->store != NULL && !c->failed && (store_end_run(c->store) != 0 || store_commit(c->store) != 0)) {
		log_error("%s", store_error(c->store));
		return EXIT_FAILED;
	}
	if (r->links_file != NULL) {
		struct outfile *f = r->links_file;

		r->links_file = NULL;
		c->links = NULL;
		if (outfile_commit(f) != 0) {
			log_error("%s: %s", r->links, strerror(errno));
			return EXIT_FAILED;
		}
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return c->failed ? EXIT_FAILED : EXIT_DONE;
}

static int
report(struct request *r, int status)
{
	struct capture *c = &r->capture;
	bool to_links = c->link_form == LINKS_JSON, whole;
	int nothing, bad;

	capture_end(c);
	log_progress_end();
	whole = status == EXIT_DONE && capture_lost(c) == 0 && r->dropped <= 0;
	if (r->json)
		records_hosts(c, stdout, true);
	else if (c->links != stdout)
		records_hosts(c, stdout, false);
	if (to_links)
		records_capture(c, c->links, r->names_of_files, r->dropped, whole);
	if (r->json && !(to_links && c->links == stdout))
		records_capture(c, stdout, r->names_of_files, r->dropped, whole);
	say_loss(r);
	nothing = judge(r);
	bad = commit(r);
	return bad != EXIT_DONE ? bad : status != EXIT_DONE ? status : nothing;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int
run(struct request *r)
{
	struct confinement confined;
	struct live *live = NULL;
	bool opened = false;
	int status;

	if ((status = request_check(r)) != EXIT_DONE)
		return status;
	request_explain(r);
	if (r->dry_run)
		return EXIT_DONE;
	if (r->interface != NULL)
		status = live_open(&live, r);
	if (status == EXIT_DONE && (status = request_open(r)) == EXIT_DONE) {
		if (live == NULL)
			confine_offline(&confined);
		status = live != NULL ? live_run(live, r) : read_files(r);
		opened = true;
	}
	live_close(live);
	if (!opened)
		return status;
	/* What no consent covers is not told of either. */
	return status == EXIT_MISUSED ? status : report(r, status);
}

static const char *const forms[] = { "tokens", "prefix", NULL };

int
verb_capture(int argc, char **argv)
{	/* flat */
	struct request r = { .slice_ms = 25 * MINUTE_MS, .retain_ms = 30 * DAY_MS, .buffer_mib = 64,
		.max_memory = 256 };
	const double year = 366.0 * DAY_MS;
	const struct option_spec options[] = {
		{ .name = "own-network", .kind = OPT_LIST, .into = &r.own, .value = "CIDR",
		    .help = "whose packets may be read; may be repeated; required" },
		{ .name = "consent", .kind = OPT_FILE, .into = &r.consent_path, .value = "FILE",
		    .help = "who allows it, on what ground, for what, until when; required" },
		{ .name = "interface", .kind = OPT_TEXT, .into = &r.interface, .value = "IF",
		    .help = "listen to an interface instead of reading files" },
		{ .name = "db", .kind = OPT_TEXT, .into = &r.db, .value = "FILE",
		    .help = "where observations go; without it they are only told of" },
		{ .name = "overlay", .kind = OPT_LIST, .into = &r.overlays, .value = "NAME",
		    .help = "only this one; may be repeated (all that the consent names)" },
		{ .name = "opt-out", .kind = OPT_FILE, .into = &r.opt_out, .value = "FILE",
		    .help = "addresses and blocks whose packets are not looked at" },
		{ .name = "vantage", .kind = OPT_TEXT, .into = &r.vantage, .value = "NAME",
		    .help = "what link was observed (the interface, or the file)" },
		{ .name = "links", .kind = OPT_TEXT, .into = &r.links, .value = "FILE",
		    .help = "a record a link, JSON lines, or a table for .tsv; - is standard output" },
		{ .name = "show-addresses", .kind = OPT_FLAG, .into = &r.show_addresses,
		    .help = "addresses outside as they are, no tokens" },
		{ .name = "names", .kind = OPT_FLAG, .into = &r.names,
		    .help = "store names of files and words as they are, no keyed hashes" },
		{ .name = "pseudonyms", .kind = OPT_CHOICE, .into = &r.pseudonyms, .value = "FORM",
		    .choices = forms, .help = "tokens, or prefix: weaker, who can send packets can unmask"
		    " them (tokens)" },
		{ .name = "slice", .kind = OPT_SPAN, .into = &r.slice_ms, .value = "SPAN",
		    .min = (double)MINUTE_MS, .max = (double)DAY_MS, .help = "capture time of a round (25m)" },
		{ .name = "retain", .kind = OPT_SPAN, .into = &r.retain_ms, .value = "SPAN",
		    .min = (double)HOUR_MS, .max = 10 * year,
		    .help = "records of earlier runs go when so old, their counts stay (30d)" },
		{ .name = "vlan-key", .kind = OPT_FLAG, .into = &r.tell_tags,
		    .help = "connections with unlike VLAN tags are apart" },
		{ .name = "checksums", .kind = OPT_FLAG, .into = &r.check_sums,
		    .help = "drop TCP segments whose checksum is wrong" },
		{ .name = "any-order", .kind = OPT_FLAG, .into = &r.any_order,
		    .help = "files need not ascend in time" },
		{ .name = "max-memory", .kind = OPT_INT, .into = &r.max_memory, .value = "MIB", .min = 16,
		    .max = 4096, .help = "for streams (256)" },
		{ .name = "for", .kind = OPT_SPAN, .into = &r.for_ms, .value = "SPAN", .min = 1, .max = year,
		    .help = "of an interface: stop after so long (until a signal)" },
		{ .name = "buffer", .kind = OPT_INT, .into = &r.buffer_mib, .value = "MIB", .min = 1,
		    .max = 2047, .help = "of an interface: the kernel's buffer (64)" },
		{ .name = "filter", .kind = OPT_TEXT, .into = &r.filter, .value = "BPF",
		    .help = "of an interface: only what this expression lets through" },
		{ .name = "user", .kind = OPT_TEXT, .into = &r.user, .value = "NAME",
		    .help = "of an interface: become this user once it is open" },
		{ .name = "json", .kind = OPT_FLAG, .into = &r.json, .help = "hosts and totals as JSON lines" },
		{ .name = "dry-run", .kind = OPT_FLAG, .into = &r.dry_run,
		    .help = "say what would be read and kept, and stop" },
		{ .name = "consent-template", .kind = OPT_FLAG, .into = &r.template,
		    .help = "print a consent to be filled in, and stop" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku capture",
		.operands = "FILE... | --interface IF",
		.about = "Says which hosts of your own network speak an overlay, and with whom.  Keeps\n"
			 "nothing of other traffic.  FILE - is standard input.",
		.max_operands = -1,
		.options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	r.file = argv + at;
	r.nfiles = argc - at;
	if (r.template) {
		consent_template(stdout);
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
	}
	if (sodium_init() == -1) {
		log_error("no random numbers");
		return EXIT_FAILED;
	}
	status = run(&r);
	request_close(&r);
	return status;
}
