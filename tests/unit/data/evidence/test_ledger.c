/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data/lib/cli.h"
#include "data/evidence/checkpoint.h"
#include "data/evidence/keys.h"
#include "data/evidence/ledger.h"
#include "data/evidence/verbs.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "tests/unit/data/evidence/fixture.h"

/* Runs kansoku case on the database; its standard output in out. */
static int
run_case(char out[4096], const char *const *extra)
{
	char words[12][192], path[160], text[160];
	char *argv[13];
	int n = 0, status;
	FILE *f;

	snprintf(words[n++], 192, "case");
	snprintf(words[n++], 192, "--db=%s", fx_path(path, "db"));
	for (; *extra != NULL; extra++)
		snprintf(words[n++], 192, "%s", *extra);
	snprintf(words[n++], 192, "-q");
	for (int i = 0; i < n; i++)
		argv[i] = words[i];
	argv[n] = NULL;
	assert_non_null(freopen(fx_path(text, "stdout"), "w", stdout));
	status = verb_case(n, argv);
	fflush(stdout);
	memset(out, 0, 4096);
	assert_non_null(f = fopen(text, "r"));
	(void)!fread(out, 1, 4095, f);
	fclose(f);
	return status;
}

#define CASE(out, ...)	run_case(out, (const char *const[]){ __VA_ARGS__, NULL })

