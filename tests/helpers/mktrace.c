/*
 * Turns a text into a trace, so that tests can say what happened in a few lines.
 *
 *     mktrace SCRIPT TRACE
 *
 * One statement a line, words at blanks, # starts a comment.  Numbers may be sums of decimal and
 * 0x numbers and of the loop variable: 0x1000+i*64.  Ids count from 1 in the order of the file.
 *
 *     process EXE ARG...          pid N          end exit CODE TIME | end killed
 *     module ID PATH              frame MODULE OFFSET|FUNCTION
 *     code FILE NAME LINE         pyframe CODE LINE
 *     class NAME MODULE FLAGS BASIC_SIZE
 *     stack FRAME...              root first          cutstack FRAME...
 *     deepstack N FRAMES          N frames, 1 to FRAMES over and over
 *     sharedstack N FRAME...      the first N of the stack before, then these
 *     defschunk                   the names go on in a new chunk
 *     note TEXT                   labels TEXT             allocator PATH
 *     lost KIND N                 python VERSION
 *     census PIECE OF JSON        bound CLASS FUNCTION N
 *     stream N                    the following events are of this stream
 *     thread N                    and of this thread
 *     at TIME                     stamps the next event
 *     malloc|calloc|new|realloc ADDRESS SIZE STACK [CLASS [DOMAIN]]
 *     aligned ADDRESS SIZE STACK LOG2
 *     free|delete|realloc-of ADDRESS STACK
 *     undo      owner ADDRESS     classof ADDRESS CLASS      itsclass CLASS
 *     heap start exit|peak TIME        a heap graph; see enum ptf_heap_item
 *     heap type CLASS FLAGS NAME BASE
 *     heap root module|frame NAME EDGE...
 *     heap node TYPE BYTES REFERENCES ADDRESS LENGTH LABEL EDGE...   LENGTH, LABEL: - none
 *     heap end                         EDGE: new[*N] or the number of an object, then :NAME (:key a key)
 *     constructed ADDRESS CLASS BEGIN END CPU_NS KEY              a timed call of a class
 *     gc start|stop GENERATION COLLECTED TIME
 *     region KIND ADDRESS BYTES STACK OLD_ADDRESS OLD_BYTES TIME
 *     mark NAME TIME              begins NUMBER NAME TIME      ends NUMBER TIME
 *     turn TIME                   time TIME           granule LOG2
 *     chunk                       the stream goes on in a new chunk
 *     open                        chunks are left open, as by a killed process
 *     repeat N ... again          loops; i counts from 0
 */
#include <ctype.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <unistd.h>

#include "trace_writer.h"

#define MAX_WORDS 64
#define MAX_LINES 10000

static struct tw w;
static uint32_t stream;
static uint64_t stamp, loop_i;
static bool stamped;
static int line_number;

static __attribute__((noreturn)) void fail(const char *what)
{
	fprintf(stderr, "mktrace: line %d: %s\n", line_number, what);
	exit(1);
}

/* sum := product ['+' product]...;  product := factor [('*' | '%') factor]... */
static uint64_t factor(const char **p)
{
	char *end;
	if (**p == 'i') {
		++*p;
		return loop_i;
	}
	uint64_t v = strtoull(*p, &end, 0);
	if (end == *p)
		fail("no number");
	*p = end;
	return v;
}

static uint64_t product(const char **p)
{
	uint64_t v = factor(p);
	while (**p == '*' || **p == '%') {
		char op = *(*p)++;
		uint64_t f = factor(p);
		v = op == '*' ? v * f : f ? v % f : 0;
	}
	return v;
}

static uint64_t number(const char *text)
{
	const char *p = text;
	uint64_t sum = product(&p);
	while (*p == '+') {
		p++;
		sum += product(&p);
	}
	if (*p)
		fail("no number");
	return sum;
}

static uint32_t number32(const char *text)
{
	return (uint32_t)number(text);
}

