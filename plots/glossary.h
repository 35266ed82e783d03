/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each drawn line means, by its heading in the CSV: a number without its
 * definition misleads.
 */
#ifndef KANSOKU_PLOTS_GLOSSARY_H
#define KANSOKU_PLOTS_GLOSSARY_H

#include <stddef.h>

struct glossary_entry { const char *column, *words; };
extern const struct glossary_entry glossary[];
extern const size_t nglossary;

#endif
