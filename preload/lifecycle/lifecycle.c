/*
 * See lifecycle.h.
 */
#include "lifecycle.h"
#include "lifecycle/runtime_order.h"
#include "base/arena.h"
#include "base/lock.h"
#include "base/clock.h"
#include "unwind/cfi_unwind.h"
#include "write/definition_writer.h"
#include "write/trace_file.h"
#include "write/trace_filename.h"
#include "unwind/module_map.h"
#include "intercept/nested_allocator.h"
#include "base/own_memory.h"
#include "base/program_path.h"
#include "write/python_upcalls.h"
#include "base/raw.h"
#include "base/real.h"
#include "unwind/unwind_rules.h"
#include "unwind/stack_table.h"
#include "write/event_writer.h"
#include "base/elf_symbols.h"
#include "base/format_text.h"
#include "write/thread.h"

enum life { UNBORN, STARTING, RECORDING, NEWBORN, OFF };

static volatile enum life life;
static volatile uint32_t booting_tid; /* whose allocations the boot arena serves */
static struct real hidden;            /* the real table while booting */

bool lifecycle_booting(void)
{
	return life == STARTING || (booting_tid && booting_tid == raw_tid());
}

const struct real *lifecycle_real(void)
{
	return booting_tid ? &hidden : &real;
}

/* ---- the process's own description ---- */

static void put_limited(struct definition *d, const char *s)
{
	size_t n = strlen(s);
	definition_bytes(d, s, pt_min(n, (size_t)250));
}

/* The arguments that this program was started with: a program may write a title over them later, and its
 * children are described then. */
static struct {
	bool read;
	uint16_t n_bytes;
	char bytes[600]; /* each ends with a zero */
} arguments;

static void arguments_read(void)
{
	long fd = raw_open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
	if (raw_failed(fd))
		return;
	long n = raw_read((int)fd, arguments.bytes, sizeof arguments.bytes - 1);
	raw_close((int)fd);
	arguments.n_bytes = (uint16_t)(n > 0 ? n : 0);
	arguments.read = true;
}

static void lifecycle_put_arguments(struct definition *d)
{
	const char *wanted = format_text_env("POOLTRACE_ARGV");
	uint64_t count = 0;
	if (!arguments.read)
		arguments_read();
	size_t n = wanted && *wanted == '0' ? 0 : arguments.n_bytes;
	for (size_t i = 0; i < n; i += strlen(arguments.bytes + i) + 1)
		count++;
	definition_number(d, count);
	for (size_t i = 0; i < n; i += strlen(arguments.bytes + i) + 1)
		definition_text(d, arguments.bytes + i);
}

static void describe_process(void)
{
	struct definition d;
	char path[512], host[65] = "";

	definition_start(&d);
	program_path(path, sizeof path);
	put_limited(&d, path);
	long n = raw_call(SYS_getcwd, (long)path, sizeof path, 0, 0, 0, 0);
	put_limited(&d, raw_failed(n) ? "" : path);
	long fd = raw_open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC, 0);
	n = fd < 0 ? 0 : raw_read((int)fd, host, sizeof host - 1);
	if (fd >= 0)
		raw_close((int)fd);
	definition_bytes(&d, host, n > 0 ? (size_t)n - 1 : 0);
	lifecycle_put_arguments(&d);
	definition_writer_put(PTF_D_PROCESS, &d);
}

/* What the user calls this process, for those who read many traces. */
static void describe_labels(void)
{
	struct definition d;
	const char *labels = format_text_env("POOLTRACE_LABELS");
	if (!labels || !*labels)
		return;
	definition_start(&d);
	put_limited(&d, labels);
	definition_writer_put(PTF_D_LABELS, &d);
}

static void describe_allocator(void)
{
	struct definition d;
	struct dl_find_object found;
	if (_dl_find_object((void *)real_next_malloc(), &found) != 0)
		return;
	definition_start(&d);
	put_limited(&d, found.dlfo_link_map->l_name);
	definition_writer_put(PTF_D_ALLOCATOR, &d);
}

/* A program that takes malloc's address has a symbol of that name too, which leads to ours. */
static bool defines_malloc(void *address)
{
	struct symbols s;
	uint32_t module = module_map_find((uint64_t)address);
	if (!module)
		return true;
	const struct module *m = module_map_at(module);
	return !symbols_of_image(m->base, m->phdr, m->n_phdr, &s) ||
	       symbols_find(&s, "malloc", NULL);
}

/* A program that defines malloc itself does not come by here; a preload before ours may pass it on. */
static void describe_others_malloc(void)
{
	struct definition d;
	struct dl_find_object found, ours;
	void *first = real_first_malloc();

	if (_dl_find_object(first, &found) != 0 ||
	    _dl_find_object((void *)describe_others_malloc, &ours) != 0 ||
	    found.dlfo_link_map == ours.dlfo_link_map || !defines_malloc(first))
		return;

	char sentence[512];
	struct format_text t = format_text_in(sentence, sizeof sentence);
	const char *name = found.dlfo_link_map->l_name;
	format_text_add(&t, *name ? name : "the program");
	format_text_add(&t, " defines malloc itself: what it does not pass on is not recorded");
	definition_start(&d);
	definition_text(&d, sentence);
	definition_writer_put(PTF_D_NOTE, &d);
}

