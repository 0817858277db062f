/* See elf_file.h. */
#include "symbols/elf_file.h"

#include <elf.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/symbols.h"
#include "util/mem.h"

#define DEBUG_ROOT "/usr/lib/debug"
#define CRC_POLYNOMIAL 0xedb88320u /* that of zlib and of .gnu_debuglink */

uint64_t elf_file_debuginfo_bytes;

static bool ask_server;
static const char *sysroot, *debug_path; /* NULL: none */

void symbols_set_sysroot(const char *directory)
{
	sysroot = directory;
}

void symbols_set_debug_path(const char *directory)
{
	debug_path = directory;
}

void symbols_ask_server(void)
{
	ask_server = true;
}

/* libdw asks by itself for some files: it finds the servers in the environment. */
void elf_file_forget_servers(void)
{
	if (!ask_server)
		unsetenv("DEBUGINFOD_URLS");
}

/* A program, library or debug file of 64 bits; no core dump, no object of a compiler. */
static bool is_elf(int fd)
{
	Elf64_Ehdr h;
	return pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h &&
	       memcmp(h.e_ident, ELFMAG, SELFMAG) == 0 && h.e_ident[EI_CLASS] == ELFCLASS64 &&
	       (h.e_type == ET_DYN || h.e_type == ET_EXEC);
}

/* A sparse file of terabytes is small. */
static uint64_t size_on_disk(const struct stat *st)
{
	uint64_t stored = (uint64_t)st->st_blocks * 512, size = (uint64_t)st->st_size;
	return stored < size ? stored : size;
}

int elf_file_open(const char *path, uint64_t *bytes)
{
	struct stat st;

	/* Opening a device can already do something: look first.  The file may change in between. */
	int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode)
	                 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
	                 : -1;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_elf(fd)) {
		*bytes = size_on_disk(&st);
		return fd;
	}

	close(fd);
	return -1;
}

char *elf_file_path(const char *directory, const char *name)
{
	return name[0] == '/' ? mem_strdup(name) : mem_printf("%s/%s", directory, name);
}

bool elf_file_is_harmless_in(const char *directory, const char *name)
{
	struct stat st;
	char *path = elf_file_path(directory, name);
	bool harmless = stat(path, &st) != 0 || S_ISREG(st.st_mode);
	free(path);
	return harmless;
}

uint64_t elf_file_unpacked_bytes(Elf *elf)
{
	uint64_t sum = 0;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) != NULL;) {
		GElf_Shdr header;
		GElf_Chdr packed;
		if (gelf_getshdr(s, &header) && (header.sh_flags & SHF_COMPRESSED) &&
		    gelf_getchdr(s, &packed) && __builtin_add_overflow(sum, packed.ch_size, &sum))
			return UINT64_MAX;
	}
	return sum;
}

/* ---- debug information in a file of its own ---- */

static uint32_t crc_of(int fd)
{
	static uint32_t table[256];
	uint8_t buffer[1 << 14];
	uint32_t crc = ~0u;
	ssize_t n;
	for (uint32_t i = 0; !table[1] || i < 256; i++) {
		uint32_t c = i & 255;
		for (unsigned k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? CRC_POLYNOMIAL : 0);
		table[i & 255] = c;
	}

	for (off_t at = 0; (n = pread(fd, buffer, sizeof buffer, at)) > 0; at += n)
		for (ssize_t i = 0; i < n; i++)
			crc = crc >> 8 ^ table[(crc ^ buffer[i]) & 255];
	return ~crc;
}

/* What a debug file must match. */
struct wanted {
	const unsigned char *build_id; /* NULL: none */
	int n_build_id;
	GElf_Word crc; /* when there is no build id; 0: none */
};

static bool is_wanted(int fd, const struct wanted *w)
{
	const void *id;
	if (!w->build_id)
		return w->crc && crc_of(fd) == w->crc;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool same = elf && dwelf_elf_gnu_build_id(elf, &id) == w->n_build_id &&
	            memcmp(id, w->build_id, (size_t)w->n_build_id) == 0;
	elf_end(elf);
	return same;
}

