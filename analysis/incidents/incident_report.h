/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An incident as the reader meets it: its dates, its size with an interval, the
 * tests that he can check with a pencil, who delivered it, and one sentence.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_INCIDENT_REPORT_H
#define KANSOKU_ANALYSIS_INCIDENTS_INCIDENT_REPORT_H

#include "analysis/incidents/incidents.h"

/* Writes the rows of one incident, replacing what was there.  In a transaction; 0, or -1
 * with a reason in store_error. */
int	 incident_report_write(struct store *, const struct incident *, const struct members *,
	    const struct self *);

#endif
