/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of kansoku that live in data/evidence/.  Each returns an exit_status. */
#ifndef KANSOKU_DATA_EVIDENCE_VERBS_H
#define KANSOKU_DATA_EVIDENCE_VERBS_H

int	verb_case(int argc, char **argv);
int	verb_checkpoint(int argc, char **argv);
int	verb_export(int argc, char **argv);
int	verb_keygen(int argc, char **argv);
int	verb_notify(int argc, char **argv);
int	verb_prune(int argc, char **argv);
int	verb_verify(int argc, char **argv);

#endif
