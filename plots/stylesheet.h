/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The style sheet of the pages; its digest stands in their security policy. */
#ifndef KANSOKU_PLOTS_STYLESHEET_H
#define KANSOKU_PLOTS_STYLESHEET_H

extern const char page_style[];

#endif