static int find(const char *const *names, const char *word)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], word))
			return i;
	return -1;
}

/* ---- functions of modules that exist ---- */

static const char *module_path[16]; /* by id */

static uint64_t offset_in_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *h, const char *name)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;
	for (int i = 0; h->sh_entsize && gelf_getsym(data, i, &symbol); i++)
		if (!strcmp(elf_strptr(elf, h->sh_link, symbol.st_name), name))
			return symbol.st_value;
	return 0;
}

/* Return address of a call in the first line of a function: a reader looks up the byte before. */
static uint64_t offset_of_function(uint32_t module, const char *name)
{
	const char *path = module < 16 ? module_path[module] : NULL;
	int fd = path ? open(path, O_RDONLY) : -1;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr h;
	uint64_t value = 0;

	while (!value && (section = elf_nextscn(elf, section)) != NULL)
		if (gelf_getshdr(section, &h) && h.sh_type == SHT_SYMTAB)
			value = offset_in_table(elf, section, &h, name);
	elf_end(elf);
	close(fd);
	if (!value)
		fail("no such function in the module");
	return value + 1;
}

/* ---- statements ---- */

static bool allocation(char **word, int n)
{
	static const char *const names[] = {"",    "malloc",  "calloc", "aligned",
	                                    "new", "realloc", NULL};
	int op = find(names, word[0]);
	if (op < 0)
		return false;
	if (n < 4)
		fail("address, size and stack are needed");
	bool aligned = op == PTF_OP_ALIGNED;
	tw_event(&w, stream,
	         (struct ptc_event){.op = (uint8_t)op,
	                            .address = number(word[1]),
	                            .size_bytes = number(word[2]),
	                            .stack = number32(word[3]),
	                            .align_log2 = aligned && n > 4 ? (uint8_t)number(word[4]) : 0,
	                            .class_id = !aligned && n > 4 ? number32(word[4]) : 0,
	                            .domain = !aligned && n > 5 ? (uint8_t)number(word[5]) : 0,
	                            .stamped = stamped,
	                            .time = stamp});
	stamped = false;
	return true;
}

static bool release(char **word, int n)
{
	static const char *const names[] = {"free", "delete", "realloc-of", NULL};
	int op = find(names, word[0]);
	if (op < 0)
		return false;
	if (n < 3)
		fail("address and stack are needed");
	tw_event(&w, stream,
	         (struct ptc_event){.op = (uint8_t)(PTF_OP_FREE + op),
	                            .address = number(word[1]),
	                            .stack = number32(word[2]),
	                            .stamped = stamped,
	                            .time = stamp});
	stamped = false;
	return true;
}

static void deep_stack(uint32_t n, uint32_t n_frames)
{
	uint32_t frames[2 * PTF_MAX_FRAMES];
	if (n > 2 * PTF_MAX_FRAMES || !n_frames)
		fail("too deep");
	for (uint32_t i = 0; i < n; i++)
		frames[i] = 1 + i % n_frames;
	tw_stack(&w, PTF_STACK_COMPLETE, frames, n);
}

/* ---- heap graphs ---- */

static struct {
	uint8_t bytes[1 << 16], *end;
	uint64_t last_address;
	uint32_t n_graphs;
} heap;

static void heap_byte(uint8_t b)
{
	*heap.end++ = b;
}

static void heap_number(uint64_t v)
{
	if (heap.end > heap.bytes + sizeof heap.bytes - 16)
		fail("the heap graph is too large");
	heap.end = ptc_put_varint(heap.end, v);
}

static void heap_text(const char *s)
{
	heap.end = ptc_put_string(heap.end, s, strlen(s));
}

/* 1: a key of the container; 2: a name that follows. */
static void heap_name(const char *name)
{
	heap_number(!strcmp(name, "key") ? 1 : 2);
	if (strcmp(name, "key"))
		heap_text(name);
}

