# pooltrace: libpooltrace.so records, pooltrace analyses.
#
# Everything is built under build/ (variants under build-NAME/), sources are found by wildcard: a new
# file needs no line here.  `make help` lists what there is.  Programs to trace state their own flags
# in their header comment (see tests/README.md).

VERSION = 0.1.0

RELOCATABLE ?=
PREFIX ?= /usr/local
DESTDIR ?=
SAN ?=
DEBUG ?=
COVERAGE ?=
WERROR ?=
V ?=
T ?=

# ---- where ----

comma := ,
variant := $(if $(RELOCATABLE),-relocatable)$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COVERAGE),-coverage)$(if $(DEBUG),-debug)
B := build$(variant)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

ifneq ($(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
say = @
else ifeq ($(V),)
say = @printf '  %-7s %s\n' $(1) '$(2)';
else
say =
endif

# ---- sources ----

find_c = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))

preload_src := $(wildcard preload/*/*.c preload/*/*.S)
enact_src := $(wildcard enact/*.c)
replayer_src := $(wildcard analyzer/simulate/replayer*.c)
main_src := $(wildcard analyzer/main.c)
sketch_src := $(wildcard analyzer/detect/sketches/*)
analyzer_src := $(filter-out $(replayer_src) $(main_src) $(sketch_src),$(call find_c,analyzer))
unit_src := $(wildcard tests/unit/*.c)
fuzz_src := $(filter-out tests/fuzz/driver.c tests/fuzz/options.c,$(wildcard tests/fuzz/*.c))
target_so_c := $(wildcard targets/*/*.so.c)
target_so_cxx := $(wildcard targets/*/*.so.cc)
target_c := $(filter-out $(target_so_c),$(wildcard targets/*/*.c))
target_cxx := $(filter-out $(target_so_cxx),$(wildcard targets/*/*.cc))
helper_src := $(wildcard tests/helpers/*.c)
target_fix := $(if $(target_c)$(target_cxx),$(shell grep -l '^[/ *]*fix: yes' $(target_c) $(target_cxx)))

# ---- flags ----

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin CXX),default)
CXX = g++
endif
FUZZ_CC ?= clang
CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
TARGET_CFLAGS ?= -O2 -g

warn := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla $(if $(WERROR),-Werror)
common := -std=gnu11 -D_GNU_SOURCE -DPOOLTRACE_VERSION='"$(VERSION)"' -fno-omit-frame-pointer -MMD -MP

# SAN=trap: undefined behaviour traps, in everything.  Other sanitizers stay out of the library,
# which cannot start with them under a plain host; its units do run with them.
ifeq ($(SAN),trap)
san_all := -fsanitize=undefined -fsanitize-undefined-trap-on-error
san :=
else
san_all :=
san := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
endif
cov := $(if $(COVERAGE),--coverage -fprofile-abs-path)

no_builtin := malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign valloc pvalloc
# Two stores of 8 bytes, read back as 16, stall: so no joining of neighbours in the library.
preload_flags := $(common) $(warn) $(CFLAGS) $(san_all) -Ipreload -fPIC -fvisibility=hidden \
	-ftls-model=initial-exec $(if $(DEBUG),-DPT_DEBUG) -fexceptions -fno-tree-slp-vectorize $(no_builtin:%=-fno-builtin-%)
preload_link := -shared -static-libgcc -Wl,-z,now -Wl,-z,initfirst -Wl,-z,defs \
	$(if $(wildcard preload/exports.map),-Wl$(comma)--version-script=preload/exports.map)
enact_link := $(preload_link:preload/exports.map=enact/exports.map)
html := $(B)/html
smartcols := -I/usr/include/libsmartcols
analyzer_flags := $(common) $(warn) $(CFLAGS) $(san_all) $(san) $(cov) -I. -Ianalyzer $(smartcols) -DHTML_ASSETS='"$(html)"' -DSKETCH_LIST='"$(B)/sketches.h"'
# RELOCATABLE=1: libraries are looked for beside the program first, as a wheel has them.
analyzer_rpath := $(if $(RELOCATABLE),-Wl$(comma)--disable-new-dtags -Wl$(comma)-rpath$(comma)'$$ORIGIN/../lib')
analyzer_libs := $(analyzer_rpath) -lcjson -ldw -lelf -liberty -lsmartcols -lz -lm -pthread
unit_flags := $(analyzer_flags) -Ipreload -Itests/unit
# Small tables: full and growing ones are met too, and an input takes a fraction of a millisecond.
# Comparisons are not traced: checksums and numbers come from the targets, and it took a third of the time.
fuzz_flags := $(common) $(warn) -O2 -g -I. -Ianalyzer -Ipreload $(smartcols) -DHTML_ASSETS='"$(html)"' -DSKETCH_LIST='"$(B)/sketches.h"' -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-sanitize-coverage=trace-cmp \
	-DMODEL_EDGES_CAP=64u -DMODEL_BACKING_CAP=8u -DFIRST_LOG2=1u \
	-DARENA_BLOCK_BYTES=1024u -DMODEL_TIMELINE=8u -DANNOUNCED_CAP=4u -DGROUP_MIN_ALLOCS=2u
target_flags := $(TARGET_CFLAGS) -Wall -Itargets -fno-optimize-sibling-calls -MMD -MP

# What a change of makes everything be built again; whether warnings stop the build does not matter.
all_flags := $(CC)|$(CXX)|$(preload_flags)|$(preload_link)|$(analyzer_flags)|$(target_flags)|$(CXXFLAGS)
all_flags := $(filter-out -Werror,$(all_flags))

# ---- what is built from what ----

obj = $(patsubst %,$(B)/obj/%.o,$(basename $(1)))

preload_obj := $(call obj,$(preload_src))
enact_obj := $(call obj,$(enact_src))
# Of the recorder the library that enacts plans has what knows nothing of recording.
enact_shares := $(call obj,$(wildcard preload/base/*.c) $(addprefix preload/unwind/,module_image.c cfi.c rule_code.c))
preload_unit_obj := $(if $(san)$(cov),$(patsubst %,$(B)/obj/unit/%.o,$(basename $(preload_src))),$(preload_obj))
analyzer_obj := $(call obj,$(analyzer_src))
main_obj := $(call obj,$(main_src))
replayer_obj := $(call obj,$(replayer_src))
unit_bin := $(unit_src:%.c=$(B)/%)
fuzz_bin := $(fuzz_src:%.c=$(B)/%)
fuzz_obj := $(analyzer_src:%.c=$(B)/fuzz/obj/%.o)

lib := $(if $(preload_src),$(B)/libpooltrace.so)
enact_lib := $(if $(enact_src),$(B)/libpooltrace-enact.so)
fault_lib := $(if $(preload_src),$(B)/fault/libpooltrace.so)
fault_obj := $(patsubst %,$(B)/fault/obj/%.o,$(basename $(preload_src) tests/fault/fault.c))
cli := $(if $(main_src),$(B)/pooltrace)
replayer := $(if $(replayer_src),$(B)/pooltrace-replay)
target_bin := $(target_c:%.c=$(B)/%) $(target_cxx:%.cc=$(B)/%) \
	$(target_so_c:%.c=$(B)/%) $(target_so_cxx:%.cc=$(B)/%) \
	$(patsubst %,$(B)/%.fix,$(basename $(target_fix)))
helper_bin := $(helper_src:%.c=$(B)/%) $(B)/tests/traces/app.so $(B)/tests/traces/app_rust.so

.PHONY: all targets units helpers fault tests
all: $(lib) $(enact_lib) $(cli) $(replayer)
targets: $(target_bin)
units: $(unit_bin) $(if $(wildcard tests/fuzz/driver.c),$(fuzz_bin))
helpers: $(helper_bin)
fault: $(fault_lib)
tests: all targets units helpers fault

# ---- rules ----

$(B)/.flags: FORCE
	@mkdir -p $(B)
	@printf '%s\n' '$(subst ','\'',$(all_flags))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(all_flags))' > $@
.PHONY: FORCE
FORCE:

$(B)/libpooltrace.so: $(preload_obj) $(wildcard preload/exports.map) $(B)/.flags
	$(call say,LD,$@)$(CC) $(preload_flags) $(preload_link) -o $@ $(preload_obj)

$(B)/libpooltrace-enact.so: $(enact_obj) $(enact_shares) enact/exports.map $(B)/.flags
	$(call say,LD,$@)$(CC) $(preload_flags) $(enact_link) -Wl,--gc-sections -o $@ $(enact_obj) $(enact_shares)

$(B)/obj/enact/python.o: $(wildcard enact/python/*.py)

$(enact_obj): $(B)/obj/%.o: %.c $(B)/.flags
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(preload_flags) -I. -c -o $@ $<

# An archive with all its members: nothing refers to a detector, see analyzer/detect/detect.h.
whole = -Wl,--whole-archive $(1) -Wl,--no-whole-archive

$(B)/pooltrace: $(main_obj) $(B)/libanalyzer.a
	$(call say,LD,$@)$(CC) $(analyzer_flags) -rdynamic -o $@ $(main_obj) \
		$(call whole,$(B)/libanalyzer.a) $(analyzer_libs)

$(B)/pooltrace-replay: $(replayer_obj) $(B)/.flags
	$(call say,LD,$@)$(CC) $(filter-out $(san),$(analyzer_flags)) -o $@ $(replayer_obj) -ldl -lm -pthread

$(B)/libanalyzer.a: $(analyzer_obj) $(B)/.flags
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $(analyzer_obj)

$(B)/libpreload.a: $(preload_unit_obj) $(B)/.flags
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $(preload_unit_obj)

$(B)/obj/preload/%.o: preload/%.c $(B)/.flags
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(preload_flags) -c -o $@ $<

$(B)/obj/preload/%.o: preload/%.S $(B)/.flags
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(preload_flags) -c -o $@ $<

# The library whose system calls fail when asked to, see tests/fault/fault.c.
$(B)/fault/libpooltrace.so: $(fault_obj) $(wildcard preload/exports.map) $(B)/.flags
	$(call say,LD,$@)$(CC) $(preload_flags) $(preload_link) -o $@ $(fault_obj)

$(B)/fault/obj/%.o: %.c $(B)/.flags
	$(call say,CC,$< (fault))mkdir -p $(@D) && $(CC) $(preload_flags) -DPT_FAULT -DPT_DEBUG -c -o $@ $<

$(B)/obj/unit/preload/%.o: preload/%.c $(B)/.flags
	$(call say,CC,$< (unit))mkdir -p $(@D) && $(CC) $(preload_flags) $(san) $(cov) -c -o $@ $<

$(B)/obj/unit/preload/%.o: preload/%.S $(B)/.flags
	$(call say,AS,$< (unit))mkdir -p $(@D) && $(CC) $(preload_flags) -c -o $@ $<

$(replayer_obj): $(B)/obj/%.o: %.c $(B)/.flags
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(filter-out $(san),$(analyzer_flags)) -c -o $@ $<

$(B)/obj/analyzer/%.o: analyzer/%.c $(B)/.flags
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(analyzer_flags) -c -o $@ $<

$(B)/obj/preload/python/census.o $(B)/obj/unit/preload/python/census.o: $(wildcard preload/python/census/*.py)

# The HTML report's page, built into the command: its scripts in one, and hashes of what the page may run.
html_part := data dom state head findings timeline announced tree icicle table python
html_js := $(html_part:%=analyzer/report/html/%.js) analyzer/report/html/main.js
html_assets := $(addprefix $(html)/,body.html page.css page.js page.css.sha256 page.js.sha256)

$(html)/page.js: $(html_js)
	$(call say,HTML,$@)mkdir -p $(@D) && cat $(html_js) > $@
$(html)/body.html $(html)/page.css: $(html)/%: analyzer/report/html/%
	$(call say,HTML,$@)mkdir -p $(@D) && cp $< $@
$(html)/%.sha256: $(html)/%
	$(call say,HASH,$@)printf 'sha256-%s' "$$(sha256sum < $< | cut -c1-64 | tr a-f A-F | basenc --base16 -d | base64 -w 0)" > $@
$(B)/obj/analyzer/report/html_assets.o $(B)/fuzz/obj/analyzer/report/html_assets.o: $(html_assets)

# The sketches of findings, built into the command: a line SKETCH(ident, "name", "path") for each file.
$(B)/sketches.h: $(sketch_src) analyzer/detect/sketches
	$(call say,LIST,$@)mkdir -p $(@D) && for f in $(sketch_src); do n=$${f##*/}; \
		printf 'SKETCH(%s, "%s", "%s")\n' "$$(printf %s "$$n" | tr . _)" "$$n" "$$f"; done > $@
$(B)/obj/analyzer/detect/sketch_files.o $(B)/fuzz/obj/analyzer/detect/sketch_files.o: $(B)/sketches.h

# Units: one program a file.  preload_*.c may call into the library's objects, all into the analyzer's.
$(B)/tests/unit/%: tests/unit/%.c $(B)/libanalyzer.a $(B)/libpreload.a
	$(call say,UNIT,$@)mkdir -p $(@D) && $(CC) $(unit_flags) -o $@ $< \
		$(if $(filter preload_%,$(@F)),$(B)/libpreload.a) $(B)/libanalyzer.a $(analyzer_libs) -ldl

# Fuzz targets as plain programs that run the files they are given: the corpus is part of the tests.
$(B)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(B)/libanalyzer.a
	$(call say,FUZZ,$@)mkdir -p $(@D) && $(CC) $(unit_flags) -o $@ $< tests/fuzz/driver.c \
		$(call whole,$(B)/libanalyzer.a) $(analyzer_libs)

$(B)/fuzz/obj/%.o: %.c
	$(call say,CC,$< (fuzz))mkdir -p $(@D) && $(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer-no-link -c -o $@ $<

$(B)/fuzz/libanalyzer.a: $(fuzz_obj)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $(fuzz_obj)

$(B)/fuzz/%: tests/fuzz/%.c tests/fuzz/options.c $(B)/fuzz/libanalyzer.a
	$(call say,FUZZ,$@)$(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer -o $@ $< tests/fuzz/options.c \
		$(call whole,$(B)/fuzz/libanalyzer.a) $(analyzer_libs)

# Programs that tests use to look at what others did.
$(B)/tests/helpers/%: tests/helpers/%.c $(B)/libanalyzer.a
	$(call say,HELPER,$@)mkdir -p $(@D) && $(CC) $(analyzer_flags) -o $@ $< $(B)/libanalyzer.a $(analyzer_libs)

# The code that traces written by hand refer to; see tests/traces/app.so.c.
$(B)/tests/traces/app.so: tests/traces/app.so.c
	$(call say,HELPER,$@)mkdir -p $(@D) && $(CC) -g -O0 -fPIC -shared -o $@ $<

$(B)/tests/traces/app_rust.so: tests/traces/app_rust.so.c
	$(call say,HELPER,$@)mkdir -p $(@D) && $(CC) -O0 -fPIC -shared -o $@ $<

# Programs to trace.  Their headers may say `cflags:`, `ldflags:`.
header = sed -n '1,40s,^[/ *]*$(1): *,,p' $< | sed 's,\*/ *$$,,' | tr '\n' ' '
cc_target = mkdir -p $(@D) && $(CC) -std=gnu11 $(target_flags) $$($(call header,cflags)) $(1) -MF $@.d -o $@ $< $$($(call header,ldflags))
cxx_target = mkdir -p $(@D) && $(CXX) -std=gnu++17 $(target_flags) $$($(call header,cflags)) $(1) -MF $@.d -o $@ $< $$($(call header,ldflags))

$(B)/targets/%.so: targets/%.so.c $(B)/.flags
	$(call say,TARGET,$@)$(call cc_target,-fPIC -shared)
$(B)/targets/%.so: targets/%.so.cc $(B)/.flags
	$(call say,TARGET,$@)$(call cxx_target,-fPIC -shared)
$(B)/targets/%.fix: targets/%.c $(B)/.flags
	$(call say,TARGET,$@)$(call cc_target,-DFIX)
$(B)/targets/%.fix: targets/%.cc $(B)/.flags
	$(call say,TARGET,$@)$(call cxx_target,-DFIX)
$(B)/targets/%: targets/%.c $(B)/.flags
	$(call say,TARGET,$@)$(call cc_target,-L$(@D))
$(B)/targets/%: targets/%.cc $(B)/.flags
	$(call say,TARGET,$@)$(call cxx_target,-L$(@D))
$(filter-out %.so,$(target_bin)): | $(filter %.so,$(target_bin))

-include $(preload_obj:.o=.d) $(enact_obj:.o=.d) $(preload_unit_obj:.o=.d) $(analyzer_obj:.o=.d) $(main_obj:.o=.d)
-include $(fuzz_obj:.o=.d) $(fault_obj:.o=.d) $(replayer_obj:.o=.d) $(unit_bin:=.d) $(fuzz_bin:=.d) $(target_bin:=.d) $(helper_bin:=.d)

# ---- tests ----

.PHONY: test check test-exports test-real test-fleet test-packages test-articles test-host test-try test-outside test-cpython asan tsan ubsan fuzz bench advise-bench advise-cost lint format coverage golden
# With T=NAME only what these tests need is built.
test: $(if $(T),$(shell BUILD=$(B) tests/needs '$(T)'),tests)
	@BUILD=$(B) tests/run $(if $(T),'$(T)')

# Under a minute: the units, the fuzz corpora, the golden files, lint.
check: all units helpers
	@BUILD=$(B) tests/run unit
	@BUILD=$(B) tests/run report_golden
	@BUILD=$(B) scripts/lint

test-host: tests
	@BUILD=$(B) HOST_FULL=1 tests/run 'host_*'

test-try: tests
	@BUILD=$(B) HOST_FULL=1 tests/run 'try_*'

test-articles: tests
	@BUILD=$(B) PYTHONS=all FILE_LIMIT_SECONDS=14400 LIMIT_SECONDS=600 tests/run 'articles_*'; \
		status=$$?; sort -V $(B)/tests/log/pythons; exit $$status

# Programs of Debian's, native and Python, with a verdict for each.
test-real: all
	@BUILD=$(B) tests/real/run

# Exports, read by the programs that they are for, from their registries.  Needs network.
test-exports: all helpers build/targets/cxx/containers
	@BUILD=$(B) bats tests/consumers

# The questions of docs/fleet in three engines from PyPI.  Needs network; Spark needs Java.
test-fleet: all build/targets/c/fleet_service build/targets/c/fleet_service.fix
	@BUILD=$(B) bats tests/fleet

# Packages, built, installed and used in clean environments.  Needs network.
test-packages: all
	@BUILD=$(B) bats tests/packages

test-outside: tests
	@BUILD=$(B) tests/outside/run

# CPython's own tests on every interpreter there is that has them: some minutes each.
test-cpython: all
	@BUILD=$(B) tests/cpython-suite

golden: tests
	@BUILD=$(B) UPDATE_GOLDEN=1 tests/run $(if $(T),'$(T)')

asan:
	@$(MAKE) SAN=address,undefined test

tsan:
	@$(MAKE) SAN=thread units
	@BUILD=build-thread tests/run unit

ubsan:
	@$(MAKE) SAN=trap test

FUZZ_SECONDS ?= 60
fuzz: $(fuzz_src:tests/fuzz/%.c=$(B)/fuzz/%)
	@for f in $^; do n=$${f##*/}; mkdir -p $(B)/fuzz/corpus/$$n; echo "fuzzing $$n for $(FUZZ_SECONDS) s"; \
		$$f -entropic=0 -max_len=1024 -close_fd_mask=3 -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=60 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 $(B)/fuzz/corpus/$$n $$(ls -d tests/fuzz/corpus/$$n 2>/dev/null) || exit 1; done

bench: all
	@BUILD=$(B) tests/bench/run
	@BUILD=$(B) tests/bench/scaling

advise-bench: tests
	@BUILD=$(B) scripts/advise-bench
advise-cost: all
	@BUILD=$(B) scripts/advise-bench --cost

lint:
	@$(MAKE) -j$(shell nproc) WERROR=1 all units helpers fault
	@BUILD=$(B) scripts/lint

format:
	@scripts/format

coverage:
	@$(MAKE) COVERAGE=1 tests
	@BUILD=build-coverage scripts/coverage

# ---- installing ----

bindir = $(DESTDIR)$(PREFIX)/bin
libdir = $(DESTDIR)$(PREFIX)/lib/pooltrace
includedir = $(DESTDIR)$(PREFIX)/include
mandir = $(DESTDIR)$(PREFIX)/share/man
man_pages := $(wildcard docs/man/*.1)
# Where shells look for what 'pooltrace completion' prints.
sharedir = $(DESTDIR)$(PREFIX)/share
bash_completion = $(sharedir)/bash-completion/completions/pooltrace
zsh_completion = $(sharedir)/zsh/site-functions/_pooltrace
fish_completion = $(sharedir)/fish/vendor_completions.d/pooltrace.fish

pkgconfigdir = $(sharedir)/pkgconfig
cmakedir = $(sharedir)/cmake/pooltrace
fill_in = sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@VERSION@,$(VERSION),'

.PHONY: install install-dev uninstall clean help
install: all install-dev
	install -d "$(bindir)" "$(libdir)"
	install -m 755 $(B)/pooltrace "$(bindir)/pooltrace"
	install -m 644 $(B)/libpooltrace.so "$(libdir)/libpooltrace.so"
	install -m 644 $(enact_lib) "$(libdir)/libpooltrace-enact.so"
	$(if $(replayer),install -m 755 $(replayer) "$(libdir)/pooltrace-replay")
	$(if $(man_pages),install -d "$(mandir)/man1" && install -m 644 $(man_pages) "$(mandir)/man1/")
	install -d "$(sharedir)/bash-completion/completions" "$(sharedir)/zsh/site-functions" "$(sharedir)/fish/vendor_completions.d"
	$(B)/pooltrace completion bash > "$(bash_completion)"
	$(B)/pooltrace completion zsh > "$(zsh_completion)"
	$(B)/pooltrace completion fish > "$(fish_completion)"

# What a program needs to announce marks and regions: nothing that is built.
install-dev:
	install -d "$(includedir)" "$(pkgconfigdir)" "$(cmakedir)"
	install -m 644 packaging/include/pooltrace.h "$(includedir)/pooltrace.h"
	$(fill_in) packaging/pkgconfig/pooltrace.pc.in > "$(pkgconfigdir)/pooltrace.pc"
	$(fill_in) packaging/cmake/pooltraceConfigVersion.cmake.in > "$(cmakedir)/pooltraceConfigVersion.cmake"
	install -m 644 packaging/cmake/pooltraceConfig.cmake "$(cmakedir)/pooltraceConfig.cmake"

# build/dist/*.deb: pooltrace and libpooltrace-dev.
.PHONY: deb
deb:
	@LINTIAN=yes scripts/make-deb build/dist

# build/dist/*.whl, for every Python 3 of this kind of machine; and the source distribution.
.PHONY: wheel sdist
wheel:
	@scripts/make-wheel wheel build/dist
sdist:
	@scripts/make-wheel sdist build/dist

uninstall:
	rm -f "$(pkgconfigdir)/pooltrace.pc" "$(cmakedir)/pooltraceConfig.cmake" "$(cmakedir)/pooltraceConfigVersion.cmake"
	rmdir "$(cmakedir)" 2>/dev/null || true
	rm -f "$(bash_completion)" "$(zsh_completion)" "$(fish_completion)"
	rm -f "$(bindir)/pooltrace" "$(includedir)/pooltrace.h" "$(libdir)/libpooltrace.so" "$(libdir)/libpooltrace-enact.so" "$(libdir)/pooltrace-replay"
	$(if $(man_pages),rm -f $(foreach p,$(notdir $(man_pages)),"$(mandir)/man1/$(p)"))
	rmdir "$(libdir)" 2>/dev/null || true

clean:
	rm -rf build build-*

define help_text
make                 build/libpooltrace.so, build/pooltrace, build/pooltrace-replay
make test            every test; T=NAME: one file (slab_*, unit) or the titles that contain NAME
make check           units, golden files and lint: under a minute
make asan            the tests with the analyzer and the units under ASan and UBSan
make tsan            the units under ThreadSanitizer
make ubsan           the tests with everything, the library too, trapping on undefined behaviour
make fuzz            fuzz the readers with clang, FUZZ_SECONDS=60 each
make bench           what recording costs, against the same program untraced and other profilers
make advise-bench    record the corpus, compare verdicts with the truth and predictions with the fixes
make advise-cost     what a report of ten million events costs
make test-host       the tests of what a host may do to the library
make test-try        the tests of enacted advice, on all hazards and the corpus
make test-articles   the Python scenarios on every interpreter there is
make test-real       programs as Debian ships them, native and Python, each with its verdict
make test-exports    exports, read by pprof, speedscope, duckdb and others from their registries
make test-fleet      the fleet's questions in DuckDB, ClickHouse and Spark
make test-packages   the wheel and the packages, in clean environments
make test-outside    outside suites with and without the library
make test-cpython    CPython's own tests on every interpreter that has them, bare and recorded
make golden          rewrite the golden files from what the programs print now (T=NAME as above)
make coverage        lines that the tests reach, by file
make lint            format, include layers, symbols, warnings as errors
make format          clang-format over the tree
make install         PREFIX=/usr/local DESTDIR=
make uninstall       the same two
make wheel           build/dist/*.whl; make sdist the source distribution
make deb             build/dist/*.deb: pooltrace and libpooltrace-dev
make clean           all of build*/

DEBUG=1 builds in build-debug: the recorder asserts, and logs to the descriptor POOLTRACE_DEBUG_FD.
V=1 prints commands, WERROR=1 stops at warnings, SAN=address,undefined builds in a folder of its own.
endef
export help_text
help:
	@printf '%s\n' "$$help_text"
