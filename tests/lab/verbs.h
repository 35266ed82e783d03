/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of kansoku-lab.  Each returns an exit_status. */
#ifndef KANSOKU_TESTS_LAB_VERBS_H
#define KANSOKU_TESTS_LAB_VERBS_H

int	lab_serve(int argc, char **argv);
int	lab_simulate(int argc, char **argv);

#endif
