/* Fuzz target: a trace file of any bytes through the whole reader, the model and the names. */
#include "trace_file.h"

#include "model/model.h"

static bool visit(void *context, const struct block *b)
{
	*(uint64_t *)context += b->size_bytes;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct trace *t;
	struct model *m;
	uint64_t live_bytes = 0;
	if (trace_open(trace_file(data, n), &t) < 0 || model_build(t, MODEL_ALL, &m) < 0)
		return 0;
	for (uint32_t i = 0; i < m->n_sites; i++)
		model_site_stack(m, &m->sites[i]);
	model_each_live_block(m, visit, &live_bytes);
	if (live_bytes != m->totals.live_bytes)
		abort();
	model_free(m);
	return 0;
}
