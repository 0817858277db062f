/* See progress.h. */
#include "util/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER_S 0.25 /* what is done by then needs no bar */
#define EVERY_S 0.1
#define WIDTH 20

static struct {
	bool allowed, shown;
	const char *what;
	double start_s, next_s;
} bar;

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_allow(void)
{
	bar.allowed = isatty(STDERR_FILENO);
}

void progress_begin(const char *what)
{
	if (!bar.allowed)
		return;
	bar.what = what;
	bar.start_s = now_s();
	bar.next_s = bar.start_s + FIRST_AFTER_S;
}

static void draw(const char *name, double share)
{
	double now = now_s();
	int full = (int)(share * WIDTH);
	fprintf(stderr, "\r\033[K%s [%.*s%*s]%s%s", bar.what, full, "####################",
	        WIDTH - full, "", name ? " " : "", name ? name : "");
	if (share > 0)
		fprintf(stderr, ", %.0f s left", (now - bar.start_s) / share * (1 - share));
	fflush(stderr);
	bar.shown = true;
	bar.next_s = now + EVERY_S;
}

void progress_show(double share)
{
	if (bar.allowed && bar.what && now_s() >= bar.next_s)
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
