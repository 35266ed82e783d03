/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Giving root up for good, and whether the other user can do the work then. */
#ifndef KANSOKU_CRAWLER_DROP_ROOT_H
#define KANSOKU_CRAWLER_DROP_ROOT_H

/*
 * Makes this process that user's, with its groups and without a way back, which
 * is tried.  Already being that user is fine; being another one than root is
 * misuse, as is a user that does not exist or is root.  An exit status,
 * complained about unless EXIT_DONE.
 */
int	 drop_root_to(const char *name);

/* EXIT_DONE if files may be made in the folder by who we are now; else as above. */
int	 drop_root_check_folder(const char *name, const char *folder);

#endif
