/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku notify: one mail and one XARF report for each host that delivered. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
#include "data/store/sensor_facts.h"
#include "data/store/sensors.h"
#include "data/lib/outfile.h"
#include "data/format/canonical.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

/*
 * Who is written about, unless the options say otherwise.  With fewer than 20 records the
 * share of bogus ones is known to no better than a quarter; a relay has another neighbour
 * after an hour, two rounds or three; and five times the median is what fixed injectors
 * exceed and relays do not (analysis/incidents/attribution.c).
 */
#define MIN_RECORDS	20
#define MIN_ROUNDS	3
#define MIN_RATIO	5.0
#define ORG_MAX		200		/* characters, as XARF has it */
#define LOCAL_MAX	64		/* bytes before the @, and of an address in all (RFC 5321, 4.5.3.1) */
#define ADDRESS_TEXT_MAX	254

#define AGAIN_MS	(7 * DAY_MS)	/* nobody gets two reports in this time */
#define RECORDS_MAX	200000		/* looked through for log lines */

struct notify_options {
	const char	*db, *out, *org, *contact, *domain, *sensor_address, *opt_out, *mmdb, *bundle;
	int64_t		 incident, retention, min_records, min_rounds;
	double		 min_ratio;
	bool		 all, again, imported, dry_run;
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
	char		 name[64], state[INCIDENT_STATE_TEXT], import[200];
	int64_t		 now_ms, written, recent, opted_out, few, imported, elsewhere;
};

/* ---- who gets one --------------------------------------------------------------------- */

static struct notice *
notice_of(struct job *j, struct endpoint host)
{
	struct notice *n = notice_find(j->notice, j->n, host);

	if (n != NULL)
		return n;
	host.port = 0;
	j->notice[j->n] = (struct notice){ .host = host, .first_ms = INT64_MAX, .last_ms = INT64_MIN };
	return &j->notice[j->n++];
}

/* It handed us records; the analysis points at it; and it is not ourselves. */
static bool
is_meant(struct job *j, const struct found_peer *p)
{
	struct endpoint host = p->endpoint;

	host.port = 0;
	if (p->records == 0 || endpoint_is_nobody(host))
		return false;
	if (p->rank.rank > 0 ? strcmp(p->rank.label, delivered_name[DELIVERED_SELF]) == 0 : !j->q->all)
		return false;
	if (host.net == NET_IPV4 || host.net == NET_IPV6)
		return true;
	j->elsewhere++;		/* nobody runs the network of such an address */
	return false;
}

static void
add_peer(struct notice *n, const struct found_peer *p)
{
	if (n->npeers < sizeof(n->peer) / sizeof(n->peer[0]))
		n->peer[n->npeers++] = p;
	n->records += p->records;
	n->sources += p->sources;
	n->imported += p->imported;
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
	return endpoint_compare(x->host, y->host);
}

/* Is there enough to write about it at all? */
static bool
is_enough(const struct notify_options *q, const struct notice *n)
{
	const struct delivering_row *d = notice_rank(n);

	return n->records >= q->min_records && n->rounds >= q->min_rounds &&
	    (q->min_ratio <= 0 || (d != NULL && d->ratio >= q->min_ratio));
}

/* Those of whom too little is known, or nothing but what a file says. */
static void
leave_out(struct job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++) {
		struct notice *x = &j->notice[i];

		if (!is_enough(j->q, x))
			j->few++;
		else if (x->imported == x->records && !j->q->imported)
			j->imported++;
		else
			j->notice[n++] = *x;
	}
	j->n = n;
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
			add_peer(notice_of(j, j->f.peer[i].endpoint), &j->f.peer[i]);
	if (j->n > 0)
		qsort(j->notice, j->n, sizeof(*j->notice), by_records);
	leave_out(j);
	return 0;
}

/* ---- who reports ---------------------------------------------------------------------------- */

