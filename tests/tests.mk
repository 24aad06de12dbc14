# SPDX-License-Identifier: MIT
# The table of test programs; each is linked with the library, the NetX Duo face and its host
# edition, and runs from the project's folder.
#   TESTS += NAME
#   NAME.src := its files         NAME.args := its arguments
#   NAME.on := its flavours (flavours.mk)
#   NAME.uses := TLS ports that it is linked with (openssl mbedtls)
#   NAME.libs := libraries        NAME.wrap := a command before it
#   NAME.limit := seconds it may take (300)    NAME.alone := 1 if it measures time
#   HELPERS += NAME      a program that tests start: src, uses and libs as above
# Checks that are no C program stand in tests/checks.list.
EVERYWHERE := gcc clang asan ubsan m32 valgrind
NETX_OPTIONS := nochain noipv6 nocheck dual secure secureasan

# Driver and POSIX transport.
POSIX_TEST := tests/posix/interpose.c tests/posix/loopback.c tests/support/script_server.c
TESTS += posix_transport posix_sessions driver_faults
posix_transport.src := tests/posix/transport_test.c $(POSIX_TEST)
posix_transport.libs := -ldl
posix_transport.alone := 1
posix_transport.on := $(EVERYWHERE)
posix_sessions.src := tests/posix/posix_test.c $(POSIX_TEST)
posix_sessions.libs := -ldl
posix_sessions.alone := 1
posix_sessions.on := $(EVERYWHERE)
driver_faults.src := tests/posix/fault_test.c tests/support/script_server.c
driver_faults.on := $(EVERYWHERE)
TESTS += driver_sources driver_queue
driver_sources.src := tests/posix/source_test.c tests/posix/model_server.c
driver_sources.on := $(EVERYWHERE)
driver_queue.src := tests/posix/queue_test.c tests/posix/model_server.c
driver_queue.on := $(EVERYWHERE)
TESTS += driver_many
driver_many.src := tests/posix/many_test.c tests/posix/model_server.c
driver_many.on := $(EVERYWHERE)
TESTS += driver_login
driver_login.src := tests/posix/login_test.c tests/support/test_crypto.c
driver_login.on := $(EVERYWHERE)
TESTS += posix_file
posix_file.src := tests/posix/file_test.c
posix_file.on := $(EVERYWHERE)

# ThreadX and NetX Duo's host edition. Not m32: Debian has no 32-bit cmocka beside the 64-bit one. Not
# noipv6: it would skip two, and a skipped test counts as failed.
TESTS += host_edition
host_edition.src := tests/host/host_edition_test.c
host_edition.libs := -lcmocka
host_edition.wrap := scripts/cmocka.sh host_edition
host_edition.on := gcc clang asan ubsan valgrind $(filter-out noipv6,$(NETX_OPTIONS))

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
TESTS += facade_mail
facade_mail.src := tests/facade/mail_test.c tests/facade/mails.c $(FACADE)
facade_mail.on := $(EVERYWHERE) $(NETX_OPTIONS)
TESTS += facade_mail_checks
facade_mail_checks.src := tests/facade/mail_checks_test.c tests/facade/mails.c $(FACADE)
facade_mail_checks.on := $(EVERYWHERE) $(NETX_OPTIONS)
TESTS += facade_cancel
facade_cancel.src := tests/facade/cancel_test.c tests/facade/mails.c $(FACADE)
facade_cancel.alone := 1
facade_cancel.on := $(EVERYWHERE) $(NETX_OPTIONS)
TESTS += facade_compose
facade_compose.src := tests/facade/compose_test.c tests/facade/mails.c $(FACADE)
facade_compose.wrap := $(PYTHON) -B tests/facade/compose_test.py
facade_compose.on := $(EVERYWHERE) $(NETX_OPTIONS)

# TLS by NetX Secure, and the logins beyond the three calls; with mbedTLS over the NetX transport.
TESTS += facade_secure
facade_secure.src := tests/facade/secure_test.c tests/facade/secure_logins.c \
    tests/facade/secure_faults.c tests/facade/secure_example.c \
    tests/facade/secure.c tests/facade/secure_server.c $(FACADE)
facade_secure.uses := mbedtls
facade_secure.libs := -lssl -lcrypto -lgsasl
facade_secure.wrap := $(PYTHON) tests/facade/with_certificates.py
facade_secure.on := secure secureasan

