/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/draw_process.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/lib/cli.h"
#include "data/lib/outfile.h"
#include "data/lib/log.h"
#include "plots/render.h"
#include "plots/table.h"

enum { AT_ONCE = 4, MOST_SECONDS = 120 };

/* A child tells this to its parent; it fits a pipe in one piece. */
struct report {
	double	width, height, narrow_width, narrow_height;
	char	title[PICTURE_TITLE], about[PICTURE_ABOUT];
};
_Static_assert(sizeof(struct report) <= 4096, "a report is written to the pipe at once");

/* ---- in the child ------------------------------------------------------------------ */

struct output {
	const char	*suffix;
	const struct page *page;
	enum canvas_form form;
};
static const struct output outputs[] = {
	{ ".svg", &page_wide, CANVAS_SVG },
	{ "-narrow.svg", &page_narrow, CANVAS_SVG },
	{ ".png", &page_wide, CANVAS_PNG },
};

static struct outfile *
open_output(const char *directory, const char *stem, const char *suffix, char **path)
{
	struct outfile *o;

	if (asprintf(path, "%s/%s%s", directory, stem, suffix) < 0) {
		*path = NULL;
		log_error("out of memory");
		return NULL;
	}
	if ((o = outfile_open(*path, 0644)) == NULL)
		log_error("%s cannot be written: %s", *path, strerror(errno));
	return o;
}

static int
commit(struct outfile *o, const char *path)
{
	if (outfile_commit(o) == 0)
		return 0;
	log_error("%s cannot be written: %s", path, strerror(errno));
	return -1;
}

static int
write_picture(const struct figure *fig, const struct output *out, const char *directory,
    const char *stem)
{
	char *path;
	struct outfile *o = open_output(directory, stem, out->suffix, &path);
	int result = -1;

	if (o != NULL && render(fig, out->page, out->form, outfile_stream(o)) == 0)
		result = commit(o, path);
	else
		outfile_abandon(o);
	free(path);
	return result;
}

/* The CSV first into memory: its digest goes into the foot of the picture. */
static int
write_table(struct arena *a, struct figure *fig, const char *directory, const char *stem)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char *text = NULL, *path = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct outfile *o = NULL;
	int result = -1;

	if (memory == NULL)
		return -1;
	table_write(fig, memory);
	if (fclose(memory) != 0)
		log_error("out of memory for the numbers of %s", stem);
	else if ((o = open_output(directory, stem, ".csv", &path)) != NULL) {
		crypto_hash_sha256(digest, (const unsigned char *)text, size);
		fig->foot_left = arena_print(a, "%s, csv sha256 %02x%02x%02x%02x",
		    fig->foot_left, digest[0], digest[1], digest[2], digest[3]);
		fwrite(text, 1, size, outfile_stream(o));
		result = commit(o, path);
	}
	free(path);
	free(text);
	return result;
}

static int
draw_one(struct picture *p, const char *directory, struct report *r)
{
	struct arena arena = { NULL };
	struct figure fig;
	int made, bad;

	p->request.arena = &arena;
	made = p->chart->make(&p->request, &fig);
	bad = made < 0;
	if (made == 0) {
		struct layout wide, narrow;

		bad |= write_table(&arena, &fig, directory, p->stem) != 0;
		render_layout(&fig, &page_wide, &arena, &wide);
		render_layout(&fig, &page_narrow, &arena, &narrow);
		*r = (struct report){ .width = wide.width, .height = wide.height,
			.narrow_width = narrow.width, .narrow_height = narrow.height };
		snprintf(r->title, sizeof(r->title), "%s", fig.title);
		snprintf(r->about, sizeof(r->about), "%s", fig.about);
		for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]) && !bad; i++)
			if (outputs[i].form == CANVAS_SVG ? p->svg : p->png)
				bad |= write_picture(&fig, &outputs[i], directory,
				    p->stem) != 0;
	}
	arena_free(&arena);
	return bad ? EXIT_FAILED : made == 0 ? EXIT_DONE : EXIT_NOTHING;
}