/* Its tools replace functions of the program in place, which no preload sees. */
static void describe_valgrind(void)
{
	struct definition d;
	if (!raw_under_valgrind)
		return;
	definition_start(&d);
	definition_text(&d,
	                "Valgrind runs the program: a tool that replaces malloc, as memcheck does, "
	                "leaves nothing of it to record");
	definition_writer_put(PTF_D_NOTE, &d);
}

/* ---- beginning ---- */

static struct process *process_page(void)
{
	struct process *page = own_map(4096);
	if (page)
		raw_call(SYS_madvise, (long)page, 4096, MADV_WIPEONFORK, 0, 0, 0);
	return page;
}

static void say_unwinder(void)
{
	trace_file_live->unwinder = unwind_mode == UNWIND_BY_RULES        ? 0
	                            : unwind_mode == UNWIND_ALL_REGISTERS ? 1
	                                                                  : 2;
}

static bool begin_recording(void)
{
	if (!unwind_rules_start() || !stack_table_start() || !trace_file_open())
		return false;
	say_unwinder();
	process->lives = 1;
	process->generation = 1;
	describe_process();
	describe_labels();
	describe_allocator();
	python_upcalls->describe();
	return true;
}

static bool recording_wanted(void)
{
	const char *off = format_text_env("POOLTRACE_OFF");
	return !libc.getauxval_(AT_SECURE) && !(off && *off == '1');
}

PT_COLD void lifecycle_start(void)
{
	int saved_errno = errno;

	if (life != UNBORN)
		return;
	life = STARTING;
	format_text_keep_env();
	raw_find_valgrind();
	real_find();
	nested_wrap();
	clock_choose();
	struct process *page = recording_wanted() ? process_page() : NULL;
	if (page)
		process = page;
	life = page && begin_recording() ? RECORDING : OFF;
	pt_log("started, recording:", life == RECORDING);
	errno = saved_errno;
}

/* ---- what the loader allocates for us comes from the boot arena ---- */

static struct self *boot_begin(void)
{
	struct self *self = thread_untracked_begin();
	booting_tid = raw_tid();
	hidden = real;
	real.malloc_ = NULL; /* sends the interposed functions to their slow path */
	real.calloc_ = NULL;
	real.realloc_ = NULL;
	real.memalign_ = real.aligned_alloc_ = NULL;
	real.posix_memalign_ = NULL;
	return self;
}

static void boot_end(struct self *self)
{
	real = hidden;
	booting_tid = 0;
	thread_untracked_end(self);
}

/* ---- forking ---- */

/* Of the forking thread.  Signals are blocked: a handler that forks or allocates would find the
 * locks taken by its own thread. */
static __thread bool fork_locked __attribute__((tls_model("initial-exec")));
static __thread uint64_t fork_mask __attribute__((tls_model("initial-exec")));

static void before_fork(void)
{
	if (life != RECORDING)
		return;
	raw_signals_block(&fork_mask);
	fork_locked =
		lock_take_all(); /* all or none: what is held in the child is in doubt there */
	pt_log("forks, all locks taken:", fork_locked);
	if (!fork_locked)
		raw_signals_restore(&fork_mask);
}

static void after_fork_in_parent(void)
{
	if (!fork_locked)
		return;
	lock_release_all();
	fork_locked = false;
	raw_signals_restore(&fork_mask);
}

static bool stillborn; /* this child's tables are in doubt: its trace says so, and no more */

/* The parent's file, streams and names are not ours; rules and tables are, if no lock of theirs is
 * held: its thread does not exist here. */
static void forget_parent(void)
{
	arena_forget();
	stillborn = python_upcalls->forget();
	thread_forget();
	stack_table_forget();
	unwind_rules_forget_ids();
	module_map_forget_announced();
	definition_writer_forget();
	trace_file_forget();
	life = NEWBORN;
}

static void after_fork_in_child(void)
{
	if (!fork_locked)
		return;
	process->generation = 0;
	lock_release_all();
	forget_parent();
	fork_locked = false;
	raw_signals_restore(&fork_mask);
}

/* Is this the process that opened the trace?  A vfork child has another number; a child in a namespace of
 * its own may have the same, but finds the page wiped. */
static bool process_is_ours(void)
{
	return process->lives && trace_file_live->pid == raw_pid();
}