static void heap_edges(char **word, int n, bool named)
{
	for (int i = 0; i < n; i++) {
		char *name = strchr(word[i], ':');
		uint64_t times = 1;
		if (name)
			*name++ = 0;
		if (!strncmp(word[i], "new*", 4))
			times = number(word[i] + 4);
		while (times--) {
			heap_number(strncmp(word[i], "new", 3) ? 2 + number(word[i]) : 1);
			if (named)
				heap_name(name ? name : "");
		}
	}
	heap_number(0);
}

static void heap_node(char **word, int n)
{
	bool named = n > 6 && strchr(word[6], ':');
	bool has_length = *word[4] != '-', has_label = *word[5] != '-';
	uint64_t address = number(word[3]);
	int64_t step = (int64_t)(address - heap.last_address) / 8;

	heap_byte(PTF_HEAP_NODE);
	heap_number(number(word[0]));
	heap_number((named ? PTF_HEAP_NAMED : 0u) | (has_length ? PTF_HEAP_HAS_LENGTH : 0u) |
	            (has_label ? PTF_HEAP_HAS_LABEL : 0u));
	heap_number(number(word[1]));
	heap_number(number(word[2]));
	heap_number((uint64_t)step << 1 ^ (uint64_t)(step >> 63));
	heap.last_address = address;
	if (has_length)
		heap_number(number(word[4]));
	if (has_label)
		heap_name(word[5]);
	heap_edges(word + 6, n - 6, named);
}

static void heap_end(void)
{
	enum { PIECE = 4096 };
	heap_byte(PTF_HEAP_END);
	heap_number(0);
	heap_number(1);
	heap.n_graphs++;
	for (uint32_t piece = 0; heap.bytes + piece * PIECE < heap.end; piece++) {
		uint8_t b[PIECE + 32], *p = ptc_put_varint(b, heap.n_graphs);
		const uint8_t *from = heap.bytes + piece * PIECE;
		size_t n = (size_t)(heap.end - from) < PIECE ? (size_t)(heap.end - from) : PIECE;
		p = ptc_put_varint(p, piece);
		memcpy(p, from, n);
		tw_def(&w, PTF_D_HEAP, b, (uint32_t)(p + n - b));
	}
}

static void heap_statement(char **word, int n)
{
	if (!strcmp(word[0], "start") && n == 3) {
		heap.end = heap.bytes;
		heap.last_address = 0;
		heap_byte(PTF_HEAP_START);
		heap_number(strcmp(word[1], "exit") ? PTF_HEAP_AT_PEAK : PTF_HEAP_AT_EXIT);
		heap_number(number(word[2]));
		heap_number(50000000);
	} else if (!strcmp(word[0], "type") && n == 5) {
		heap_byte(PTF_HEAP_TYPE);
		heap_number(number(word[1]));
		heap_number(number(word[2]));
		heap_text(word[3]);
		heap_text(word[4]);
	} else if (!strcmp(word[0], "root") && n >= 3) {
		heap_byte(PTF_HEAP_ROOT);
		heap_byte(strcmp(word[1], "frame") ? PTF_HEAP_MODULE : PTF_HEAP_FRAME);
		heap_name(word[2]);
		heap_edges(word + 3, n - 3, true);
	} else if (!strcmp(word[0], "node") && n >= 7) {
		heap_node(word + 1, n - 1);
	} else if (!strcmp(word[0], "end") && n == 1) {
		heap_end();
	} else {
		fail("no such heap statement");
	}
}

static void put_module(uint32_t id, const char *path)
{
	if (id < 16)
		module_path[id] = strdup(path);
	tw_module(&w, id, path);
}

static void put_python(const char *version)
{
	unsigned major = 0, minor = 0, micro = 0;
	sscanf(version, "%u.%u.%u", &major, &minor, &micro);
	w.header.python = major << 16 | minor << 8 | micro;
	uint8_t b[64], *p = ptc_put_string(b, version, strlen(version));
	p = ptc_put_varint(p, 0);
	p = ptc_put_string(p, "", 0);
	tw_def(&w, PTF_D_PYTHON, b, (uint32_t)(p - b));
}

