-- SPDX-License-Identifier: GPL-3.0-or-later
-- What limits kept a round from: it is judged all the same, and what it did not
-- reach is not gone.

-- 1 << enum round_cut (observation.h): 1 its time, 2 its number of dials; 0: none cut it.
ALTER TABLE round ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
-- Nodes of its list that a limit kept from being dialled; NULL: not recorded.
ALTER TABLE round ADD COLUMN not_dialled INTEGER;
