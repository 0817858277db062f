/*
 * See libunwind_rules.h.
 *
 * The state that unw_reg_states_iterate() hands out is libunwind's own: 16 bytes, of which the first
 * two are the return address' column; one byte "where" for each of 19 registers from offset 8; one
 * signed 64-bit value for each from offset 32.  Register 17 of them describes the CFA's register and
 * 18 its offset.  That this is so is checked at start by comparing our walk with unw_step's.
 */
#define UNW_LOCAL_ONLY
#include <libunwind.h> /* types only; before pt.h, whose poisoned names it mentions */

#include "libunwind_rules.h"
#include "write/trace_file.h"
#include "base/lock.h"
#include "module_map.h"
#include "unwind_rules.h"
#include "base/format_text.h"
#include "unwind.h"

#define LIBUNWIND_STACK_BYTES (96u * 1024)
#define LIBUNWIND_STEP_LIMIT (1u << 17)

PT_EACH_EVENT enum unwind_mode unwind_mode;

static struct {
	int (*getcontext)(unw_context_t *);
	int (*init_local)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*set_reg)(unw_cursor_t *, int, unw_word_t);
	int (*is_signal_frame)(unw_cursor_t *);
	int (*iterate)(unw_cursor_t *, unw_reg_states_callback, void *);
	void (*flush_cache)(unw_addr_space_t, unw_word_t, unw_word_t);
	unw_addr_space_t *local_addr_space;
} lib;

static struct lock libunwind_lock;  /* LOCK_UNWIND */
static char *libunwind_stack_top;   /* used by the holder of libunwind_lock */
static unw_context_t context;       /* likewise */
static unw_cursor_t cursor;         /* likewise, of a walk */
static unw_cursor_t rule_cursor;    /* likewise, for one rule */
static volatile uint32_t owner_tid; /* whose dl_iterate_phdr we answer */
static uint64_t phdr_address;       /* what libunwind is looking for; used by the holder */
static bool unwind_rules_usable;    /* libunwind's rules mean what we think */
static bool libunwind_forbidden;    /* in a child of a raw fork: libunwind's locks are in doubt */

/* ---- entering ---- */

/* Runs fn(arg) on our own stack. */
static __attribute__((noinline)) void call_on_stack(void *top, void (*fn)(void *), void *arg)
{
	__asm__ __volatile__("movq %%rsp, %%rbx\n\t"
	                     "movq %[top], %%rsp\n\t"
	                     "callq *%[fn]\n\t"
	                     "movq %%rbx, %%rsp"
	                     : "+D"(arg), [fn] "+a"(fn)
	                     : [top] "r"(top)
	                     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "xmm0", "xmm1",
	                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
	                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory",
	                       "cc");
}

/*
 * Under the lock; the caller has blocked signals: a handler must find neither the lock nor the stack
 * in use.  `context` is this frame's, so that fn can unwind from here.
 */
static __attribute__((noinline)) bool libunwind_call(struct self *self, void (*fn)(void *),
                                                     void *arg)
{
	if (libunwind_forbidden || unwind_mode == UNWIND_NONE)
		return false;
	int saved_errno = errno;
	bool entered = lock_take(&libunwind_lock);
	if (entered) {
		owner_tid = self->tid;
		lib.getcontext(&context);
		call_on_stack(libunwind_stack_top, fn, arg);
		owner_tid = 0;
		lock_release(&libunwind_lock);
	}
	errno = saved_errno;
	return entered;
}

/* ---- the loader's list, for libunwind ---- */

static int answer_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
	uint32_t number = module_map_find(phdr_address);
	if (!number)
		return 0;
	const struct module *m = module_map_at(number);
	if (!m->phdr)
		return 0;
	struct dl_phdr_info info = {.dlpi_addr = m->base,
	                            .dlpi_name = "",
	                            .dlpi_phdr = m->phdr,
	                            .dlpi_phnum = m->n_phdr,
	                            .dlpi_adds = number};
	return callback(&info, sizeof info, data);
}

/*
 * The pipe that libunwind tries addresses with.  When the host closes it, libunwind makes another; but
 * when the host has put a descriptor of its own at one of the numbers, libunwind would read and write
 * that: no whole stacks by libunwind from then on.
 */
