# SPDX-License-Identifier: MIT
# The table of test programs; each is linked with the library, the NetX Duo face and its host
# edition, and runs from the project's folder.
#   TESTS += NAME
#   NAME.src := its files         NAME.args := its arguments
#   NAME.on := its flavours (flavours.mk)
#   NAME.limit := seconds it may take (300)
# Checks that are no C program stand in tests/checks.list.
EVERYWHERE := gcc clang asan ubsan m32 valgrind
NETX_OPTIONS := nochain noipv6 nocheck dual

# The NetX Duo face (ports/netxduo) on the host edition.
FACADE := tests/facade/face.c tests/facade/server.c tests/facade/spy.c
TESTS += facade_dialogs facade_checks facade_segments facade_faults facade_threads
facade_dialogs.src := tests/facade/dialogs_test.c $(FACADE)
facade_dialogs.args := tests/facade/rely.face tests/facade/faults.face
facade_dialogs.on := $(EVERYWHERE) $(NETX_OPTIONS)
facade_checks.src := tests/facade/checks_test.c $(FACADE)
facade_checks.on := $(EVERYWHERE) $(NETX_OPTIONS)
facade_segments.src := tests/facade/segments_test.c $(FACADE)
facade_segments.on := $(EVERYWHERE) $(NETX_OPTIONS)
facade_faults.src := tests/facade/faults_test.c $(FACADE)
facade_faults.on := $(EVERYWHERE) $(NETX_OPTIONS)
facade_threads.src := tests/facade/threads_test.c $(FACADE)
facade_threads.on := $(EVERYWHERE) $(NETX_OPTIONS)
