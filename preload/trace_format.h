/*
 * The trace format.  This header is its only definition.
 *
 * Owns: magic numbers, fixed structures, record numbers and limits.  Depends on <stdint.h> alone, so
 * that the recorder (which lives in somebody else's process) and the analyzer can both include it.
 * How the bytes of a record are written and read is in trace_codec.h, both directions side by side.
 *
 * All integers are little-endian.  "varint" is unsigned LEB128, at most 10 bytes; "zigzag" maps a
 * signed number to an unsigned one before that; "string" is a varint length and that many bytes, not
 * terminated.  Times are raw clock readings ("ticks"); struct ptf_chunk carries pairs of
 * (ticks, CLOCK_MONOTONIC ns), from which a reader derives the rate.
 *
 * A file is a row of chunks of PTF_CHUNK_BYTES each, at multiples of that size:
 *
 *     offset 0          32768            65536            98304
 *     | FILE            | DEFS           | EVENTS str. 0  | EVENTS str. 1  | ...
 *
 * Each chunk is   struct ptf_chunk (64 bytes) | payload | what does not count.
 *
 * Each stream writes in one place, through a shared mapping, so that a killed process leaves behind all
 * it wrote.  While a chunk is being written its state is PTF_OPEN and the payload ends at the first zero
 * tag (the tag of a record is stored last, so that a torn record reads as the end).  When it is full it is
 * copied to the end of the file as PTF_CLOSED: `used` and `checksum` then hold, and damage is detected.
 * Then the next one begins in the place that it had; so the chunks of a stream come in the order of
 * their `serial`, not of the file.  Of two with one `serial` the process was killed while it copied the
 * first: the other may be incomplete.  A chunk decodes without any other chunk of its kind before it,
 * except for the names that DEFS chunks define.  A chunk of zeros was reserved and never used.
 *
 * Versions: readers skip record types they do not know (each carries its length) and fields appended
 * to a record.  Adding either raises the minor version; any other change raises the major one.
 */
/* The columns below are for reading. */
/* clang-format off */

#ifndef PT_TRACE_FORMAT_H
#define PT_TRACE_FORMAT_H

#include <stdint.h>

#define PTF_MAGIC 0x4543415254545000ull /* "\0PTTRACE" */
#define PTF_CHUNK_MAGIC 0x4b435450u     /* "PTCK" */
#define PTF_VERSION_MAJOR 4
#define PTF_VERSION_MINOR 1

#define PTF_CHUNK_BYTES 32768u
#define PTF_PAYLOAD_BYTES (PTF_CHUNK_BYTES - 64u)

#define PTF_MAX_FRAMES 1024u  /* of one stack; of deeper ones the middle is left out (PTF_STACK_CUT) */
#define PTF_MAX_STRING 4096u  /* bytes of one string record; longer ones are cut */
#define PTF_MAX_RECORD 8192u  /* bytes of one DEFS record, so that many fit a chunk */

enum ptf_chunk_kind {
	PTF_CHUNK_FILE = 1,   /* chunk 0: struct ptf_file */
	PTF_CHUNK_DEFS = 2,   /* names: frames, stacks, modules, threads, classes, ... */
	PTF_CHUNK_EVENTS = 3, /* what the threads did */
};

enum ptf_chunk_state { PTF_UNUSED = 0, PTF_OPEN = 1, PTF_CLOSED = 2 };

struct ptf_chunk {
	uint32_t magic;     /* PTF_CHUNK_MAGIC */
	uint8_t kind;       /* enum ptf_chunk_kind */
	uint8_t state;      /* enum ptf_chunk_state; stored last when a chunk is opened or closed */
	uint16_t used;      /* bytes of payload, valid when closed */
	uint32_t index;     /* this chunk's number in the file: offset / PTF_CHUNK_BYTES */
	uint32_t stream;    /* EVENTS: which writer; DEFS: 0 */
	uint32_t serial;    /* number of this chunk in its stream, or among the DEFS */
	uint32_t first_frame;  /* DEFS: id of the first frame defined here; EVENTS: thread number at start */
	uint32_t first_stack; /* DEFS: id of the first stack defined here */
	uint32_t first_string; /* DEFS: id of the first string defined here */
	uint64_t ticks;     /* clock reading when the chunk was opened; event times start from it */
	uint64_t mono_ns;   /* CLOCK_MONOTONIC at the same moment */
	uint32_t first_code; /* DEFS: id of the first Python code object defined here */
	uint32_t first_class; /* DEFS: id of the first class defined here */
	uint64_t checksum;  /* XXH64 of payload[0..used), its seed the XXH64 (seed 0) of this header with
			       state CLOSED and this field 0 */
};
_Static_assert(sizeof(struct ptf_chunk) == 64, "chunk header is 64 bytes");

