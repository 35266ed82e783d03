/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forms in which a database leaves the machine.  Each writes one file,
 * whole or not at all, complains itself and returns an exit_status.
 */
#ifndef KANSOKU_DATA_STORE_EXPORT_FORMS_H
#define KANSOKU_DATA_STORE_EXPORT_FORMS_H

#include "data/store/sensors.h"

/*
 * Every observation as JSON lines; import makes the same rows of them.  Of several
 * sensors, rounds that nobody told the start of are left out: they have no line
 * that would say whose they are.
 */
int	 export_observations(struct store *, const struct sensor_filter *, const char *path);

#endif