static bool new_process_signals_blocked(void)
{
	if (life == RECORDING && !trace_file_stopped() && !process_is_ours())
		forget_parent(); /* the page was wiped: a fork that ran no handlers */
	if (life != NEWBORN)
		return false;
	life = STARTING;
	bool recording = stillborn ? trace_file_open() : begin_recording();
	trace_file_tell_parent(recording);
	life = recording ? RECORDING : OFF;
	pt_log("new process, recording:", recording);
	process->lives = recording;
	if (stillborn)
		trace_file_stop(PTF_STOP_FORK);
	else if (recording)
		module_map_announce_all();

	return recording && !stillborn;
}

PT_COLD bool lifecycle_new_process(void)
{
	uint64_t mask;
	if (life == OFF || trace_file_stopped())
		return false; /* asked at each event then: without a system call */
	int saved_errno = errno;
	raw_signals_block(&mask);
	bool recording = new_process_signals_blocked();
	raw_signals_restore(&mask);
	errno = saved_errno;
	return recording;
}

void lifecycle_forked(uint32_t pid)
{
	int saved_errno = errno;
	struct self *self = life == RECORDING ? guard_enter(__builtin_frame_address(0)) : NULL;
	struct definition d;
	uint64_t mask;

	if (self) {
		raw_signals_block(&mask); /* a handler that forks would wait for our own lock */
		definition_start(&d);
		definition_number(&d, pid);
		definition_number(&d, clock_ticks());
		definition_writer_put(PTF_D_CHILD, &d);
		raw_signals_restore(&mask);
		guard_leave(self);
	}

	errno = saved_errno;
}

/* ---- ending ---- */

void lifecycle_end(int how, int exit_code)
{
	if (life != RECORDING || !process_is_ours())
		return; /* a vfork child ends, not we */
	pt_log("ends, as enum ptf_end:", (uint64_t)how);
	struct self *self = thread_untracked_begin();
	python_upcalls->end();
	thread_write_out_all();
	trace_file_finish((enum ptf_end)how, exit_code);
	if (how != PTF_END_EXEC)
		thread_close_all();
	thread_untracked_end(self);
}

void lifecycle_leaves(const void *caller)
{
	if (life == RECORDING && process_is_ours())
		python_upcalls->leaves(caller);
}

int lifecycle_exec(void)
{
	int error = life == RECORDING || life == NEWBORN ? filename_obstacle() : 0;
	if (error)
		trace_file_count_untraced(1, error);
	lifecycle_end(PTF_END_EXEC, 0);
	return error;
}

void lifecycle_exec_failed(int obstacle)
{
	if (obstacle)
		trace_file_count_untraced(-1, 0);
	if (life == RECORDING && process_is_ours())
		trace_file_unfinish();
}

void lifecycle_filter_comes(void)
{
	uint64_t mask;
	if (life != RECORDING || !trace_file_step())
		return;
	raw_signals_block(&mask);
	thread_write_out_all();
	trace_file_foretell(PTF_STOP_SECCOMP);
	raw_signals_restore(&mask);
}

void lifecycle_filtered(void)
{
	if (life == RECORDING)
		trace_file_abandon(PTF_STOP_SECCOMP);
	life = OFF;
}

bool lifecycle_recording(void)
{
	return life == RECORDING || life == NEWBORN;
}

static void at_exit(int code, void *unused)
{
	(void)unused;
	if (life != RECORDING)
		return;
	lifecycle_end(PTF_END_EXIT, code);
	definition_writer_close();
}

/* The last of its handlers; what allocates after that is not the program. */
static void at_quick(void *unused)
{
	(void)unused;
	uint64_t mask;
	if (life != RECORDING || !process_is_ours())
		return;
	raw_signals_block(&mask);
	thread_write_out_all();
	raw_signals_restore(&mask);
}

extern void *__dso_handle; /* our own, hidden */

/* The C library frees what it keeps of these when we are unloaded, by the handle. */
static void register_handlers(void)
{
	libc.__register_atfork_(before_fork, after_fork_in_parent, after_fork_in_child,
	                        __dso_handle);
	libc.on_exit_(at_exit, NULL);
	libc.__cxa_at_quick_exit_(at_quick, __dso_handle);
}

/*
 * Runs before any other constructor (the library is linked with -z initfirst), the C library's included,
 * which must not be run early: it would see no arguments, and the program would lose its name.  So nothing
 * here opens a library.
 */
static __attribute__((constructor)) void lifecycle_constructor(int argc, char **argv, char **envp)
{
	int saved_errno = errno;
	(void)argc;
	if (!environ)
		environ = envp;
	lifecycle_start();
	if (unlikely(runtime_order_is_wrong())) {
		trace_file_stop(PTF_STOP_RUNTIME);
		runtime_order_mend(argv);
	}
	operators_find();
	if (life != RECORDING) {
		errno = saved_errno;
		return;
	}

	struct self *self = boot_begin();
	describe_others_malloc();
	describe_valgrind();
	thread_start();
	if (self)
		cfi_unwind_start(self);
	module_map_scan();
	python_upcalls->init();
	register_handlers();
	boot_end(self);

	say_unwinder();
	errno = saved_errno;
}
