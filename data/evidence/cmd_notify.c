/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku notify: one mail and one XARF report for each host that delivered. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/lib/cidr.h"
#include "data/lib/cli.h"
#include "data/evidence/incident_rows.h"
#include "data/evidence/keys.h"
#include "data/evidence/ledger.h"
#include "data/evidence/network.h"
#include "data/evidence/notice.h"
#include "data/evidence/sample_records.h"
#include "data/evidence/verbs.h"
#include "data/store/translog.h"
#include "data/store/sensors.h"
#include "data/lib/outfile.h"
#include "data/format/canonical.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

#define AGAIN_MS	(7 * DAY_MS)	/* nobody gets two reports in this time */
#define RECORDS_MAX	200000		/* looked through for log lines */

struct notify_options {
	const char	*db, *out, *org, *contact, *domain, *sensor_address, *opt_out, *mmdb, *bundle;
	int64_t		 incident, retention;
	bool		 all, again, dry_run;
};

struct job {
	const struct notify_options *q;
	struct store	*s;
	struct incident_rows	 f;
	struct reporter	 r;
	struct cidr_set	 opt_out;
	struct networks	*networks;
	struct notice	*notice;
	size_t		 n;
	char		*sensor, *overlay, *listen_port;
	int64_t		 now_ms, written, recent, opted_out;
};

/* ---- who gets one --------------------------------------------------------------------- */

static struct notice *
notice_of(struct job *j, uint32_t ip)
{
	struct notice *n = notice_find(j->notice, j->n, ip);

	if (n != NULL)
		return n;
	j->notice[j->n] = (struct notice){ .ip = ip, .first_ms = INT64_MAX, .last_ms = INT64_MIN };
	return &j->notice[j->n++];
}

/* It handed us records; the analysis points at it; and it is not ourselves. */
static bool
is_meant(const struct job *j, const struct found_peer *p)
{
	if (p->records == 0 || p->endpoint.net != NET_IPV4 || p->endpoint.ip == 0)
		return false;
	if (p->rank.rank == 0)
		return j->q->all;
	return strcmp(p->rank.label, delivered_name[DELIVERED_SELF]) != 0;
}

static void
add_peer(struct notice *n, const struct found_peer *p)
{
	if (n->npeers < sizeof(n->peer) / sizeof(n->peer[0]))
		n->peer[n->npeers++] = p;
	n->records += p->records;
	n->sources += p->sources;
	if (p->rounds > n->rounds)
		n->rounds = p->rounds;
	if (p->first_ms < n->first_ms)
		n->first_ms = p->first_ms;
	if (p->last_ms > n->last_ms)
		n->last_ms = p->last_ms;
}

static int
by_records(const void *a, const void *b)
{
	const struct notice *x = a, *y = b;

	if (x->records != y->records)
		return x->records > y->records ? -1 : 1;
	return (x->ip > y->ip) - (x->ip < y->ip);
}

static int
choose(struct job *j)
{
	if ((j->notice = calloc(j->f.npeers + 1, sizeof(*j->notice))) == NULL) {
		log_error("out of memory");
		return -1;
	}
	for (size_t i = 0; i < j->f.npeers; i++)
		if (is_meant(j, &j->f.peer[i]))
			add_peer(notice_of(j, j->f.peer[i].endpoint.ip), &j->f.peer[i]);
	qsort(j->notice, j->n, sizeof(*j->notice), by_records);
	return 0;
}

/* ---- who reports ---------------------------------------------------------------------------- */

static int
hash_bundle(struct job *j)
{
	char *copy;
	FILE *f;
	crypto_hash_sha256_state st;
	uint8_t buf[1 << 14];
	size_t n;

	if (j->q->bundle == NULL)
		return 0;
	if ((f = fopen(j->q->bundle, "re")) == NULL) {
		log_error("%s: %s", j->q->bundle, strerror(errno));
		return -1;
	}
	crypto_hash_sha256_init(&st);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		crypto_hash_sha256_update(&st, buf, n);
	crypto_hash_sha256_final(&st, j->r.bundle_sha256);
	fclose(f);
	copy = strrchr(j->q->bundle, '/');
	j->r.bundle = copy != NULL ? copy + 1 : j->q->bundle;
	return 0;
}

