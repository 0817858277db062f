/*
 * A program that defines functions of the C library itself, as simulators and sanitizers do: a clock under
 * a mutex that allocates, memory and string functions that count, and others that a recorder may want.
 *
 * promise: nobody calls them but the program and the C library, and nothing waits for the mutex.
 * cflags: -D_GNU_SOURCE -fno-builtin -O1
 * ldflags: -pthread -rdynamic
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <link.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long n_clock, n_copies, n_lengths, n_auxv, n_keys, n_phdrs, n_masks;

int clock_gettime(clockid_t id, struct timespec *t)
{
	pthread_mutex_lock(&mutex);
	n_clock++;
	free(malloc(32));
	long r = syscall(SYS_clock_gettime, id, t);
	pthread_mutex_unlock(&mutex);
	return (int)r;
}

void *memcpy(void *to, const void *from, size_t n)
{
	char *a = to;
	const char *b = from;
	__atomic_add_fetch(&n_copies, 1, __ATOMIC_RELAXED);
	while (n--)
		*a++ = *b++;
	return to;
}

void *memset(void *to, int value, size_t n)
{
	__atomic_add_fetch(&n_copies, 1, __ATOMIC_RELAXED);
	for (volatile char *a = to; n--;)
		*a++ = (char)value;
	return to;
}

size_t strlen(const char *s)
{
	const volatile char *end = s;
	__atomic_add_fetch(&n_lengths, 1, __ATOMIC_RELAXED);
	while (*end)
		end++;
	return (size_t)(end - s);
}

unsigned long getauxval(unsigned long type)
{
	(void)type;
	n_auxv++;
	return 0;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	static int (*next)(pthread_key_t, const void *);
	if (!next)
		next = (int (*)(pthread_key_t, const void *))dlsym(RTLD_NEXT, "pthread_setspecific");
	__atomic_add_fetch(&n_keys, 1, __ATOMIC_RELAXED);
	return next(key, value);
}

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
	(void)callback;
	(void)data;
	n_phdrs++;
	return 0;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	n_masks++;
	return (int)syscall(SYS_rt_sigprocmask, how, set, old, 8);
}

static void *work(void *unused)
{
	for (int i = 0; i < 3000; i++) {
		pthread_mutex_lock(&mutex);
		void *block = malloc((size_t)(i % 500) + 1);
		pthread_mutex_unlock(&mutex);
		free(block);
	}
	return unused;
}

int main(void)
{
	struct timespec t;
	pthread_t thread[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, work, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	clock_gettime(CLOCK_REALTIME, &t);
	printf("clock %ld, copies %ld, lengths %ld, auxv %ld, keys %ld, modules %ld, masks %ld\n", n_clock,
	       n_copies, n_lengths, n_auxv, n_keys, n_phdrs, n_masks);
	return 0;
}
