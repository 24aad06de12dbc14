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
