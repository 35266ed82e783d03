/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of kansoku that live in crawler/.  Each returns an exit_status. */
#ifndef KANSOKU_CRAWLER_VERBS_H
#define KANSOKU_CRAWLER_VERBS_H

int	verb_crawl(int argc, char **argv);
int	verb_probe(int argc, char **argv);
int	verb_decode(int argc, char **argv);
int	verb_nodestr(int argc, char **argv);

#endif
