/*
 * Fuzz target: a trace file of any bytes made into the replayer's files of operations.  The replayer
 * trusts them: each block is made once before it is given back once, and all numbers are in range.
 */
#include "trace_file.h"

#include "detect/detect.h"
#include "simulate/opstream.h"

static uint32_t with_plan(const struct findings *f, struct finding **list)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < f->n && n < OPS_ROLES - 1; i++)
		if (f->list[i]->plan && f->list[i]->n_sites)
			list[n++] = f->list[i];
	return n;
}

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_op(const struct ops_header *h, const struct op *o, uint8_t *live)
{
	expect(o->slot < h->n_slots || o->code == OP_MARK);
	expect(o->role < h->n_roles && (o->thread < h->n_threads || o->code == OP_MARK));
	switch (o->code) {
	case OP_REALLOC:
		expect(o->aux < h->n_slots && live[o->aux]);
		live[o->aux] = 0;
		break;
	case OP_GROW:
		expect(o->aux < h->n_slots && live[o->aux]);
		break;
	case OP_FREE:
		expect(live[o->slot]);
		live[o->slot] = 0;
		return;
	case OP_MARK:
		return;
	default:
		break;
	}
	expect(!live[o->slot]);
	live[o->slot] = 1;
}

static void check(const struct ops_window *w)
{
	const struct ops_header *h = w->header;
	if (!h)
		return;
	const struct op *ops = (const struct op *)(const void *)(h + 1);
	uint8_t *live = calloc(h->n_slots + 1u, 1);
	expect(h->n_roles <= OPS_ROLES);
	expect(sizeof *h + h->n_ops * sizeof *ops <= w->mapped_bytes);
	for (uint32_t i = 0; i < h->n_roles; i++)
		expect(h->roles[i].n_parts <= OPS_PARTS);
	for (uint64_t i = 0; i < h->n_ops; i++)
		check_op(h, &ops[i], live);
	free(live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct trace *t;
	struct model *m;
	struct findings f = {0};
	struct finding *list[OPS_ROLES];
	struct opstream s;
	if (trace_open(trace_file(data, n), &t) < 0 || model_build(t, MODEL_ALL, &m) < 0)
		return 0;
	struct detect *d = detect_new(m, NULL);
	if (detect_run(d, NULL, &f) < 0)
		abort();
	uint64_t most = n % 2 ? 64 : OPS_DEFAULT_MAX; /* in windows, or whole */
	if (opstream_open(&s, m, list, with_plan(&f, list), most) == 0) {
		for (uint32_t i = 0; i <= OPS_WINDOWS; i++)
			check(&s.window[i]);
		opstream_close(&s);
	}
	detect_free(d);
	findings_release(&f);
	model_free(m);
	return 0;
}
