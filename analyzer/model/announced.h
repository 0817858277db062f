/*
 * What the program said about itself (packaging/include/pooltrace.h): marks are named moments, regions
 * named stretches of one thread's work.
 *
 * A region counts what the thread that began it does until the region ends, whichever thread ends it;
 * a region inside another counts in both.  Live bytes are those of the whole process.
 */
#ifndef PT_MODEL_ANNOUNCED_H
#define PT_MODEL_ANNOUNCED_H

#include <stdbool.h>
#include <stdint.h>

struct model;

#ifndef ANNOUNCED_CAP        /* the fuzz build has small tables */
#define ANNOUNCED_CAP 65536u /* marks, regions and names kept, and regions open at a time; each */
#endif

struct announced_mark {
	const char *name;
	uint64_t time_ns, event; /* events before this number came first */
	uint32_t thread;
	uint64_t live_bytes, live_blocks;
	uint64_t allocs, allocated_bytes; /* by the process so far */
};

struct announced_region {
	const char *name;
	uint64_t begin_ns, end_ns;
	uint64_t begin_event, end_event; /* events from the first to before the second lie inside */
	uint32_t thread;                 /* that began it */
	bool open;                       /* it never ended: it lasts to the end of the trace */
	uint64_t allocs, allocated_bytes;
	uint64_t process_allocs, process_bytes; /* the same of all threads */
	uint64_t temporary;   /* allocated and freed inside, before the thread allocated again or
	                         began another region */
	uint64_t begin_bytes; /* live in the process when it began, when it ended, */
	uint64_t end_bytes;
	uint64_t peak_bytes; /* and at most between */
	uint64_t begin_blocks, end_blocks;
};

/* All regions of one name. */
struct announced_name {
	const char *name;
	uint64_t n;        /* regions */
	uint64_t total_ns; /* their durations added up */
	uint64_t allocs, allocated_bytes, temporary;
	uint64_t process_allocs, process_bytes; /* of all threads */
	uint64_t most_rise_bytes;               /* highest peak_bytes - begin_bytes of one */
	uint64_t begin_bytes, end_bytes;        /* added up; what all kept is their difference */
};

struct announced {
	struct announced_mark *marks; /* by time */
	struct announced_region
		*regions; /* by the event that began them; those that end first are kept */
	struct announced_name *names; /* by allocated bytes, most first */
	uint32_t n_marks, n_regions, n_names;
	uint64_t
		n_left_out; /* marks and regions beyond the cap; a region's numbers may be in names */
};

/* NULL: the program announced nothing. */
const struct announced *model_announced(const struct model *m);

/*
 * The moment that a text names: a mark, or the begin of a region; "NAME:end" is the region's end, "NAME#3"
 * the third of that name, "START" and "END" those of the trace.  False: there is none.
 */
bool announced_find(const struct model *m, const char *text, uint64_t *time_ns, uint64_t *event);

#endif