enum ptf_clock { PTF_CLOCK_TSC = 1, PTF_CLOCK_MONOTONIC = 2 };

/* How the process ended, as far as it could say.  PTF_END_UNKNOWN: it was killed, or still runs. */
enum ptf_end {
	PTF_END_UNKNOWN = 0,
	PTF_END_EXIT = 1,     /* exit() or return from main */
	PTF_END_QUICK = 2,    /* _exit, _Exit, quick_exit */
	PTF_END_EXEC = 3,     /* became another program */
	PTF_END_STOPPED = 4,  /* recording ended before the process: see ptf_file.stop_reason */
};

enum ptf_stop {
	PTF_STOP_NONE = 0,
	PTF_STOP_NO_SPACE = 1, /* the disk, a quota or a file size limit */
	PTF_STOP_MAX_SIZE = 2, /* POOLTRACE_MAX_SIZE */
	PTF_STOP_NO_FILE = 3,  /* the file could not be reached any more */
	PTF_STOP_NO_MEMORY = 4,/* the recorder could not map memory for itself */
	PTF_STOP_SECCOMP = 5,  /* a system call filter came into force */
	PTF_STOP_FORK = 6,     /* forked while another thread of the parent was changing our tables */
	PTF_STOP_RUNTIME = 7,  /* a runtime that must be loaded first: the program was executed again without us */
};

/* Why events were lost: index of ptf_file.lost. */
enum ptf_lost {
	PTF_LOST_NESTED = 0,   /* a signal handler interrupted a hook and its side queue was full */
	PTF_LOST_STOPPED = 1,  /* after recording had stopped */
	PTF_LOST_NO_THREAD = 2,/* no state for a thread: too many at once */
	PTF_LOST_REALLOC = 3,  /* a realloc whose two halves could not both be kept */
	PTF_LOST_KINDS = 8,
};

/* Payload of chunk 0.  Fields marked "live" change while the process runs and are not checksummed;
 * chunk 0 stays PTF_OPEN. */
struct ptf_file {
	uint64_t magic; /* PTF_MAGIC */
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t chunk_bytes; /* PTF_CHUNK_BYTES */
	uint32_t clock;       /* enum ptf_clock */
	uint32_t time_shift;  /* event times count 2^time_shift ticks */
	uint32_t pid;
	uint32_t ppid;
	uint64_t start_ticks;
	uint64_t start_mono_ns;
	uint64_t start_real_ns; /* CLOCK_REALTIME */
	uint64_t end_ticks;     /* live; 0 until the process ends in an orderly way */
	uint64_t end_mono_ns;   /* live */
	uint32_t end;           /* live, enum ptf_end */
	uint32_t exit_code;     /* live, when `end` is EXIT or QUICK */
	uint32_t stop_reason;   /* live, enum ptf_stop */
	uint32_t unwinder;      /* 0 rules, 1 all registers, 2 none (caller only) */
	uint64_t stop_ticks;    /* live */
	uint64_t lost[PTF_LOST_KINDS]; /* live, events */
	uint64_t truncated_stacks;     /* live, events whose stack is not complete */
	uint64_t failed_allocs;        /* live, calls that returned NULL */
	uint64_t parent_start_ns;      /* CLOCK_REALTIME start of the parent's trace, 0: none known */
	uint32_t exec_count;           /* programs this process recorded before this one */
	uint32_t python;               /* live, 0xMMmmpp of the CPython that was hooked, 0: none */
	uint64_t bootstrap_bytes;      /* live, served from the start-up arena, not recorded as heap */
	uint32_t n_chunks;             /* live, handed out so far, this one included; 0: not told */
	uint32_t write_step;           /* 0: records were stored through a mapping; else they reached the
					  file in steps of so many bytes, and a process that was killed
					  has lost the last step of each thread */
	/* Since 4.1. */
	uint32_t n_untraced;     /* live, forked children that could not make a trace, and programs that
				    were executed where none can be made */
	uint32_t untraced_error; /* live, errno of the last */
};

