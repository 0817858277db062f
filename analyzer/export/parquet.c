/*
 * Tables as Parquet (https://github.com/apache/parquet-format): required columns of INT64, DOUBLE and UTF-8 byte arrays,
 * one page a column and row group, PLAIN, GZIP.  Structures are in Thrift's compact protocol.
 *
 *     "PAR1" | row group: a page header and a compressed page for each column | ... | FileMetaData | its length | "PAR1"
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "export/table.h"
#include "export/thrift.h"

#define GROUP_ROWS 65536u
#define GROUP_BYTES (16u << 20) /* of its longest column, about */

enum { INT64 = 2, DOUBLE = 5, BYTE_ARRAY = 6 };
enum { PLAIN = 0, RLE = 3 };
enum { CODEC_GZIP = 2 };

/* One column of one row group in the file. */
struct chunk {
	uint64_t offset, bytes, raw_bytes; /* with the page's header */
};

struct group {
	uint64_t n_rows;
	struct chunk *chunks; /* by column; owned */
};

struct parquet {
	FILE *out;
	uint64_t offset;        /* written so far */
	struct thrift *columns; /* values of the rows of this group, PLAIN */
	uint64_t n_rows;        /* in this group */
	struct group *groups;
	uint32_t n_groups, groups_room;
};

static void parquet_write(struct parquet *p, const void *bytes, size_t n)
{
	fwrite(bytes, 1, n, p->out);
	p->offset += n;
}

/* ---- pages ---- */

/* The bytes as a gzip file; to be freed.  NULL when there is no memory for it. */
static uint8_t *compress_page(const struct thrift *raw, uint32_t *n)
{
	z_stream z = {0};
	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	*n = (uint32_t)deflateBound(&z, raw->n);
	uint8_t *page = mem_alloc(*n);

	z.next_in = raw->bytes;
	z.avail_in = raw->n;
	z.next_out = page;
	z.avail_out = *n;
	deflate(&z, Z_FINISH);
	*n = (uint32_t)z.total_out;
	deflateEnd(&z);
	return page;
}

static void put_page_header(struct thrift *h, uint32_t raw_bytes, uint32_t bytes, uint64_t n_rows)
{
	thrift_i32(h, 1, 0); /* DATA_PAGE */
	thrift_i32(h, 2, (int32_t)raw_bytes);
	thrift_i32(h, 3, (int32_t)bytes);
	thrift_begin_struct(h, 5);
	thrift_i32(h, 1, (int32_t)n_rows);
	thrift_i32(h, 2, PLAIN);
	thrift_i32(h, 3, RLE);
	thrift_i32(h, 4, RLE);
	thrift_end_struct(h);
	thrift_end_struct(h);
}

static struct chunk put_chunk(struct parquet *p, struct thrift *raw)
{
	struct thrift header = {0};
	struct chunk c = {.offset = p->offset};
	uint32_t n = 0;
	uint8_t *page = compress_page(raw, &n);

	put_page_header(&header, raw->n, n, p->n_rows);
	parquet_write(p, header.bytes, header.n);
	parquet_write(p, page, n);
	c.bytes = p->offset - c.offset;
	c.raw_bytes = header.n + raw->n;
	raw->n = 0;
	free(page);
	thrift_release(&header);
	return c;
}

static void end_group(struct parquet *p)
{
	if (!p->n_rows)
		return;
	struct group *g = MEM_PUSH(p->groups, p->n_groups, p->groups_room);
	*g = (struct group){.n_rows = p->n_rows,
	                    .chunks = mem_zalloc(table_n_columns(), sizeof *g->chunks)};
	for (unsigned i = 0; i < table_n_columns(); i++)
		g->chunks[i] = put_chunk(p, &p->columns[i]);
	p->n_rows = 0;
}

/* ---- rows ---- */

static void put_plain_text(struct thrift *to, const char *text)
{
	char *clean = export_clean(text, "", 0);
	uint32_t n = (uint32_t)strlen(clean);
	thrift_bytes(to, &n, sizeof n);
	thrift_bytes(to, clean, n);
	free(clean);
}

static uint32_t longest_column(const struct parquet *p)
{
	uint32_t most = 0;
	for (unsigned i = 0; table_columns[i].name; i++)
		most = p->columns[i].n > most ? p->columns[i].n : most;
	return most;
}

static void parquet_put_row(void *context, const union table_value *values)
{
	struct parquet *p = context;

	for (unsigned i = 0; table_columns[i].name; i++) {
		if (table_columns[i].type == TABLE_TEXT)
			put_plain_text(&p->columns[i], values[i].text);
		else /* a count below 2^63, or a double */
			thrift_bytes(&p->columns[i], &values[i].count, 8);
	}
	if (++p->n_rows == GROUP_ROWS || longest_column(p) >= GROUP_BYTES)
		end_group(p);
}

