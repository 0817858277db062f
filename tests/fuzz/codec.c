/*
 * Fuzz target: bytes as the payload of an events chunk.  What decodes must encode to bytes that decode
 * to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "preload/trace_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool same(const struct ptc_event *a, const struct ptc_event *b)
{
	return a->address == b->address && a->size_bytes == b->size_bytes && a->stack == b->stack &&
	       a->class_id == b->class_id && a->op == b->op && a->domain == b->domain &&
	       a->align_log2 == b->align_log2 && a->stamped == b->stamped &&
	       (!a->stamped || a->time == b->time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct ptc_coder in, out, back;
	struct ptc_cursor c = {.p = data, .end = data + n};
	struct ptc_event e, again;
	uint8_t bytes[2 * PTC_EVENT_MAX];
	ptc_coder_start(&in, 0);
	ptc_coder_start(&out, 0);
	ptc_coder_start(&back, 0);
	while (c.p < c.end && *c.p >= 0x10 && ptc_get_event(&in, &c, &e)) {
		if (e.address >> 52 || !(e.address >> 4))
			break; /* no pointer that malloc returns: the format has 48 bits and the granule */
		if (!PTF_OP_IS_FREE(e.op) || !e.size_bytes) {
			struct ptc_cursor r = {.p = bytes, .end = ptc_put_event(&out, bytes, &e)};
			if (!ptc_get_event(&back, &r, &again) || r.p != r.end || !same(&e, &again))
				abort();
		}
	}
	return 0;
}