/* What is named in a report is what this database made of the incident. */
static int
read_bundle(struct job *j)
{
	const char *path = j->q->bundle, *slash;
	crypto_hash_sha256_state sha;
	crypto_generichash_state blake;
	uint8_t buf[1 << 14], hash[DIGEST];
	int64_t incident = 0;
	FILE *f;
	size_t n;
	int bad;

	if (path == NULL)
		return 0;
	if ((f = fopen(path, "re")) == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	crypto_hash_sha256_init(&sha);
	crypto_generichash_init(&blake, NULL, 0, sizeof(hash));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		crypto_hash_sha256_update(&sha, buf, n);
		crypto_generichash_update(&blake, buf, n);
	}
	if ((bad = ferror(f)) != 0)
		log_error("%s: %s", path, strerror(errno));
	fclose(f);
	crypto_hash_sha256_final(&sha, j->r.bundle_sha256);
	crypto_generichash_final(&blake, hash, sizeof(hash));
	if (bad != 0 || (bad = ledger_bundle_find(j->s, hash, &incident)) == -1)
		return -1;
	if (bad == 1 || incident != j->q->incident) {
		log_error("%s: is no bundle that this database made of incident %" PRId64 "; \"kansoku export"
		    " --incident\" makes one", path, j->q->incident);
		return -1;
	}
	slash = strrchr(path, '/');
	j->r.bundle = slash != NULL ? slash + 1 : path;
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

/* A name that fits into the subject of a mail, whatever the sensor is called. */
static void
plain_name(char out[64], const char *name)
{
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)name; *p != '\0' && n < 63; p++)
		out[n++] = (char)(isalnum(*p) && *p < 128 ? *p : strchr("._-", *p) != NULL ? *p : '_');
	out[n] = '\0';
}

/* The file that the rounds of the incident came from, or the first of several. */
static void
name_import(struct job *j)
{
	char when[WHEN_TEXT], version[40];
	size_t others = 0;

	for (size_t i = 0; i < j->f.nruns; i++) {
		const struct found_run *u = &j->f.run[i];

		if (u->origin != ORIGIN_IMPORTED)
			continue;
		if (j->r.import != NULL) {
			others++;
			continue;
		}
		j->r.import = j->import;
		snprintf(j->import, sizeof(j->import), "SHA-256 %s, imported %.19sZ by kansoku %s",
		    u->sha256[0] != '\0' ? u->sha256 : "not recorded", utctime_format(when, u->start_ms),
		    text_vis(version, sizeof(version), text_of(u->version)));
	}
	if (others > 0)
		snprintf(j->import + strlen(j->import), sizeof(j->import) - strlen(j->import),
		    ", and %zu more", others);
}

static int
introduce(struct job *j)
{
	const struct notify_options *q = j->q;
	const char *at = q->contact != NULL ? strchr(q->contact, '@') + 1 : "";

	j->sensor = sensor_fact_get(j->s, SENSOR_NAME);
	j->overlay = sensor_fact_get(j->s, SENSOR_OVERLAY);
	j->listen_port = sensor_fact_get(j->s, SENSOR_PORT);
	j->r = (struct reporter){
		.org = q->org, .contact = q->contact,
		.domain = q->domain != NULL ? q->domain : at,
		.sensor_address = q->sensor_address, .listen_port = j->listen_port,
		.sensor = j->name,
		.overlay = j->overlay != NULL ? j->overlay : "unknown",
		.retention_ms = q->retention, .incident = q->incident, .now_ms = j->now_ms,
		.kind = incident_kind_name[j->f.incident.kind],
		.state = incident_state_text(j->state, &j->f.incident),
	};
	name_import(j);
	plain_name(j->name, j->sensor != NULL ? j->sensor : "sensor");
	judge_clock(j);
	return read_bundle(j);
}

/* ---- writing ------------------------------------------------------------------------------------ */

