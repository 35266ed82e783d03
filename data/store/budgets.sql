-- SPDX-License-Identifier: GPL-3.0-or-later
-- What budgets of stored bytes kept a round from; round.cut says which, with
-- 4 a peer's, 8 a /24's, 16 that of callers, 32 the round's, 64 the database's, 128 the
-- disk's reserve; 256: a name was cut.

-- Records that were not stored; NULL: not recorded.
ALTER TABLE round ADD COLUMN not_stored INTEGER;
