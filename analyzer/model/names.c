/*
 * The model's frames and names: a thin layer over symbols/, which is opened when first asked.
 */
#include "model_state.h"
#include "symbols/symbols.h"

static struct symbols *resolver(const struct model *m)
{
	struct model *mine = (struct model *)m; /* a cache, invisible from outside */
	if (!m->symbols)
		mine->symbols = symbols_new(m->trace);
	return m->symbols;
}

struct stack_view model_stack(const struct model *m, uint32_t stack)
{
	return symbols_stack(resolver(m), stack);
}

struct stack_view model_site_stack(const struct model *m, const struct site *s)
{
	return model_stack(m, s->stack);
}

const struct symbol *const *model_frame_symbols(const struct model *m, uint32_t frame, uint32_t *n)
{
	return symbols_frame(resolver(m), frame, n);
}

const struct symbol *model_frame_symbol(const struct model *m, uint32_t frame)
{
	uint32_t n;
	const struct symbol *const *f = symbols_frame(resolver(m), frame, &n);
	return f[n - 1];
}

uint32_t model_raw_stack(const struct model *m, uint32_t stack, uint32_t *frames, uint32_t cap)
{
	const struct trace *t = m->trace;
	uint32_t n = 0;
	for (uint32_t node = trace_stack(t, stack)->node; node && n < cap;
	     node = t->nodes[node].parent)
		frames[n++] = t->nodes[node].frame;
	return n;
}

const struct symbol *model_site_name(const struct model *m, const struct site *s)
{
	struct stack_view v = model_site_stack(m, s);
	return v.frames[v.named];
}
