/*
 * Opening a trace as a whole: file, names, and what the header says about the process.
 */
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "reader_stream.h"

/* When the last event of a stream happened: decodes its last chunk. */
static uint64_t reader_stream_last_ns(struct trace *t, struct reader_stream_ref *ref)
{
	struct stream s;
	uint64_t last_ns = 0;
	reader_stream_init(&s, t, ref);
	s.next_chunk = ref->n ? ref->n - 1 : 0;
	while (reader_stream_fill(&s))
		last_ns = s.last_ns;
	reader_stream_release(&s);
	return last_ns;
}

static void read_ends(struct trace *t)
{
	const struct ptf_file *h = &t->file->header;
	struct trace_process *p = &t->process;
	p->duration_ns = h->end_ticks ? reader_file_ns(t->file, h->end_ticks) : 0;
	for (uint32_t i = 0; i < t->file->n_streams; i++) {
		uint64_t last_ns = reader_stream_last_ns(t, &t->file->streams[i]);
		if (last_ns > p->duration_ns)
			p->duration_ns = last_ns;
	}
}

static void read_process_header(struct trace *t)
{
	const struct ptf_file *h = &t->file->header;
	struct trace_process *p = &t->process;

	p->pid = h->pid;
	p->ppid = h->ppid;
	p->start_real_ns = h->start_real_ns;
	p->parent_start_ns = h->parent_start_ns;
	p->end = h->end <= PTF_END_STOPPED ? h->end : PTF_END_UNKNOWN;
	p->exit_code = h->exit_code;
	p->stop_reason = h->stop_reason;
	p->stop_ns = h->stop_ticks ? reader_file_ns(t->file, h->stop_ticks) : 0;
	p->exec_count = h->exec_count;
	p->python = h->python;
	p->unwinder = h->unwinder;
	p->write_step = h->write_step;
	p->bootstrap_bytes = h->bootstrap_bytes;
	p->failed_allocs = h->failed_allocs;
	p->n_untraced = h->n_untraced;
	p->untraced_error = h->untraced_error;
	t->health.truncated_stacks = h->truncated_stacks;
	for (unsigned i = 0; i < PTF_LOST_KINDS; i++) {
		t->health.lost[i] = h->lost[i];
		t->health.lost_events += h->lost[i];
	}

	t->version_major = h->version_major;
	t->version_minor = h->version_minor;
}

int trace_open(const char *path, struct trace **out)
{
	struct trace *t = mem_zalloc(1, sizeof *t);

	t->path = mem_strdup(path);
	t->until_ns = t->until_event = UINT64_MAX;
	if (reader_file_open(t) < 0) {
		trace_free(t);
		return -1;
	}

	read_process_header(t);
	reader_definitions_load(t);
	read_ends(t);
	*out = t;
	return 0;
}

uint64_t trace_units_ns(const struct trace *t, uint64_t units)
{
	uint32_t shift = t->file->header.time_shift;

	return reader_file_ns(t->file, shift < 33 ? units << shift : units);
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	free(t->frames);
	free(t->nodes);
	free(t->stacks);
	free(t->modules);
	free(t->threads);
	free(t->strings);
	free(t->codes);
	free(t->classes);

	free(t->bounds);
	free(t->children);
	free(t->notes);
	for (uint32_t i = 0; i < t->n_heaps; i++)
		free(t->heaps[i].bytes);
	free(t->heaps);
	if (t->file)
		reader_file_close(t->file);
	free((char *)t->path);
	free(t);
}

void trace_mark_name(const struct trace *t, const struct event *e, char name[MARK_NAME_BYTES + 1])
{
	size_t n = e->size_bytes < MARK_NAME_BYTES ? (size_t)e->size_bytes : MARK_NAME_BYTES;
	ssize_t got = n ? reader_file_read_at(t, name, n, e->address) : 0;
	name[got > 0 ? got : 0] = 0;
}

void trace_end_at(struct trace *t, uint64_t until_ns, uint64_t until_event)
{
	t->until_ns = until_ns;
	t->until_event = until_event;
	if (t->process.duration_ns > until_ns)
		t->process.duration_ns = until_ns;
}

void trace_begin_at(struct trace *t, uint64_t from_ns, uint64_t from_event)
{
	t->from_ns = from_ns;
	t->from_event = from_event;
}

void trace_add_note(struct trace *t, const char *note)
{
	t->notes = mem_realloc(t->notes, (t->n_notes + 1) * sizeof(*t->notes));
	t->notes[t->n_notes++] = arena_copy(&t->file->arena, note, strlen(note));
}

struct trace *trace_outline(const struct trace *t)
{
	struct trace *o = mem_zalloc(1, sizeof *o);
	struct trace_process *p = &o->process;
	size_t n_path = strlen(t->path) + 1;
	char *texts = mem_alloc(n_path + strlen(t->process.exe) + 1); /* freed as the path */

	o->path = strcpy(texts, t->path);
	o->health = t->health;
	*p = t->process;
	p->exe = strcpy(texts + n_path, t->process.exe);
	p->cwd = p->host = p->python_version = p->python_warning = p->allocator = p->labels = "";
	p->argv = NULL;
	p->argc = 0;
	return o;
}

bool trace_is_damaged(const struct trace *t)
{
	return t->health.damaged_chunks > 0;
}

#define LOOKUP(name, names)                                                         \
	const struct trace_##name *trace_##name(const struct trace *t, uint32_t id) \
	{                                                                           \
		return &t->names[id < t->n_##names ? id : 0];                       \
	}
LOOKUP(frame, frames)
LOOKUP(stack, stacks)
LOOKUP(class, classes)
LOOKUP(module, modules)
LOOKUP(code, codes)
LOOKUP(thread, threads)
