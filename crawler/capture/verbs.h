/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb of kansoku that lives in crawler/capture/.  It returns an exit_status. */
#ifndef KANSOKU_CRAWLER_CAPTURE_VERBS_H
#define KANSOKU_CRAWLER_CAPTURE_VERBS_H

int	verb_capture(int argc, char **argv);

#endif
