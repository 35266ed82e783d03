/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the database knows of the sensor that the store works for. */
#ifndef KANSOKU_DATA_STORE_SENSOR_FACTS_H
#define KANSOKU_DATA_STORE_SENSOR_FACTS_H

#include "data/store/store.h"

/* What is known of the sensor that the store works for, as text to be freed. */
enum sensor_fact { SENSOR_NAME, SENSOR_OVERLAY, SENSOR_PORT, SENSOR_NFACTS };
/* 0 found, 1 not told, -1 error: then *value is NULL. */
int	 sensor_fact_find(struct store *, enum sensor_fact, char **value);
/* For what is only shown: NULL for both. */
char	*sensor_fact_get(struct store *, enum sensor_fact);

#endif
