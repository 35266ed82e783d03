/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a node string, as host:port and as a line of a node file: what
 * is accepted in one form must come back from the other.
 */
#include <ctype.h>
#include <string.h>

#include "node/winny/nodestr.h"
#include "tests/fuzz/fuzz.h"

static void
as_code(const char *code)
{
	char text[NODESTR_TEXT], again[NODESTR_CODE];

	if (nodestr_decode(text, code) != NULL) {
		MUST(text[0] == '\0');
		return;
	}
	MUST(nodestr_encode(again, text) == NULL);
	MUST(strcasecmp(again, code) == 0);
}

static void
as_text(const char *text)
{
	char code[NODESTR_CODE], again[NODESTR_TEXT];

	if (nodestr_encode(code, text) != NULL) {
		MUST(code[0] == '\0');
		return;
	}
	MUST(nodestr_decode(again, code) == NULL);
	MUST(strcmp(again, text) == 0);
}

static void
as_line(const char *line)
{
	char text[ENDPOINT_TEXT], code[NODESTR_CODE];
	struct endpoint e, again;
	const char *why;

	if (!nodestr_line(&e, line, &why))
		return;
	MUST(why == NULL && e.port != 0);
	MUST(nodestr_encode(code, endpoint_format(text, e)) == NULL);
	MUST(nodestr_line(&again, code, &why));
	MUST(endpoint_compare(e, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s = malloc(n + 1);

	if (s == NULL)
		return 0;
	if (n > 0)
		memcpy(s, data, n);
	s[n] = '\0';
	as_code(s);
	as_text(s);
	as_line(s);
	free(s);
	return 0;
}
