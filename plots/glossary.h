/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each drawn line means, by its heading in the CSV; a number without its definition misleads. */
#ifndef KANSOKU_PLOTS_GLOSSARY_H
#define KANSOKU_PLOTS_GLOSSARY_H

#include <stddef.h>

struct meaning { const char *column, *words; };
extern const struct meaning meanings[];
extern const size_t nmeanings;

#endif
