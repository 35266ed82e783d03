/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prometheus' text format: families of samples, each with help and type, every
 * sample with the labels of the sensor.  Names get the prefix kansoku_; units and
 * the suffix _total are the caller's business.  A value that was not measured is
 * left out, never zero.
 */
#ifndef KANSOKU_DATA_LIB_PROMETHEUS_H
#define KANSOKU_DATA_LIB_PROMETHEUS_H

#include <stdio.h>

struct prometheus {
	FILE		*f;
	const char	*sensor, *overlay;	/* borrowed */
	const char	*name;			/* of the family */
};

void	 prometheus_begin(struct prometheus *, FILE *, const char *sensor, const char *overlay);
/* Begins a family: counter, gauge or histogram. */
void	 prometheus_head(struct prometheus *, const char *name, const char *type, const char *help);
/* A sample of it, with one more label or, if label is NULL, none. */
void	 prometheus_put(struct prometheus *, double, const char *label, const char *value);
/* The same of a histogram's _bucket, _sum and _count. */
void	 prometheus_part(struct prometheus *, const char *suffix, double, const char *label,
	    const char *value);
/* A family of one sample. */
void	 prometheus_one(struct prometheus *, const char *name, const char *type, const char *help,
	    double);

#endif
