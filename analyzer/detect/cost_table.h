/*
 * Prices of allocator calls: what a pool saves, in ns of CPU time.
 *
 * The defaults are means over allocator states on one machine.  simulate/calibrate.h measures those of the
 * machine at hand; a report can be given a file instead (`--cost-table`), so that it is the same on every
 * machine.  Detectors get the table in their context (context.h); none of them changes it.
 */
#ifndef PT_DETECT_COST_TABLE_H
#define PT_DETECT_COST_TABLE_H

struct cost_table {
	/* A malloc with its free, by where glibc finds the block. */
	double tcache_ns;
	double fastbin_ns;
	double small_bin_ns;
	double large_ns;

	double remote_ns; /* the same of a block that another thread frees */
	double page_ns;   /* a page that is given back to the system and faulted in again */
	double copy_byte_ns;
};

extern const struct cost_table cost_table_default;

/* Changes one price to a value that was read; e.g. bounds it by the price so far. */
typedef void cost_table_take_fn(double *price, double ns);

/* Reads lines of a name and a number, such as "tcache_ns 6"; hands each price to `take`.  Unknown names are
 * left out.  Returns how many prices were taken, -1 if a line has another form. */
int cost_table_parse(struct cost_table *t, const char *text, cost_table_take_fn *take);

/* Reads the table from a file whose prices are taken as they are; those that it does not name keep their
 * defaults.  -1 after error(). */
int cost_table_read(struct cost_table *t, const char *path);

#endif
