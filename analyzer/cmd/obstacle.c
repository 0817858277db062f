/* See cmd/obstacle.h. */
#include "cmd/obstacle.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/text.h"

/* ---- the dynamic section ---- */

/* Calls each(tag, name) for the entries of the dynamic section that are names, until it returns true. */
static bool each_dynamic_name(Elf *elf, bool (*each)(GElf_Sxword tag, const char *name))
{
	Elf_Scn *section = NULL;
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;
		GElf_Dyn entry;
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &entry); i++) {
			bool is_name = entry.d_tag == DT_SONAME || entry.d_tag == DT_NEEDED;
			const char *name =
				is_name ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : NULL;
			if (name && each(entry.d_tag, name))
				return true;
		}
	}

	return false;
}

/* The loader names no loader of its own; other than a static program it is a library, too, with a name. */
static bool is_soname(GElf_Sxword tag, const char *name)
{
	(void)name;
	return tag == DT_SONAME;
}

static bool is_glibc_loader_name(GElf_Sxword tag, const char *name)
{
	return tag == DT_SONAME && strncmp(name, "ld-linux", 8) == 0;
}

/* AddressSanitizer's shared runtime ends the process when a preloaded library stands before it. */
static bool needs_asan(GElf_Sxword tag, const char *name)
{
	return tag == DT_NEEDED &&
	       (strncmp(name, "libasan.so", 10) == 0 || strncmp(name, "libclang_rt.asan", 16) == 0);
}

/* ---- files ---- */

static Elf *open_elf(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	elf_version(EV_CURRENT);
	return *fd < 0 ? NULL : elf_begin(*fd, ELF_C_READ, NULL);
}

static void close_elf(Elf *elf, int fd)
{
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
}

/* musl, bionic and others have loaders of other names.  One that is not there is left for execve() to tell. */
static bool is_glibc_loader(const char *path)
{
	int fd;
	Elf *elf = open_elf(path, &fd);
	bool is = !elf || each_dynamic_name(elf, is_glibc_loader_name);
	close_elf(elf, fd);
	return is;
}

/* The loader that a dynamic program names, or NULL. */
static const char *loader_of(Elf *elf)
{
	size_t n = 0, n_bytes;
	const char *image = elf_rawfile(elf, &n_bytes);

	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;
		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_INTERP)
			continue;
		bool is_inside = image && ph.p_filesz && ph.p_offset < n_bytes &&
		                 ph.p_filesz <= n_bytes - ph.p_offset &&
		                 !image[ph.p_offset + ph.p_filesz - 1];
		return is_inside ? image + ph.p_offset : "";
	}

	return NULL;
}

static bool asan_order_is_checked(void)
{
	const char *options = getenv("ASAN_OPTIONS");
	return !options || !strstr(options, "verify_asan_link_order=0");
}

static char *elf_obstacle(Elf *elf)
{
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return NULL;
	if (header.e_machine != EM_X86_64 || gelf_getclass(elf) != ELFCLASS64)
		return mem_strdup("it is built for another kind of processor than x86-64");
	const char *loader = loader_of(elf);
	if (!loader)
		return each_dynamic_name(elf, is_soname)
		               ? NULL
		               : mem_strdup("it is statically linked, and a preloaded library does "
		                            "not reach it");

	if (!is_glibc_loader(loader)) {
		char *clean = text_clean(loader);
		char *why = mem_printf("it is for another C library than glibc (its loader is %s)",
		                       clean);
		free(clean);
		return why;
	}

	if (asan_order_is_checked() && each_dynamic_name(elf, needs_asan))
		return mem_strdup("AddressSanitizer's shared runtime ends a program with a "
		                  "preloaded library (link it with -static-libasan, or set "
		                  "ASAN_OPTIONS=verify_asan_link_order=0)");

	return NULL;
}

/* ---- scripts ---- */

bool obstacle_interpreter(const char *script, char *path)
{
	char line[256] = "";
	int fd = open(script, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_script = fd >= 0 && read(fd, line, sizeof line - 1) > 2 && !strncmp(line, "#!", 2);

	if (fd >= 0)
		close(fd);
	if (!is_script)
		return false;
	char *from = line + 2 + strspn(line + 2, " \t");
	size_t n = strcspn(from, " \t\n");
	memcpy(path, from, n);
	path[n] = 0;
	return n > 0;
}

static bool runs_as_another(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && (((st.st_mode & S_ISUID) && st.st_uid != geteuid()) ||
	                                ((st.st_mode & S_ISGID) && st.st_gid != getegid()));
}

char *obstacle_of(const char *path)
{
	enum { NESTED_MOST = 5 }; /* as the kernel has it */
	char name[PATH_MAX];
	int fd;
	if (runs_as_another(path))
		return mem_strdup("it runs as another user (setuid), and the loader ignores "
		                  "preloaded libraries there");

	snprintf(name, sizeof name, "%s", path);
	for (int i = 0; i < NESTED_MOST && obstacle_interpreter(name, name); i++)
		;
	Elf *elf = open_elf(name, &fd);
	char *why = elf ? elf_obstacle(elf) : NULL;
	close_elf(elf, fd);
	return why;
}
