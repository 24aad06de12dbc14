# The one list of sources: read by make (include) and by CMake (parsed line by line).
# NAME := file file ...   on one line each.
ENGINE_SOURCES := src/engine/session.c src/engine/phases.c src/engine/transaction.c src/engine/auth.c src/engine/output.c src/engine/body.c src/engine/reply.c src/engine/capabilities.c src/engine/text.c src/engine/utf8.c
NAMES_SOURCES := src/engine/names.c src/engine/results.c
EXTENSIONS_SOURCES := src/engine/extensions.c src/engine/several.c src/engine/parameters.c src/engine/chunks.c src/engine/command.c
SASL_SOURCES := src/sasl/mechanisms.c src/sasl/base64.c src/sasl/plain.c src/sasl/login.c
SASL_MORE_SOURCES := src/engine/exchange.c src/sasl/all.c src/sasl/work.c src/sasl/scram.c src/sasl/cram_md5.c src/sasl/oauthbearer.c src/sasl/xoauth2.c src/sasl/external.c
TLS_SOURCES := src/tls/wrap.c src/tls/faults.c src/tls/certificate.c src/tls/options.c
DRIVER_SOURCES := src/driver/driver.c src/driver/deliver.c
SEND_SOURCES := src/driver/send.c src/driver/memory.c src/driver/queue.c
POSIX_SOURCES := ports/posix/posix.c ports/posix/file.c
OPENSSL_SOURCES := ports/openssl/openssl.c ports/openssl/openssl_verify.c ports/openssl/openssl_load.c ports/openssl/openssl_faults.c ports/openssl/openssl_crypto.c
MBEDTLS_SOURCES := ports/mbedtls/mbedtls.c ports/mbedtls/mbedtls_load.c ports/mbedtls/mbedtls_verify.c ports/mbedtls/mbedtls_faults.c ports/mbedtls/mbedtls_crypto.c
NETX_SOURCES := ports/netxduo/nxd_smtp_client.c ports/netxduo/nx_smtp_transport.c ports/netxduo/nx_smtp_header.c ports/netxduo/nx_smtp_client_extras.c ports/netxduo/nx_smtp_client_clock.c ports/netxduo/nx_smtp_client_login.c ports/netxduo/nx_smtp_client_tls.c ports/netxduo/nx_smtp_crypto.c ports/netxduo/nx_smtp_client_status_text.c
NETX_MORE_SOURCES := ports/netxduo/nx_smtp_client_mail.c ports/netxduo/nx_smtp_client_send.c ports/netxduo/nx_smtp_client_compose.c ports/netxduo/nx_smtp_client_session.c ports/netxduo/nx_smtp_client_cancel.c ports/netxduo/nx_smtp_client_extensions.c
HOST_SOURCES := ports/netxduo/host/tx_thread.c ports/netxduo/host/tx_sync.c ports/netxduo/host/nx_host.c ports/netxduo/host/nx_packet.c ports/netxduo/host/nx_ip.c ports/netxduo/host/nx_tcp.c ports/netxduo/host/nx_tcp_connect.c ports/netxduo/host/nx_tcp_send.c ports/netxduo/host/nx_tcp_receive.c ports/netxduo/host/nx_tcp_watch.c ports/netxduo/host/nx_secure_tls.c ports/netxduo/host/nx_secure_x509.c ports/netxduo/host/nx_crypto.c
MESSAGE_SOURCES := src/message/message.c src/message/line.c src/message/words.c src/message/people.c src/message/parameter.c src/message/date.c src/message/content.c src/message/encode.c src/message/size.c src/message/check.c src/message/advice.c
