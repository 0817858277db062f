/*
 * See frames.h.
 *
 * Cost of a walk with known frames: 1-2 ns a frame.  A stack is known by the hash of its native
 * frames and that of its Python frames together, so that a known one is neither merged nor copied.
 */
#include "frames.h"

#include "base/arena.h"
#include "write/trace_file.h"
#include "unwind/unwind_rules.h"
#include "unwind/stack_table.h"
#include "codes.h"

bool frames_is_internal(const void *frame)
{
	const struct layout *l = python.layout;
	return l->skip_owner && load8(frame, l->frame_owner) >= l->skip_owner;
}

const void *frames_code(const void *frame, int *offset)
{
	const struct layout *l = python.layout;
	const void *code = untag(load_pointer(frame, l->frame_code));
	if (l->instr_kind == INSTR_POINTER)
		*offset = (int)(load64(frame, l->frame_instr) - (uint64_t)code - l->code_start);
	else
		*offset = (int32_t)load32(frame, l->frame_instr) *
		          (l->instr_kind == INSTR_UNITS ? 2 : 1);
	return code;
}

const void *frames_below(const void *frame)
{
	do
		frame = load_pointer(frame, python.layout->frame_previous);
	while (frame && frames_is_internal(frame));
	return frame;
}

/* ---- one frame ---- */

static PT_COLD void frame_learn(const void *frame, uint64_t key, struct code_site *site)
{
	int offset;
	const void *code = frames_code(frame, &offset);
	*site = codes_site(code, offset);
	site->key = key;
}

PT_INLINE const struct code_site *frame_site(struct py_thread *t, const struct layout *l,
                                             const void *frame)
{
	uint64_t key = frame_key(l, frame);
	struct code_site *site = &t->sites[key * 0x9E3779B97F4A7C15ull >> 52];
	if (unlikely(site->key != key))
		frame_learn(frame, key, site);
	return site;
}
_Static_assert(CODE_SITES == 1u << (64 - 52), "the hash has as many bits as there are sites");

/* ---- the walk ---- */

PT_INLINE void frames_add(struct unwound *u, struct py_frames *out, uint32_t element)
{
	unwound_add(u, element);
	out->hash = stack_hash_add(out->hash, element);
}

/* The run that the last frame belongs to ends here. */
PT_INLINE void frames_end_run(struct unwound *u, struct py_frames *out)
{
	uint32_t *last = u->n ? unwound_at(u, u->n - 1) : NULL;
	if (!last || *last & FRAME_ENTRY)
		frames_add(u, out, FRAME_ENTRY);
	else
		*last |= FRAME_ENTRY;
	out->hash = stack_hash_add(out->hash, FRAME_ENTRY);
}

PT_HOT void frames_walk(struct py_thread *t, const void *thread_state, struct py_frames *out)
{
	const struct layout *l = python.layout;
	struct unwound u = {.frames = t->frames};

	t->walked = NULL;
	struct py_frames p = {0}; /* in registers */
	const void *below;
	for (const void *f = frames_current(thread_state); f; f = below) {
		below = load_pointer(f, l->frame_previous);
		if (l->skip_owner && load8(f, l->frame_owner) >= l->skip_owner) {
			frames_end_run(&u, &p);
			continue;
		}
		const struct code_site *site = frame_site(t, l, f);
		if (unlikely(site->traits)) {
			if (site->traits & SITE_SHIM)
				continue;
			if (!p.method_frame)
				p.method_frame = f;
		}
		frames_add(&u, &p, site->frame);
		p.n_python++;
		if (!l->skip_owner && (!l->frame_is_entry || load8(f, l->frame_is_entry)))
			frames_end_run(&u, &p);
	}

	p.cut = u.n > PTF_MAX_FRAMES;
	if (unlikely(p.cut))
		unwound_finish(&u);
	p.n = u.n;
	*out = p;
}

/* ---- stack ids ---- */

static PT_COLD uint32_t frames_define(struct py_thread *t, const struct py_frames *p, uint64_t hash,
                                      unsigned flags)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < p->n; i++)
		if (t->frames[i] != FRAME_ENTRY)
			t->merged[n++] = FRAME_NUMBER(t->frames[i]);
	return stack_table_intern(hash, flags, t->merged, n);
}

