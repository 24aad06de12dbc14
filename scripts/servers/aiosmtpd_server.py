#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A real SMTP server for trials and tests: Debian's python3-aiosmtpd on loopback.

Prints `ready PORT` and serves until it is killed. With --certificates, a folder made by
certificates.sh, it prints `ready PORT TLS_PORT`: PORT has STARTTLS then, and demands it before a
login, TLS_PORT is implicit TLS. Each accepted mail becomes two files in --store: NNNN.eml, its
octets as they came (dots unstuffed, nothing else touched), and NNNN.json, its envelope.
The login is taken from the environment: SERVER_USER and SERVER_PASSWORD.
"""
import argparse
import asyncio
import json
import os
import signal
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Store:
    """Keeps what arrives. A mail is whole on disk before the server says 250."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = os.path.join(self.folder, "%04d" % self.count)
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "options": envelope.mail_options,
            "ehlo": session.host_name,
            "login": session.auth_data.login.decode() if session.authenticated else None,
            "tls": server.transport.get_extra_info("cipher") is not None,
        }
        with open(name + ".json", "w", encoding="utf-8") as file:
            json.dump(facts, file)
        with open(name + ".part", "wb") as file:
            file.write(envelope.original_content)
        os.rename(name + ".part", name + ".eml")
        return "250 2.0.0 kept as %04d" % self.count


class LongLines(SMTP):
    """Takes lines over RFC 5321's 998 octets, as most servers do."""

    line_length_limit = 1 << 16


def check_login(server, session, envelope, mechanism, data):
    wanted = (os.environ["SERVER_USER"].encode(), os.environ["SERVER_PASSWORD"].encode())
    good = isinstance(data, LoginPassword) and (data.login, data.password) == wanted
    return AuthResult(success=good, handled=False, auth_data=data)


def make_session(options, store, **tls):
    login = {}
    if options.login:
        login = {"authenticator": check_login, "auth_required": True}
        login["auth_require_tls"] = "tls_context" in tls
    limits = {"data_size_limit": 64 << 20, "enable_SMTPUTF8": True}
    return LongLines(store, hostname="mail.test", **limits, **login, **tls)


async def listen(options, store):
    """The ports that are served, and the servers, which live as long as somebody holds them."""
    loop = asyncio.get_running_loop()
    if not options.certificates:
        server = await loop.create_server(
            lambda: make_session(options, store), options.host, options.port
        )
        return [server]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(
        options.certificates + "/server.pem", options.certificates + "/server.key"
    )
    starttls = await loop.create_server(
        lambda: make_session(options, store, tls_context=context), options.host, options.port
    )
    implicit = await loop.create_server(
        lambda: make_session(options, store), options.host, options.tls_port, ssl=context
    )
    return [starttls, implicit]


async def serve(options):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = await listen(options, Store(options.store))
    print("ready", *[server.sockets[0].getsockname()[1] for server in servers], flush=True)
    await stop.wait()
    for server in servers:
        server.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="in clear, or STARTTLS; 0: any free one")
    parser.add_argument("--tls-port", type=int, default=0, help="implicit TLS; 0: any free one")
    parser.add_argument("--store", required=True, help="folder for the mail that arrives")
    parser.add_argument("--certificates", help="folder with server.pem and server.key: with TLS")
    parser.add_argument(
        "--login", action="store_true",
        help="demand AUTH before MAIL, as SERVER_USER with SERVER_PASSWORD of the environment"
    )
    options = parser.parse_args()
    os.makedirs(options.store, exist_ok=True)
    asyncio.run(serve(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