/*
 * EVENTS payload.  A record begins with its tag:
 *
 *     tag 0x00         end of the payload
 *     tag 0x01..0x0f   general record: tag | varint length | that many bytes
 *     tag 0x10..0xff   event:
 *
 *          7   6   5   4     3   2     1      0
 *        +---------------+---------+------+------+
 *        |   address     | context | size | time |   | context bytes | address bytes | size | time
 *        +---------------+---------+------+------+
 *
 *   address  2       where the next chunk of glibc's top would be (last allocation + its size)
 *            3 4 5   signed difference to the last event's address, 1 2 3 bytes, in granules
 *            6       6 bytes: the address itself, in granules
 *            8 9     in the table of recent addresses, slot = (address field - 8) * 256 + 1 byte
 *            10 11 14 15   see below
 *   context  what, from where: (op, domain, stack, alignment, class), one of a table of 256
 *            0       the one that followed the last time the previous context occurred
 *            1       the one that did so before, and was another
 *            2       1 byte: slot in the table
 *            3       new: what | stack varint | [align] | [class varint]; bits of what: 0-2 the
 *                    lower ones of op, 3: a release (op 16 and up), 4-5 domain, 6: align follows,
 *                    7: class follows
 *   size     1: a varint with the size follows; 0: same as the last of this context (frees: 0)
 *   time     1: a varint with the time since the last stamped event follows (units of
 *            2^time_shift ticks); 0: no stamp; the event lies between its neighbours
 *
 *     tags 0xa0..0xbf and 0xe0..0xff: an allocation in context 0, of less than 1024 bytes:
 *
 *          7   6   5    4   3   2     1     0
 *        +-----------+-------------+------------+
 *        | 1 time  1 | address % 8 | size / 256 |   | address bytes | size % 256, 1 byte | time
 *        +-----------+-------------+------------+
 *
 * A granule is 2^shift bytes, shift = 4 at the start of a chunk, see PTF_E_GRANULE.
 */
enum ptf_op {
	PTF_OP_NONE = 0,
	/* allocations: address, size, complete stack */
	PTF_OP_MALLOC = 1,
	PTF_OP_CALLOC = 2,
	PTF_OP_ALIGNED = 3, /* posix_memalign, aligned_alloc, memalign, valloc, pvalloc */
	PTF_OP_NEW = 4,     /* operator new, when it does not go through malloc */
	PTF_OP_REALLOC = 5, /* the new block of a realloc; follows PTF_OP_REALLOC_FREE in its stream */
	/* releases: address, caller (a sample: the whole stack) */
	PTF_OP_FREE = 16,
	PTF_OP_DELETE = 17,
	PTF_OP_REALLOC_FREE = 18, /* the old block; before the call, so undone by PTF_E_UNDO on failure */
};
#define PTF_OP_IS_FREE(op) ((op) >= PTF_OP_FREE)

/* Who was asked for the memory. */
enum ptf_domain {
	PTF_DOMAIN_C = 0,      /* malloc(), calloc(), realloc(), aligned allocation */
	PTF_DOMAIN_PY_RAW = 1, /* CPython's three domains */
	PTF_DOMAIN_PY_MEM = 2,
	PTF_DOMAIN_PY_OBJ = 3,
};

