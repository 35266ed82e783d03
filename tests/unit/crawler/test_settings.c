/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounds.h"
#include "crawler/settings.h"

static const struct usage usage = { "kansoku crawl", "", "", 0, 0, NULL };

/* Reads words, after a settings file with that text if there is one. */
static int
read_settings(struct settings *s, const char *file, int n, char **words)
{
	char path[] = "/tmp/kansoku-settings-XXXXXX", *argv[16] = { NULL };
	char verb[] = "crawl", config[] = "--config";
	int argc = 0, status, fd;

	argv[argc++] = verb;
	if (file != NULL) {
		fd = mkstemp(path);
		assert_int_equal(write(fd, file, strlen(file)), (ssize_t)strlen(file));
		close(fd);
		argv[argc++] = config;
		argv[argc++] = path;
	}
	for (int i = 0; i < n; i++)
		argv[argc++] = words[i];
	settings_init(s);
	(void)settings_parse(s, FOR_CRAWL, &usage, argc, argv, &status);
	if (file != NULL)
		unlink(path);
	return status;
}
#define READ(s, file, ...) read_settings(s, file, sizeof((char *[]){ __VA_ARGS__ }) / \
    sizeof(char *), (char *[]){ __VA_ARGS__ })

static char w_rounds[] = "--rounds", w_3[] = "3", w_scope[] = "--scope", w_loop[] = "127.0.0.0/8",
    w_json[] = "--json";

static void
the_command_line_wins_over_the_file(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(READ(&s, "; comment\n[crawl]\nrounds = 7\nwindows = 2\nno-keys = no\n"
	    "scope = 1.0.0.0/8\nscope = 2.0.0.0/8\nretry-limit = 9s\nsensor = s1\n",
	    w_rounds, w_3, w_scope, w_loop), EXIT_DONE);
	assert_int_equal(s.rounds, 3);
	assert_int_equal(s.windows, 2);
	assert_false(s.no_keys);
	assert_int_equal(s.retry_limit_ms, 9000);
	assert_string_equal(s.sensor, "s1");
	assert_int_equal(s.scope.n, 1);
	assert_string_equal(s.scope.item[0], "127.0.0.0/8");
	settings_free(&s);
}

static void
a_list_of_the_file_stands_when_the_command_line_has_none(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(READ(&s, "scope = 1.0.0.0/8\nscope = 2.0.0.0/8\n", w_json), EXIT_DONE);
	assert_int_equal(s.scope.n, 2);
	assert_true(s.json);
	settings_free(&s);
}

static void
a_bad_file_is_misuse(void **state)
{
	static const char *const bad[] = {
		"rounds = x\n", "round = 1\n", "rounds = 1\nrounds = 1\n", "rounds\n", "[probe]\nrounds = 1\n",
		"json = 1\n", "config = y\n", "retry = some\n", "windows = 101\n", "db =\n",
	};
	struct settings s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(READ(&s, bad[i], w_json), EXIT_MISUSED);
		settings_free(&s);
	}
}