/* ---- in the parent ---------------------------------------------------------------------- */

struct child { pid_t pid; int pipe; struct picture *picture; };

/* -1 when no process can be made. */
static int
start(struct child *c, struct picture *p, const char *directory)
{
	int ends[2];

	if (pipe(ends) != 0)
		return -1;
	fflush(NULL);
	c->picture = p;
	c->pipe = ends[0];
	if ((c->pid = fork()) == 0) {
		struct report r;
		int status;

		close(ends[0]);
		alarm(MOST_SECONDS);
		status = draw_one(p, directory, &r);
		if (status == EXIT_DONE && write(ends[1], &r, sizeof(r)) != (ssize_t)sizeof(r))
			status = EXIT_FAILED;
		_exit(status);
	}
	close(ends[1]);
	if (c->pid < 0)
		close(ends[0]);
	return c->pid < 0 ? -1 : 0;
}

static bool
old_one_stands(const struct picture *p, const char *directory)
{
	char *path;
	bool there = false;

	if (asprintf(&path, "%s/%s.%s", directory, p->stem, p->svg ? "svg" : "png") >= 0) {
		there = access(path, R_OK) == 0;
		free(path);
	}
	return there;
}

/* Removes what a process that crashed left half-written; data/lib/outfile.c made the names. */
static void
clear_parts(const struct child *c, const char *directory)
{
	char *pattern;
	glob_t found;

	if (asprintf(&pattern, "%s/%s*.%ld-*.part", directory, c->picture->stem,
	    (long)c->pid) < 0)
		return;
	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	free(pattern);
}

static void
fail(struct picture *p, const char *directory, const char *why)
{
	log_error("%s: not drawn: %s", p->stem, why);
	p->state = old_one_stands(p, directory) ? PICTURE_OLD : PICTURE_FAILED;
}

static void
finish(struct child *c, const char *directory, int status)
{
	struct picture *p = c->picture;
	struct report r;

	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOTHING)
		p->state = PICTURE_NONE;
	else if (WIFSIGNALED(status)) {
		clear_parts(c, directory);
		fail(p, directory, WTERMSIG(status) == SIGALRM ? "it took too long" :
		    "the drawing process crashed");
	}
	else if (WEXITSTATUS(status) != EXIT_DONE ||
	    read(c->pipe, &r, sizeof(r)) != (ssize_t)sizeof(r))
		fail(p, directory, "see above");
	else {
		p->state = PICTURE_DRAWN;
		p->width = r.width;
		p->height = r.height;
		p->narrow_width = r.narrow_width;
		p->narrow_height = r.narrow_height;
		memcpy(p->title, r.title, sizeof(p->title));
		memcpy(p->about, r.about, sizeof(p->about));
	}
	close(c->pipe);
	c->pid = 0;
}

/* Waits for one of the children; false when there is none. */
static bool
reap(struct child *children, size_t n, const char *directory)
{
	int status;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < n && pid > 0; i++)
		if (children[i].pid == pid)
			finish(&children[i], directory, status);
	return pid > 0 || errno == EINTR;
}

static size_t
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > AT_ONCE ? AT_ONCE : (size_t)n;
}

size_t
draw_process_run(struct picture *p, size_t n, const char *directory)
{
	struct child children[AT_ONCE] = { { 0 } };
	size_t most = processors(), next = 0, failed = 0;

	for (;;) {
		struct child *idle = NULL;

		for (size_t i = 0; i < most; i++)
			if (children[i].pid <= 0)
				idle = &children[i];
		if (next < n && idle != NULL) {
			log_progress("drawing %zu of %zu: %s", next + 1, n, p[next].stem);
			if (start(idle, &p[next], directory) != 0)
				fail(&p[next], directory, strerror(errno));
			next++;
		} else if (!reap(children, most, directory))
			break;		/* no child is left, and nothing to start */
	}
	log_progress_end();
	for (size_t i = 0; i < n; i++)
		failed += p[i].state == PICTURE_FAILED || p[i].state == PICTURE_OLD;
	return failed;
}