static void put_bound(uint32_t class_id, const char *function, uint64_t n_made)
{
	uint32_t name = tw_string(&w, function);
	uint8_t b[32], *p = ptc_put_varint(ptc_put_varint(b, class_id), name);
	p = ptc_put_varint(p, n_made);
	tw_def(&w, PTF_D_BOUND, b, (uint32_t)(p - b));
}

/* The census is one JSON text: a piece a line, "census NUMBER OF-HOW-MANY TEXT". */
static void put_census(char *rest)
{
	uint8_t b[PTF_MAX_RECORD], *p = ptc_put_varint(b, strtoul(rest, &rest, 10));
	p = ptc_put_varint(p, strtoul(rest, &rest, 10));
	size_t n = strlen(rest);
	memcpy(p, rest, n);
	tw_def(&w, PTF_D_CENSUS, b, (uint32_t)(p + n - b));
}

static bool names(char **word, int n)
{
	uint32_t frames[MAX_WORDS];
	if (!strcmp(word[0], "python") && n == 2) {
		put_python(word[1]);
		return true;
	}

	if (!strcmp(word[0], "heap") && n > 1) {
		heap_statement(word + 1, n - 1);
		return true;
	}

	for (int i = 1; i < n; i++)
		frames[i - 1] = isdigit((unsigned char)*word[i]) ? number32(word[i]) : 0;
	if (!strcmp(word[0], "process") && n > 1)
		tw_process(&w, word[1], (uint32_t)(n - 1), (const char *const *)word + 1);
	else if (!strcmp(word[0], "allocator") && n == 2)
		tw_allocator(&w, word[1]);
	else if (!strcmp(word[0], "module") && n == 3)
		put_module(number32(word[1]), word[2]);
	else if (!strcmp(word[0], "frame") && n == 3)
		tw_frame(&w, number32(word[1]),
		         isdigit((unsigned char)*word[2])
		                 ? number(word[2])
		                 : offset_of_function(number32(word[1]), word[2]));
	else if (!strcmp(word[0], "bound") && n == 4)
		put_bound(number32(word[1]), word[2], number(word[3]));
	else if (!strcmp(word[0], "code") && n == 4)
		tw_pycode(&w, word[1], word[2], number32(word[3]));
	else if (!strcmp(word[0], "pyframe") && n == 3)
		tw_pyframe(&w, number32(word[1]), number32(word[2]));
	else if (!strcmp(word[0], "class") && n == 5)
		tw_class(&w, word[1], word[2], number32(word[3]), number(word[4]));
	else if (!strcmp(word[0], "stack"))
		tw_stack(&w, PTF_STACK_COMPLETE, frames, (uint32_t)(n - 1));
	else if (!strcmp(word[0], "deepstack") && n == 3)
		deep_stack(number32(word[1]), number32(word[2]));
	else if (!strcmp(word[0], "sharedstack") && n > 1)
		tw_shared_stack(&w, number32(word[1]), frames + 1, (uint32_t)(n - 2));
	else if (!strcmp(word[0], "cutstack"))
		tw_stack(&w, PTF_STACK_CUT, frames, (uint32_t)(n - 1));
	else
		return false;
	return true;
}

static bool header(char **word, int n)
{
	if (!strcmp(word[0], "pid") && n == 2) {
		w.header.pid = number32(word[1]);
	} else if (!strcmp(word[0], "lost") && n == 3) {
		w.header.lost[number(word[1]) % PTF_LOST_KINDS] = number(word[2]);
	} else if (!strcmp(word[0], "end") && n == 4) {
		w.header.end = PTF_END_EXIT;
		w.header.exit_code = number32(word[2]);
		w.header.end_ticks = w.header.end_mono_ns = number(word[3]);
	} else if (!strcmp(word[0], "end")) {
		w.header.end = PTF_END_UNKNOWN;
	} else {
		return false;
	}
	return true;
}

