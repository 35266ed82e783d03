/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/lib/lines.h"

/* A file without a name that holds the text. */
static int
file_of(const char *text, size_t len)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Lines end in "|"; a refused one is "!", a file that cannot be read on "?". */
static void
assert_read(int fd, size_t max, const char *expected)
{
	char buf[256] = "", room[128], *line;
	enum lines_result got;
	struct lines l;
	size_t n;

	lines_over(&l, "text", fd, room, max + LINES_SPARE);
	while ((got = lines_next(&l, &line, &n)) != LINES_END) {
		if (got == LINES_LINE) {
			assert_int_equal(strlen(line), n);
			strcat(buf, line);
		} else {
			assert_non_null(l.why);
			strcat(buf, got == LINES_BAD ? "!" : "?");
		}
		strcat(buf, "|");
		if (got == LINES_ERROR)
			break;
	}
	lines_close(&l);
	assert_string_equal(buf, expected);
}

static void
assert_lines(const char *text, size_t len, size_t max, const char *expected)
{
	int ends[2], fd = file_of(text, len);

	assert_read(fd, max, expected);
	close(fd);
	assert_int_equal(pipe(ends), 0);	/* and byte by byte */
	if (fork() == 0) {
		close(ends[0]);
		for (size_t i = 0; i < len; i++) {
			if (write(ends[1], text + i, 1) != 1)
				_exit(1);
			usleep(200);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_read(ends[0], max, expected);
	close(ends[0]);
}
#define LINES(text, max, expected) assert_lines(text, sizeof(text) - 1, max, expected)

static void
lines_come_one_by_one(void **state)
{
	(void)state;
	LINES("a\nbc\n\nd", 10, "a|bc||d|");
	LINES("a\n", 10, "a|");
	LINES("\n", 10, "|");
	LINES("abcde\nfghij\nk\n", 5, "abcde|fghij|k|");
}

static void
a_line_too_long_is_passed_over(void **state)
{
	(void)state;
	LINES("abcdef\nx\n", 5, "!|x|");
	LINES("x\nabcdefghijklmnopqrstuvwxyz\ny\n", 5, "x|!|y|");
	LINES("abcdefghijklmnopqrstuvwxyz", 5, "!|");
	LINES("abcdef", 5, "!|");
	LINES("abcde", 5, "abcde|");
}

static void
every_line_end_counts_once(void **state)
{
	(void)state;
	LINES("a\rb\r", 10, "a|b|");
	LINES("a\r\nb\r\n\r\nc", 10, "a|b||c|");
	LINES("a\n\rb\r\rc", 10, "a||b||c|");
	LINES("abcde\r\nfghij\r\n", 5, "abcde|fghij|");
	LINES("\r\n", 5, "|");
}

static void
a_mark_at_the_start_is_no_text(void **state)
{
	(void)state;
	LINES("\xef\xbb\xbf" "a\nb", 10, "a|b|");
	LINES("\xef\xbb\xbf", 10, "");
	LINES("\xef\xbb\xbf" "abcde\n", 5, "abcde|");
	LINES("\xef\xbb", 10, "\xef\xbb|");
	LINES("a\n\xef\xbb\xbf" "b", 10, "a|\xef\xbb\xbf" "b|");
}

static void
what_is_no_text_is_refused(void **state)
{
	(void)state;
	LINES("\xff\xfe" "a\0\n\0", 10, "?|");
	LINES("\xfe\xff\0a\0\n", 10, "?|");
	LINES("\0" "58.0.0.1\nb\n", 10, "!|b|");
	LINES("a\0b\0c\r\nd\0", 10, "!|!|");
	LINES("a\n\0", 10, "a|!|");
}

static void
reasons_say_what_is_wrong(void **state)
{
	struct lines l;
	char *line, room[40];
	size_t n;
	int fd = file_of("\xff\xfe" "a", 3);

	(void)state;
	lines_over(&l, "text", fd, room, sizeof(room));
	assert_int_equal(lines_next(&l, &line, &n), LINES_ERROR);
	assert_non_null(strstr(l.why, "UTF-16"));
	assert_int_equal(lines_next(&l, &line, &n), LINES_ERROR);
	close(fd);
	assert_int_equal(lines_open(&l, "/nowhere", 10), -1);
	assert_string_equal(l.why, strerror(ENOENT));
}

/* For inih a line that begins with blanks would go on with the one before. */
static void
inih_gets_lines_without_leading_blanks(void **state)
{
	char line[LINES_INIH + 2], room[LINES_INIH + LINES_SPARE];
	static const char text[] = "a = 1\r  b = 2\n\0c\nd\n";
	int fd = file_of(text, sizeof(text) - 1);
	struct lines l;

	(void)state;
	lines_over(&l, "text", fd, room, sizeof(room));
	assert_string_equal(lines_inih(line, sizeof(line), &l), "a = 1\n");
	assert_string_equal(lines_inih(line, sizeof(line), &l), "b = 2\n");
	assert_null(lines_inih(line, sizeof(line), &l));
	assert_non_null(l.why);
	assert_int_equal(l.number, 3);
	assert_null(lines_inih(line, sizeof(line), &l));
	close(fd);
}

static void
a_folder_is_an_error(void **state)
{
	struct lines l;
	char *line;
	size_t n;

	(void)state;
	assert_int_equal(lines_open(&l, "/tmp", 100), 0);
	assert_int_equal(lines_next(&l, &line, &n), LINES_ERROR);
	assert_string_equal(l.why, strerror(EISDIR));
	lines_close(&l);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_one_by_one),
		cmocka_unit_test(a_line_too_long_is_passed_over),
		cmocka_unit_test(every_line_end_counts_once),
		cmocka_unit_test(a_mark_at_the_start_is_no_text),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(reasons_say_what_is_wrong),
		cmocka_unit_test(inih_gets_lines_without_leading_blanks),
		cmocka_unit_test(a_folder_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