static struct {
	int fd[2];
	ino_t ino; /* the same for both ends */
} try_pipe = {.fd = {-1, -1}};

void libunwind_take_pipe(int fds[2])
{
	struct stat st;
	for (int i = 0; i < 2; i++)
		try_pipe.fd[i] = fds[i] = trace_file_raise_fd(fds[i]);
	if (!raw_failed(raw_fstat(fds[0], &st)))
		try_pipe.ino = st.st_ino;
}

static bool libunwind_pipe_is_safe(void)
{
	struct stat st;
	for (int i = 0; i < 2; i++)
		if (try_pipe.fd[i] >= 0 && !raw_failed(raw_fstat(try_pipe.fd[i], &st)) &&
		    (st.st_ino != try_pipe.ino || !S_ISFIFO(st.st_mode)))
			return false;
	return true;
}

bool libunwind_is_calling(void)
{
	const struct self *self = self_tls;
	return unlikely(owner_tid && self && owner_tid == self->tid);
}

bool libunwind_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data,
                            int *result)
{
	if (!libunwind_is_calling())
		return false;
	*result = answer_phdr(callback, data);
	return true;
}

/* ---- one rule ---- */

enum { WHERE_UNDEFINED = 0, WHERE_SAME = 1, WHERE_CFA = 2, WHERE_REGISTER = 3 };
enum {
	COLUMN_BP = 6,
	COLUMN_SP = 7,
	COLUMN_RA = 16,
	COLUMN_CFA_REGISTER = 17,
	COLUMN_CFA_OFFSET = 18
};

struct reg_state {
	uint16_t return_column;
	uint8_t pad[6];
	uint8_t where[24];
	int64_t value[19];
};
_Static_assert(sizeof(struct reg_state) == 184, "as seen in libunwind 1.6");

struct rule_job {
	uint64_t pc;
	uint32_t code;
};

static uint32_t rule_encode(const struct reg_state *s)
{
	int64_t cfa_offset = s->value[COLUMN_CFA_OFFSET];
	int64_t cfa_register = s->value[COLUMN_CFA_REGISTER];
	const uint32_t slow = (uint32_t)RULE_SLOW << 28;
	if (s->where[COLUMN_RA] == WHERE_UNDEFINED)
		return (uint32_t)RULE_ROOT << 28;
	if (s->where[COLUMN_CFA_REGISTER] != WHERE_REGISTER ||
	    (cfa_register != COLUMN_SP && cfa_register != COLUMN_BP))
		return slow;
	if (s->where[COLUMN_RA] != WHERE_CFA || s->value[COLUMN_RA] != -8 || cfa_offset < 8 ||
	    cfa_offset % 8 || cfa_offset / 8 >= 1 << 19)
		return slow;
	uint32_t code = (uint32_t)(cfa_offset / 8) << 1 | (cfa_register == COLUMN_BP);
	if (s->where[COLUMN_BP] == WHERE_SAME || s->where[COLUMN_BP] == WHERE_UNDEFINED)
		return code;
	int64_t bp_slot = -s->value[COLUMN_BP] / 8;
	if (s->where[COLUMN_BP] != WHERE_CFA || s->value[COLUMN_BP] % 8 || bp_slot < 2 ||
	    bp_slot > 255)
		return slow;
	return code | (uint32_t)bp_slot << 20;
}

static int rule_visit(void *token, void *state, size_t size, unw_word_t start, unw_word_t end)
{
	struct rule_job *job = token;
	if (size != sizeof(struct reg_state) || job->pc < start || job->pc >= end)
		return 0;
	job->code = rule_encode(state);
	return 1; /* seen enough */
}

/* The way back from a signal handler is `mov $15, %rax; syscall`, whatever library it is in. */
static bool is_signal_return(uint64_t pc)
{
	static const uint8_t code[9] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
	return memcmp((const void *)pc, code, sizeof code) == 0;
}