/* Takes ownership of path.  Descriptor of the file there if it is the wanted one, else -1. */
static int try_path(char *path, const struct wanted *w, char **found)
{
	int fd = elf_file_open(path, &elf_file_debuginfo_bytes);
	if (fd >= 0 && is_wanted(fd, w)) {
		*found = path;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return -1;
}

/* "ab/cdef..."; false: the build id is too short or too long for a path. */
static bool build_id_name(const struct wanted *w, char name[2 * 64 + 2])
{
	char *to = name;
	if (w->n_build_id < 2 || w->n_build_id > 64)
		return false;
	for (int i = 0; i < w->n_build_id; i++)
		to += snprintf(to, 4, i ? "%02x" : "%02x/", w->build_id[i]);
	return true;
}

static int find_by_build_id(const struct wanted *w, char **found)
{
	char name[2 * 64 + 2];
	int fd = -1;
	if (!build_id_name(w, name))
		return -1;

	if (debug_path)
		fd = try_path(mem_printf("%s/.build-id/%s.debug", debug_path, name), w, found);
	if (fd < 0 && sysroot)
		fd = try_path(mem_printf("%s" DEBUG_ROOT "/.build-id/%s.debug", sysroot, name), w,
		              found);
	if (fd < 0)
		fd = try_path(mem_printf(DEBUG_ROOT "/.build-id/%s.debug", name), w, found);
	return fd;
}

/* The module itself; its debug file where the module was removed. */
static int find_module_by_build_id(const struct wanted *w, uint64_t *bytes)
{
	char name[2 * 64 + 2], *found = NULL;
	int fd = -1;
	if (!debug_path || !build_id_name(w, name))
		return -1;

	fd = try_path(mem_printf("%s/.build-id/%s", debug_path, name), w, &found);
	if (fd < 0)
		fd = try_path(mem_printf("%s/.build-id/%s.debug", debug_path, name), w, &found);
	free(found);
	*bytes = elf_file_debuginfo_bytes;
	return fd;
}

static int find_module_in_sysroot(const char *path, const struct wanted *w, uint64_t *bytes)
{
	if (!sysroot)
		return -1;
	char *below = mem_printf("%s%s", sysroot, path);
	int fd = elf_file_open(below, bytes);
	free(below);
	if (fd >= 0 && w->n_build_id && !is_wanted(fd, w)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int elf_file_open_module(const char *path, const unsigned char *build_id, uint32_t n_build_id,
                         uint64_t *bytes)
{
	const struct wanted w = {.build_id = build_id, .n_build_id = (int)n_build_id};
	int fd = find_module_in_sysroot(path, &w, bytes);

	if (fd < 0)
		fd = elf_file_open(path, bytes);
	if (fd >= 0 && debug_path && n_build_id && !is_wanted(fd, &w)) { /* it has changed since */
		int other = find_module_by_build_id(&w, bytes);
		if (other >= 0) {
			close(fd);
			fd = other;
		}
	}
	return fd < 0 && n_build_id ? find_module_by_build_id(&w, bytes) : fd;
}

static int find_by_name(const char *reader_file_name, const char *link, const struct wanted *w,
                        char **found)
{
	const char *slash = strrchr(reader_file_name, '/');
	int n = slash ? (int)(slash - reader_file_name) : 0, fd;
	if (!slash || strchr(link, '/'))
		return -1;
	fd = try_path(mem_printf("%.*s/.debug/%s", n, reader_file_name, link), w, found);
	if (fd < 0)
		fd = try_path(mem_printf(DEBUG_ROOT "%.*s/%s", n, reader_file_name, link), w,
		              found);
	if (fd < 0 && strcmp(slash + 1, link) != 0)
		fd = try_path(mem_printf("%.*s/%s", n, reader_file_name, link), w, found);
	return fd;
}

int elf_file_find_debuginfo(Dwfl_Module *module, void **context, const char *name, Dwarf_Addr base,
                            const char *reader_file_name, const char *debuglink, GElf_Word crc,
                            char **found)
{
	struct wanted w = {.crc = crc};
	GElf_Addr address;
	w.n_build_id = dwfl_module_build_id(module, &w.build_id, &address);
	if (w.n_build_id <= 0)
		w.build_id = NULL;

	int fd = w.build_id ? find_by_build_id(&w, found) : -1;
	if (fd < 0 && debuglink && reader_file_name)
		fd = find_by_name(reader_file_name, debuglink, &w, found);
	if (fd < 0 && ask_server)
		fd = dwfl_standard_find_debuginfo(module, context, name, base, reader_file_name,
		                                  debuglink, crc, found);
	return fd;
}
