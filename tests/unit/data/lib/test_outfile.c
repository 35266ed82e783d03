/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/lib/outfile.h"

static char dir[] = "/tmp/kansoku-outfile-XXXXXX";
static char path[sizeof(dir) + 16];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/out", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);	/* fails if anything was left behind */
}

static char *
content(const char *name)
{
	static char buf[64];
	FILE *f = fopen(name, "r");

	assert_non_null(f);
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	fclose(f);
	return buf;
}

static void
nothing_appears_before_commit(void **state)
{
	struct outfile *o = outfile_open(path, 0644);

	(void)state;
	assert_non_null(o);
	fputs("whole\n", outfile_stream(o));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(outfile_commit(o), 0);
	assert_string_equal(content(path), "whole\n");
}

static void
abandon_leaves_the_old_file(void **state)
{
	struct outfile *o = outfile_open(path, 0644);

	(void)state;
	fputs("old", outfile_stream(o));
	assert_int_equal(outfile_commit(o), 0);
	o = outfile_open(path, 0644);
	fputs("new", outfile_stream(o));
	outfile_abandon(o);
	outfile_abandon(NULL);
	assert_string_equal(content(path), "old");
}

static void
mode_is_kept_and_the_umask_applies(void **state)
{
	mode_t old = umask(022);
	struct outfile *o = outfile_open(path, 0600);
	struct stat st;

	(void)state;
	assert_int_equal(outfile_commit(o), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	o = outfile_open(path, 0666);
	assert_int_equal(outfile_commit(o), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	umask(old);
}

static void
a_full_device_is_an_error(void **state)
{
	static const size_t sizes[] = { 1, 100000 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct outfile *o = outfile_open("/dev/full", 0644);
		struct stat st;

		assert_non_null(o);
		for (size_t n = 0; n < sizes[i]; n++)
			putc('x', outfile_stream(o));
		assert_int_equal(outfile_commit(o), -1);
		assert_int_equal(errno, ENOSPC);
		assert_int_equal(stat("/dev/full", &st), 0);
		assert_true(S_ISCHR(st.st_mode));
	}
}

static void
a_symbolic_link_stays_one(void **state)
{
	char target[sizeof(path) + 8];
	struct stat st;
	struct outfile *o;

	(void)state;
	snprintf(target, sizeof(target), "%s.target", path);
	o = outfile_open(target, 0644);
	assert_int_equal(outfile_commit(o), 0);
	assert_int_equal(symlink(target, path), 0);
	o = outfile_open(path, 0644);
	fputs("through", outfile_stream(o));
	assert_int_equal(outfile_commit(o), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_string_equal(content(target), "through");
	unlink(target);
}

static void
an_impossible_place_says_why(void **state)
{
	(void)state;
	assert_null(outfile_open("/nonexistent/folder/file", 0644));
	assert_int_equal(errno, ENOENT);
	assert_null(outfile_open(dir, 0644));
	assert_int_equal(errno, EISDIR);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_appears_before_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(abandon_leaves_the_old_file, setup, teardown),
		cmocka_unit_test_setup_teardown(mode_is_kept_and_the_umask_applies, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_device_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(a_symbolic_link_stays_one, setup, teardown),
		cmocka_unit_test_setup_teardown(an_impossible_place_says_why, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
