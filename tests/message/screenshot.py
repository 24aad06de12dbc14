#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""One picture of an HTML mail with its inline image, as a mail reader shows it.

examples/mime_example.c sends it over TLS to a real server (aiosmtpd); MailDev's page shows what was
stored; Chromium takes the picture. The image's colours are looked for in it. The same mail with an
empty file as its image goes first: there they must be missed, or the check proves nothing.

usage: screenshot.py PICTURE
"""
import collections
import math
import os
import struct
import subprocess
import sys
import urllib.error
import urllib.request
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))

from interop import BUILD, Aiosmtpd, Server, free_port, run_tests  # noqa: E402
from secure import SCRIPTS, make_certificates, output_of  # noqa: E402

WIDTH, HEIGHT, BIGGEST = 1120, 700, 200 * 1000
USER, PASSWORD = "pump7@example.com", "s3cret"
CHART_WIDTH, CHART_HEIGHT = 640, 260
GROUND, GRID, LIMIT, AREA, CURVE = (
    (247, 249, 252), (221, 227, 236), (29, 78, 137), (255, 214, 186), (214, 66, 32)
)


# ---- pictures -----------------------------------------------------------------------------------


def temperature(x):
    """Of a day, as a height in the chart."""
    return 130 - 70 * math.sin((x - 190) / 96) - 14 * math.sin(x / 17)


def colour(x, y):
    if abs(y - temperature(x)) < 2.5:
        return CURVE
    if abs(y - 90) < 1 and x % 12 < 8:
        return LIMIT
    if y % 52 == 0 or x % 80 == 0:
        return GRID
    return AREA if y > temperature(x) else GROUND


def chunk(kind, octets):
    sum32 = zlib.crc32(kind + octets)
    return struct.pack(">I", len(octets)) + kind + octets + struct.pack(">I", sum32)


def make_chart():
    lines = (b"\0" + b"".join(bytes(colour(x, y)) for x in range(CHART_WIDTH))
             for y in range(CHART_HEIGHT))
    head = struct.pack(">IIBBBBB", CHART_WIDTH, CHART_HEIGHT, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"".join(lines), 9)) + chunk(b"IEND", b""))


def chunks(png):
    at = 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at:at + 4])
        yield png[at + 4:at + 8], png[at + 8:at + 8 + size]
        at += size + 12


def predict(kind, left, above, corner):
    """What a PNG filter adds (RFC 2083 6)."""
    if kind == 4:
        start = left + above - corner
        return min((left, above, corner), key=lambda one: abs(start - one))
    return (0, left, above, (left + above) // 2)[kind]


def read_png(png):
    """Width, height, and how often each colour stands in it."""
    parts = list(chunks(png))
    width, height, depth, kind = struct.unpack(">IIBB", parts[0][1][:10])
    step = {2: 3, 6: 4}[kind]
    octets = zlib.decompress(b"".join(part for name, part in parts if name == b"IDAT"))
    above = bytearray(width * step)
    counts = collections.Counter()
    for start in range(0, len(octets), width * step + 1):
        line = bytearray(octets[start + 1:start + 1 + width * step])
        for i in range(len(line)) if octets[start] else ():
            left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
            line[i] = (line[i] + predict(octets[start], left, above[i], corner)) & 255
        counts.update(zip(line[0::step], line[1::step], line[2::step]))
        above = line
    return width, height, counts


# ---- the mail, and who shows it -----------------------------------------------------------------


class Maildev(Server):
    """Reads the mails of a folder and shows them on a page."""

    def __init__(self, folder, store):
        self.port = free_port()
        program = output_of(SCRIPTS + "/npm.sh", "maildev") + "/node_modules/.bin/maildev"
        command = [program, "--ip", "127.0.0.1", "--smtp", str(free_port())]
        command += ["--web-ip", "127.0.0.1", "--web", str(self.port), "--mail-directory", store]
        self.start(command, os.path.join(folder, "maildev.log"), stdout=subprocess.DEVNULL)
        self.wait_for(lambda: self.is_there(self.port), 60)

    def url(self, path):
        return "http://127.0.0.1:%d/%s" % (self.port, path)

    def shows(self, name):
        urllib.request.urlopen(self.url("api/reloadMailsFromDirectory"), timeout=10).close()
        try:
            urllib.request.urlopen(self.url("api/email/" + name), timeout=10).close()
            return True
        except urllib.error.HTTPError:
            return False


def send(folder, server, certificates, image):
    """The mail as it was stored."""
    paths = [os.path.join(folder, name) for name in ("chart.png", "log.csv")]
    log = "".join("%02d:00,%d\n" % (hour, 40 + hour * 17 % 41) for hour in range(24)).encode()
    for path, octets in zip(paths, (image, b"hour,temperature\n" + log)):
        with open(path, "wb") as file:
            file.write(octets)
    environment = dict(os.environ, PASSWORD=PASSWORD, SSL_CERT_FILE=certificates + "/ca.pem")
    command = [BUILD + "/mime_example", "127.0.0.1", str(server.port), USER, "ops@example.com"]
    subprocess.run([*command, *paths], env=environment, check=True, stdout=subprocess.DEVNULL)
    (mail,) = server.take()
    return mail[0]


def take_picture(folder, url, path):
    """Chromium as root has no sandbox; it shows a page of this machine's own alone."""
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--user-data-dir=" + folder + "/chromium", "--virtual-time-budget=10000",
               "--window-size=%d,%d" % (WIDTH, HEIGHT), "--screenshot=" + path, url]
    subprocess.run(command, env=dict(os.environ, HOME=folder), check=True, timeout=120,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(path, "rb") as file:
        return file.read()


def has_chart(counts):
    """Most of what each colour of the chart covers is there, as it was drawn."""
    drawn = read_png(make_chart())[2]
    return all(counts[one] > drawn[one] * 0.9 for one in (GROUND, AREA, CURVE, LIMIT, GRID))


def show(folder, server, certificates, name, image):
    store = os.path.join(folder, name)
    os.mkdir(store)
    with open("%s/%s.eml" % (store, name), "wb") as file:
        file.write(send(folder, server, certificates, image))
    with Maildev(folder, store) as reader:
        reader.wait_for(lambda: reader.shows(name), 30)
        path = os.path.join(folder, name + ".png")
        return take_picture(folder, reader.url("#/email/" + name), path)


def test(checks, folder):
    certificates = make_certificates(folder)
    with Aiosmtpd(folder, login=True, user=USER, password=PASSWORD,
                  certificates=certificates) as server:
        broken = show(folder, server, certificates, "broken", b"")
        picture = show(folder, server, certificates, "whole", make_chart())
    checks.ok(not has_chart(read_png(broken)[2]), "a mail without its image is not told apart")
    width, height, counts = read_png(picture)
    checks.equal((width, height), (WIDTH, HEIGHT), "size")
    good = checks.ok(has_chart(counts), "the image's colours are not in the picture")
    good &= checks.ok(len(picture) < BIGGEST, "%d octets" % len(picture))
    if good:
        os.makedirs(os.path.dirname(sys.argv[1]) or ".", exist_ok=True)
        with open(sys.argv[1], "wb") as file:
            file.write(picture)


run_tests("screenshot", test)