/* The worst that is known of the clock over the incident's rounds. */
static void
judge_clock(struct job *j)
{
	j->r.clock_us = j->r.jump_ms = UNKNOWN;
	j->r.clock_known = j->f.nrounds > 0;
	for (size_t i = 0; i < j->f.nrounds; i++) {
		struct canonical keep = { 0 };
		struct canonical_round d;
		struct translog_leaf leaf;

		if (translog_own_leaf(j->s, j->f.round[i].row.id, &leaf, &keep) == 0 &&
		    canonical_read_round(&d, leaf.record, leaf.len)) {
			j->r.clock_known &= d.clock_us != UNKNOWN;
			if (d.clock_us > j->r.clock_us)
				j->r.clock_us = d.clock_us;
			if (d.clock_jump_ms != UNKNOWN && llabs(d.clock_jump_ms) > j->r.jump_ms)
				j->r.jump_ms = llabs(d.clock_jump_ms);
		}
		free(keep.p);
	}
}

static double
mean_probability(const struct incident_rows *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->nsources; i++)
		sum += f->source[i].probability;
	return f->nsources > 0 ? sum / (double)f->nsources : NAN;
}

static int
introduce(struct job *j)
{
	const struct notify_options *q = j->q;
	const char *at = q->contact != NULL ? strchr(q->contact, '@') + 1 : "";

	j->sensor = sensors_get(j->s, SENSOR_NAME);
	j->overlay = sensors_get(j->s, SENSOR_OVERLAY);
	j->listen_port = sensors_get(j->s, SENSOR_PORT);
	j->r = (struct reporter){
		.org = q->org, .contact = q->contact,
		.domain = q->domain != NULL ? q->domain : at,
		.sensor_address = q->sensor_address, .listen_port = j->listen_port,
		.sensor = j->sensor != NULL ? j->sensor : "sensor",
		.overlay = j->overlay != NULL ? j->overlay : "unknown",
		.retention_ms = q->retention, .confidence = mean_probability(&j->f),
		.incident = q->incident, .kind = incident_kind_name[j->f.incident.kind],
	};
	judge_clock(j);
	return hash_bundle(j);
}

/* ---- writing ------------------------------------------------------------------------------------ */

/* DIR/NETWORK/ADDRESS.SUFFIX, NETWORK only with an MMDB file. */
static char *
path_of(const struct job *j, const struct notice *n, const char *suffix)
{
	char network[NETWORK_NAME], *path;
	int made;

	networks_name(j->networks, n->ip, network);
	made = asprintf(&path, "%s/%s%s%u.%u.%u.%u%s", j->q->out, network,
	    network[0] != '\0' ? "/" : "", n->ip >> 24, n->ip >> 16 & 255, n->ip >> 8 & 255,
	    n->ip & 255, suffix);
	return made == -1 ? NULL : path;
}

static int
make_folder(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	log_error("%s: %s", path, strerror(errno));
	return -1;
}

static int
write_one(struct job *j, const struct notice *n, const char *suffix,
    int (*write)(FILE *, const struct reporter *, const struct notice *))
{
	char *path = path_of(j, n, suffix), *copy = path != NULL ? strdup(path) : NULL;
	struct outfile *o = NULL;
	int bad = -1;

	if (copy == NULL)
		log_error("out of memory");
	else if (make_folder(dirname(copy)) == 0) {
		if ((o = outfile_open(path, 0600)) != NULL) {
			if (write(outfile_stream(o), &j->r, n) == 0)
				bad = outfile_commit(o);
			else
				outfile_abandon(o);
		}
		if (bad != 0)
			log_error("%s: %s", path, strerror(errno));
		else
			printf("%s\n", path);
	}
	free(copy);
	free(path);
	return bad;
}