PT_HOT uint32_t frames_intern(struct py_thread *t, const struct py_frames *p)
{
	unsigned flags = PTF_STACK_COMPLETE | (p->cut ? PTF_STACK_CUT : 0);
	uint64_t hash = stack_hash_end(p->hash, flags);
	uint32_t id = stack_table_find(hash);
	return likely(id) ? id : frames_define(t, p, hash, flags);
}

/* Is it a frame of the interpreter loop? */
static bool is_eval(uint32_t rule)
{
	uint64_t address = (unwind_rules_at(rule)->key & ~RULE_EXACT) - 1;
	return address - python.eval.start < python.eval.end - python.eval.start ||
	       address - python.eval_cold.start < python.eval_cold.end - python.eval_cold.start;
}

static uint32_t count_eval(const struct unwound *native)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < native->n; i++)
		n += is_eval(native->frames[i]);
	return n;
}

static uint32_t count_runs(const struct py_thread *t, const struct py_frames *p)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < p->n; i++)
		n += (t->frames[i] & FRAME_ENTRY) != 0;
	return n + (p->n && !(t->frames[p->n - 1] & FRAME_ENTRY));
}

/* Copies one run of Python frames. */
static uint32_t merge_run(struct py_thread *t, const struct py_frames *p, uint32_t *at,
                          struct unwound *u)
{
	while (*at < p->n) {
		uint32_t element = t->frames[(*at)++];
		if (element != FRAME_ENTRY)
			unwound_add(u, FRAME_NUMBER(element));
		if (element & FRAME_ENTRY)
			break;
	}
	return *at;
}

/*
 * Both from the leaf.  When the native stack shows fewer loops than there are runs (a call from a part
 * of the loop that the compiler moved away), the first loop takes the extra ones, so that none is lost.
 */
static void merge(struct py_thread *t, const struct py_frames *p, const struct unwound *native,
                  struct unwound *u)
{
	uint32_t at = 0, n_eval = count_eval(native), n_runs = count_runs(t, p);
	uint32_t extra = n_runs > n_eval ? n_runs - n_eval : 0;

	for (uint32_t i = 0; i < native->n; i++) {
		if (!is_eval(native->frames[i])) {
			bool is_handler = python.eval_tail_calls && i + 1 < native->n &&
			                  is_eval(native->frames[i + 1]);
			if (!is_handler)
				unwound_add(u, native->frames[i]);
			continue;
		}
		for (; extra; extra--)
			merge_run(t, p, &at, u);
		merge_run(t, p, &at, u);
	}

	while (at < p->n)
		merge_run(t, p, &at, u);
}

static PT_COLD uint32_t frames_define_merged(struct py_thread *t, const struct py_frames *p,
                                             const struct unwound *native, uint64_t hash,
                                             unsigned flags)
{
	struct unwound u = {.frames = t->merged, .flags = flags};
	merge(t, p, native, &u);
	unwound_finish(&u);
	return stack_table_intern(hash, u.flags, u.frames, u.n);
}

PT_INLINE unsigned merged_flags(const struct py_frames *p, unsigned native_flags)
{
	return native_flags | (p->cut ? PTF_STACK_CUT : 0);
}

PT_INLINE uint64_t merged_hash(const struct py_frames *p, uint64_t native_hash, unsigned flags)
{
	return stack_hash_end(stack_hash_add(p->hash, 0) ^ native_hash, flags);
}

PT_HOT uint32_t frames_find_merged(const struct py_frames *p, uint64_t native_hash,
                                   unsigned native_flags)
{
	return stack_table_find(merged_hash(p, native_hash, merged_flags(p, native_flags)));
}

PT_HOT uint32_t frames_intern_merged(struct py_thread *t, const struct py_frames *p,
                                     const struct unwound *native)
{
	uint32_t id = frames_find_merged(p, native->hash, native->flags);
	if (likely(id))
		return id;
	unsigned flags = merged_flags(p, native->flags);
	return frames_define_merged(t, p, native, merged_hash(p, native->hash, flags), flags);
}