static void
a_report_is_due_again_after_seven_days(void **state)
{
	char out[4096];

	(void)state;
	assert_int_equal(CASE(out, "--incident=1"), EXIT_NOTHING);
	assert_int_equal(CASE(out, "--incident=1", "--add=reported", "--party=desk", "--when=2010-06-01"),
	    EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1"), EXIT_DONE);
	assert_non_null(strstr(out, "2010-06-01  reported         desk  [ask again by 2010-06-08: OVERDUE]"));
	assert_non_null(strstr(out, "1 overdue"));
}

/* An answer of somebody else settles nothing. */
static void
an_answer_settles_it(void **state)
{
	char out[4096];

	(void)state;
	assert_int_equal(CASE(out, "--incident=1", "--add=acknowledged", "--party=other",
	    "--when=2010-06-02"), EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1"), EXIT_DONE);
	assert_non_null(strstr(out, "OVERDUE"));
	assert_int_equal(CASE(out, "--incident=1", "--add=acknowledged", "--party=desk",
	    "--when=2010-06-03"), EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1"), EXIT_DONE);
	assert_null(strstr(out, "OVERDUE"));
}

static void
days_agreed_on_and_marks_are_kept(void **state)
{
	char out[4096];

	(void)state;
	assert_int_equal(CASE(out, "--incident=1", "--add=schedule", "--due=2010-07-01",
	    "--when=2010-06-04", "--note=they promised \\033[2J"), EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1", "--add=disclosure", "--due=2999-01-01"), EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1", "--add=grade-speed", "--grade=4"), EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1"), EXIT_DONE);
	assert_non_null(strstr(out, "[to be fixed by 2010-07-01: OVERDUE]"));
	assert_non_null(strstr(out, "[to be published by 2999-01-01]"));
	assert_non_null(strstr(out, "  speed      ****. 4 of 5\n"));
	assert_null(strchr(out, '\033'));
	assert_int_equal(CASE(out, "--incident=1", "--add=fixed", "--when=2010-06-30"), EXIT_DONE);
	assert_int_equal(CASE(out, "--incident=1"), EXIT_DONE);
	assert_null(strstr(out, "OVERDUE"));
}

static void
what_makes_no_sense_is_misuse(void **state)
{
	char out[4096];

	(void)state;
	assert_int_equal(CASE(out, "--add=reported"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--add=schedule"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--add=fixed", "--grade=3"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--add=grade-contact"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--add=note", "--due=2010-07-01"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--note=x"), EXIT_MISUSED);
	for (int i = 0; i < 2; i++) {
		static const char *const bad[] = { "two\nlines", "\033[31mred", "a\tb", "\x7f", "\xff",
			"\xe2\x80\xae", "\xc2\x85" };

		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			char word[64];

			snprintf(word, sizeof(word), "--%s=%s", i == 0 ? "note" : "party", bad[k]);
			assert_int_equal(CASE(out, "--incident=1", "--add=note", word), EXIT_MISUSED);
		}
	}
	assert_int_equal(CASE(out, "--incident=1", "--add=note", "--when=2999-01-01"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--add=schedule", "--when=2010-06-04",
	    "--due=2010-06-03"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=1", "--add=nonsense"), EXIT_MISUSED);
	assert_int_equal(CASE(out, "--incident=77", "--add=note"), EXIT_NOTHING);
}

static void
bundles_are_numbered_by_what_they_hold(void **state)
{
	char path[160];
	struct store *s = store_open(fx_path(path, "db"), STORE_WRITE);
	uint8_t a[DIGEST] = { 1 }, b[DIGEST] = { 2 };
	struct ledger_bundle l;

	(void)state;
	assert_int_equal(ledger_bundle(s, 1, a, &l), 0);
	assert_int_equal(l.seq, 1);
	assert_true(l.first);
	assert_int_equal(ledger_bundle(s, 1, b, &l), 0);
	assert_int_equal(l.seq, 2);
	assert_memory_equal(l.before, a, DIGEST);
	assert_int_equal(ledger_bundle(s, 1, a, &l), 0);	/* the first one again */
	assert_int_equal(l.seq, 1);
	assert_true(l.first);
	store_close(s);
}

/* ---- checkpoints ---- */

struct seen { int n; enum minisign_error sig; struct checkpoint last; };

static int
see(const struct checkpoint *c, enum minisign_error sig, void *arg)
{
	struct seen *s = arg;

	s->n++;
	s->sig = sig;
	s->last = *c;
	return 0;
}

static int
read_back(const char *text, size_t n, const struct minisign_public *p, struct seen *s)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, n, "r");
	int line, stop;

	memset(s, 0, sizeof(*s));
	stop = checkpoint_each(f, p, &line, see, s);
	fclose(f);
	return stop;
}

static void
checkpoints_are_read_back_and_every_change_is_seen(void **state)
{
	struct checkpoint c = { .origin = "sensor-1", .entry = 7, .round = 6, .head = { 0xab },
		.t_ms = FX_T0 };
	struct minisign_secret *key = minisign_generate();
	struct minisign_public p;
	struct seen s;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	minisign_public_of(key, &p);
	for (int i = 0; i < 2; i++, c.entry++)
		assert_int_equal(checkpoint_write(f, &c, key), MINISIGN_OK);
	fclose(f);
	assert_int_equal(read_back(text, n, &p, &s), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.sig, MINISIGN_OK);
	assert_int_equal(s.last.entry, 8);
	assert_int_equal(s.last.t_ms, FX_T0);
	/* Any byte of the six lines: no such checkpoint, or not signed. */
	for (size_t i = 0; i < (size_t)(strstr(text, "untrusted") - text); i++) {
		text[i] ^= 1;
		assert_true(read_back(text, n / 2, &p, &s) != 0 || s.sig != MINISIGN_OK || s.n != 1);
		text[i] ^= 1;
	}
	for (size_t cut = 1; cut < n / 2 - 1; cut++)	/* but the empty line at its end */
		assert_int_equal(read_back(text, cut, &p, &s), -1);
	minisign_forget(key);
	free(text);
}

static int
setup(void **state)
{
	log_setup(NULL, LOG_QUIET);
	return keys_start() != 0 || fx_setup(state) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_due_again_after_seven_days),
		cmocka_unit_test(an_answer_settles_it),
		cmocka_unit_test(days_agreed_on_and_marks_are_kept),
		cmocka_unit_test(what_makes_no_sense_is_misuse),
		cmocka_unit_test(bundles_are_numbered_by_what_they_hold),
		cmocka_unit_test(checkpoints_are_read_back_and_every_change_is_seen),
	};

	return cmocka_run_group_tests(tests, setup, fx_teardown);
}