/* General records of EVENTS payloads. */
enum ptf_event_record {
	PTF_E_END = 0,
	PTF_E_THREAD = 1,  /* varint thread number: whose events follow (at a chunk's start: first_frame) */
	PTF_E_OWNER = 2,   /* varint address: the Python instance in whose method the following
			      allocations happen; 0: none.  In force until the next one or chunk end */
	PTF_E_REGION = 3,  /* u8 enum ptf_region, varint address, varint bytes, varint stack,
			      varint old address, varint old bytes, varint time (absolute, units) */
	PTF_E_UNDO = 4,    /* the thread's last PTF_OP_REALLOC_FREE did not happen */
	PTF_E_GC = 5,      /* u8 1 start / 2 stop, varint generation, varint collected,
			      varint uncollectable, varint time (absolute, units) */
	PTF_E_GRANULE = 6, /* u8 shift: from here on; all address tables are empty again */
	PTF_E_ODD = 7,     /* u8: bits below the granule, added to the next event's address */
	PTF_E_CLASS = 8,   /* varint address, varint class: class of a live block, learned late */
	PTF_E_TIME = 9,    /* varint absolute time (units); what was before lies before it */
	PTF_E_SOLE_RECORDER = 10,   /* varint absolute time: other threads may have recorded since the last
			      stamp; what was before has its time, the next stamp counts from here */
	PTF_E_HOLD = 11,   /* u8 0 / 1: events without a stamp that follow lie between their neighbours /
			      have the time of the stamp before them.  In force until the next one or chunk
			      end; what was before has the time of its stamp */
	PTF_E_ITS_CLASS = 12, /* varint class: of the allocation right before it, whose context has a
			      class that was expected.  Where a chunk that was not closed ends with an
			      allocation in PTF_DOMAIN_PY_OBJ, its class is not known */
	PTF_E_CONSTRUCTED = 13, /* an instance was built, and it took long: varint its block's address, varint
			      class, varint begin and varint end of the call (absolute, units), varint CPU time
			      of the thread in it in ns + 1 (0: unknown), varint how often it gave the processor
			      away (if the CPU time is known), varint hash of the arguments' plain values.  PTF_E_ARGUMENT records right before it are part of it */
	PTF_E_MARK = 14,   /* u8 enum ptf_mark, varint region number (POINT: 0), varint absolute time
			      (units), bytes of the name up to the record's end (END: none) */
	PTF_E_ARGUMENT = 15, /* varint address: an object among the arguments of the PTF_E_CONSTRUCTED that
			      follows, which its block identifies */
};

/* PTF_E_MARK: what the program announces about itself. */
enum ptf_mark {
	PTF_MARK_POINT = 1, /* something happened */
	PTF_MARK_BEGIN = 2, /* a region begins in this thread */
	PTF_MARK_END = 3,   /* it ends; any thread may end it */
};

/* PTF_E_REGION: memory that allocators and programs ask from the system. */
enum ptf_region {
	PTF_REGION_MMAP = 1,   /* anonymous mmap by the program itself */
	PTF_REGION_MUNMAP = 2,
	PTF_REGION_MREMAP = 3,
	PTF_REGION_BACKING_MMAP = 4, /* the same inside an allocator: backing store */
	PTF_REGION_BACKING_MUNMAP = 5,
	PTF_REGION_BACKING_MREMAP = 6,
	PTF_REGION_BRK = 7,    /* address = the new end of the brk heap, bytes = its size */
};

/*
 * DEFS payload: type | varint length | that many bytes.  Ids count up from 1 in the order of the
 * records (struct ptf_chunk.first_frame* says where a chunk starts, so that a lost chunk loses only its
 * own names); id 0 means "none" or "unknown".
 */
enum ptf_def {
	PTF_D_END = 0,
	PTF_D_FRAME = 1,      /* -> frame id: varint module, varint offset from the module's base.
				 module 0: the offset is the bare address.  Offsets are return
				 addresses: look up offset - 1; flag below for the others */
	PTF_D_FRAME_PY = 2,   /* -> frame id: varint code, varint line */
	PTF_D_STACK = 3,      /* -> stack id: u8 flags, varint n_shared, varint n_new, n_new frame ids.
				 Root first: the first n_shared frames of the previous PTF_D_STACK of
				 this chunk, then the new ones; the last is the leaf */
	PTF_D_MODULE = 4,     /* varint id, varint base, varint start, varint end, varint ticks,
				 string build id (bytes), string path */
	PTF_D_MODULE_GONE = 5,/* varint id, varint ticks */
	PTF_D_THREAD = 6,     /* varint number, varint tid, varint ticks (start), string name */
	PTF_D_THREAD_END = 7, /* varint number, varint ticks, string name */
	PTF_D_STRING = 8,     /* -> string id: the bytes */
	PTF_D_PYCODE = 9,     /* -> code id: varint file string, varint name string,
				 varint qualified name string (0: none), varint first line,
				 varint arguments by position (may be missing) */
	PTF_D_CLASS = 10,     /* -> class id: varint name string, varint module string,
				 varint base class, varint flags, varint basic size, varint item size */
	PTF_D_PROCESS = 11,   /* string exe, string cwd, string host, varint argc, argc strings */
	PTF_D_RUN = 12,       /* written by `pooltrace record`: varint wait status, varint cpu ns,
				 varint wall ns, varint peak rss bytes, varint has_baseline,
				 the same four of the untraced run */
	PTF_D_PYTHON = 13,    /* string version, varint flags, string warning */
	PTF_D_CENSUS = 14,    /* varint piece number, varint of how many, bytes of one JSON text.
	                         The last complete text counts, the ones before were taken at peaks */
	PTF_D_BOUND = 15,     /* varint class, varint function name string, varint objects made */
	PTF_D_CHILD = 16,     /* varint pid, varint ticks: this process forked it */
	PTF_D_NOTE = 17,      /* string: a sentence for the report's health section */
	PTF_D_ALLOCATOR = 18, /* string: path of the module whose malloc is in force */
	PTF_D_HEAP = 19,      /* varint graph number from 1, varint piece number from 0, bytes: pieces of
				 one heap graph, see enum ptf_heap_item */
	PTF_D_LABELS = 20,    /* string: POOLTRACE_LABELS, "service=a,version=b" */
};

