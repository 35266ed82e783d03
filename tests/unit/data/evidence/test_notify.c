/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>
#include <sodium.h>

#include "data/lib/cli.h"
#include "data/evidence/ledger.h"
#include "data/evidence/verbs.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "tests/unit/data/evidence/fixture.h"

#define FLOOD	60000

static bool floors;	/* those that notify has by itself */

/* Runs notify on a database of the folder; extra words after the usual ones. */
static int
notify(const char *db, const char *out, const char *extra, const char *value)
{
	char words[12][192], path[160];
	char *argv[13];
	int n = 0;

	snprintf(words[n++], 192, "notify");
	snprintf(words[n++], 192, "--db=%s", fx_path(path, db));
	snprintf(words[n++], 192, "--incident=1");
	snprintf(words[n++], 192, "--out=%s", fx_path(path, out));
	snprintf(words[n++], 192, "--org=Overlay \"Lab\"");
	snprintf(words[n++], 192, "--contact=lab@example.org");
	if (!floors) {
		snprintf(words[n++], 192, "--min-rounds=1");
		snprintf(words[n++], 192, "--min-ratio=3");
	}
	if (extra != NULL)
		snprintf(words[n++], 192, value == NULL ? "--%s" : "--%s=%s", extra, value);
	snprintf(words[n++], 192, "-q");
	for (int i = 0; i < n; i++)
		argv[i] = words[i];
	argv[n] = NULL;
	if (freopen("/dev/null", "w", stdout) == NULL)	/* it lists what it wrote */
		return -1;
	return verb_notify(n, argv);
}

/* Names of the files in a folder; free the list with free_names. */
static int
names(const char *out, struct dirent ***list)
{
	char path[160];
	int n, kept = 0;

	*list = NULL;
	n = scandir(fx_path(path, out), list, NULL, alphasort);

	for (int i = 0; i < n; i++)
		if ((*list)[i]->d_name[0] == '.')
			free((*list)[i]);
		else
			(*list)[kept++] = (*list)[i];
	return n < 0 ? 0 : kept;
}

