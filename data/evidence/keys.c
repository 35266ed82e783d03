/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "data/lib/lines.h"
#include "data/lib/log.h"

#define PASSWORD_MAX	1024	/* bytes, as in minisign, with the NUL */
#define MASTER_BYTES	32

int
keys_start(void)
{
	if (sodium_init() >= 0)
		return 0;
	log_error("libsodium does not start: no source of random numbers");
	return -1;
}

/* ---- files ------------------------------------------------------------------ */

/* A new file of exactly this mode, whatever the umask; not buffered, for secrets. */
static FILE *
create(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	FILE *f = NULL;

	if (fd != -1 && fchmod(fd, mode) == 0 && (f = fdopen(fd, "w")) != NULL) {
		setvbuf(f, NULL, _IONBF, 0);
		return f;
	}
	if (errno == EEXIST)
		log_error("%s exists already; a key is never overwritten: name another file", path);
	else
		log_error("%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return NULL;
}

/* On the disk and closed, or gone. */
static int
finish(FILE *f, const char *path, bool good)
{
	good = good && fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
	if (fclose(f) == 0 && good)
		return 0;
	log_error("%s: %s", path, strerror(errno));
	unlink(path);
	return -1;
}

/* Opens a file of secrets and says so when others can read it. */
static FILE *
open_secret(const char *path)
{
	FILE *f = fopen(path, "re");
	struct stat st;

	if (f == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return NULL;
	}
	setvbuf(f, NULL, _IONBF, 0);
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		log_info("%s can be read by others: chmod 600 is right", path);
	return f;
}

/* ---- passwords ---------------------------------------------------------------- */

/* One line into guarded memory; NULL when it is none that can be typed, or too long. */
static char *
read_password(int fd)
{
	char *p = sodium_malloc(PASSWORD_MAX + LINES_SPARE), *line;
	struct lines in;
	size_t len;

	if (p == NULL)
		return NULL;
	lines_over(&in, "password", fd, p, PASSWORD_MAX - 1 + LINES_SPARE);
	if (lines_next(&in, &line, &len) == LINES_LINE && len > 0) {
		size_t i = 0;

		while (i < len && (uint8_t)line[i] >= 0x20 && line[i] != 0x7f)
			i++;
		/* A CR ends the line only before LF or the end; else it stands in what is typed. */
		if (in.after_cr && in.at < in.end && in.buf[in.at] != '\n')
			i = len + 1;
		if (i == len) {
			memmove(p, line, len + 1);
			return p;
		}
	}
	sodium_free(p);
	return NULL;
}

/* Asks on the terminal, without echo. */
static char *
prompt(const char *text)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios before, quiet;
	char *p = NULL;

	if (fd == -1 || tcgetattr(fd, &before) != 0) {
		log_error("a password is needed and there is no terminal: give --password-file FILE");
		if (fd != -1)
			close(fd);
		return NULL;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSAFLUSH, &quiet);
	if (write(fd, text, strlen(text)) > 0)
		p = read_password(fd);
	tcsetattr(fd, TCSAFLUSH, &before);
	(void)!write(fd, "\n", 1);	/* looks only */
	close(fd);
	return p;
}

static char *
password_from(const char *path)
{
	FILE *f = open_secret(path);
	char *p;

	if (f == NULL)
		return NULL;
	p = read_password(fileno(f));
	fclose(f);
	if (p == NULL)
		log_error("%s: want one line of 1 to %d bytes without control characters, the password",
		    path, PASSWORD_MAX - 1);
	return p;
}

static char *
prompt_twice(void)
{
	char *a = prompt("New password: ");
	char *b = a != NULL ? prompt("The same again: ") : NULL;

	if (b != NULL && strcmp(a, b) == 0) {
		sodium_free(b);
		return a;
	}
	log_error("no password set: want the same text twice, not empty");
	sodium_free(a);
	sodium_free(b);
	return NULL;
}

/* ---- signing keys --------------------------------------------------------------- */

static int
write_public(const char *path, const struct minisign_secret *s)
{
	FILE *f = create(path, 0644);
	struct minisign_public p;

	if (f == NULL)
		return -1;
	minisign_public_of(s, &p);
	return finish(f, path, minisign_public_write(f, &p) == 0);
}

