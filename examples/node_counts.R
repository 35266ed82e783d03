#!/usr/bin/env Rscript
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: node_counts.R DATABASE CHART.svg [SENSOR]
#
# Draws the nodes of each round, as they came in and cleaned, from the view v_round of
# the database (kansoku schema); with RSQLite (Debian: r-cran-rsqlite).  A round that is
# not complete is a gap.  Read-only; a crawl may go on beside it.

args <- commandArgs(trailingOnly = TRUE)
if (length(args) < 2) {
	cat("usage: node_counts.R DATABASE CHART.svg [SENSOR]\n", file = stderr())
	quit(status = 1)
}
if (!file.exists(args[1])) {
	cat("node_counts.R: ", args[1], ": no such file\n", sep = "", file = stderr())
	quit(status = 1)
}
sensor <- if (length(args) > 2) args[3] else NA_character_
db <- DBI::dbConnect(RSQLite::SQLite(), args[1], flags = RSQLite::SQLITE_RO)
counts <- DBI::dbGetQuery(db, "SELECT round, end,
	    iif(complete, instant, NULL) AS instant, iif(complete, instant_clean, NULL) AS instant_clean,
	    iif(complete, day_keys, NULL) AS day_keys, iif(complete, day_keys_clean, NULL) AS day_keys_clean
	FROM v_round WHERE end IS NOT NULL AND ($1 IS NULL OR sensor = $1) ORDER BY sensor, round",
	params = list(sensor))
DBI::dbDisconnect(db)
if (all(is.na(counts$instant))) {
	cat("node_counts.R: ", args[1], ": no round is analysed; run kansoku analyze\n", sep = "", file = stderr())
	quit(status = 3)
}

when <- as.POSIXct(counts$end, format = "%Y-%m-%dT%H:%M:%OSZ", tz = "UTC")
svg(args[2], width = 10, height = 6)
par(mfrow = c(2, 1), mar = c(3, 4, 2, 1))
for (of in c("day_keys", "instant")) {
	clean <- counts[[paste0(of, "_clean")]]
	plot(when, counts[[of]], type = "l", col = "#566273", xlab = "", ylab = "nodes", las = 1,
	    ylim = c(0, max(counts[[of]], na.rm = TRUE)),
	    main = if (of == "instant") "Nodes at one time (one round)" else "Nodes in 24 hours")
	lines(when, clean, col = "#0a5bb0", lwd = 2)
	legend("bottomright", c("as received", "cleaned"), col = c("#566273", "#0a5bb0"), lwd = c(1, 2), bty = "n")
}
invisible(dev.off())
write.csv(counts, row.names = FALSE, quote = FALSE)