static void numbers_record(uint8_t tag, uint8_t kind, char **word, int n)
{
	uint8_t b[128], *p = b;
	*p++ = kind;
	for (int i = 0; i < n; i++)
		p = ptc_put_varint(p, number(word[i]));
	tw_general(&w, stream, tag, b, (uint32_t)(p - b));
}

/* CPU times are stored plus one, since 0 means unknown; the call never gave the processor away. */
static void put_constructed(char **word)
{
	uint8_t b[64], *p = b;
	for (int i = 1; i <= 4; i++)
		p = ptc_put_varint(p, number(word[i]));
	p = ptc_put_varint(p, number(word[5]) + 1);
	p = ptc_put_varint(p, 0);
	p = ptc_put_varint(p, number(word[6]));
	tw_general(&w, stream, PTF_E_CONSTRUCTED, b, (uint32_t)(p - b));
}

static void mark_record(enum ptf_mark kind, uint64_t region, const char *name, uint64_t time)
{
	uint8_t b[128], *p = b;
	*p++ = (uint8_t)kind;
	p = ptc_put_varint(ptc_put_varint(p, region), time);
	for (; *name; name++)
		*p++ = (uint8_t)*name;
	tw_general(&w, stream, PTF_E_MARK, b, (uint32_t)(p - b));
}

static bool announcement(char **word, int n)
{
	if (!strcmp(word[0], "mark") && n == 3)
		mark_record(PTF_MARK_POINT, 0, word[1], number(word[2]));
	else if (!strcmp(word[0], "begins") && n == 4)
		mark_record(PTF_MARK_BEGIN, number(word[1]), word[2], number(word[3]));
	else if (!strcmp(word[0], "ends") && n == 3)
		mark_record(PTF_MARK_END, number(word[1]), "", number(word[2]));
	else
		return false;
	return true;
}

static bool general(char **word, int n)
{
	uint8_t b[32], *p = b;
	if (!strcmp(word[0], "undo")) {
		tw_general(&w, stream, PTF_E_UNDO, NULL, 0);
	} else if (!strcmp(word[0], "owner") && n == 2) {
		tw_general_number(&w, stream, PTF_E_OWNER, number(word[1]));
	} else if (!strcmp(word[0], "classof") && n == 3) {
		p = ptc_put_varint(ptc_put_varint(b, number(word[1])), number(word[2]));
		tw_general(&w, stream, PTF_E_CLASS, b, (uint32_t)(p - b));
	} else if (!strcmp(word[0], "itsclass") && n == 2) {
		tw_general_number(&w, stream, PTF_E_ITS_CLASS, number(word[1]));
	} else if (!strcmp(word[0], "constructed") && n == 7) {
		put_constructed(word);
	} else if (!strcmp(word[0], "gc") && n == 5) {
		char *rest[] = {word[2], word[3], "0", word[4]};
		numbers_record(PTF_E_GC, strcmp(word[1], "stop") ? 1 : 2, rest, 4);
	} else if (!strcmp(word[0], "region") && n == 8) {
		numbers_record(PTF_E_REGION, (uint8_t)number(word[1]), word + 2, 6);
	} else if (!strcmp(word[0], "turn") && n == 2) {
		tw_general_number(&w, stream, PTF_E_SOLE_RECORDER, number(word[1]));
		w.stream[stream].coder.last_time = number(word[1]);
	} else if (!strcmp(word[0], "time") && n == 2) {
		tw_general_number(&w, stream, PTF_E_TIME, number(word[1]));
	} else if (!strcmp(word[0], "granule") && n == 2) {
		*b = (uint8_t)number(word[1]);
		tw_general(&w, stream, PTF_E_GRANULE, b, 1);
		ptc_coder_set_shift(&w.stream[stream].coder, *b);
	} else {
		return false;
	}
	return true;
}

