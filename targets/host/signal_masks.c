/*
 * sigprocmask() and pthread_sigmask(), which a recorder might be tempted to answer: what they block, what they
 * tell, and how each says that it cannot.
 *
 * promise: every answer is the same with us as without us.
 * cflags: -D_GNU_SOURCE -Wno-nonnull
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*set_mask)(int, const sigset_t *, sigset_t *);

static volatile sig_atomic_t n_caught;

static void caught(int number)
{
	(void)number;
	n_caught++;
}

static void try_mask(const char *name, set_mask set)
{
	sigset_t one, before, now;
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	printf("%s: block %d", name, set(SIG_BLOCK, &one, &before));
	free(malloc(100));
	raise(SIGUSR1);
	printf(", caught %d, ask %d", (int)n_caught, set(SIG_BLOCK, NULL, &now));
	printf(", blocked %d, before %d", sigismember(&now, SIGUSR1), sigismember(&before, SIGUSR1));
	printf(", set %d, caught %d\n", set(SIG_SETMASK, &before, NULL), (int)n_caught);
	errno = 0;
	int status = set(99, &one, NULL);
	printf("%s: impossible %d, errno %d\n", name, status, errno);
}

int main(void)
{
	signal(SIGUSR1, caught);
	try_mask("sigprocmask", sigprocmask);
	try_mask("pthread_sigmask", pthread_sigmask);
	return 0;
}
