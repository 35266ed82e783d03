/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku case: who was told of an incident, what they answered, what is due.
 *
 * Modelled on how the open relays of 2002 were followed up: a report, an
 * answer, a schedule, a date agreed for publishing, a question after seven days,
 * and in the end marks for speed, contact and follow-up.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/cli.h"
#include "data/evidence/incident_rows.h"
#include "data/evidence/ledger.h"
#include "data/evidence/verbs.h"
#include "data/store/results.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

#define ASK_AGAIN_MS	(7 * DAY_MS)

struct case_options {
	const char	*db, *party, *note;
	int64_t		 incident, utctime_ms, due_ms, grade;
	int		 kind;		/* enum case_kind; UNKNOWN: show */
};

/* ---- what is due ----------------------------------------------------------------------- */

/* What each kind of event leaves open, and what closes it. */
static const struct {
	const char	*open;		/* NULL: nothing */
	unsigned	 closed_by;	/* bits of enum case_kind */
	bool		 needs_due, grades, asks_again;
} rule[CASE_NKIND] = {
	[CASE_REPORTED] = { "ask again", 1u << CASE_ACKNOWLEDGED | 1u << CASE_SCHEDULE |
	    1u << CASE_FIXED | 1u << CASE_RECONTACT | 1u << CASE_REPORTED, false, false, true },
	[CASE_RECONTACT] = { "ask again", 1u << CASE_ACKNOWLEDGED | 1u << CASE_SCHEDULE |
	    1u << CASE_FIXED | 1u << CASE_RECONTACT, false, false, true },
	[CASE_SCHEDULE] = { "to be fixed", 1u << CASE_FIXED | 1u << CASE_SCHEDULE, true, false, false },
	[CASE_DISCLOSURE] = { "to be published", 1u << CASE_PUBLISHED | 1u << CASE_DISCLOSURE, true,
	    false, false },
	[CASE_GRADE_SPEED] = { NULL, 0, false, true, false },
	[CASE_GRADE_CONTACT] = { NULL, 0, false, true, false },
	[CASE_GRADE_FOLLOWUP] = { NULL, 0, false, true, false },
};

/* ---- showing ------------------------------------------------------------------------------ */

struct event {
	struct case_event e;
	char		*party, *note;
};
struct book {
	struct event	*event;
	size_t		 n, room;
	int64_t		 now_ms, overdue;
};

static int
take_event(const struct case_event *e, void *arg)
{
	struct book *b = arg;
	struct event *p;

	if (b->n == b->room) {
		size_t room = b->room == 0 ? 32 : b->room * 2;

		if ((p = reallocarray(b->event, room, sizeof(*p))) == NULL)
			return 2;
		b->event = p;
		b->room = room;
	}
	p = &b->event[b->n++];
	*p = (struct event){ *e, strdup(e->party), strdup(e->note) };
	return p->party == NULL || p->note == NULL ? 2 : 0;
}

/* Did something later, with the same party of the same incident, settle it? */
static bool
is_settled(const struct book *b, size_t i)
{
	for (size_t k = i + 1; k < b->n; k++)
		if (b->event[k].e.incident == b->event[i].e.incident &&
		    strcmp(b->event[k].party, b->event[i].party) == 0 &&
		    rule[b->event[i].e.kind].closed_by >> b->event[k].e.kind & 1)
			return true;
	return false;
}

static void
print_day(int64_t ms)
{
	char buf[WHEN_TEXT];

	printf("%.10s", utctime_format(buf, ms));
}

static void
print_stars(int64_t grade)
{
	for (int i = 1; i <= 5; i++)
		putchar(i <= grade ? '*' : '.');
	printf(" %" PRId64 " of 5", grade);
}

static void
print_event(struct book *b, size_t i)
{
	const struct event *v = &b->event[i];
	char vis[512];

	printf("  ");
	print_day(v->e.t_ms);
	printf("  %-15s", case_kind_name[v->e.kind]);
	if (v->party[0] != '\0')
		printf("  %s", text_vis(vis, sizeof(vis), text_of(v->party)));
	if (v->e.grade != UNKNOWN) {
		printf("  ");
		print_stars(v->e.grade);
	}
	if (v->note[0] != '\0')
		printf("  %s", text_vis(vis, sizeof(vis), text_of(v->note)));
	if (rule[v->e.kind].open != NULL && v->e.due_ms != UNKNOWN && !is_settled(b, i)) {
		bool late = v->e.due_ms < b->now_ms;

		b->overdue += late;
		printf("  [%s by ", rule[v->e.kind].open);
		print_day(v->e.due_ms);
		printf("%s]", late ? ": OVERDUE" : "");
	}
	putchar('\n');
}

/* The marks of one incident, the last of each kind. */
static void
print_marks(const struct book *b, int64_t incident)
{
	static const struct { enum case_kind kind; const char *name; } mark[] = {
		{ CASE_GRADE_SPEED, "speed" }, { CASE_GRADE_CONTACT, "contact" },
		{ CASE_GRADE_FOLLOWUP, "follow-up" },
	};

	for (size_t m = 0; m < sizeof(mark) / sizeof(mark[0]); m++) {
		int64_t grade = UNKNOWN;

		for (size_t i = 0; i < b->n; i++)
			if (b->event[i].e.incident == incident && b->event[i].e.kind == mark[m].kind)
				grade = b->event[i].e.grade;
		if (grade == UNKNOWN)
			continue;
		printf("  %-10s ", mark[m].name);
		print_stars(grade);
		putchar('\n');
	}
}