static void rule_compile(void *arg)
{
	struct rule_job *job = arg;
	job->code = (uint32_t)RULE_UNKNOWN << 28;
	phdr_address = job->pc;
	if (!module_map_find(job->pc))
		return;
	job->code = (uint32_t)RULE_NO_INFO << 28;
	if (lib.init_local(&rule_cursor, &context) < 0 ||
	    lib.set_reg(&rule_cursor, UNW_REG_IP, job->pc) < 0)
		return;
	lib.iterate(&rule_cursor, rule_visit, job);
}

static bool rule_is_signal(uint64_t key)
{
	uint64_t pc = key & ~RULE_EXACT;
	uint32_t module = module_map_find(pc);
	return module && module_map_find(pc + 8) == module && is_signal_return(pc);
}

static uint64_t rule_pc(uint64_t key)
{
	return (key & ~RULE_EXACT) - (key & RULE_EXACT ? 0 : 1);
}

static uint64_t libunwind_compile_rule_signals_blocked(struct self *self, uint64_t key)
{
	struct rule_job job = {.pc = rule_pc(key)};
	if (rule_is_signal(key))
		job.code = (uint32_t)RULE_SIGNAL << 28;
	else if (!libunwind_call(self, rule_compile, &job))
		return 0;
	return unwind_rules_add(key, job.code);
}

uint64_t libunwind_compile_rule(struct self *self, uint64_t key)
{
	uint64_t mask;
	raw_signals_block(&mask);
	uint64_t rule = libunwind_compile_rule_signals_blocked(self, key);
	raw_signals_restore(&mask);
	return rule;
}

/* ---- whole stacks ---- */

struct trace_job {
	const struct frame_start *start;
	struct unwound *out;
};

/* Already on our stack, under the lock. */
static uint64_t trace_frame(uint64_t key)
{
	struct rule_job job = {.pc = rule_pc(key), .code = (uint32_t)RULE_SLOW << 28};
	uint64_t rule = unwind_rules_find(key);
	if (rule)
		return rule;
	if (rule_is_signal(key))
		job.code = (uint32_t)RULE_SIGNAL << 28;
	else if (unwind_rules_usable)
		rule_compile(&job);
	return unwind_rules_add(key, job.code);
}

/* Moves the cursor to the frame whose stack pointer is that of `start`. */
static bool trace_skip_ourselves(const struct frame_start *start)
{
	for (int i = 0; i < 64; i++) {
		unw_word_t sp, ip;
		if (lib.get_reg(&cursor, UNW_REG_SP, &sp) < 0 ||
		    lib.get_reg(&cursor, UNW_REG_IP, &ip) < 0)
			return false;
		if (sp == frame_start_sp(start))
			return true;
		phdr_address = ip - 1;
		if (lib.step(&cursor) <= 0)
			return false;
	}
	return false;
}

/* One frame and the step behind it; false when the walk is over, out->flags then say how. */
static bool trace_step(struct unwound *out, bool *exact)
{
	unw_word_t ip, bp;
	out->flags = PTF_STACK_COMPLETE;
	if (lib.get_reg(&cursor, UNW_REG_IP, &ip) < 0 || ip == 0)
		return false;
	uint64_t key = ip | (*exact ? RULE_EXACT : 0);
	uint64_t rule = trace_frame(key);
	unwound_add(out, rule_ref_number(rule));
	out->flags = PTF_STACK_LOST;
	phdr_address = rule_pc(key);
	if (!module_map_find(phdr_address) || rule_kind(rule_ref_code(rule)) == RULE_NO_INFO) {
		/* libunwind would guess from here on */
		if (module_map_find(phdr_address) &&
		    lib.get_reg(&cursor, UNW_X86_64_RBP, &bp) == 0 && bp == 0)
			out->flags = PTF_STACK_COMPLETE;
		return false;
	}
	*exact = lib.is_signal_frame(&cursor) > 0;
	int r = lib.step(&cursor);
	if (r == 0)
		out->flags = PTF_STACK_COMPLETE;
	return r > 0;
}

static void trace_walk(void *arg)
{
	struct trace_job *job = arg;
	bool exact = false;
	uint32_t steps = 0;
	if (lib.init_local(&cursor, &context) < 0 || !trace_skip_ourselves(job->start))
		return;
	while (steps++ < LIBUNWIND_STEP_LIMIT && trace_step(job->out, &exact))
		;
}