static bool control(char **word, int n)
{
	if (!strcmp(word[0], "stream") && n == 2) {
		stream = number32(word[1]) % TW_STREAMS;
	} else if (!strcmp(word[0], "at") && n == 2) {
		stamp = number(word[1]);
		stamped = true;
	} else if (!strcmp(word[0], "thread") && n == 2) {
		w.stream[stream].thread = number32(word[1]);
		if (w.stream[stream].chunk)
			tw_general_number(&w, stream, PTF_E_THREAD, number(word[1]));
	} else if (!strcmp(word[0], "chunk")) {
		tw_next_chunk(&w, stream);
	} else if (!strcmp(word[0], "defschunk")) {
		if (w.defs)
			tw_chunk_close(w.defs);
		w.defs = NULL;
	} else if (!strcmp(word[0], "open")) {
		w.leave_open = true;
	} else {
		return false;
	}
	return true;
}

/* A record of one text: the rest of the line. */
static bool sentence(const char *line, const char *word, uint8_t record)
{
	uint8_t b[4200];
	size_t n = strlen(word);
	if (strncmp(line, word, n) != 0)
		return false;
	tw_def(&w, record, b, (uint32_t)(ptc_put_string(b, line + n, strlen(line + n)) - b));
	return true;
}

static void statement(const char *line)
{
	char copy[4096], *word[MAX_WORDS], *rest = copy, *one;
	int n = 0;
	snprintf(copy, sizeof copy, "%s", line);
	copy[strcspn(copy, "#")] = 0;
	if (sentence(copy, "note ", PTF_D_NOTE) || sentence(copy, "labels ", PTF_D_LABELS))
		return;
	if (!strncmp(line, "census ", 7)) {
		snprintf(copy, sizeof copy, "%s", line + 7);
		put_census(copy);
		return;
	}
	while ((one = strsep(&rest, " \t")) != NULL)
		if (*one && n < MAX_WORDS)
			word[n++] = one;
	if (n && !allocation(word, n) && !release(word, n) && !names(word, n) && !header(word, n) &&
	    !general(word, n) && !announcement(word, n) && !control(word, n))
		fail("no such statement");
}

/* Runs lines [from, to); loops nest, the innermost one's counter is i. */
static void run(char **line, int from, int to)
{
	for (int at = from; at < to; at++) {
		int end = at + 1, depth = 1;
		line_number = at + 1;
		if (strncmp(line[at], "repeat ", 7) != 0) {
			statement(line[at]);
			continue;
		}
		for (; end < to; end++) {
			depth += !strncmp(line[end], "repeat ", 7);
			depth -= !strcmp(line[end], "again");
			if (!depth)
				break;
		}
		if (end == to)
			fail("repeat without again");
		uint64_t outer = loop_i, n = number(line[at] + 7);
		for (uint64_t k = 0; k < n; k++) {
			loop_i = k;
			run(line, at + 1, end);
		}
		loop_i = outer;
		at = end;
	}
}

int main(int argc, char **argv)
{
	static char *line[MAX_LINES];
	char text[4096];
	int n = 0;
	size_t bytes;
	FILE *in = argc == 3 ? fopen(argv[1], "r") : NULL;
	if (!in) {
		fprintf(stderr, "usage: mktrace SCRIPT TRACE\n");
		return 2;
	}
	while (n < MAX_LINES && fgets(text, sizeof text, in)) {
		char *start = text;
		text[strcspn(text, "\n")] = 0;
		while (isspace((unsigned char)*start))
			start++;
		line[n++] = strdup(start);
	}
	tw_init(&w);
	run(line, 0, n);
	uint8_t *file = tw_finish(&w, &bytes);
	FILE *out = fopen(argv[2], "w");
	if (!out || fwrite(file, 1, bytes, out) != bytes || fclose(out) != 0) {
		perror(argv[2]);
		return 1;
	}
	return 0;
}
