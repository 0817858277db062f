/* See loaded.h. */
#include "cmd/loaded.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/obstacle.h"
#include "util/mem.h"

extern char **environ;

static Elf *open_object(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	elf_version(EV_CURRENT);
	Elf *elf = *fd < 0 ? NULL : elf_begin(*fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		return elf;
	if (elf)
		elf_end(elf);
	if (*fd >= 0)
		close(*fd);
	return NULL;
}

static void close_object(Elf *elf, int fd)
{
	elf_end(elf);
	close(fd);
}

/* ---- symbols and names ---- */

static bool section_defines(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *symbol)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym s;

	for (int i = 1; data && gelf_getsym(data, i, &s); i++) {
		const char *name = elf_strptr(elf, header->sh_link, s.st_name);
		if (s.st_shndx != SHN_UNDEF && name && !strcmp(name, symbol))
			return true;
	}
	return false;
}

bool loaded_defines(const char *path, const char *symbol)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	bool found = false;
	int fd;
	Elf *elf = open_object(path, &fd);

	if (!elf)
		return false;
	while (!found && (section = elf_nextscn(elf, section)) != NULL)
		found = gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM &&
		        section_defines(elf, section, &header, symbol);
	close_object(elf, fd);
	return found;
}

const char *loaded_names(const char *path)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;
	bool debug = false, symbols = false;
	int fd;
	Elf *elf = open_object(path, &fd);

	if (!elf)
		return NULL;
	while (elf_getshdrstrndx(elf, &names) == 0 &&
	       (section = elf_nextscn(elf, section)) != NULL) {
		const char *name = gelf_getshdr(section, &header)
		                           ? elf_strptr(elf, names, header.sh_name)
		                           : NULL;
		debug = debug ||
		        (name && (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info")));
		symbols = symbols || header.sh_type == SHT_SYMTAB;
	}
	close_object(elf, fd);
	return debug ? "debug information" : symbols ? "symbols" : "dynamic symbols only";
}

/* ---- what is loaded ---- */

char *loaded_program(const char *path)
{
	char program[PATH_MAX];
	snprintf(program, sizeof program, "%s", path);
	for (int i = 0; i < 5 && obstacle_interpreter(program, program); i++)
		;
	return mem_strdup(program);
}

/* Path of the loader that the program names; to be freed, NULL: none. */
static char *loader_of_program(const char *program)
{
	char loader[PATH_MAX];
	size_t n = 0;
	GElf_Phdr ph;
	char *found = NULL;
	int fd;
	Elf *elf = open_object(program, &fd);

	if (!elf)
		return NULL;
	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n && !found; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_INTERP &&
		    ph.p_filesz <= sizeof loader &&
		    pread(fd, loader, ph.p_filesz, (off_t)ph.p_offset) == (ssize_t)ph.p_filesz)
			found = mem_printf("%.*s", (int)ph.p_filesz, loader);
	close_object(elf, fd);
	return found;
}

/* "	libm.so.6 => /lib/.../libm.so.6 (0x7f...)", "	/lib64/ld-linux-x86-64.so.2 (0x7f...)" */
static void take_line(struct loaded *x, char *line)
{
	char *arrow = strstr(line, "=> "), *path = arrow ? arrow + 3 : line + strspn(line, " \t");
	char *end = strstr(path, " (0x");

	if (!end || *path != '/')
		return;
	*end = 0;
	*MEM_PUSH(x->paths, x->n, x->room) = mem_strdup(path);
}

static int read_list(struct loaded *x, int from)
{
	FILE *f = fdopen(from, "r");
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) >= 0)
		take_line(x, line);
	free(line);
	fclose(f);
	return x->n > 1 ? 0 : -1;
}

int loaded_find(const char *program, struct loaded *out)
{
	char *loader = loader_of_program(program);
	char *argv[] = {loader, "--list", (char *)program, NULL};
	posix_spawn_file_actions_t actions;
	int pipe_ends[2], status, result = -1;
	pid_t pid;

	*out = (struct loaded){0};
	if (!loader || pipe2(pipe_ends, O_CLOEXEC) < 0) {
		free(loader);
		return -1;
	}
	*MEM_PUSH(out->paths, out->n, out->room) = mem_strdup(program);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	bool started = posix_spawn(&pid, loader, &actions, NULL, argv, environ) == 0;
	close(pipe_ends[1]);
	if (started) {
		result = read_list(out, pipe_ends[0]);
		waitpid(pid, &status, 0);
	} else {
		close(pipe_ends[0]);
	}
	posix_spawn_file_actions_destroy(&actions);
	free(loader);
	return result;
}

void loaded_release(struct loaded *x)
{
	for (uint32_t i = 0; i < x->n; i++)
		free(x->paths[i]);
	free(x->paths);
}
