/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/sensor_facts.h"

#include "data/store/store_impl.h"

int
sensor_fact_find(struct store *s, enum sensor_fact f, char **value)
{
	static const enum query q[SENSOR_NFACTS] = {
		[SENSOR_NAME] = Q_SENSOR_NAME, [SENSOR_OVERLAY] = Q_SENSOR_OVERLAY,
		[SENSOR_PORT] = Q_SENSOR_PORT,
	};

	return query_string(s, value, q[f], "i", s->sensor);
}

char *
sensor_fact_get(struct store *s, enum sensor_fact f)
{
	char *value;

	return sensor_fact_find(s, f, &value) == 0 ? value : NULL;
}
