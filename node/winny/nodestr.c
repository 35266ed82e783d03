/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/nodestr.h"

#include <ctype.h>
#include <string.h>

#include "node/winny/rc4.h"

#define LINE_MIN	4	/* a node skips shorter lines */

/* ---- host:port -------------------------------------------------------------- */

static bool
is_port(const char *s)
{
	uint32_t v = 0;
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 5 || s[n] != '\0')
		return false;
	for (; *s != '\0'; s++)
		v = v * 10 + (uint32_t)(*s - '0');
	return v >= 1 && v <= 65535;
}

/* NULL for host:port, else what is wrong with it. */
static const char *
check_text(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t host = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-");

	if (colon == NULL)
		return "no colon; host:port is expected";
	if (host == 0 || text + host != colon)
		return "a host is letters, digits, dots and hyphens";
	if (!is_port(colon + 1))
		return "a port is 1 to 65535";
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

const char *
nodestr_convert(char out[NODESTR_CODE], const char *name)
{
	return name[0] == '@' ? nodestr_decode(out, name) : nodestr_encode(out, name);
}

/* ---- node files ------------------------------------------------------------- */

/* A copy without CR, LF and one trailing blank; false if it is too long. */
static bool
trim(char out[NODESTR_CODE], const char *line)
{
	size_t n = strcspn(line, "\r\n");

	if (n > 0 && line[n - 1] == ' ')
		n--;
	if (n >= NODESTR_CODE)
		return false;
	memcpy(out, line, n);
	out[n] = '\0';
	return true;
}

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