static void
print_book(struct book *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (i == 0 || b->event[i].e.incident != b->event[i - 1].e.incident)
			printf("%sincident %" PRId64 "\n", i > 0 ? "\n" : "", b->event[i].e.incident);
		print_event(b, i);
		if (i + 1 == b->n || b->event[i + 1].e.incident != b->event[i].e.incident)
			print_marks(b, b->event[i].e.incident);
	}
	if (b->n > 0 && b->overdue > 0)
		printf("\n%" PRId64 " overdue\n", b->overdue);
}

static int
show(struct store *s, int64_t incident)
{
	struct book b = { .now_ms = utctime_now() };
	int bad = ledger_events(s, incident, take_event, &b);

	if (bad == 2)
		log_error("out of memory");
	if (bad == 0)
		print_book(&b);
	if (bad == 0 && b.n == 0)
		log_info("nothing is recorded%s; --add records something",
		    incident != 0 ? " of this incident" : "");
	for (size_t i = 0; i < b.n; i++) {
		free(b.event[i].party);
		free(b.event[i].note);
	}
	free(b.event);
	return bad != 0 ? EXIT_FAILED : b.n == 0 ? EXIT_NOTHING : EXIT_DONE;
}

/* ---- adding ------------------------------------------------------------------------------- */

static int
match_incident(const struct incident_row *r, void *arg)
{
	return r->id == *(const int64_t *)arg;
}

static int
add(struct store *s, const struct case_options *q)
{
	struct case_event e = { .incident = q->incident, .t_ms = q->utctime_ms,
		.kind = (enum case_kind)q->kind, .party = q->party != NULL ? q->party : "",
		.note = q->note != NULL ? q->note : "", .due_ms = q->due_ms, .grade = q->grade };
	int64_t id = q->incident;
	int found = results_select(s, id) == 0 ? results_incidents(s, match_incident, &id) : -1;

	if (found != 1) {
		if (found == 0)
			incident_rows_absent(s, q->incident, q->db);
		else
			log_error("incident %" PRId64 ": %s", q->incident, store_error(s));
		return found == 0 ? EXIT_NOTHING : EXIT_FAILED;
	}
	if (e.due_ms == UNKNOWN && rule[e.kind].asks_again)
		e.due_ms = e.t_ms + ASK_AGAIN_MS;
	return ledger_add(s, &e) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static bool
makes_sense(const struct case_options *q)
{
	const char *name = q->kind == UNKNOWN ? NULL : case_kind_name[q->kind];

	if (q->kind == UNKNOWN && (q->party != NULL || q->note != NULL || q->due_ms != UNKNOWN ||
	    q->grade != UNKNOWN)) {
		log_error("--party, --note, --due and --grade go with --add");
		return false;
	}
	if (q->kind == UNKNOWN)
		return true;
	if (q->incident == 0)
		log_error("--add %s needs --incident ID", name);
	else if (rule[q->kind].needs_due && q->due_ms == UNKNOWN)
		log_error("--add %s needs --due DAY, the day that was agreed on", name);
	else if (rule[q->kind].grades != (q->grade != UNKNOWN))
		log_error(rule[q->kind].grades ? "--add %s needs --grade, 1 to 5" :
		    "--add %s takes no --grade", name);
	else if (q->due_ms != UNKNOWN && rule[q->kind].open == NULL)
		log_error("--add %s takes no --due", name);
	else if (q->utctime_ms > utctime_now())
		log_error("--when: has not come yet; --due is for what is agreed on");
	else if (q->due_ms != UNKNOWN && q->due_ms / DAY_MS < q->utctime_ms / DAY_MS)
		log_error("--due: is before it happened (--when)");
	else
		return true;
	return false;
}

int
verb_case(int argc, char **argv)
{
	struct case_options q = { .utctime_ms = utctime_now(), .due_ms = UNKNOWN, .grade = UNKNOWN,
		.kind = UNKNOWN };
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &q.db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" },
		{ .name = "incident", .kind = OPT_INT, .into = &q.incident, .value = "ID", .min = 1,
		    .max = INT32_MAX, .help = "which incident (all)" },
		{ .name = "add", .kind = OPT_CHOICE, .into = &q.kind, .value = "KIND",
		    .help = "record that this happened", .choices = case_kind_name },
		{ .name = "party", .kind = OPT_LINE, .into = &q.party, .value = "WHO", .max = PARTY_MAX,
		    .help = "who was told, or who answered" },
		{ .name = "when", .kind = OPT_TIME, .into = &q.utctime_ms, .value = "TIME",
		    .help = "when it happened (now)" },
		{ .name = "due", .kind = OPT_TIME, .into = &q.due_ms, .value = "DAY",
		    .help = "the day agreed on, or to ask again (seven days later)" },
		{ .name = "grade", .kind = OPT_INT, .into = &q.grade, .value = "N", .min = 1, .max = 5,
		    .help = "1 to 5, for the kinds grade-..." },
		{ .name = "note", .kind = OPT_LINE, .into = &q.note, .value = "TEXT", .max = NOTE_MAX,
		    .help = "anything else" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku case", .operands = "",
		.about = "Keeps the dialogue about an incident, shows what is overdue; bundles carry it.",
		.options = options,
	};
	struct store *s;
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if (!makes_sense(&q) || (q.db = cli_database_there(q.db)) == NULL)
		return EXIT_MISUSED;
	if ((s = store_open(q.db, q.kind == UNKNOWN ? STORE_READ : STORE_WRITE)) == NULL)
		return EXIT_FAILED;
	status = q.kind == UNKNOWN ? show(s, q.incident) : add(s, &q);
	store_close(s);
	return status;
}
