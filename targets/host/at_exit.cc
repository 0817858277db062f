/*
 * Allocates while the process is leaving: in atexit and on_exit handlers, in a static object's
 * destructor, in an ELF destructor, and from a second thread that does not stop for all that.
 *
 * promise: all of it is recorded, up to the last moment.
 * ldflags: -pthread
 */
#include <pthread.h>
#include <stdio.h>

#include "ledger.h"

static void *left_over;

static void handler()
{
	void *p = led_malloc(1111);
	left_over = led_malloc(2222);
	led_free(p);
}

static void handler_with_status(int status, void *)
{
	led_free(led_malloc(3333));
	printf("leaving with %d\n", status);
}

struct farewell {
	~farewell()
	{
		led_free(left_over);
		led_free(led_malloc(4444));
	}
};

static farewell at_the_end;

__attribute__((destructor)) static void elf_destructor()
{
	led_free(led_malloc(5555));
	static const char text[] = "last words\n";
	if (write(1, text, sizeof text - 1) < 0)
		_exit(1);
}

static void *busy(void *)
{
	for (;;) {
		led_free(led_malloc(66));
		usleep(50);
	}
}

int main()
{
	setvbuf(stdout, NULL, _IONBF, 0);
	pthread_t thread;
	pthread_create(&thread, nullptr, busy, nullptr);
	atexit(handler);
	on_exit(handler_with_status, nullptr);
	exit(7);
}