static void
free_names(struct dirent **list, int n)
{
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static char *
slurp(const char *out, const char *name)
{
	char path[512], folder[160];
	char *p = calloc(1, 1 << 16);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", fx_path(folder, out), name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(p, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	return p;
}

/* ---- a flood of sixty thousand ---- */

static struct endpoint
claimed(int i)
{
	return endpoint_ipv4(0x30000000 + (uint32_t)i * 7919, (uint16_t)(1024 + i % 60000));
}

static void
make_flood(const char *path)
{
	struct store *s = store_open(path, STORE_CREATE);
	struct observation o = { .type = OBS_ROUND, .round = 1, .t_ms = FX_T0 };
	struct incident_row n = { .id = 1, .kind = INC_RANDOM_SOURCES, .first_round = 1,
		.last_round = 1, .peak_round = 1, .start_ms = FX_T0, .end_ms = FX_T0 + FX_ROUND_MS,
		.rounds = 1, .severity = 3, .bogus = FLOOD, .bogus_low = FLOOD, .bogus_high = FLOOD,
		.channels = SEEN_KEY, .roving = UNKNOWN, .summary = "A flood." };

	for (int peer = 0; peer < 4; peer++)
		fx_add_contact(s, 1, peer);
	for (int i = 0; i < FLOOD; i++)
		fx_add_key(s, 1, i % 3, claimed(i), i);
	o.run = (struct obs_round){ text_of("s"), text_of("winny"), FX_T0, FX_T0 + FX_ROUND_MS, 4, 3, 0, UNKNOWN, UNKNOWN };
	fx_check(s, store_add(s, &o));
	fx_check(s, results_begin(s));
	fx_check(s, results_put_incident(s, &n));
	for (int i = 0; i < FLOOD; i++) {
		struct verdict_row v = { .endpoint = claimed(i), .first_round = 1, .last_round = 1,
			.rounds = 1, .keys = 1, .relays = 1, .contact = UNKNOWN, .probability = 1,
			.verdict = VERDICT_BOGUS, .incident = 1 };

		fx_check(s, rows_node_id(s, v.endpoint, &v.node));
		fx_check(s, results_put_verdict(s, &v, (struct text){ NULL, 0 }));
	}
	for (int peer = 0; peer < 3; peer++) {
		struct delivering_row d = { .incident = 1, .rank = peer + 1, .share = 1, .ratio = 3,
			.keys = FLOOD / 3, .rounds = 1,
			.label = delivered_name[peer == 2 ? DELIVERED_SELF : DELIVERED_BY] };

		fx_check(s, rows_node_id(s, fx_peer(peer), &d.peer));
		fx_check(s, results_put_delivering(s, &d));
	}
	fx_check(s, results_commit(s));
	store_close(s);
}

/* 60,000 addresses were named; two peers delivered them, and one is ourselves. */
static void
only_peers_that_delivered_are_written_to(void **state)
{
	char path[160];
	struct dirent **list;
	int n;

	(void)state;
	make_flood(fx_path(path, "flood"));
	assert_int_equal(notify("flood", "out", NULL, NULL), EXIT_DONE);
	n = names("out", &list);
	assert_int_equal(n, 4);
	assert_string_equal(list[0]->d_name, "203.0.113.1.eml");
	assert_string_equal(list[1]->d_name, "203.0.113.1.xarf.json");
	assert_string_equal(list[2]->d_name, "203.0.114.1.eml");
	free_names(list, n);
}

static void
nobody_is_written_to_twice_in_seven_days(void **state)
{
	char path[160];
	struct dirent **list;
	struct store *s;
	int n;

	(void)state;
	assert_int_equal(notify("flood", "out2", NULL, NULL), EXIT_NOTHING);
	assert_int_equal(n = names("out2", &list), 0);
	free_names(list, n);
	assert_int_equal(notify("flood", "out2", "again", NULL), EXIT_DONE);
	s = store_open(fx_path(path, "db"), STORE_WRITE);
	assert_int_equal(ledger_notice(s, 9, (struct endpoint){ .ip = fx_peer(0).ip }, utctime_now() - 8 * DAY_MS), 0);
	store_close(s);
	assert_int_equal(notify("db", "out3", NULL, NULL), EXIT_DONE);	/* eight days ago is long */
	assert_int_equal(notify("db", "out3", NULL, NULL), EXIT_NOTHING);
}

static void
who_opted_out_is_left_alone(void **state)
{
	char path[160];
	struct dirent **list;
	FILE *f = fopen(fx_path(path, "optout"), "w");
	int n;

	(void)state;
	fputs("# asked on the first of May\n203.0.113.0/24\n", f);
	fclose(f);
	make_flood(fx_path(path, "flood2"));
	assert_int_equal(notify("flood2", "out4", "opt-out", fx_path(path, "optout")), EXIT_DONE);
	n = names("out4", &list);
	assert_int_equal(n, 2);
	assert_string_equal(list[0]->d_name, "203.0.114.1.eml");
	free_names(list, n);
}

static void
a_dry_run_writes_nothing(void **state)
{
	char path[160];

	(void)state;
	make_flood(fx_path(path, "flood3"));
	assert_int_equal(notify("flood3", "out5", "dry-run", NULL), EXIT_DONE);
	assert_int_equal(access(fx_path(path, "out5"), F_OK), -1);
	assert_int_equal(notify("flood3", "out5", NULL, NULL), EXIT_DONE);	/* and remembers nothing */
}

/* ---- what a report says ---- */

static void
a_mail_holds_all_that_a_desk_needs(void **state)
{
	static const char *const needed[] = {
		"Subject: [abuse] 203.0.113.1 2010-05-21 bogus advertisements delivered over TCP, case s-1\n",
		"\nFrom: lab@example.org\n", "charset=UTF-8", "WHAT IS NOT CLAIMED", "203.0.113.1:7743",
		"opened by the sensor", "protocol TCP", "2010-05-21T00:25:00Z", "Clock of the sensor",
		"20000 records", "Data received after a completed handshake", "10 of 20000", " key claimed ", "HOW TO VERIFY",
		"WHAT WE ASK", "30 days", "主張しないこと", "保存期間", "203.0.113.1 から",
	};
	char *mail = slurp("out", "203.0.113.1.eml"), *all = malloc(strlen(mail) + 2);

	(void)state;
	sprintf(all, "\n%s", mail);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (strstr(all, needed[i]) == NULL)
			fail_msg("the mail lacks: %s", needed[i]);
	assert_null(strstr(all, "@IP@"));
	assert_null(strstr(all, "secret name"));	/* file names stay here */
	free(all);
	free(mail);
}

static const char *
member(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	if (s == NULL)
		fail_msg("no %s", key);
	return s;
}

/* The official schema's required fields, and its patterns for what we add. */
static void
a_xarf_report_has_the_required_fields(void **state)
{
	static const char *const party[] = { "org", "contact", "domain" };
	char *text = slurp("out", "203.0.113.1.xarf.json");
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *e;
	uint8_t payload[4096], sum[32];
	char hex[65];
	size_t n;

	(void)state;
	assert_non_null(j);
	assert_string_equal(member(j, "xarf_version"), "4.2.0");
	assert_int_equal(strlen(member(j, "report_id")), 36);
	assert_int_equal(member(j, "report_id")[14], '4');
	assert_non_null(strchr("89ab", member(j, "report_id")[19]));
	assert_string_equal(member(j, "source_identifier"), "203.0.113.1");
	assert_int_equal(json_integer_value(json_object_get(j, "source_port")), 7743);
	assert_string_equal(member(j, "category"), "reputation");
	assert_string_equal(member(j, "type"), "threat_intelligence");
	member(j, "threat_type");
	member(j, "timestamp");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(json_object_size(json_object_get(j, "reporter")), 3);
		member(json_object_get(j, "reporter"), party[i]);
		member(json_object_get(j, "sender"), party[i]);
	}
	assert_string_equal(member(json_object_get(j, "reporter"), "domain"), "example.org");
	assert_null(json_object_get(j, "_internal"));
	assert_null(json_object_get(j, "confidence"));	/* there is no figure about this one host */
	assert_string_equal(member(j, "evidence_level"), "data received after a completed handshake");
	assert_string_equal(member(json_array_get(json_object_get(j, "connections"), 0), "opened"),
	    "opened by the sensor to the host's listening port");
	e = json_array_get(json_object_get(j, "evidence"), 0);
	assert_int_equal(sodium_base642bin(payload, sizeof(payload), member(e, "payload"),
	    strlen(member(e, "payload")), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
	crypto_hash_sha256(sum, payload, n);
	assert_string_equal(member(e, "hash") + 7, sodium_bin2hex(hex, sizeof(hex), sum, 32));
	assert_int_equal(json_integer_value(json_object_get(e, "size")), n);
	json_decref(j);
	free(text);
}

/* One round and three times the median: too little to write about, unless it is asked for. */
static void
who_delivered_little_is_left_alone(void **state)
{
	char path[160];

	(void)state;
	make_flood(fx_path(path, "flood6"));
	floors = true;
	assert_int_equal(notify("flood6", "out6", NULL, NULL), EXIT_NOTHING);
	assert_int_equal(access(fx_path(path, "out6"), F_OK), -1);
	assert_int_equal(notify("flood6", "out6", "all", NULL), EXIT_DONE);
	floors = false;
	assert_int_equal(notify("flood6", "out7", "again", NULL), EXIT_DONE);
	assert_int_equal(notify("flood6", "out8", "min-records", "20001"), EXIT_NOTHING);
}

/* A second report beside the first: nothing that was written is replaced. */
static void
no_report_is_overwritten(void **state)
{
	char *before = slurp("out", "203.0.113.1.xarf.json"), *after;

	(void)state;
	assert_int_equal(notify("flood", "out", "again", NULL), EXIT_FAILED);
	after = slurp("out", "203.0.113.1.xarf.json");
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* Each value is held against the form that it goes into. */
static void
what_no_form_takes_is_refused(void **state)
{
	static const struct { const char *option, *value; } bad[] = {
		{ "domain", "https://b.example/" }, { "domain", "" }, { "domain", "-a.example" },
		{ "domain", "a..example" }, { "domain", "b_c.example" },
		{ "sensor-address", "1.2.3" }, { "sensor-address", "::g" },
	}, address[] = {
		{ "contact", "@b.example" }, { "contact", "a@" }, { "contact", "a b@c.example" },
		{ "contact", ".a@c.example" }, { "contact", "a..b@c.example" }, { "contact", "a@[1.2.3.4]" },
		{ "contact", "a@b.example,c@d.example" }, { "contact", "\"a b\"@c.example" },
		{ "org", "" }, { "org", "a\nBcc: x" }, { "org", "\xff" }, { "org", "a\xe2\x80\xae" },
	};
	char path[160], word[400], db[200], *argv[8] = { (char[]){ "notify" }, db, (char[]){ "-q" },
		(char[]){ "--incident=1" }, (char[]){ "--out=/nowhere" }, word, NULL, NULL };
	char contact[] = "--contact=a@b.example";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(notify("flood", "none", bad[i].option, bad[i].value), EXIT_MISUSED);
	snprintf(db, sizeof(db), "--db=%s", fx_path(path, "flood"));
	for (size_t i = 0; i < sizeof(address) / sizeof(address[0]); i++) {
		snprintf(word, sizeof(word), "--%s=%s", address[i].option, address[i].value);
		argv[6] = address[i].option[0] == 'o' ? contact : NULL;
		if (verb_notify(argv[6] != NULL ? 7 : 6, argv) != EXIT_MISUSED)
			fail_msg("%s is taken", word);
	}
	argv[6] = contact;
	for (size_t n = 200; n <= 201; n++) {	/* characters, not bytes */
		size_t at = (size_t)snprintf(word, sizeof(word), "--org=");

		for (size_t i = 0; i < n; i++)
			word[at++] = 'x';
		word[at] = '\0';
		assert_int_equal(verb_notify(7, argv), n == 200 ? EXIT_NOTHING : EXIT_MISUSED);
	}
}

static int
setup(void **state)
{
	log_setup(NULL, LOG_QUIET);
	return fx_setup(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_peers_that_delivered_are_written_to),
		cmocka_unit_test(nobody_is_written_to_twice_in_seven_days),
		cmocka_unit_test(who_opted_out_is_left_alone),
		cmocka_unit_test(a_dry_run_writes_nothing),
		cmocka_unit_test(a_mail_holds_all_that_a_desk_needs),
		cmocka_unit_test(a_xarf_report_has_the_required_fields),
		cmocka_unit_test(who_delivered_little_is_left_alone),
		cmocka_unit_test(no_report_is_overwritten),
		cmocka_unit_test(what_no_form_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, fx_teardown);
}
