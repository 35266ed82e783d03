/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libplot's SVG driver leaks some 120 bytes a picture, and fontconfig keeps what it read of
 * the fonts; the processes that draw are short-lived.
 */
#ifndef KANSOKU_TESTS_LIBRARY_LEAKS_H
#define KANSOKU_TESTS_LIBRARY_LEAKS_H

const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libplot\nleak:libfontconfig\n";
}

#endif
