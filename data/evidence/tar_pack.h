/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A handful of named files in memory, and the tar that carries them.
 *
 * Written: ustar, names sorted, regular files of mode 0644, owner 0, one time
 * for all, not compressed: the same files give the same bytes.  Read: exactly
 * that and nothing else, within bounds.
 */
#ifndef KANSOKU_DATA_EVIDENCE_TAR_PACK_H
#define KANSOKU_DATA_EVIDENCE_TAR_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PACK_FILES	64			/* in one tar */
#define PACK_NAME	96			/* bytes of a name with its NUL */
#define PACK_BYTES_MAX	(UINT64_C(2) << 30)	/* of all files together */

struct tar_pack {
	struct tar_file {
		char	 name[PACK_NAME];
		char	*p;
		size_t	 len;
	}	 file[PACK_FILES];
	size_t	 n;
	FILE	*open;		/* the file under way */
};

/*
 * Starts a file; write to the stream, then close it here.  NULL when memory or
 * room ran out, or another is open; -1 when something could not be written.
 */
FILE	*tar_pack_open(struct tar_pack *, const char *name);
int	 tar_pack_close(struct tar_pack *);
/* The file of this name, or NULL. */
const struct tar_file *tar_pack_find(const struct tar_pack *, const char *name);
void	 tar_pack_free(struct tar_pack *);

/* Sorts the files and writes them; mtime in seconds.  0, or -1 with a reason. */
int	 tar_pack_write(struct tar_pack *, FILE *, int64_t mtime, const char **why);
/* False with a reason in why (of size bytes) that names what is wrong; what could be
 * read is in the tar pack all the same. */
bool	 tar_pack_read(struct tar_pack *, FILE *, char *why, size_t size);

#endif