/* The text behind "(default " up to the next of ";),", if it is one word. */
static bool
default_in(const char *help, char out[32])
{
	const char *p = strstr(help, "(default ");
	size_t n;

	if (p == NULL)
		return false;
	p += strlen("(default ");
	n = strcspn(p, ";),");
	if (n >= 32 || memchr(p, ' ', n) != NULL)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

/* Sets the option to the default that its help names; nothing must change. */
static void
help_tells_the_true_defaults(void **state)
{
	struct option_spec options[SETTINGS_MAX];
	struct settings s, before;
	unsigned checked = 0;
	char text[32];

	(void)state;
	settings_init(&s);
	settings_options(&s, FOR_CRAWL, options);
	for (const struct option_spec *o = options; o->name != NULL; o++) {
		if (!default_in(o->help, text) || strstr(o->help, "on loopback") != NULL)
			continue;
		if (strcmp(o->name, "rounds") == 0 || strcmp(o->name, "verified-for") == 0)
			continue;	/* derived; see below */
		before = s;
		assert_true(cli_set(options, o->name, text, "here"));
		if (o->kind == OPT_TEXT)
			assert_string_equal(text, strcmp(o->name, "panel") == 0 ? before.panel : s.overlay);
		else
			assert_memory_equal(&s, &before, sizeof(s));
		s = before;
		checked++;
	}
	assert_in_range(checked, 8, 20);
	settings_free(&s);
}

static void
what_is_left_open_is_derived(void **state)
{
	struct settings s;
	struct scope scope;

	(void)state;
	settings_init(&s);
	assert_int_equal(scope_init(&scope), 0);
	assert_null(scope_add(&scope, "58.0.0.0/8"));
	assert_int_equal(settings_derive(&s, &scope), EXIT_DONE);
	assert_int_equal(s.rounds, 1);
	assert_int_equal(s.verified_for_ms, 3600 * 1000);
	assert_int_equal(s.net_store, LIMIT_STORE_NET);
	assert_int_equal(s.dial_rate, 200);
	assert_int_equal(s.net_sessions, 8);
	assert_int_equal(s.net_rate, 60);
	assert_int_equal(s.visit_limit_ms, 12000);
	assert_true(s.max_sessions > 0);
	settings_free(&s);
	scope_free(&scope);

	settings_init(&s);
	s.round_every_ms = 1000;
	s.no_keys = true;
	s.time_scale = 10;
	s.listen = 7743;
	assert_int_equal(scope_init(&scope), 0);
	assert_null(scope_add(&scope, "127.0.0.0/8"));
	assert_int_equal(settings_derive(&s, &scope), EXIT_DONE);
	assert_int_equal(s.rounds, 0);
	assert_int_equal(s.windows, 0);
	assert_int_equal(s.dial_rate, 0);
	assert_int_equal(settings_dialog(&s).age_ms, 600);
	assert_int_equal(settings_dialog(&s).window_ms, 3000);
	assert_int_equal(settings_dialog(&s).self.port, 7743);
	assert_false(settings_dialog(&s).port0);
	settings_free(&s);
	scope_free(&scope);
}

static char *
slurp(const char *path)
{
	char *text = calloc(1, 1 << 17);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 17) - 1, f) > 0);
	fclose(f);
	return text;
}

/* "--name" as roff writes it. */
static char *
roff_name(char out[64], const char *name)
{
	char *p = out + sprintf(out, "\\-\\-");

	for (; *name != '\0'; name++)
		p += sprintf(p, *name == '-' ? "\\-" : "%c", *name);
	return out;
}

/* Each option has a paragraph of its own, with the same default as --help. */
static void
the_manual_knows_every_option(void **state)
{
	struct option_spec options[SETTINGS_MAX];
	char *manual = slurp("manual/kansoku-crawl.1"), heading[128], name[64], text[32], want[64];
	struct settings s;

	(void)state;
	settings_init(&s);
	settings_options(&s, FOR_CRAWL, options);
	for (const struct option_spec *o = options; o->name != NULL; o++) {
		const char *at, *end;

		if (o->value != NULL)
			snprintf(heading, sizeof(heading), ".TP\n.BI %s \" %s\"\n",
			    roff_name(name, o->name), o->value);
		else
			snprintf(heading, sizeof(heading), ".TP\n.B %s\n", roff_name(name, o->name));
		if ((at = strstr(manual, heading)) == NULL)
			fail_msg("manual/kansoku-crawl.1 has no %s", heading);
		if (!default_in(o->help, text))
			continue;
		snprintf(want, sizeof(want), "(default %s", text);
		end = strstr(at + 4, ".TP\n");
		at = strstr(at, want);
		if (at == NULL || (end != NULL && at > end))
			fail_msg("manual/kansoku-crawl.1: --%s lacks \"%s\"", o->name, want);
	}
	settings_free(&s);
	free(manual);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_wins_over_the_file),
		cmocka_unit_test(a_list_of_the_file_stands_when_the_command_line_has_none),
		cmocka_unit_test(a_bad_file_is_misuse),
		cmocka_unit_test(help_tells_the_true_defaults),
		cmocka_unit_test(what_is_left_open_is_derived),
		cmocka_unit_test(the_manual_knows_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
