/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/nodestr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "node/winny/rc4.h"

#define LINE_MIN	4	/* a node skips shorter lines */

/* ---- host:port -------------------------------------------------------------- */

/* NULL for host:port, else what is wrong with it.  A dotted address is read as everywhere. */
static const char *
check_text(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t host = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-");
	size_t digits, dotted = strspn(text, "0123456789.");
	struct endpoint e;

	if (text[0] == '[')
		return "an IPv6 address; this overlay has IPv4 alone";
	for (const char *p = text; *p != '\0'; p++)
		if (isspace((unsigned char)*p) || iscntrl((unsigned char)*p))
			return "a blank or a control character is in it";
	if (colon == NULL)
		return "no colon; host:port is expected";
	if (host == 0 || text + host != colon)
		return "a host is letters, digits, dots and hyphens";
	digits = strspn(colon + 1, "0123456789");
	if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || atol(colon + 1) < 1 ||
	    atol(colon + 1) > 65535)
		return "a port is 1 to 65535";
	if (colon[1] == '0')
		return "a port has no leading zeros";
	if (text + dotted == colon && endpoint_read(&e, text) != NULL)
		return "a dotted address has four numbers, 0 to 255, without leading zeros";
	return NULL;
}

/* ---- the cipher ------------------------------------------------------------- */

static void
crypt_text(uint8_t *out, const uint8_t *in, size_t n, uint8_t sum)
{
	uint8_t key[] = "opiewf6ascxlv";
	struct rc4 r;

	key[0] = sum;
	rc4_key(&r, key, sizeof(key) - 1);
	rc4_apply(&r, out, in, n);
}

static uint8_t
sum_of(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum;
}

static char *
put_hex(char *out, uint8_t v)
{
	*out++ = "0123456789abcdef"[v >> 4];
	*out++ = "0123456789abcdef"[v & 15];
	*out = '\0';
	return out;
}

const char *
nodestr_encode(char out[NODESTR_CODE], const char *text)
{
	uint8_t code[NODESTR_TEXT], sum;
	size_t n = strlen(text);
	const char *why;

	out[0] = '\0';
	if (n >= NODESTR_TEXT)
		return "longer than a host name and a port can be";
	if ((why = check_text(text)) != NULL)
		return why;
	sum = sum_of((const uint8_t *)text, n);
	crypt_text(code, (const uint8_t *)text, n, sum);
	*out++ = '@';
	out = put_hex(out, sum);
	for (size_t i = 0; i < n; i++)
		out = put_hex(out, code[i]);
	return NULL;
}

/* ---- decoding --------------------------------------------------------------- */

static uint8_t
hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Pairs of hex digits to bytes; false if they are not that or too many. */
static bool
read_hex(uint8_t *out, size_t room, size_t *n, const char *s)
{
	size_t digits = strspn(s, "0123456789abcdefABCDEF");

	if (s[digits] != '\0' || digits % 2 != 0 || digits / 2 > room)
		return false;
	*n = digits / 2;
	for (size_t i = 0; i < *n; i++)
		out[i] = (uint8_t)(hex_digit(s[2 * i]) << 4 | hex_digit(s[2 * i + 1]));
	return true;
}

const char *
nodestr_decode(char out[NODESTR_TEXT], const char *code)
{
	uint8_t bytes[NODESTR_TEXT], plain[NODESTR_TEXT];
	const char *why;
	size_t n;

	out[0] = '\0';
	if (code[0] != '@')
		return "a node string begins with @";
	if (!read_hex(bytes, sizeof(bytes), &n, code + 1))
		return "an even number of hex digits must follow the @";
	if (n < 2)
		return "nothing is encoded in it";
	n--;
	crypt_text(plain, bytes + 1, n, bytes[0]);
	if (sum_of(plain, n) != bytes[0])
		return "its checksum does not match";
	if (memchr(plain, '\0', n) != NULL)
		return "a control character is encoded in it";
	memcpy(out, plain, n);
	out[n] = '\0';
	if ((why = check_text(out)) != NULL)
		out[0] = '\0';
	return why;
}

/* A copy without line ends and one blank behind the text, as nodes read it; false if too long. */
static bool
trim(char out[NODESTR_CODE], const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == '\r' || text[n - 1] == '\n'))
		n--;
	if (n > 0 && text[n - 1] == ' ')
		n--;
	if (n >= NODESTR_CODE)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

const char *
nodestr_convert(char out[NODESTR_CODE], const char *name)
{
	char text[NODESTR_CODE];

	out[0] = '\0';
	if (!trim(text, name))
		return "longer than a node string can be";
	return text[0] == '@' ? nodestr_decode(out, text) : nodestr_encode(out, text);
}

/* ---- node files ------------------------------------------------------------- */

bool
nodestr_line(struct endpoint *e, const char *line, const char **why)
{
	struct endpoint node;
	char entry[NODESTR_CODE], text[NODESTR_TEXT];
	const char *plain = entry;

	*why = NULL;
	if (!trim(entry, line)) {
		*why = "longer than a node string can be";
		return false;
	}
	if (strlen(entry) < LINE_MIN || entry[0] == '#')
		return false;
	if (entry[0] == '@') {
		if ((*why = nodestr_decode(text, entry)) != NULL)
			return false;
		plain = text;
	} else if ((*why = check_text(plain)) != NULL)
		return false;
	if (!endpoint_parse(&node, plain) || node.net != NET_IPV4) {
		*why = "not a dotted address; the sensor asks no name server";
		return false;
	}
	*e = node;
	return true;
}