# The engine: dialogs as data, each in every way of cutting its bytes; and its unit tests.
TESTS += dialogs dialogs_wrong engine_body engine_text engine_login engine_round_trips engine_order
dialogs.src := $(sort $(wildcard tests/dialogs/*.c)) tests/support/test_crypto.c
dialogs.args := --coverage tests/dialogs/coverage $(sort $(wildcard tests/dialogs/*.smtp))
dialogs.on := $(filter-out valgrind,$(EVERYWHERE))
dialogs.limit := 600
TESTS += dialogs_quick
dialogs_quick.src := $(dialogs.src)
dialogs_quick.args := --quick $(dialogs.args)
dialogs_quick.on := valgrind
dialogs_quick.limit := 900
dialogs_wrong.src := $(dialogs.src)
dialogs_wrong.args := --wrong tests/dialogs/parts.smtp tests/dialogs/wrong/wrong.smtp
dialogs_wrong.on := gcc asan
engine_body.src := tests/engine/body_test.c tests/engine/check.c
engine_body.on := $(EVERYWHERE)
engine_order.src := tests/engine/order_test.c tests/engine/check.c
engine_order.on := $(EVERYWHERE)
engine_text.src := tests/engine/text_test.c tests/engine/check.c
engine_text.on := $(EVERYWHERE)
engine_login.src := tests/engine/login_test.c tests/engine/check.c tests/support/test_crypto.c
engine_login.on := $(EVERYWHERE)
TESTS += engine_results engine_options engine_chunk
engine_results.src := tests/engine/results_test.c tests/engine/check.c
engine_results.on := $(EVERYWHERE)
engine_options.src := tests/engine/options_test.c tests/engine/check.c
engine_options.on := $(EVERYWHERE)
engine_chunk.src := tests/engine/chunk_test.c tests/engine/check.c
engine_chunk.on := $(EVERYWHERE)
TESTS += engine_secrets
engine_secrets.src := tests/engine/secrets_test.c tests/engine/check.c tests/support/test_crypto.c
engine_secrets.on := $(EVERYWHERE)
engine_round_trips.src := tests/engine/round_trips_test.c tests/engine/check.c
engine_round_trips.on := $(EVERYWHERE)

# What the interop tests start: made by `make helpers`, in build/release/tests.
HELPERS += many_mail
many_mail.src := tests/interop/many_mail.c tests/interop/sender.c
HELPERS += sasl_server
sasl_server.src := tests/interop/sasl_server.c tests/interop/sasl_cyrus.c
sasl_server.libs := -lgsasl -lsasl2 -lssl -lcrypto
HELPERS += secure_mail
secure_mail.src := tests/interop/secure_mail.c tests/interop/sender.c tests/interop/json.c \
    tests/tls/suite_openssl.c tests/tls/suite_mbedtls.c
secure_mail.uses := openssl mbedtls
HELPERS += extension_mail
extension_mail.src := tests/interop/extension_mail.c tests/interop/content.c \
    tests/interop/sender.c tests/interop/json.c tests/tls/suite_openssl.c
extension_mail.uses := openssl

# TLS: certificates as DER.
TESTS += tls_wrap
tls_wrap.src := tests/tls/wrap_test.c tests/engine/check.c
tls_wrap.on := $(EVERYWHERE)
TESTS += tls_renegotiation
tls_renegotiation.src := tests/tls/renegotiation_test.c tests/engine/check.c
tls_renegotiation.uses := mbedtls
tls_renegotiation.on := gcc asan valgrind
TESTS += tls_certificate
tls_certificate.src := tests/tls/certificate_test.c
tls_certificate.on := $(EVERYWHERE)

# Login mechanisms: with a toy in place of cryptography, with the RFCs' numbers and both libraries, and
# against GNU SASL. Debian has no 32-bit crypto libraries beside the 64-bit ones.
SASL_TEST := tests/sasl/exchange.c tests/engine/check.c
TESTS += sasl_scram sasl_mechanisms sasl_vectors sasl_gsasl
sasl_scram.src := tests/sasl/scram_test.c $(SASL_TEST)
sasl_scram.on := $(EVERYWHERE)
sasl_mechanisms.src := tests/sasl/mechanisms_test.c $(SASL_TEST)
sasl_mechanisms.on := $(EVERYWHERE)
sasl_vectors.src := tests/sasl/vectors_test.c $(SASL_TEST)
sasl_vectors.uses := openssl mbedtls
sasl_vectors.on := $(filter-out m32,$(EVERYWHERE))
sasl_gsasl.src := tests/sasl/gsasl_test.c $(SASL_TEST)
sasl_gsasl.uses := openssl
sasl_gsasl.libs := -lgsasl
sasl_gsasl.on := $(filter-out m32,$(EVERYWHERE))

# The suite over both TLS ports: one client, driven by tests/tls/suite_PART.py. Under a sanitizer the
# octets at which connections are cut are sampled; curl's word and figures need no second flavour;
# under valgrind all of it would take minutes: what fails at each call is what leaks, if anything does.
TLS_PARTS := good bad attacks faults cuts curl records
TLS_SUITE := $(addprefix tests/tls/,suite_client.c suite_spy.c suite_openssl.c suite_mbedtls.c)
define tls_part
TESTS += tls_$(1)
tls_$(1).src := $$(TLS_SUITE)
tls_$(1).uses := openssl mbedtls
tls_$(1).wrap = SUITE_STRIDE=$$(if $$(filter asan,$$(FLAVOUR)),29,1) $$(PYTHON) -B tests/tls/suite.py
tls_$(1).args := $(1)
tls_$(1).on := gcc $(if $(filter-out curl,$(1)),asan)
endef
$(foreach part,$(TLS_PARTS),$(eval $(call tls_part,$(part))))
tls_faults.on += valgrind
tls_records.alone := 1
TESTS += tls_figures
tls_figures.src := $(TLS_SUITE)
tls_figures.uses := openssl mbedtls
tls_figures.wrap = $(PYTHON) -B tests/tls/resume_figures.py
tls_figures.args := --check
tls_figures.on := gcc

# The composer.
MESSAGE_TEST := tests/message/gather.c tests/engine/check.c
TESTS += message_octets message_refusals message_random
message_octets.src := tests/message/octets_test.c $(MESSAGE_TEST)
message_octets.on := $(EVERYWHERE)
message_refusals.src := tests/message/refusals_test.c $(MESSAGE_TEST)
message_refusals.on := $(EVERYWHERE)
message_random.src := tests/message/random_test.c $(MESSAGE_TEST)
message_random.on := $(EVERYWHERE)

# Messages that others read: Python's email package and mblaze. What they say needs no second flavour.
TESTS += message_parsers message_parsers_again
message_parsers.src := tests/message/compose.c
message_parsers.wrap = $(PYTHON) -B tests/message/parsers_test.py
message_parsers.on := gcc
message_parsers.limit := 900
message_parsers_again.src := $(message_parsers.src)
message_parsers_again.wrap = $(message_parsers.wrap)
message_parsers_again.args := few injection failures files refusals
message_parsers_again.on := asan m32
message_parsers_again.limit := 600
