/*
 * Opening the files that a trace or another file names.  Private to symbols/.
 *
 * A name may lead to a FIFO, a terminal or a device: those are never opened.  A file is taken only if it
 * is a regular one and a 64-bit ELF program, library or debug file; libelf would unpack compressed ones
 * of any size.
 */
#ifndef PT_SYMBOLS_ELF_FILE_H
#define PT_SYMBOLS_ELF_FILE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

/* Descriptor of the ELF file at a path, which the caller closes; -1: none.  *bytes: what it has on disk. */
int elf_file_open(const char *path, uint64_t *bytes);

/* The same of a module of a trace: below the sysroot, at its path, or by its build id in the debug path. */
int elf_file_open_module(const char *path, const unsigned char *build_id, uint32_t n_build_id,
                         uint64_t *bytes);

/* True if `name`, as seen from a directory, is nothing or a regular file: opening it does not wait. */
bool elf_file_is_harmless_in(const char *directory, const char *name);

/* The path of `name` as seen from a directory; to be freed. */
char *elf_file_path(const char *directory, const char *name);

/* Sections of the file that say how large they unpack to: the sum of that, in bytes. */
uint64_t elf_file_unpacked_bytes(Elf *elf);

/* find_debuginfo of libdwfl: by build id below /usr/lib/debug, by name beside the file, in .debug and
 * below /usr/lib/debug; from a server only after symbols_ask_server(). */
int elf_file_find_debuginfo(Dwfl_Module *module, void **context, const char *name, Dwarf_Addr base,
                            const char *reader_file_name, const char *debuglink, GElf_Word crc,
                            char **found);

/* Before any file is opened: without symbols_ask_server(), libdw finds no server. */
void elf_file_forget_servers(void);

/* Bytes of the last file that elf_file_find_debuginfo() found. */
extern uint64_t elf_file_debuginfo_bytes;

#endif