static int
write_notice(struct job *j, const struct notice *n)
{
	const struct ip host = ip_of_ipv4(n->ip);
	int64_t last;
	char *path;

	if (cidr_set_contains(&j->opt_out, &host)) {
		j->opted_out++;
		return 0;
	}
	if (ledger_last_notice(j->s, n->ip, &last) != 0)
		return -1;
	if (!j->q->again && last != UNKNOWN && j->now_ms - last < AGAIN_MS) {
		j->recent++;
		return 0;
	}
	j->written++;
	if (j->q->dry_run) {
		if ((path = path_of(j, n, ".eml")) != NULL)
			printf("%s\n", path);
		free(path);
		return 0;
	}
	if (write_one(j, n, ".eml", notice_mail) != 0 ||
	    write_one(j, n, ".xarf.json", notice_xarf) != 0)
		return -1;
	return ledger_notice(j->s, j->q->incident, n->ip, j->now_ms);
}

static void
sum_up(const struct job *j)
{
	log_info("%s %" PRId64 " reports on incident %" PRId64 "; nothing was sent",
	    j->q->dry_run ? "would write" : "wrote", j->written, j->q->incident);
	if (j->recent > 0)
		log_info("%" PRId64 " left out: reported less than seven days ago (--again writes them)",
		    j->recent);
	if (j->opted_out > 0)
		log_info("%" PRId64 " left out: they opted out", j->opted_out);
	if (!j->q->all && j->n < j->f.npeers)
		log_info("%zu peers delivered a few such records, too, and the analysis does not point at them"
		    " (--all writes to all)", j->f.npeers - j->n);
}

