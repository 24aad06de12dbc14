# SPDX-License-Identifier: MIT
# The flavours in which everything can be built, into build/FLAVOUR/: one column each.
#   X.CC  compiler   X.FLAGS  added to compiler and linker   X.RUN  what runs a program of it
#   X.DIR  another flavour whose build it uses   X.LIBS  what its programs are linked with
FLAVOURS := release gcc clang asan ubsan m32 valgrind nochain noipv6 nocheck dual secure \
    secureasan

release.CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
release.FLAGS := -O2 -g

gcc.CC := gcc
gcc.FLAGS := -O2 -g

clang.CC := clang
clang.FLAGS := -O2 -g

asan.CC := gcc
asan.FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

ubsan.CC := clang
ubsan.FLAGS := -O1 -g -fsanitize=undefined,local-bounds,implicit-conversion \
    -fno-sanitize-recover=all

# This kernel, like many a container's, runs 64-bit programs only.
# And with char unsigned, as on ARM.
m32.CC := gcc
m32.FLAGS := -m32 -funsigned-char -O2 -g
m32.RUN := qemu-i386

valgrind.DIR := gcc
valgrind.RUN := valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=all \
    --errors-for-leak-kinds=all --trace-children=no

# NetX Duo's build options that change the face.
nochain.CC := gcc
nochain.FLAGS := -O2 -g -DNX_DISABLE_PACKET_CHAIN
noipv6.CC := gcc
noipv6.FLAGS := -O2 -g -DNX_DISABLE_IPV6
nocheck.CC := gcc
nocheck.FLAGS := -O2 -g -DNX_SMTP_DISABLE_ERROR_CHECKING -DNX_DISABLE_ERROR_CHECKING
dual.CC := gcc
dual.FLAGS := -O2 -g -DNX_ENABLE_DUAL_PACKET_POOL
# NetX Secure, over mbedTLS.
secure.CC := gcc
secure.FLAGS := -O2 -g -DNX_SECURE_ENABLE
secure.LIBS := -lmbedtls -lmbedx509 -lmbedcrypto
secureasan.CC := gcc
secureasan.FLAGS := $(asan.FLAGS) -DNX_SECURE_ENABLE
secureasan.LIBS := $(secure.LIBS)
