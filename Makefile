# SPDX-License-Identifier: MIT
# smtplite: `make help` tells the targets. Needs GNU make; everything is built in build/.

include sources.mk
include flavours.mk
include tests/tests.mk

FLAVOUR ?= release
prefix ?= /usr/local
PREFIX ?= $(prefix)
JOBS ?= 2
FUZZ_SECONDS ?= 60
# Debian's own: its packages (aiosmtpd) are not seen by another Python in the PATH.
PYTHON ?= /usr/bin/python3
export PYTHON

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# ---- How a file is compiled -----------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual \
    -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wswitch-enum -Werror
INCLUDES := -Iinclude -Isrc -Iports/netxduo -Iports/netxduo/host
STD := -std=c11

BUILT := $(or $($(FLAVOUR).DIR),$(FLAVOUR))
OUT := build/$(BUILT)
COMPILE = $($(BUILT).CC) $(STD) $(WARNINGS) $($(BUILT).FLAGS) $(INCLUDES) $(CFLAGS) -pthread
shown = $(if $(V),,@echo ' $(1) $@';)# V=1 shows the commands whole
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))

LIB_SOURCES := $(ENGINE_SOURCES) $(EXTENSIONS_SOURCES) $(NAMES_SOURCES) $(SASL_SOURCES) $(SASL_MORE_SOURCES) \
    $(DRIVER_SOURCES) $(SEND_SOURCES) $(MESSAGE_SOURCES) $(TLS_SOURCES) $(POSIX_SOURCES)
FACE_SOURCES := $(NETX_SOURCES) $(NETX_MORE_SOURCES) $(HOST_SOURCES)
LIBS := $(OUT)/libnetxduo-host.a $(OUT)/libsmtplite.a

$(OUT)/obj/%.o: %.c Makefile flavours.mk
	@mkdir -p $(@D)
	$(call shown,CC) $(COMPILE) -MMD -MP -c -o $@ $<

$(OUT)/libsmtplite.a: $(call objects,$(LIB_SOURCES)) sources.mk
$(OUT)/libnetxduo-host.a: $(call objects,$(FACE_SOURCES)) sources.mk
$(OUT)/libsmtplite-openssl.a: $(call objects,$(OPENSSL_SOURCES)) sources.mk
$(OUT)/libsmtplite-mbedtls.a: $(call objects,$(MBEDTLS_SOURCES)) sources.mk
$(LIBS) $(OUT)/libsmtplite-openssl.a $(OUT)/libsmtplite-mbedtls.a:
	@rm -f $@
	$(call shown,AR) ar rcs $@ $(filter %.o,$^)

# What a program of these TLS ports is linked with, behind our own archives.
openssl.libs := -lssl -lcrypto
mbedtls.libs := -lmbedtls -lmbedx509 -lmbedcrypto
archives = $(patsubst %,$(OUT)/libsmtplite-%.a,$(1)) $(LIBS)

# program NAME, SOURCES, LIBRARIES, PORTS (openssl, mbedtls): a rule for it, and its sources for the
# dependency files
define program
PROGRAM_SOURCES += $(2)
$(1): $(call objects,$(2)) $(call archives,$(4))
	@mkdir -p $$(@D)
	$$(call shown,LD) $$(COMPILE) $$(LDFLAGS) -o $$@ $(call objects,$(2)) $(call archives,$(4)) \
	    $(foreach p,$(4),$($(p).libs)) $(3) $($(BUILT).LIBS)
endef

PROGRAMS := netx_mail netx_small_example smtplite_example secure_example mime_example run_example \
    portable_mail
$(eval $(call program,$(OUT)/netx_mail,examples/netx_mail.c))
$(eval $(call program,$(OUT)/netx_small_example,examples/netx_small_example.c))
$(eval $(call program,$(OUT)/smtplite_example,examples/portable_example.c))
$(eval $(call program,$(OUT)/secure_example,examples/secure_example.c,,openssl))
$(eval $(call program,$(OUT)/mime_example,examples/mime_example.c,,openssl))
$(eval $(call program,$(OUT)/run_example,examples/run_example.c))
$(eval $(call program,$(OUT)/portable_mail,tests/interop/portable_mail.c tests/interop/sender.c))

TESTS_HERE := $(foreach t,$(TESTS),$(if $(filter $(FLAVOUR),$($(t).on)),$(t)))
$(foreach t,$(TESTS) $(HELPERS),$(eval $(call program,$(OUT)/tests/$(t),$($(t).src),$($(t).libs),$($(t).uses))))

-include $(patsubst %.o,%.d,$(call objects,$(LIB_SOURCES) $(OPENSSL_SOURCES) \
    $(MBEDTLS_SOURCES) $(FACE_SOURCES) $(PROGRAM_SOURCES)))

# ---- What people call -----------------------------------------------------------------------

.PHONY: all run test interop asan ubsan valgrind m32 clang gcc cxx-headers fuzz proofs footprint \
    footprint-check tls-figures screenshot lint format symbols consumer selfcheck install deps clean help \
    programs tests helpers list

all: ## build the library, netx_mail and the examples (build/...)
BUILT_FOR_YOU := $(addprefix build/,libsmtplite.a libsmtplite-openssl.a $(PROGRAMS))
all: $(BUILT_FOR_YOU)
$(BUILT_FOR_YOU): build/%: build/release/%
	@cp -p $< $@