/* DIR/NETWORK/ADDRESS.SUFFIX, NETWORK only with an MMDB file; NULL after a complaint. */
static char *
path_of(const struct job *j, const struct notice *n, const char *suffix)
{
	char network[NETWORK_NAME], address[ENDPOINT_TEXT], *path;

	if (networks_name(j->networks, n->host, network) != 0)
		return NULL;
	if (asprintf(&path, "%s/%s%s%s%s", j->q->out, network, network[0] != '\0' ? "/" : "",
	    address_format(address, n->host), suffix) != -1)
		return path;
	log_error("out of memory");
	return NULL;
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

	if (copy != NULL && make_folder(dirname(copy)) == 0) {
		if ((o = outfile_open_new(path, 0600)) != NULL) {
			if (write(outfile_stream(o), &j->r, n) == 0)
				bad = outfile_commit(o);
			else
				outfile_abandon(o);
		}
		if (bad != 0)
			log_error("%s: %s", path, os_error());
		else
			printf("%s\n", path);
	}
	free(copy);
	free(path);
	return bad;
}

/* 1: this one is left out, and counted. */
static int
is_spared(struct job *j, const struct notice *n)
{
	const struct ip host = n->host.net == NET_IPV6 ? ip_of_ipv6(n->host.addr) :
	    ip_of_ipv4(n->host.ip);
	int64_t last;

	if (cidr_set_contains(&j->opt_out, &host)) {
		j->opted_out++;
		return 1;
	}
	if (ledger_last_notice(j->s, n->host, &last) != 0)
		return -1;
	if (j->q->again || last == UNKNOWN || j->now_ms - last >= AGAIN_MS)
		return 0;
	j->recent++;
	return 1;
}

/*
 * Before the first is written: no lookup fails, and no file is in the way.  Those
 * that are spared are dropped from the list, before any record is looked for.
 */
static int
plan(struct job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++) {
		static const char *const suffix[] = { ".eml", ".xarf.json" };
		int spared = is_spared(j, &j->notice[i]);

		if (spared == -1)
			return -1;
		for (size_t k = 0; k < 2 && spared == 0; k++) {
			char *path = path_of(j, &j->notice[i], suffix[k]);
			bool there = path != NULL && access(path, F_OK) == 0;

			if (there)
				log_error("%s exists already; name another folder", path);
			free(path);
			if (path == NULL || there)
				return -1;
		}
		if (spared == 0)
			j->notice[n++] = j->notice[i];
	}
	j->n = n;
	return 0;
}

static int
write_notice(struct job *j, struct notice *n)
{
	char *path;

	j->written++;
	if (j->q->dry_run) {
		if ((path = path_of(j, n, ".eml")) == NULL)
			return -1;
		printf("%s\n", path);
		free(path);
		return 0;
	}
	notice_identify(n);
	if (write_one(j, n, ".eml", notice_mail) != 0 ||
	    write_one(j, n, ".xarf.json", notice_xarf) != 0)
		return -1;
	return ledger_notice(j->s, j->q->incident, n->host, j->now_ms);
}

static void
sum_up(const struct job *j)
{
	log_info("%s %" PRId64 " report%s on incident %" PRId64 "; nothing was sent",
	    j->q->dry_run ? "would write" : "wrote", j->written, j->written == 1 ? "" : "s", j->q->incident);
	if (j->recent > 0)
		log_info("%" PRId64 " left out: reported less than seven days ago (--again writes them)",
		    j->recent);
	if (j->opted_out > 0)
		log_info("%" PRId64 " left out: they opted out", j->opted_out);
	if (j->few > 0)
		log_info("%" PRId64 " left out: fewer than %" PRId64 " records, %" PRId64 " rounds or %g times the"
		    " median's share (--min-records, --min-rounds, --min-ratio)", j->few, j->q->min_records,
		    j->q->min_rounds, j->q->min_ratio);
	if (j->elsewhere > 0)
		log_info("%" PRId64 " left out: Tor, I2P or CJDNS, of which nobody runs the network", j->elsewhere);
	if (j->imported > 0)
		log_error("%" PRId64 " left out: all that is known of them was imported, and this program did not"
		    " receive it; --imported writes them, and they say so", j->imported);
}

