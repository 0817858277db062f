/*
 * Which clock: the TSC is trusted when the processor calls it invariant (CPUID 80000007h, EDX bit 8)
 * and the kernel has not given it up, which it shows by using another clock source.
 */
#include "base/clock.h"
#include "base/raw.h"
#include "base/real.h"
#include "base/elf_symbols.h"

#include <cpuid.h>

bool clock_is_tsc, clock_reads_tsc;

static int (*vdso_clock)(clockid_t, struct timespec *); /* NULL: none, or it may not be used */

/* Two readings of both clocks give the counter's rate. */
static struct {
	uint64_t ticks, mono_ns;
	double ticks_per_ns;
} clock_start;

void clock_read(clockid_t id, struct timespec *t)
{
	int (*vdso)(clockid_t, struct timespec *) = __atomic_load_n(&vdso_clock, __ATOMIC_RELAXED);
	if (!vdso || vdso(id, t) != 0)
		raw_call(SYS_clock_gettime, id, (long)t, 0, 0, 0, 0);
}

static void clock_find_vdso(void)
{
	struct symbols s;
	const ElfW(Ehdr) *image = (const ElfW(Ehdr) *)libc.getauxval_(AT_SYSINFO_EHDR);
	if (!image)
		return;
	uint64_t base = (uint64_t)image;
	if (symbols_of_image(base, (const ElfW(Phdr) *)(base + image->e_phoff), image->e_phnum, &s))
		vdso_clock = (__typeof__(vdso_clock))symbols_find(&s, "__vdso_clock_gettime", NULL);
}

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

/* Inherited from whoever started this process? */
static bool clock_tsc_is_forbidden(void)
{
	int mode = PR_TSC_ENABLE;
	raw_call(SYS_prctl, PR_GET_TSC, (long)&mode, 0, 0, 0, 0);
	return mode == PR_TSC_SIGSEGV;
}

void clock_choose(void)
{
	unsigned a, b, c, d;
	if (clock_tsc_is_forbidden())
		return;
	clock_find_vdso();
	if (__get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)))
		clock_is_tsc = clock_reads_tsc = clock_kernel_uses_tsc();
	if (clock_is_tsc) {
		clock_start.mono_ns = clock_mono_ns();
		clock_start.ticks = __builtin_ia32_rdtsc();
	}
}

/* The counter goes on in the same unit, from the kernel's time and the rate until now. */
PT_COLD void clock_give_up_tsc(void)
{
	vdso_clock = NULL;
	if (!clock_reads_tsc)
		return;
	uint64_t mono_ns = clock_mono_ns(), ticks = __builtin_ia32_rdtsc();
	clock_start.ticks_per_ns = (double)(ticks - clock_start.ticks) /
	                           (double)(mono_ns - clock_start.mono_ns + 1);
	clock_start.mono_ns = mono_ns;
	clock_start.ticks = ticks;
	__atomic_store_n(&clock_reads_tsc, false, __ATOMIC_RELEASE);
}

PT_COLD uint64_t clock_ticks_slow(void)
{
	uint64_t mono_ns = clock_mono_ns();
	if (!clock_is_tsc)
		return mono_ns;
	return clock_start.ticks +
	       (uint64_t)((double)(mono_ns - clock_start.mono_ns) * clock_start.ticks_per_ns);
}
