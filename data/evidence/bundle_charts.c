/* SPDX-License-Identifier: GPL-3.0-or-later */
/* charts/: pictures that kansoku-plot draws of the incident's time, if it is there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/evidence/bundle_impl.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define BEFORE_MS	DAY_MS		/* what was usual before the incident */
#define AFTER_MS	(6 * HOUR_MS)

/* The program beside this one; NULL if there is none. */
static char *
neighbour_program(void)
{
	char self[PATH_MAX], *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	if (asprintf(&path, "%s/kansoku-plot", dirname(self)) == -1)
		return NULL;
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static void
become_plot(const char *program, const struct bundle *b, const char *out, const char *window)
{
	char *const argv[] = { (char[]){ "kansoku-plot" }, (char[]){ "-q" }, (char[]){ "--db" },
		strdup(b->ask->db), (char[]){ "--out" }, strdup(out), (char[]){ "--window" }, strdup(window),
		(char[]){ "--format" }, (char[]){ "svg" }, b->sensor != NULL ? (char[]){ "--sensor" } : NULL,
		b->sensor, NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null != -1)
		dup2(null, STDOUT_FILENO);
	execv(program, argv);
	_exit(127);
}

/* 0 if it drew. */
static int
run_plot(struct bundle *b, const char *program, const char *out)
{
	char from[WHEN_TEXT], to[WHEN_TEXT], window[2 * WHEN_TEXT + 1];
	int status = -1;
	pid_t pid;

	snprintf(window, sizeof(window), "%s/%s",
	    utctime_format(from, b->f.incident.start_ms - BEFORE_MS),
	    utctime_format(to, bundle_end_ms(b) + AFTER_MS));
	if ((pid = fork()) == 0)
		become_plot(program, b, out, window);
	while (pid > 0 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/*
 * Pictures of this incident or of its time; none that is drawn for small
 * screens.  Those that name peers, if only in part, stay out of a pseudonymous
 * bundle.
 */
static bool
is_wanted(const struct bundle *b, const char *name)
{
	static const char *const name_peers[] = { "peers-", "sheet-" };
	const char *of = strstr(name, "-incident-"), *end = strrchr(name, '.');
	char want[40];

	if (end == NULL || strcmp(end, ".svg") != 0 || strstr(name, "-narrow.") != NULL)
		return false;
	snprintf(want, sizeof(want), "-incident-%lld.svg", (long long)b->f.incident.id);
	if (of != NULL && strcmp(of, want) != 0)
		return false;
	for (size_t i = 0; b->pseudonyms.hidden && i < sizeof(name_peers) / sizeof(name_peers[0]); i++)
		if (strncmp(name, name_peers[i], strlen(name_peers[i])) == 0)
			return false;
	return true;
}

static int
add_chart(struct bundle *b, const char *folder, const char *name)
{
	char path[PATH_MAX], as[PACK_NAME], buf[1 << 14];
	FILE *in, *out;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((size_t)snprintf(as, sizeof(as), "charts/%s", name) >= sizeof(as) ||
	    (in = fopen(path, "re")) == NULL)
		return 0;
	if ((out = tar_pack_open(&b->tar, as)) == NULL) {
		fclose(in);
		return -1;
	}
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
	fclose(in);
	return tar_pack_close(&b->tar);
}

/* Takes what is wanted and removes everything. */
static int
collect(struct bundle *b, const char *folder)
{
	struct dirent **name = NULL;
	int n = scandir(folder, &name, NULL, alphasort), bad = 0;
	char path[PATH_MAX];

	for (int i = 0; i < n; i++) {
		if (bad == 0 && is_wanted(b, name[i]->d_name))
			bad = add_chart(b, folder, name[i]->d_name);
		snprintf(path, sizeof(path), "%s/%s", folder, name[i]->d_name);
		unlink(path);		/* the two folders refuse */
		free(name[i]);
	}
	free(name);
	if (bad != 0)
		log_error("out of memory");
	return bad;
}

int
bundle_charts(struct bundle *b)
{
	const char *tmp = getenv("TMPDIR");
	char *program = neighbour_program(), *folder = NULL;
	int bad = 0;

	if (program == NULL) {
		log_info("no charts in the bundle: kansoku-plot is not beside kansoku");
		return 0;
	}
	if (asprintf(&folder, "%s/kansoku-charts.XXXXXX", tmp != NULL ? tmp : "/tmp") == -1)
		folder = NULL;
	if (folder == NULL || mkdtemp(folder) == NULL) {
		log_info("no charts in the bundle: no temporary folder: %s", strerror(errno));
	} else {
		if (run_plot(b, program, folder) != 0)
			log_info("charts are missing from the bundle: kansoku-plot failed");
		bad = collect(b, folder);
		rmdir(folder);
	}
	free(folder);
	free(program);
	return bad;
}