# Handed over without a shell, and with a $ in a password as it stands. USER is in every environment,
# so it counts on make's command line alone.
run: export RUN_SERVER := $(value SERVER)
run: export RUN_PORT := $(value PORT)
run: export RUN_USER := $(if $(filter command,$(firstword $(origin USER))),$(value USER))
run: export RUN_PASSWORD := $(value PASSWORD)
run: export RUN_FROM := $(value FROM)
run: export RUN_TO := $(value TO)
run: ## send a mail through the NetX API to a real server: SERVER PORT USER PASSWORD FROM TO, or none: our own
	@scripts/deps.sh run
	@$(MAKE) --no-print-directory -s all
	@scripts/run.sh

TEST_FLAVOURS := $(filter-out release,$(FLAVOURS))
test: ## all tests in all flavours; closes with `N passed, N failed`
	@scripts/deps.sh test
	@$(MAKE) --no-print-directory all helpers
	@for f in $(TEST_FLAVOURS); do $(MAKE) --no-print-directory -s FLAVOUR=$$f tests || exit; done
	@{ cat tests/checks.list; \
	    for f in $(TEST_FLAVOURS); do $(MAKE) -s FLAVOUR=$$f list || exit; done; } >build/test.list
	@scripts/test.sh -j $(JOBS) <build/test.list

gcc: ## the test programs, built by gcc
clang: ## the test programs, built by clang
asan: ## the test programs under AddressSanitizer, LeakSanitizer and UBSan (gcc)
ubsan: ## the test programs under UBSan with implicit conversions (clang)
valgrind: ## the test programs under valgrind
m32: ## the test programs as 32-bit code, run by qemu-i386
nochain noipv6 nocheck dual secure secureasan: ## the face's tests with this build option of NetX Duo
$(TEST_FLAVOURS):
	@$(MAKE) --no-print-directory FLAVOUR=$@ tests
	@$(MAKE) -s FLAVOUR=$@ list | scripts/test.sh -j $(JOBS)

interop: ## real servers: Postfix, Exim, Dovecot, OpenSMTPD, aiosmtpd, smtp-server, smtp-sink
	@$(MAKE) --no-print-directory all helpers
	@grep '^interop' tests/checks.list | scripts/test.sh

cxx-headers: ## every public header alone, as C99, C11, C++11 and C++20
	@scripts/headers.sh

fuzz: ## libFuzzer on the server's bytes for FUZZ_SECONDS (60)
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

proofs: ## Frama-C's Eva over engine and sasl: prints the alarms, fails above tests/proofs/expected
	@tests/proofs/run.sh

footprint: ## flash, RAM and stack on a Cortex-M4 at -Os
	@$(PYTHON) scripts/footprint.py

footprint-check: ## the same, compared with the goals
	@$(PYTHON) scripts/footprint.py --check

tls-figures: ## what TLS resumption saves the next connection, measured; WRITE=1: into docs/tls.md
	@$(MAKE) --no-print-directory -s FLAVOUR=gcc build/gcc/tests/tls_figures
	@$(PYTHON) -B tests/tls/resume_figures.py $(if $(WRITE),--write) build/gcc/tests/tls_figures

# A browser and a mail reader are 500 MB of packages: too much for `make test`.
screenshot: ## docs/images/mail.png: an HTML mail with its inline image, shown by a mail reader
	@scripts/deps.sh screenshot
	@$(MAKE) --no-print-directory -s all
	@$(PYTHON) -B tests/message/screenshot.py docs/images/mail.png

symbols: ## engine and sasl import only mem*, export only smtplite_*, have no .data and no .bss
	@scripts/symbols.sh

lint: ## clang-format, cppcheck, clang-tidy
	@scripts/lint.sh

format: ## put all C files into the project's format
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

consumer: ## three small projects that use the library: add_subdirectory, find_package, pkg-config
	@tests/consumer/run.sh

selfcheck: ## shows that the test machinery can fail
	@scripts/selfcheck.sh

install: ## library, headers, pkg-config and CMake package to $DESTDIR$PREFIX; OPENSSL=1, MBEDTLS=1: TLS too
	@command -v cmake >/dev/null || { echo 'make install needs cmake' >&2; exit 1; }
	@cmake -S . -B build/install -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX='$(PREFIX)' \
	    -DSMTPLITE_OPENSSL=$(if $(OPENSSL),ON,OFF) -DSMTPLITE_MBEDTLS=$(if $(MBEDTLS),ON,OFF)
	@cmake --build build/install
	@DESTDIR='$(DESTDIR)' cmake --install build/install

deps: ## install what is missing of the Debian packages that the tests need
	@scripts/deps.sh test

clean: ## remove build/
	rm -rf build

help: ## this list
	@grep -hE '^[a-z0-9 -]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([^:]+):.*## /\1\t/' | \
	    awk -F '\t' '{ printf "  %-34s %s\n", $$1, $$2 }'

# ---- Made by the targets above --------------------------------------------------------------

tests: $(TESTS_HERE:%=$(OUT)/tests/%)

helpers: $(HELPERS:%=build/release/tests/%)

list:
	@:; $(foreach t,$(TESTS_HERE),printf '%s %s %s\n' '$(FLAVOUR)/$(t)' '$(or $($(t).limit),300)$(if $($(t).alone),!)' \
	    '$($(t).wrap) $($(FLAVOUR).RUN) $(OUT)/tests/$(t) $($(t).args)';)
