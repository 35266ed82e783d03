/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of kansoku that live in data/.  Each returns an exit_status. */
#ifndef KANSOKU_DATA_STORE_VERBS_H
#define KANSOKU_DATA_STORE_VERBS_H

int	 verb_import(int argc, char **argv);
int	 verb_status(int argc, char **argv);
int	 verb_plot(int argc, char **argv);	/* returns only on failure */

#endif
