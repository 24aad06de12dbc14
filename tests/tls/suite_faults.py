# SPDX-License-Identifier: MIT
"""The n-th call of the transport below TLS fails, for every n, and all behind it."""
from suite_cuts import is_told

CALLS = 2000  # more than any session here makes


def check_first_call(suite, way, server, what):
    result = way.send(server, fail_at=1)
    suite.refused(what + ", the first call fails", result, None, errors=("TLS_FAILED", "IO"),
                  tells=False)
    suite.checks.ok(server.done.empty(), what + ", the first call fails: there was a connection")


def check_calls(suite, way, server, what, **options):
    """From the second on: there is a connection."""
    for n in range(2, CALLS):
        result, connection = way.mail(server, fail_at=n, **options)
        is_told(suite, "%s, call %d fails" % (what, n), result, connection)
        if not connection.stands:
            suite.checks.equal(result.outcome, "NOT_SENT", "%s, call %d fails" % (what, n))
        if result.calls < n:
            break
    suite.checks.ok(result.calls < n and result.outcome == "SENT", what + ": no end is reached")


def run(suite):
    for way in suite.ways():
        with way.serve() as server:
            check_first_call(suite, way, server, way.name)
            check_calls(suite, way, server, way.name)
        with way.serve() as server:
            way.mail(server)
            check_calls(suite, way, server, way.name + ", with a session kept", again=1)