static int
write_secret(const char *path, const struct minisign_secret *s, const char *password)
{
	FILE *f = create(path, 0600);
	enum minisign_error e;

	if (f == NULL)
		return -1;
	e = minisign_secret_write(f, s, password, minisign_sensitive);
	if (e == MINISIGN_MEMORY)
		log_error("%s: %s", path, minisign_reason(e));
	return finish(f, path, e == MINISIGN_OK);
}

int
keys_generate(const char *secret_path, const char *public_path, const char *password_file,
    bool ask)
{
	struct minisign_secret *s = NULL;
	char *password = NULL;
	int bad = -1;

	if (password_file != NULL && (password = password_from(password_file)) == NULL)
		return -1;
	if (password == NULL && ask && (password = prompt_twice()) == NULL)
		return -1;
	if ((s = minisign_generate()) == NULL)
		log_error("no guarded memory for a key: %s", strerror(errno));
	else if (write_secret(secret_path, s, password) == 0 &&
	    (bad = write_public(public_path, s)) != 0)
		unlink(secret_path);	/* half a pair helps nobody */
	minisign_forget(s);
	sodium_free(password);
	return bad;
}

static char *
ask_password(void *password_file)
{
	return password_file != NULL ? password_from(password_file) :
	    prompt("Password of the signing key: ");
}

struct minisign_secret *
keys_secret(const char *path, const char *password_file)
{
	FILE *f = open_secret(path);
	struct minisign_secret *s = NULL;
	enum minisign_error e;
	char *file = password_file != NULL ? strdup(password_file) : NULL;

	if (f != NULL) {
		e = minisign_secret_read(f, &s, ask_password, file);
		if (e != MINISIGN_OK)
			log_error("%s: %s; want a secret key of keygen or minisign -G", path,
			    e == MINISIGN_IO ? strerror(errno) : minisign_reason(e));
		fclose(f);
	}
	free(file);
	return s;
}

int
keys_public(const char *path, struct minisign_public *p)
{
	FILE *f = fopen(path, "re");
	enum minisign_error e;

	if (f == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	e = minisign_public_read(f, p);
	if (e != MINISIGN_OK)
		log_error("%s: %s; want a public key of keygen or minisign -G", path,
		    e == MINISIGN_IO ? strerror(errno) : minisign_reason(e));
	fclose(f);
	return e == MINISIGN_OK ? 0 : -1;
}

/* ---- the master of the pseudonyms -------------------------------------------------- */

static int
create_master(const char *path, uint8_t *key)
{
	char *hex = sodium_malloc(2 * MASTER_BYTES + 1);
	FILE *f = hex != NULL ? create(path, 0600) : NULL;
	int bad = -1;

	if (f != NULL) {
		randombytes_buf(key, MASTER_BYTES);
		sodium_bin2hex(hex, 2 * MASTER_BYTES + 1, key, MASTER_BYTES);
		bad = finish(f, path, fprintf(f, "%s\n", hex) > 0);
	}
	sodium_free(hex);
	return bad;
}

static int
read_master(const char *path, uint8_t *key)
{
	FILE *f = open_secret(path);
	char *line;
	size_t got = 0;
	int bad = -1;

	if (f == NULL)
		return -1;
	if ((line = read_password(fileno(f))) != NULL && strlen(line) == 2 * MASTER_BYTES &&
	    sodium_hex2bin(key, MASTER_BYTES, line, 2 * MASTER_BYTES, NULL, &got, NULL) == 0 &&
	    got == MASTER_BYTES)
		bad = 0;
	else
		log_error("%s: want %d hex digits, the master key of the pseudonyms", path,
		    2 * MASTER_BYTES);
	sodium_free(line);
	fclose(f);
	return bad;
}

uint8_t *
keys_master(const char *path)
{
	uint8_t *key = sodium_malloc(MASTER_BYTES);
	int bad = -1;

	if (key == NULL)
		log_error("no guarded memory for a key: %s", strerror(errno));
	else
		bad = access(path, F_OK) == 0 ? read_master(path, key) : create_master(path, key);
	if (bad != 0) {
		sodium_free(key);
		key = NULL;
	}
	return key;
}