void libunwind_backtrace(struct self *self, const struct frame_start *start, struct unwound *out)
{
	struct trace_job job = {.start = start, .out = out};
	out->n = 0;
	out->flags = PTF_STACK_LOST;
	uint64_t mask;
	raw_signals_block(&mask);
	if (libunwind_pipe_is_safe())
		libunwind_call(self, trace_walk, &job);
	raw_signals_restore(&mask);
}

/* ---- life ---- */

void libunwind_flush(void)
{
	if (unwind_mode == UNWIND_NONE || !lock_take(&libunwind_lock))
		return;
	lib.flush_cache(*lib.local_addr_space, 0, 0);
	lock_release(&libunwind_lock);
}

static bool libunwind_load(void)
{
	void *h = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!h)
		return false;
	lib.getcontext = (int (*)(unw_context_t *))dlsym(h, "_Ux86_64_getcontext");
	lib.init_local = (int (*)(unw_cursor_t *, unw_context_t *))dlsym(h, "_ULx86_64_init_local");
	lib.step = (int (*)(unw_cursor_t *))dlsym(h, "_ULx86_64_step");
	lib.get_reg = (int (*)(unw_cursor_t *, int, unw_word_t *))dlsym(h, "_ULx86_64_get_reg");
	lib.set_reg = (int (*)(unw_cursor_t *, int, unw_word_t))dlsym(h, "_ULx86_64_set_reg");
	lib.is_signal_frame = (int (*)(unw_cursor_t *))dlsym(h, "_ULx86_64_is_signal_frame");
	lib.flush_cache = (void (*)(unw_addr_space_t, unw_word_t, unw_word_t))dlsym(
		h, "_Ux86_64_flush_cache");
	lib.local_addr_space = (unw_addr_space_t *)dlsym(h, "_ULx86_64_local_addr_space");
	lib.iterate = (int (*)(unw_cursor_t *, unw_reg_states_callback, void *))dlsym(
		h, "_ULx86_64_reg_states_iterate");
	return lib.getcontext && lib.init_local && lib.step && lib.get_reg && lib.set_reg &&
	       lib.is_signal_frame && lib.flush_cache && lib.local_addr_space;
}

/* The stack of this very moment by rules and by libunwind: the same frames? */
static bool libunwind_rules_agree(struct self *self)
{
	const struct frame_start *here = __builtin_frame_address(0);
	static uint32_t reference_frames[PTF_MAX_FRAMES];
	struct unwound reference = {.frames = reference_frames}, ours;
	libunwind_backtrace(self, here, &reference);
	unwind_by_rules(self, here, &ours);
	return ours.n == reference.n && ours.n > 1 && ours.flags == reference.flags &&
	       memcmp(ours.frames, reference.frames, ours.n * sizeof ours.frames[0]) == 0;
}

void libunwind_start(struct self *self)
{
	const char *wanted = format_text_env("POOLTRACE_UNWIND");
	char *space;
	if ((wanted && strcmp(wanted, "none") == 0) || unwind_mode != UNWIND_NONE)
		return;
	space = raw_map_anon(LIBUNWIND_STACK_BYTES);
	if (!space || !libunwind_load())
		return;
	libunwind_stack_top = space + LIBUNWIND_STACK_BYTES;
	unwind_mode = UNWIND_RULES;
	unwind_rules_usable = lib.iterate != NULL;
	unwind_rules_usable = unwind_rules_usable && libunwind_rules_agree(self);
	if (!unwind_rules_usable || (wanted && strcmp(wanted, "libunwind") == 0))
		unwind_mode = UNWIND_LIBUNWIND_ONLY;
}

bool libunwind_lock_for_fork(void)
{
	return lock_take(&libunwind_lock);
}

void libunwind_unlock_after_fork(void)
{
	lock_release(&libunwind_lock);
}

void libunwind_forget(void)
{
	if (lock_forget(&libunwind_lock))
		libunwind_forbidden = true;
	owner_tid = 0;
}
