/* See progress.h. */
#include "util/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stopwatch.h"

#define EVERY_NS 100000000u
#define WIDTH 20

static struct {
	bool allowed, shown;
	const char *what;
	uint64_t start_ns, next_ns;
} bar;

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

/* A terminal that can erase a line. */
static bool can_draw(void)
{
	const char *term = getenv("TERM");
	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void progress_allow(void)
{
	struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = (int)SA_RESETHAND};

	if (bar.allowed || !can_draw())
		return;
	bar.allowed = true;
	sigaction(SIGINT, &action, NULL);
}

bool progress_interrupted(void)
{
	return interrupted;
}

void progress_begin(const char *what)
{
	if (!bar.allowed)
		return;
	bar.what = what;
	bar.start_ns = bar.next_ns = clock_ns();
}

static void draw(const char *name, double share)
{
	uint64_t now = clock_ns();
	int full = (int)(share * WIDTH);
	fprintf(stderr, "\r\033[K%s [%.*s%*s]%s%s", bar.what, full, "####################",
	        WIDTH - full, "", name ? " " : "", name ? name : "");
	if (share > 0)
		fprintf(stderr, ", %.0f s left",
		        (double)(now - bar.start_ns) / 1e9 / share * (1 - share));
	fflush(stderr);
	bar.shown = true;
	bar.next_ns = now + EVERY_NS;
}

void progress_show(double share)
{
	if (bar.allowed && bar.what && clock_ns() >= bar.next_ns)
		draw(NULL, share < 0 ? 0 : share > 1 ? 1 : share);
}

void progress_step(const char *step_name, unsigned step, unsigned n)
{
	if (bar.allowed && bar.what && step < n)
		draw(step_name, (double)step / n);
}

void progress_end(void)
{
	if (bar.shown)
		fputs("\r\033[K", stderr);
	bar.shown = false;
	bar.what = NULL;
}