static int
write_all(struct job *j)
{
	if (!j->q->dry_run && j->n > 0 && make_folder(j->q->out) != 0)
		return -1;
	for (size_t i = 0; i < j->n; i++)
		if (write_notice(j, &j->notice[i]) != 0)
			return -1;
	sum_up(j);
	return j->q->dry_run || j->written == 0 ? 0 :
	    ledger_state(j->s, &j->f.incident, "notice", j->now_ms);
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
		incident_rows_absent(j->s, q->incident, q->db);
	if (absent != 0)
		return absent == 1 ? EXIT_NOTHING : EXIT_FAILED;
	if (choose(j) != 0 || plan(j) != 0 || sample_records(j->s, &j->f, j->notice, j->n) != 0 ||
	    introduce(j) != 0 || write_all(j) != 0)
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
		{ .name = "org", .kind = OPT_LINE, .into = &q->org, .value = "NAME", .max = ORG_MAX,
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
		{ .name = "min-records", .kind = OPT_INT, .into = &q->min_records, .value = "N", .min = 1,
		    .max = INT32_MAX, .help = "only hosts that delivered so many records of the incident (20)" },
		{ .name = "min-rounds", .kind = OPT_INT, .into = &q->min_rounds, .value = "N", .min = 1,
		    .max = INT32_MAX, .help = "... in so many rounds (3)" },
		{ .name = "min-ratio", .kind = OPT_REAL, .into = &q->min_ratio, .value = "X", .min = 0,
		    .max = 1e9, .help = "... with a bogus share so many times the median peer's (5)" },
		{ .name = "imported", .kind = OPT_FLAG, .into = &q->imported,
		    .help = "also hosts of which all was imported; their reports say so" },
		{ .name = "all", .kind = OPT_FLAG, .into = &q->all,
		    .help = "every peer that delivered, ranked or not; without floors that are not named" },
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

/* Letters, digits and hyphens between dots (RFC 1123, 2.1). */
static bool
is_hostname(const char *s)
{
	size_t all = strlen(s), n;

	if (all == 0 || all > 253)
		return false;
	for (;; s += n + 1) {
		n = strcspn(s, ".");
		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-' ||
		    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") < n)
			return false;
		if (s[n] == '\0')
			return true;
	}
}

/* An addr-spec of RFC 5322 without quotes, comments and address literals. */
static bool
is_mail_address(const char *s)
{
	static const char atom[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "!#$%&'*+/=?^_`{|}~-.";
	size_t n = strspn(s, atom);

	return n > 0 && n <= LOCAL_MAX && s[n] == '@' && strlen(s) <= ADDRESS_TEXT_MAX && s[0] != '.' &&
	    s[n - 1] != '.' && memmem(s, n, "..", 2) == NULL && is_hostname(s + n + 1);
}

/* Reports that nobody could answer are for looking at only. */
static bool
makes_sense(struct notify_options *q)
{
	uint8_t in[16];

	if (q->contact != NULL && !is_mail_address(q->contact)) {
		log_error("--contact %s: want a plain mail address, name@domain", q->contact);
		return false;
	}
	if (q->domain != NULL && !is_hostname(q->domain)) {
		log_error("--domain %s: want a domain name, as example.org", q->domain);
		return false;
	}
	if (q->contact == NULL && !q->dry_run) {
		log_error("--contact ADDRESS is missing: nobody could answer such a report (--dry-run"
		    " names the reports without it)");
		return false;
	}
	if (q->sensor_address != NULL && inet_pton(AF_INET, q->sensor_address, in) != 1 &&
	    inet_pton(AF_INET6, q->sensor_address, in) != 1) {
		log_error("--sensor-address %s: want an IPv4 or IPv6 address", q->sensor_address);
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
	if (q->min_records == UNKNOWN)
		q->min_records = q->all ? 1 : MIN_RECORDS;
	if (q->min_rounds == UNKNOWN)
		q->min_rounds = q->all ? 1 : MIN_ROUNDS;
	if (q->min_ratio < 0)
		q->min_ratio = q->all ? 0 : MIN_RATIO;
}

int
verb_notify(int argc, char **argv)
{
	struct notify_options q = { .retention = 30 * DAY_MS, .min_records = UNKNOWN,
		.min_rounds = UNKNOWN, .min_ratio = UNKNOWN };
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