/*
 * A heap graph: the objects of a CPython interpreter at one moment and which of them refers to which.
 * A row of items, each a byte of this enum and its fields.  Objects are numbered from 0 in the order in
 * which they are met; PTF_HEAP_NODE items come in that order.  A graph without PTF_HEAP_END is cut.
 */
enum ptf_heap_item {
	PTF_HEAP_END = 0,   /* varint enum ptf_heap_cut bits, varint microseconds of CPU spent on it */
	PTF_HEAP_START = 1, /* varint enum ptf_heap_moment, varint time (absolute, units),
			       varint highest resident bytes of the process so far */
	PTF_HEAP_TYPE = 2,  /* -> type from 0: varint class id (0 unknown), varint tp_flags (32 bits),
			       string name, string name of the nearest static base */
	PTF_HEAP_ROOT = 3,  /* u8 enum ptf_heap_root, name, edges with names */
	PTF_HEAP_LOOSE = 4, /* the next object: the roots do not reach it, nor do others before it */
	PTF_HEAP_NODE = 5,  /* varint type, varint enum ptf_heap_flag bits, varint own bytes,
			       varint references (0: immortal), zigzag (block address - the previous
			       node's) / 8, then as flags say: varint length, zigzag (storage address -
			       block address) / 8, name; then edges */
};

/*
 * A name is a varint: 0 none, 1 "a key of the container", 2 a new one (it gets the next number from 3 on),
 * followed by a string, else the number of one.
 *
 * Edges are varints, each 0 the end of the list, 1 the object that is met for the first time here (it gets
 * the next number), else 2 + the number of an object.  Where they have names one follows each but the end.
 */

enum ptf_heap_root { PTF_HEAP_MODULE = 1, PTF_HEAP_FRAME = 2 };
enum ptf_heap_moment { PTF_HEAP_AT_EXIT = 1, PTF_HEAP_AT_PEAK = 2 };
enum ptf_heap_flag {
	PTF_HEAP_NAMED = 1,       /* its edges have names */
	PTF_HEAP_HAS_LENGTH = 2,  /* of a container, items */
	PTF_HEAP_HAS_STORAGE = 4, /* items are in a block of their own */
	PTF_HEAP_HAS_LABEL = 8,   /* qualified name of a function, a class, a generator */
};
enum ptf_heap_cut {
	PTF_HEAP_CUT_TIME = 1,    /* the time allowed for it ran out */
	PTF_HEAP_CUT_OBJECTS = 2, /* more objects than a graph holds */
};

/* Flags of PTF_D_STACK. */
#define PTF_STACK_COMPLETE 1u    /* ends at the root of the thread */
#define PTF_STACK_CUT 2u         /* deeper than PTF_MAX_FRAMES: has its first and last half of that number */
#define PTF_STACK_LOST 4u        /* the unwinder could not go on: the root end is missing */
#define PTF_STACK_CALLER_ONLY 8u /* one frame by intention: who freed */

/* Flag in the offset of PTF_D_FRAME: offset = 2 * address offset + (1: exact pc, not a return address). */

/* Flags of PTF_D_CLASS. */
#define PTF_CLASS_HEAP 1u        /* defined by a class statement (or PyType_FromSpec) */
#define PTF_CLASS_GC 2u
#define PTF_CLASS_DICT 4u        /* instances can have a __dict__ */
#define PTF_CLASS_WEAKREF 8u
#define PTF_CLASS_INLINE 16u     /* 3.13+: values inside the object */
#define PTF_CLASS_BUILTIN_BASE 32u /* basic size is not PyObject's: derives from a built-in type */

#endif