/* ---- the end of the file ---- */

static int32_t type_of(enum table_type type)
{
	return type == TABLE_TEXT ? BYTE_ARRAY : type == TABLE_COUNT ? INT64 : DOUBLE;
}

static void put_schema(struct thrift *m)
{
	thrift_begin_list(m, 2, THRIFT_STRUCT, table_n_columns() + 1);
	thrift_begin_element(m);
	thrift_text(m, 4, "schema");
	thrift_i32(m, 5, (int32_t)table_n_columns());
	thrift_end_struct(m);

	for (unsigned i = 0; table_columns[i].name; i++) {
		thrift_begin_element(m);
		thrift_i32(m, 1, type_of(table_columns[i].type));
		thrift_i32(m, 3, 0); /* REQUIRED */
		thrift_text(m, 4, table_columns[i].name);
		if (table_columns[i].type == TABLE_TEXT)
			thrift_i32(m, 6, 0); /* UTF8 */
		thrift_end_struct(m);
	}
}

static void put_column(struct thrift *m, unsigned i, const struct chunk *c, uint64_t n_rows)
{
	thrift_begin_element(m);
	thrift_i64(m, 2, (int64_t)c->offset);
	thrift_begin_struct(m, 3);
	thrift_i32(m, 1, type_of(table_columns[i].type));
	thrift_begin_list(m, 2, THRIFT_I32, 1);
	thrift_list_i32(m, PLAIN);
	thrift_begin_list(m, 3, THRIFT_BINARY, 1);
	thrift_list_text(m, table_columns[i].name);
	thrift_i32(m, 4, CODEC_GZIP);
	thrift_i64(m, 5, (int64_t)n_rows);
	thrift_i64(m, 6, (int64_t)c->raw_bytes);
	thrift_i64(m, 7, (int64_t)c->bytes);
	thrift_i64(m, 9, (int64_t)c->offset);
	thrift_end_struct(m);
	thrift_end_struct(m);
}

static void put_group(struct thrift *m, const struct group *g)
{
	uint64_t bytes = 0;

	thrift_begin_element(m);
	thrift_begin_list(m, 1, THRIFT_STRUCT, table_n_columns());
	for (unsigned i = 0; i < table_n_columns(); i++) {
		put_column(m, i, &g->chunks[i], g->n_rows);
		bytes += g->chunks[i].raw_bytes;
	}
	thrift_i64(m, 2, (int64_t)bytes);
	thrift_i64(m, 3, (int64_t)g->n_rows);
	thrift_end_struct(m);
}

static void put_metadata(struct parquet *p)
{
	struct thrift m = {0};
	uint64_t n_rows = 0;

	for (uint32_t i = 0; i < p->n_groups; i++)
		n_rows += p->groups[i].n_rows;
	thrift_i32(&m, 1, 1);
	put_schema(&m);
	thrift_i64(&m, 3, (int64_t)n_rows);
	thrift_begin_list(&m, 4, THRIFT_STRUCT, p->n_groups);
	for (uint32_t i = 0; i < p->n_groups; i++)
		put_group(&m, &p->groups[i]);
	thrift_text(&m, 6, "pooltrace version " POOLTRACE_VERSION);
	thrift_end_struct(&m);

	uint32_t n = m.n;
	parquet_write(p, m.bytes, m.n);
	parquet_write(p, &n, sizeof n);
	parquet_write(p, "PAR1", 4);
	thrift_release(&m);
}

static void *parquet_begin(FILE *out)
{
	struct parquet *p = mem_zalloc(1, sizeof *p);
	p->out = out;
	p->columns = mem_zalloc(table_n_columns(), sizeof *p->columns);
	parquet_write(p, "PAR1", 4);
	return p;
}

static void parquet_print(struct export_data *d)
{
	table_each_row(d, parquet_put_row, d->state);
}

static void parquet_end(void *state, FILE *out)
{
	struct parquet *p = state;
	(void)out;

	end_group(p);
	put_metadata(p);
	for (uint32_t i = 0; i < p->n_groups; i++)
		free(p->groups[i].chunks);
	for (unsigned i = 0; i < table_n_columns(); i++)
		thrift_release(&p->columns[i]);
	free(p->groups);
	free(p->columns);
	free(p);
}

const struct export_format export_parquet = {.name = "parquet",
                                             .consumer = "DuckDB, pyarrow, ClickHouse, Spark",
                                             .is_many = true,
                                             .is_table = true,
                                             .begin = parquet_begin,
                                             .print = parquet_print,
                                             .end = parquet_end};