static int
write_all(struct job *j)
{
	if (!j->q->dry_run && make_folder(j->q->out) != 0)
		return -1;
	for (size_t i = 0; i < j->n; i++)
		if (write_notice(j, &j->notice[i]) != 0)
			return -1;
	sum_up(j);
	return 0;
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static void
release(struct job *j)
{
	for (size_t i = 0; i < j->n; i++)
		for (size_t k = 0; k < j->notice[i].nlines; k++)
			free(j->notice[i].line[k]);
	free(j->notice);
	free(j->sensor);
	free(j->overlay);
	free(j->listen_port);
	incident_rows_free(&j->f);
	cidr_set_free(&j->opt_out);
	networks_close(j->networks);
	store_close(j->s);
}

static int
run(struct job *j)
{
	const struct notify_options *q = j->q;
	int absent;

	if (q->opt_out != NULL && cidr_set_read(&j->opt_out, q->opt_out) != 0)
		return EXIT_FAILED;
	cidr_set_seal(&j->opt_out);
	if (q->mmdb != NULL && (j->networks = networks_open(q->mmdb)) == NULL)
		return EXIT_FAILED;
	if ((j->s = store_open(q->db, q->dry_run ? STORE_READ : STORE_WRITE)) == NULL)
		return EXIT_FAILED;
	if ((absent = incident_rows_load(j->s, q->incident, RECORDS_MAX, &j->f)) == 1)
		log_error("no incident %" PRId64 " in %s; \"kansoku incidents\" lists them", q->incident,
		    q->db);
	if (absent != 0)
		return absent == 1 ? EXIT_NOTHING : EXIT_FAILED;
	if (choose(j) != 0 || sample_records(j->s, &j->f, j->notice, j->n) != 0 || introduce(j) != 0 || write_all(j) != 0)
		return EXIT_FAILED;
	return j->written > 0 ? EXIT_DONE : EXIT_NOTHING;
}

/* ---- the verb ---------------------------------------------------------------------------------------- */

static int
parse(struct notify_options *q, int argc, char **argv, int *status)
{
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &q->db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" },
		{ .name = "incident", .kind = OPT_INT, .into = &q->incident, .value = "ID", .min = 1,
		    .max = INT32_MAX, .help = "report this incident", .required = true },
		{ .name = "out", .kind = OPT_TEXT, .into = &q->out, .value = "DIR", .required = true,
		    .help = "where the reports go; made if it is not there" },
		{ .name = "org", .kind = OPT_TEXT, .into = &q->org, .value = "NAME",
		    .help = "who reports" },
		{ .name = "contact", .kind = OPT_TEXT, .into = &q->contact, .value = "ADDRESS",
		    .help = "mail address for answers; required for all but --dry-run" },
		{ .name = "domain", .kind = OPT_TEXT, .into = &q->domain, .value = "DOMAIN",
		    .help = "of the reporter (that of the contact)" },
		{ .name = "sensor-address", .kind = OPT_TEXT, .into = &q->sensor_address,
		    .value = "ADDRESS", .help = "the sensor's own address, as peers saw it" },
		{ .name = "bundle", .kind = OPT_FILE, .into = &q->bundle, .value = "FILE.tar",
		    .help = "name this evidence bundle and its SHA-256 in the reports" },
		{ .name = "opt-out", .kind = OPT_FILE, .into = &q->opt_out, .value = "FILE",
		    .help = "addresses and blocks that want no reports" },
		{ .name = "mmdb", .kind = OPT_FILE, .into = &q->mmdb, .value = "FILE",
		    .help = "group the reports by network: an MMDB file of ASNs or countries" },
		{ .name = "retention", .kind = OPT_SPAN, .into = &q->retention, .value = "SPAN",
		    .min = (double)DAY_MS, .max = 3650.0 * DAY_MS,
		    .help = "how long the addresses are kept, as the reports say (30d)" },
		{ .name = "all", .kind = OPT_FLAG, .into = &q->all,
		    .help = "every peer that delivered, not only those that the analysis ranks" },
		{ .name = "again", .kind = OPT_FLAG, .into = &q->again,
		    .help = "also those who were reported in the last seven days" },
		{ .name = "dry-run", .kind = OPT_FLAG, .into = &q->dry_run,
		    .help = "name the reports, write none" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku notify", .operands = "",
		.about = "Writes one mail (English and Japanese) and one XARF report for each host that "
		    "delivered records of an incident over TCP, for a person to read and send.",
		.options = options,
	};

	return cli_options(&usage, argc, argv, status);
}

/* Reports that nobody could answer are for looking at only. */
static bool
makes_sense(struct notify_options *q)
{
	struct in_addr in;

	if (q->contact != NULL && (strchr(q->contact, '@') == NULL ||
	    strpbrk(q->contact, " \t\r\n<>,;") != NULL || strchr(q->contact, '@')[1] == '\0')) {
		log_error("--contact %s: want a plain mail address, name@domain", q->contact);
		return false;
	}
	if (q->contact == NULL && !q->dry_run) {
		log_error("--contact ADDRESS is missing: nobody could answer such a report (--dry-run"
		    " names the reports without it)");
		return false;
	}
	if (q->sensor_address != NULL && inet_pton(AF_INET, q->sensor_address, &in) != 1) {
		log_error("--sensor-address %s: want an IPv4 address", q->sensor_address);
		return false;
	}
	return (q->db = cli_database_there(q->db)) != NULL;
}

/* What a report cannot do without. */
static void
fill_in(struct notify_options *q)
{
	if (q->org == NULL && !q->dry_run)
		log_info("the reports name no organisation: --org does");
	if (q->org == NULL)
		q->org = "operator of a kansoku sensor";
}

int
verb_notify(int argc, char **argv)
{
	struct notify_options q = { .retention = 30 * DAY_MS };
	struct job j = { .q = &q };
	int status;

	if (parse(&q, argc, argv, &status) < 0)
		return status;
	if (!makes_sense(&q))
		return EXIT_MISUSED;
	fill_in(&q);
	if (keys_start() != 0)
		return EXIT_FAILED;
	j.now_ms = utctime_now();
	status = run(&j);
	release(&j);
	return status;
}
