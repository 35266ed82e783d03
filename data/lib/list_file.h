/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small list that the operator keeps in a text file (see lines.h), one entry a
 * line: "#" begins a comment, blanks around an entry do not count, empty lines
 * are skipped.
 */
#ifndef KANSOKU_DATA_LIB_LIST_FILE_H
#define KANSOKU_DATA_LIB_LIST_FILE_H

/*
 * Calls fn with each line (borrowed, writable, no line end) and its number
 * from 1, until fn returns non-zero; that is returned then.  -1 with a
 * complaint that names the file, and the line, that cannot be read.
 */
int	 listfile_each(const char *path, int (*fn)(char *line, unsigned number, void *),
	    void *arg);

#endif
