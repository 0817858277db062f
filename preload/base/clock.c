/*
 * Which clock: the TSC is trusted when the processor calls it invariant (CPUID 80000007h, EDX bit 8)
 * and the kernel has not given it up, which it shows by using another clock source.
 */
#include "clock.h"
#include "raw.h"

#include <cpuid.h>

bool clock_is_tsc;

static bool clock_kernel_uses_tsc(void)
{
	char name[16] = "";
	long fd = raw_open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
	                   O_RDONLY | O_CLOEXEC, 0);
	if (raw_failed(fd))
		return true; /* no sysfs here: believe the processor */
	long n = raw_read((int)fd, name, sizeof name - 1);
	raw_close((int)fd);
	return n >= 3 &&
	       (__builtin_memcmp(name, "tsc", 3) == 0 || __builtin_memcmp(name, "kvm", 3) == 0);
}

void clock_choose(void)
{
	unsigned a, b, c, d;
	if (__get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)))
		clock_is_tsc = clock_kernel_uses_tsc();
}
