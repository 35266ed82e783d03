# SPDX-License-Identifier: GPL-3.0-or-later
# JSON lines of "kansoku schema" to the entries of kansoku-data(5): a section for each kind, a
# subsection for each place, in the order in which they come.

function member(name,	at, text) {	# of $0; no value ends in a backslash
	at = index($0, "\"" name "\":\"")
	text = substr($0, at + length(name) + 4)
	match(text, /[^\\]"(,"|})|^"/)
	text = substr(text, 1, RSTART - (substr(text, 1, 1) == "\"" ? 1 : 0))
	gsub(/\\"/, "\"", text)
	gsub(/-/, "\\-", text)
	return text
}
BEGIN {
	title["column"] = "COLUMNS AND MEMBERS OF VERBS"
	title["view"] = "VIEWS OF THE DATABASE"
	title["metric"] = "SERIES FOR PROMETHEUS"
	title["chart"] = "COLUMNS OF CHARTS"
	title["member"] = "MEMBERS OF OTHER JSON"
}
{
	what = member("what"); where = member("where"); unit = member("unit"); type = member("type")
	if (what != last_what) print ".SH " title[what]
	if (what != last_what || where != last_where) print ".SS \"" where "\""
	last_what = what; last_where = where
	print ".TP\n.B \"" member("name") "\""
	print "(" type (unit != "" ? ", " unit : "") "; since " member("since") ") " member("meaning")
}
