-- SPDX-License-Identifier: GPL-3.0-or-later
-- How the visiting list of a round was made.

-- Of nodes that were only claimed one in so many is on it: 1 all, 2, 4, ... when
-- a flood did not fit into --max-memory.  Who answered lately is on it anyway, and
-- what was heard is stored in full.  NULL: not recorded.
ALTER TABLE round ADD COLUMN sampling INTEGER;
