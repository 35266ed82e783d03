/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log lines that a notice quotes: some of the records that its host handed
 * us, spread evenly over the incident, read again from the log.
 *
 * Numbers alone, with what is claimed marked so; no file's name and no word.
 */
#ifndef KANSOKU_DATA_EVIDENCE_SAMPLE_RECORDS_H
#define KANSOKU_DATA_EVIDENCE_SAMPLE_RECORDS_H

#include "data/evidence/incident_rows.h"
#include "data/evidence/notice.h"

/*
 * Gives each of the n notices at most NOTICE_LINES lines, in the order of the
 * log, which the caller frees.  A round whose records were pruned gives none.
 * 0, or -1 after a complaint: out of memory, or the store failed.
 */
int	 sample_records(struct store *, const struct incident_rows *, struct notice *, size_t n);

#endif
