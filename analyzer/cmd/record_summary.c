/* See record_summary.h. */
#include "record_summary.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load_findings.h"
#include "util/text.h"

#define READ_BYTES_MAX (24u << 20) /* so that the answer takes about a second */

/* Characters that a shell would take apart get a backslash. */
static void put_shell_word(FILE *f, const char *word)
{
	for (; *word; word++) {
		if (strchr(" \t\n\\'\"$`&|;()<>*?[]#~!{}", *word))
			fputc('\\', f);
		fputc(*word, f);
	}
}

/* Without the directory when that is where the user is. */
static const char *near_path(const char *path)
{
	char cwd[PATH_MAX];
	size_t n = getcwd(cwd, sizeof cwd) ? strlen(cwd) : 0;
	return n && !strncmp(path, cwd, n) && path[n] == '/' ? path + n + 1 : path;
}

static void put_command(const char *trace)
{
	fputs("read it with: ", stderr);
	put_shell_word(stderr, strchr(program_invocation_name, '/') ? program_invocation_name
	                                                            : "pooltrace");
	fputs(" report ", stderr);
	put_shell_word(stderr, trace);
	fputc('\n', stderr);
}

static void put_findings(const struct findings *f)
{
	uint32_t n_wins = 0, n_minor = 0;
	for (uint32_t i = 0; i < f->n; i++) {
		n_wins += f->list[i]->verdict == VERDICT_WIN;
		n_minor += f->list[i]->verdict == VERDICT_MINOR;
	}
	fprintf(stderr, "pooltrace: a quick look, without replays, has %u finding%s", n_wins,
	        n_wins == 1 ? "" : "s");
	if (n_minor)
		fprintf(stderr, " and %u minor", n_minor);
	fputc('\n', stderr);
}

static void put_totals(const char *trace)
{
	struct advice a;
	int code = advice_load(&a, trace, 0);
	if (code == EXIT_FAILED)
		return;
	const struct model_totals *t = &a.model->totals;
	fprintf(stderr, "pooltrace: %s allocations of %s, live at most %s, at the end %s\n",
	        short_count((double)t->allocs), short_bytes((double)t->allocated_bytes),
	        short_bytes((double)t->peak_live_bytes), short_bytes((double)t->live_bytes));
	put_findings(&a.findings);
	advice_release(&a);
}

void record_summary(const char *trace, uint32_t n_others, bool quiet)
{
	struct stat st;
	const char *name = near_path(trace);
	char *clean = text_clean(name);
	double bytes = stat(trace, &st) == 0 ? (double)st.st_blocks * 512 : 0;

	fprintf(stderr, "pooltrace: trace in %s (%s)", clean, short_bytes(bytes));
	if (n_others)
		fprintf(stderr, ", and %u of other processes", n_others);
	fputc('\n', stderr);
	if (!quiet && bytes <= READ_BYTES_MAX)
		put_totals(trace);
	put_command(name);
	free(clean);
}
