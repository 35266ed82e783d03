/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decode tells of a datagram, part by part; the known answers are tested by the reader. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/node/wire_test.h"

#include "node/mainline/decoder.h"

#define ID	"2:id20:mnopqrstuvwxyz123456"

static char told[4096];

__attribute__((format(printf, 1, 2))) static void
tell(const char *fmt, ...)
{
	size_t n = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + n, sizeof(told) - n, fmt, ap);
	va_end(ap);
}

static void
on_message(void *arg, const struct decoded *m)
{
	(void)arg;
	assert_int_equal(m->code, UNKNOWN);
	tell("%" PRIu64 " %s %" PRId64 "%s%s", m->offset, m->name != NULL ? m->name : "-", m->len,
	    m->error != NULL ? ": " : "", m->error != NULL ? m->error : "");
}

static void
on_part(void *arg, const struct part *p)
{
	char e[ENDPOINT_TEXT];

	(void)arg;
	if (p->type == PART_END) {
		tell(" ]");
		return;
	}
	tell(" %s", p->name != NULL ? p->name : "");
	switch (p->type) {
	case PART_INTEGER: tell("=%" PRId64, p->number); break;
	case PART_FLOAT: tell("=%.4f", (double)p->real); break;
	case PART_TEXT: tell("=%.*s", (int)p->text.len, (const char *)p->text.p); break;
	case PART_BYTES: tell("=%zu bytes", p->text.len); break;
	case PART_ENDPOINT: tell("=%s", endpoint_format(e, p->endpoint)); break;
	case PART_RECORDS: tell("=%" PRId64 " [", p->number); break;
	default: tell("=["); break;
	}
}

static void
on_end(void *arg)
{
	(void)arg;
	tell("\n");
}

static bool
decode(bool keep_going, const char *first, const char *second)
{
	const struct decoder_sink sink = { on_message, on_part, on_end, NULL };
	struct decoder *d = mainline_decoder_open(&sink, keep_going);
	bool more;

	told[0] = '\0';
	more = mainline_decoder_input(d, (const uint8_t *)first, strlen(first));
	if (more && second != NULL)
		more = mainline_decoder_input(d, (const uint8_t *)second, strlen(second));
	mainline_decoder_close(d, true);
	return more;
}

static void
parts_are_told_in_order(void **state)
{
	(void)state;
	assert_true(decode(false, "d1:ad" ID "12:implied_porti1e9:info_hash20:AAAAAAAAAAAAAAAAAAAA4:porti80e5:token2:xx"
	    "e1:q13:announce_peer2:roi1e1:t1:a1:v4:LT\2\10" "1:y1:qe", NULL));
	assert_string_equal(told, "0 query 154 y=q t=1 bytes v=4 bytes q=announce_peer ro=1 id=20 bytes info_hash=20 bytes"
	    " port=80 implied_port=1 token=2 bytes sloppy=[ ]\n");
	assert_true(decode(false, "d2:ip6:\301\1\2\3\32\341" "1:rd" ID "8:intervali9e5:nodes26:bcdefghijklmnopqrstu\301\1\2\4\32\341"
	    "6:nodes638:bcdefghijklmnopqrstuABCDEFGHIJKLMNOPQR3:numi2e7:samples20:AAAAAAAAAAAAAAAAAAAA"
	    "6:valuesl6:\301\1\2\5\32\341" "1:xee1:t1:a1:y1:re", NULL));
	assert_string_equal(told, "0 answer 217 y=r t=1 bytes ip=193.1.2.3:6881 id=20 bytes nodes=1 [ node=[ id=20 bytes"
	    " node=193.1.2.4:6881 ] ] nodes6=1 [ node=[ id=20 bytes node=[4142:4344:4546:4748:494a:4b4c:4d4e:4f50]:20818 ] ]"
	    " values=[ =193.1.2.5:6881 ] samples=[ =20 bytes ] num=2 interval=9 sloppy=[ =values entry ]\n");
	assert_true(decode(false, "d1:eli201e2:noe1:t1:a1:y1:ee", NULL));
	assert_string_equal(told, "0 error 28 y=e t=1 bytes code=201 message=no sloppy=[ ]\n");
}

static void
filters_are_told_as_estimates(void **state)
{
	char answer[700];
	int n = sprintf(answer, "d1:rd4:BFpe256:");

	(void)state;
	memset(answer + n, 0x41, 256);
	strcpy(answer + n + 256, ID "e1:t1:a1:y1:re");
	assert_true(decode(false, answer, NULL));
	assert_non_null(strstr(told, " BFpe_estimate=294.5"));
}

static void
what_is_refused_ends_it_or_not(void **state)
{
	static const char bad[] = "hello", good[] = "d1:t1:a1:y1:ee";

	(void)state;
	assert_false(decode(false, bad, good));
	assert_string_equal(told, "0 - 5: no dictionary\n");
	assert_true(decode(true, bad, good));
	assert_string_equal(told, "0 - 5: no dictionary\n5 error 14 y=e t=1 bytes message= sloppy=[ ]\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_told_in_order),
		cmocka_unit_test(filters_are_told_as_estimates),
		cmocka_unit_test(what_is_refused_ends_it_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
