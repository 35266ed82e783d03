/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of text files: one line after another, in bounded memory.
 *
 * A line ends with LF, CRLF or CR, whatever editor wrote it; the last one needs
 * no end.  A file that gzip or zstd packed is unpacked on the way.  A UTF-8 byte order mark at the start is passed over.  UTF-16 is told by
 * its mark and refused, a zero byte and a line that is too long are refused, and
 * each is named, so that nothing is cut silently.  Whether a line is valid UTF-8,
 * and what blanks and "#" mean in it, is for the caller to say (see list_file.h).
 */
#ifndef KANSOKU_DATA_LIB_LINES_H
#define KANSOKU_DATA_LIB_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unpack;

struct lines {
	const char	*name;		/* of the file, for complaints; borrowed */
	int		 fd;
	struct unpack	*unpack;	/* NULL: fd is read as it is */
	char		*buf;
	size_t		 at, end;	/* what is read and not yet handed out */
	size_t		 max;		/* bytes of the longest line */
	int64_t		 most;		/* bytes of the whole; 0: no limit, as lines_open leaves it */
	int64_t		 taken;
	int64_t		 number;	/* of the line handed out last, from 1 */
	const char	*why;		/* what is wrong; NULL: nothing was so far */
	bool		 broken;	/* with the file, and not with a line of it */
	bool		 owned;		/* fd and buf are ours to give back */
	bool		 after_cr, in_bad_line;
	char		 text[64];	/* room for why */
};

enum lines_result {
	LINES_END,
	LINES_LINE,
	LINES_BAD,		/* refused, with the reason in why; the next may be read */
	LINES_ERROR,		/* the file cannot be read on, with the reason in why */
};

/* For lines of at most max bytes; "-" is standard input.  0, or -1 with the reason in why. */
int	 lines_open(struct lines *, const char *path, size_t max);
/*
 * Reads a descriptor through the caller's memory, and no other: for secrets.  Of
 * size bytes a line may have all but LINES_SPARE.  Nothing is to be closed.
 */
#define LINES_SPARE	5
void	 lines_over(struct lines *, const char *name, int fd, char *buf, size_t size);
void	 lines_close(struct lines *);

/* The line is borrowed until the next call, may be changed, and ends in NUL at line[len]. */
enum lines_result lines_next(struct lines *, char **line, size_t *len);
/* Complains of why, as "FILE:LINE: why" or "FILE: why". */
void	 lines_complain(const struct lines *);

/*
 * The reader that ini_parse_stream wants, on a struct lines of LINES_INIH bytes a
 * line.  It takes leading blanks away, which to inih continue the line before, and
 * ends at what cannot be read: test why behind ini_parse_stream.
 */
#define LINES_INIH	198
char	*lines_inih(char *line, int size, void *lines);

#endif
