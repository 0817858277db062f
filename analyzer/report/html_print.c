/*
 * The report as one HTML page: markup, style and script from report/html/, and the data of each process
 * as a block of JSON schema 2, compressed and in base64.  The page may load nothing and run nothing but
 * its own script, whose hash it names.
 */
#include <stdlib.h>
#include <string.h>

#include "report/html_assets.h"
#include "report/json_columns.h"
#include "report/json_parts.h"
#include "report/packed.h"
#include "util/mem.h"

#define PAGE_DATA_MAX (3800u * 1024)  /* of all processes */
#define BLOCK_DATA_MAX (1300u * 1024) /* of one process */
#define BLOCK_DATA_MIN (8u * 1024)    /* below that a process is a row in the picker only */
#define MANY_SITES 20000u             /* from here on small sites are added up from the start */
#define PAGE_DETAILS 250u
#define PAGE_STRING 400u /* bytes of a name */

struct packed_run {
	char *text; /* NULL: left out, the page had no room */
	size_t n;
};

static char *pack(const struct report_run *r, double least_share, bool confidential, size_t *n)
{
	struct packer *p = packer_new();
	struct json_stream j = {.f = packer_stream(p)};
	const struct columns_setting s = {.details = PAGE_DETAILS,
	                                  .least_share = least_share,
	                                  .text_room = PAGE_STRING,
	                                  .source = true,
	                                  .merge = true,
	                                  .confidential = confidential};

	json_begin(&j, NULL, '{');
	json_count(&j, "schema", 2);
	json_columns(&j, r, &s);
	json_end(&j, '}');
	return packer_finish(p, n);
}

/* With more and more small sites added up until it fits. */
static struct packed_run block_of(const struct report_run *r, size_t room, bool confidential)
{
	static const double shares[] = {0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
	unsigned first = r->model->n_sites > MANY_SITES ? 1 : 0;
	for (unsigned i = first; i < sizeof shares / sizeof *shares; i++) {
		struct packed_run b;
		b.text = pack(r, shares[i], confidential, &b.n);
		if (b.n <= room)
			return b;
		free(b.text);
	}
	return (struct packed_run){0};
}

/* ---- index of processes ---- */

static void put_index_row(struct json_stream *j, const struct report_run *r,
                          const struct packed_run *b, bool confidential)
{
	const struct model *m = r->model;
	const struct trace_process *p = m->process;
	uint32_t n_wins = 0;

	for (uint32_t i = 0; i < r->findings.n; i++)
		n_wins += r->findings.list[i]->verdict <= VERDICT_MINOR;
	json_begin(j, NULL, '{');
	json_text(j, "name", json_path(*p->exe ? p->exe : m->trace->path, true), PAGE_STRING);
	json_text(j, "trace", json_path(m->trace->path, confidential), PAGE_STRING);
	json_count(j, "pid", p->pid);
	json_count(j, "parent_pid", p->ppid);
	json_count(j, "allocs", m->totals.allocs);
	json_count(j, "peak_live_bytes", m->totals.peak_live_bytes);
	json_count(j, "live_bytes", m->totals.live_bytes);
	json_count(j, "findings", n_wins);
	json_count(j, "has_data", b->text != NULL);
	json_end(j, '}');
}

static void put_block(FILE *f, const char *id, unsigned number, const char *text)
{
	fprintf(f, "<script type=\"application/octet-stream\" id=\"%s%u\">%s</script>\n", id,
	        number, text);
}

static void put_index(FILE *f, const struct report_run *runs, const struct packed_run *blocks,
                      uint32_t n, bool confidential)
{
	struct packer *p = packer_new();
	struct json_stream j = {.f = packer_stream(p)};
	size_t size;
	json_begin(&j, NULL, '[');
	for (uint32_t i = 0; i < n; i++)
		put_index_row(&j, &runs[i], &blocks[i], confidential);
	json_end(&j, ']');
	char *text = packer_finish(p, &size);
	put_block(f, "index", 0, text);
	free(text);
}

/* ---- all ---- */

static int heavier(const void *a, const void *b, void *runs_p)
{
	const struct report_run *runs = runs_p;
	const struct model *x = runs[*(const uint32_t *)a].model,
			   *y = runs[*(const uint32_t *)b].model;
	uint64_t v = x->totals.allocs, w = y->totals.allocs;
	return v != w ? (v < w ? 1 : -1) : *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

/* The heaviest processes get their data first. */
static struct packed_run *make_blocks(const struct report_run *runs, uint32_t n, bool confidential)
{
	struct packed_run *blocks = mem_zalloc(n, sizeof *blocks);
	uint32_t *order = mem_zalloc(n, sizeof *order);
	size_t left = PAGE_DATA_MAX;

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof *order, heavier, (void *)(uintptr_t)runs);
	for (uint32_t i = 0; i < n && left > BLOCK_DATA_MIN; i++) {
		size_t room = left < BLOCK_DATA_MAX ? left : BLOCK_DATA_MAX;
		blocks[order[i]] = block_of(&runs[order[i]], room, confidential);
		left -= blocks[order[i]].n;
	}

	free(order);
	return blocks;
}

static void put_head(FILE *f)
{
	fprintf(f,
	        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	        "script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'\">\n"
	        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	        "<meta name=\"referrer\" content=\"no-referrer\">\n"
	        "<title>pooltrace report</title>\n<style>%s</style>\n</head>\n%s\n",
	        html_script_hash, html_style_hash, html_style, html_body);
}

static void html_print(const struct report_run *runs, uint32_t n_runs,
                       const struct report_options *o)
{
	struct packed_run *blocks = make_blocks(runs, n_runs, o->confidential);
	put_head(o->out);
	put_index(o->out, runs, blocks, n_runs, o->confidential);
	for (uint32_t i = 0; i < n_runs; i++) {
		if (blocks[i].text)
			put_block(o->out, "run", i, blocks[i].text);
		free(blocks[i].text);
	}
	free(blocks);
	fprintf(o->out, "<script>%s</script>\n</html>\n", html_script);
}

const struct report_format report_html = {"html", true, false, html_print};
