# SPDX-License-Identifier: MIT
"""Who reads what was composed: the wire's rules, Python's email package, and mblaze.

Each judge is given the mail that was asked for and the octets that came of it, and complains by
ok(good, what) of whatever differs.
"""
import base64
import collections
import datetime
import email
import email.header
import email.policy
import email.utils
import os
import quopri
import re
import subprocess

import mails

PART_FIELDS = {"content-type", "content-transfer-encoding", "content-disposition", "content-id"}
WORD = re.compile(rb"=\?UTF-8\?([QB])\?([^? ]*)\?=", re.I)
PART_HEAD = re.compile(
    rb"^--[^\r\n]*\r\n((?:Content-[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)+)", re.M
)
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
DEFAULT_TYPES = {
    mails.TEXT: "text/plain", mails.HTML: "text/html", mails.INLINE: "application/octet-stream",
    mails.ATTACHMENT: "application/octet-stream",
}
IMPORTANCE = {mails.HIGH: ("high", "1"), mails.LOW: ("low", "5")}


def lines_of(text):
    """Octets with one kind of line end, to compare texts modulo line ends."""
    return re.sub(rb"\r\n|\r|\n", b"\n", text)


def same_text(got, wanted):
    """A text may have been given a last line end."""
    got, wanted = lines_of(got), lines_of(wanted)
    return got in (wanted, wanted + b"\n")


# ---- the tree -----------------------------------------------------------------------------------


def wanted_tree(mail):
    """mixed > related > alternative, each only where it is needed: (type, children) or a part."""
    tree = [*mail.of_kind(mails.TEXT), *mail.of_kind(mails.HTML)]
    inline, attached = mail.of_kind(mails.INLINE), mail.of_kind(mails.ATTACHMENT)
    if len(tree) > 1:
        tree = [("multipart/alternative", tree)]
    if inline:
        tree = [("multipart/related", [*tree, *inline])]
    tree += attached
    return tree[0] if len(tree) == 1 else ("multipart/mixed", tree) if tree else None


# ---- the wire -----------------------------------------------------------------------------------


def is_breakable(line):
    """Whether a header line could have been folded: white space within what stands in it."""
    text = re.sub(rb"^[!-9;-~]+:[ \t]*|^[ \t]+", b"", line)
    return re.search(rb"[ \t]", text.rstrip()) is not None


def check_word(ok, kind, text):
    """An encoded word is whole characters (RFC 2047 5): it can be read alone."""
    octets = base64.b64decode(text) if kind in b"bB" else quopri.decodestring(text, header=True)
    try:
        octets.decode("utf-8")
        ok(True, "")
    except UnicodeDecodeError:
        ok(False, "an encoded word splits a character: %r" % text)


def check_header(ok, head, utf8):
    for line in head.split(b"\r\n"):
        ok(len(line) <= 998, "a header line of %d" % len(line))
        ok(len(line) <= 78 or not is_breakable(line), "header line could be folded: %r" % line)
        ok(line.strip(b" \t") != b"" or not line, "a header line of white space: %r" % line)
        ok(utf8 or max(line, default=0) < 128, "8-bit in a header: %r" % line)
        ok(re.search(rb"[\0-\x08\x0b-\x1f\x7f]", line) is None, "control in a header: %r" % line)
        words = list(WORD.finditer(line))
        ok(not words or len(line) <= 76, "a line with encoded words of %d" % len(line))
        for word in words:
            ok(len(word[0]) <= 75, "an encoded word of %d" % len(word[0]))
            check_word(ok, word[1], word[2])


def boundaries(raw):
    whole = email.message_from_bytes(raw, policy=email.policy.compat32)
    return [part.get_boundary().encode() for part in whole.walk() if part.is_multipart()]


def check_boundaries(ok, raw):
    """Each boundary stands in its field, in front of each part, and at the end: nowhere else."""
    whole = email.message_from_bytes(raw, policy=email.policy.compat32)
    multiparts = [part for part in whole.walk() if part.is_multipart()]
    names = boundaries(raw)
    ok(len(set(names)) == len(names), "a boundary twice: %r" % names)
    for part, name in zip(multiparts, names):
        # One that begins another would end that one's parts, too.
        inner = [other for other in names if other != name and name in other]
        ok(not inner, "boundary %r within %r" % (name, inner))
        count = raw.count(name)
        ok(count == len(part.get_payload()) + 2, "boundary %r %d times" % (name, count))


def check_encoded(ok, part):
    """The lines of a part's content as they stand on the wire."""
    encoding = str(part.get("content-transfer-encoding", "7bit")).lower()
    as_it_is = encoding in ("7bit", "8bit")
    raw = part.get_payload(decode=True) if as_it_is else part.get_payload().encode("ascii")
    lines = raw.split(b"\r\n")
    if encoding == "base64":
        full = [line for line in lines if line]
        ok(all(len(line) == 76 for line in full[:-1]), "base64 lines of other than 76")
        ok(all(len(line) <= 76 for line in full[-1:]), "a last base64 line over 76")
        ok(re.fullmatch(rb"[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*", raw) is not None, "no base64")
    elif encoding == "quoted-printable":
        ok(all(len(line) <= 76 for line in lines), "a quoted-printable line over 76")
        ok(not any(line[-1:] in (b" ", b"\t") for line in lines), "white space at a line's end")
        bad = re.search(rb"=(?![0-9A-F]{2}|\r\n)|[^\r\n\t -~]", raw)
        ok(bad is None, "no quoted-printable: %r" % raw[bad.start() if bad else 0:][:20])
    else:
        ok(as_it_is, "encoding %r" % encoding)
        eight = max(raw, default=0) > 127
        ok(eight == (encoding == "8bit"), "%s, and 8-bit octets: %s" % (encoding, eight))
        ok(b"\0" not in raw, "NUL in %s" % encoding)


def check_wire(ok, mail, raw, told):
    head, _, body = raw.partition(b"\r\n\r\n")
    ok(BARE.search(raw) is None, "a bare CR or LF")
    ok(raw.endswith(b"\r\n"), "it does not end with a line end: %r" % raw[-20:])
    flags = int(told["flags"])
    ok(bool(flags & mails.FLAG_UTF8) == (max(head, default=0) > 127), "UTF8 and its flag")
    ok(bool(flags & mails.FLAG_8BIT) == (max(body, default=0) > 127), "8-bit and its flag")
    ok(not flags & mails.FLAG_8BIT or mail.offered & mails.EIGHT_BIT, "8-bit, and not offered")
    ok(not flags & mails.FLAG_UTF8 or mail.offered & mails.UTF8, "UTF-8, and not offered")
    longest = max(map(len, body.split(b"\r\n")))
    ok(longest <= 998, "a body line of %d" % longest)
    known = all(part.is_known() for part in mail.parts)
    ok(int(told["size"]) == (len(raw) if known else 0), "size %s of %d" % (told["size"], len(raw)))
    check_header(ok, head, flags & mails.FLAG_UTF8)
    check_boundaries(ok, raw)
    for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        if not part.is_multipart():
            check_encoded(ok, part)
    for part_head in PART_HEAD.findall(raw):
        check_header(ok, part_head[:-2], False)


# ---- fields -------------------------------------------------------------------------------------


def wanted_names(mail):
    """How often each field must be there; those of MIME are not counted."""
    names = [mails.ROLES[role] for role in range(mails.BCC) if mail.of_role(role)]
    if mail.of_role(mails.BCC) and not (mail.of_role(mails.TO) or mail.of_role(mails.CC)):
        names.append("to")  # undisclosed-recipients:;
    names += ["subject"] if mail.subject is not None else []
    names += ["date"] if mail.date else []
    names += ["message-id"] if mail.message_id or mail.unique else []
    names += ["in-reply-to", "references"] if mail.in_reply_to else []
    names += ["importance", "x-priority"] if mail.priority else []
    return collections.Counter(names + [name.lower() for name, _ in mail.fields])


def check_names(ok, mail, names):
    got = collections.Counter(name.lower() for name in names)
    mime = {name: got.pop(name) for name in [*PART_FIELDS, "mime-version"] if name in got}
    ok(got == wanted_names(mail), "fields %r, wanted %r" % (got, wanted_names(mail)))
    ok(set(mime.values()) <= {1}, "MIME fields twice: %r" % mime)
    ok("mime-version" in mime or not mail.parts, "no MIME-Version")


def wanted_id(mail):
    """A pattern for Message-ID."""
    if mail.message_id:
        return re.escape("<%s>" % mail.message_id)
    domain = mail.id_domain or mail.of_role(mails.FROM)[0][1].rpartition("@")[2]
    return "<[!-;=?-~]+@%s>" % re.escape(domain)


# ---- Python's email package ---------------------------------------------------------------------


def parse(raw, utf8, policy):
    """A header in UTF-8 (RFC 6532) is text to this parser, and octets to it are not."""
    if not utf8:
        return email.message_from_bytes(raw, policy=policy)
    head, end, body = raw.partition(b"\r\n\r\n")
    text = head.decode("utf-8") + (end + body).decode("ascii", "surrogateescape")
    return email.message_from_string(text, policy=policy)


# What this parser takes for a defect, and is none: UTF-8 in a local part (RFC 6532), and in
# Content-Type a file name as RFC 2047 words, which breaks RFC 2047 5 and is there for readers that
# know no RFC 2231.
NO_DEFECTS = ("local-part contains non-ASCII", "encoded word inside", "after encoded-word")


def check_defects(ok, part):
    ok(not part.defects, "defects %r" % part.defects)
    for name, value in part.items():
        found = [one for one in value.defects if not any(no in str(one) for no in NO_DEFECTS)]
        ok(not found, "%s: defects %r" % (name, found))


def without_blanks(people):
    """This parser puts a blank between two encoded words of a name, against RFC 2047 6.2, and
    leaves out a line separator at a word's end: blanks in names are compared by the old one."""
    return [(re.sub(r"\s", "", name), address) for name, address in people]


def check_addresses(ok, mail, message):
    for role in range(mails.BCC):
        wanted = without_blanks(mail.of_role(role))
        field = message[mails.ROLES[role]]
        got = [(one.display_name, one.addr_spec) for one in field.addresses] if field else []
        got = without_blanks(got)
        ok(got == wanted, "%s: %r, wanted %r" % (mails.ROLES[role], got, wanted))


def values(message, name):
    """Decoded. What was folded right behind the field's name keeps that blank here."""
    raw = [value for one, value in message.raw_items() if one.lower() == name.lower()]
    return [str(value).removeprefix(" ") if early.startswith("\r\n") else str(value)
            for value, early in zip(message.get_all(name, []), raw)]


def check_text_fields(ok, mail, message):
    wanted = {name.lower(): [] for name, _ in mail.fields}
    for name, value in mail.fields:
        wanted[name.lower()].append(value)
    if mail.subject is not None:
        wanted["subject"] = [mail.subject]
    for name, texts in wanted.items():
        got = values(message, name)
        ok(got == texts, "%s: %r, wanted %r" % (name, got, texts))


def check_facts(ok, mail, message):
    if mail.date:
        zone = datetime.timezone(datetime.timedelta(minutes=mail.date[1]))
        wanted = datetime.datetime.fromtimestamp(mail.date[0], zone)
        got = message["date"].datetime
        same = got == wanted and got.utcoffset() == wanted.utcoffset()
        ok(same, "date %s for %s" % (got, wanted))
        text = str(message["date"])
        ok(text[:3] == wanted.strftime("%a"), "day of the week in %r" % text)
    if mail.message_id or mail.unique:
        got = values(message, "message-id")
        good = len(got) == 1 and re.fullmatch(wanted_id(mail), got[0])
        ok(good is not None, "message-id %r" % got)
    wanted = ["<%s>" % mail.in_reply_to] if mail.in_reply_to else []
    for name in ("in-reply-to", "references"):
        got = values(message, name)
        ok(got == wanted, "%s %r, wanted %r" % (name, got, wanted))
    if mail.priority:
        got = (str(message["importance"]).lower(), str(message["x-priority"])[:1])
        ok(got == IMPORTANCE[mail.priority], "importance %r" % (got,))


def check_part(ok, part, message):
    got = message.get_payload(decode=True)
    if part.is_text():
        ok(same_text(got, part.octets), "text %r, wanted %r" % (got[:300], part.octets[:300]))
        ok(BARE.search(got) is None, "a text's line ends are no CRLF: %r" % got[:300])
    else:
        ok(got == part.octets, "%d octets, wanted %d" % (len(got), len(part.octets)))
    wanted = part.type or DEFAULT_TYPES[part.kind]
    kind, _, parameters = wanted.partition(";")
    ok(message.get_content_type() == kind.strip().lower(), "type %r" % message["content-type"])
    for name, value in re.findall(r"(\w[\w-]*)=(?:\"([^\"]*)\"|[^;\s]+)", parameters):
        ok(name in dict(message["content-type"].params), "parameter %s=%s" % (name, value))
    if part.type is None and part.kind in (mails.TEXT, mails.HTML):
        charset = str(message.get_content_charset())
        ok(charset in ("utf-8", "us-ascii"), "charset %r" % charset)
    name = place.params.get("filename") if (place := message["content-disposition"]) else None
    ok(name == part.name, "name %r, wanted %r" % (name, part.name))
    spare = message["content-type"].params.get("name")
    ok(spare in (None, part.name), "name %r in Content-Type, wanted %r" % (spare, part.name))
    cid = message["content-id"]
    wanted = "<%s>" % part.content_id if part.content_id else None
    ok(cid == wanted, "content-id %r, wanted %r" % (cid, wanted))
    place = message.get_content_disposition()
    wanted = {mails.INLINE: ("inline",), mails.ATTACHMENT: ("attachment",)}
    ok(place in wanted.get(part.kind, (None, "inline")), "disposition %r" % place)


def check_tree(ok, wanted, message):
    if wanted is None:
        ok(not message.get_payload(decode=True), "a body %r" % message.get_payload()[:40])
    elif isinstance(wanted, mails.Part):
        check_part(ok, wanted, message)
    else:
        kind, children = wanted
        parts = list(message.iter_parts()) if message.is_multipart() else []
        ok(message.get_content_type() == kind, "%s, wanted %s" % (message.get_content_type(), kind))
        good = ok(len(parts) == len(children), "%d parts, wanted %d" % (len(parts), len(children)))
        if kind == "multipart/related" and parts:
            root = message["content-type"].params.get("type")
            ok(root == parts[0].get_content_type(), "related of %r" % root)
        for child, part in zip(children, parts) if good else ():
            check_tree(ok, child, part)


def judge_by_python(ok, mail, raw, told):
    utf8 = int(told["flags"]) & mails.FLAG_UTF8
    message = parse(raw, utf8, email.policy.default)
    check_names(ok, mail, message.keys())
    for part in message.walk():
        check_defects(ok, part)
        if part is not message:
            names = [name.lower() for name in part.keys()]
            ok(set(names) <= PART_FIELDS and len(set(names)) == len(names), "part's %r" % names)
    check_addresses(ok, mail, message)
    check_text_fields(ok, mail, message)
    check_facts(ok, mail, message)
    check_tree(ok, wanted_tree(mail), message)


def mailboxes(message, role):
    """Names and addresses of a field; some Pythons find one in an empty text, too."""
    field = re.sub(r"\r\n", "", message[mails.ROLES[role]] or "")
    return email.utils.getaddresses([field]) if field not in ("", "undisclosed-recipients:;") else []


def check_harmless(ok, mail, raw, told):
    """No field, address or part is there but those that were asked for, whatever is in them."""
    utf8 = int(told["flags"]) & mails.FLAG_UTF8
    message = parse(raw, utf8, email.policy.compat32)
    check_names(ok, mail, message.keys())
    check_header(ok, raw.partition(b"\r\n\r\n")[0], utf8)
    ok(BARE.search(raw) is None, "a bare CR or LF")
    for role in range(mails.BCC):
        got = [address for _, address in mailboxes(message, role)]
        wanted = [address for _, address in mail.of_role(role)]
        ok(got == wanted, "%s: %r, wanted %r" % (mails.ROLES[role], got, wanted))
    leaves = [part for part in message.walk() if not part.is_multipart()]
    ok(len(leaves) == max(1, len(mail.parts)), "%d parts" % len(leaves))
    for part in leaves:
        names = [name.lower() for name in part.keys()]
        good = part is message or (set(names) <= PART_FIELDS and len(set(names)) == len(names))
        ok(good, "a part's fields: %r" % names)


# ---- Python's old policy ------------------------------------------------------------------------


def squeezed(text):
    """Its decoder joins words and white space in a manner of its own."""
    return re.sub(r"[ \t]+", " ", text).strip()


def decode(value):
    value = re.sub(r"\r\n(?=[ \t])", "", str(value))
    return str(email.header.make_header(email.header.decode_header(value)))


def judge_by_compat32(ok, mail, raw, told):
    message = parse(raw, int(told["flags"]) & mails.FLAG_UTF8, email.policy.compat32)
    for part in message.walk():
        ok(not part.defects, "compat32: %r" % part.defects)
    if mail.subject is not None:
        got = decode(message["subject"])
        same = squeezed(got) == squeezed(mail.subject)
        ok(same, "compat32: subject %r, wanted %r" % (got, mail.subject))
    for role in range(mails.BCC):
        got = [(decode(name), address) for name, address in mailboxes(message, role)]
        wanted = mail.of_role(role)
        ok(got == wanted, "compat32: %s %r, wanted %r" % (mails.ROLES[role], got, wanted))
    leaves = [part for part in message.walk() if not part.is_multipart()]
    for wanted, part in zip(leaves_of(wanted_tree(mail)), leaves):
        got = part.get_payload(decode=True)
        good = same_text(got, wanted.octets) if wanted.is_text() else got == wanted.octets
        ok(good, "compat32: %d octets of %d" % (len(got), len(wanted.octets)))


def leaves_of(tree):
    if isinstance(tree, mails.Part):
        yield tree
    elif tree is not None:
        for child in tree[1]:
            yield from leaves_of(child)


# ---- mblaze -------------------------------------------------------------------------------------


class Mblaze:
    """Debian's mblaze, a reader in C of its own: mhdr for fields, mshow for parts."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "mail")
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": folder,
                            "MBLAZE": folder}

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, env=self.environment, timeout=60,
                              check=False)
        return done.stdout

    def field(self, name):
        """Decoded; mhdr does not say whether the field is empty or not there."""
        return self.run("mhdr", "-h", name, "-d", self.path).decode("utf-8", "replace")[:-1]

    def parts(self):
        """Number, type and file name of what is no multipart."""
        text = self.run("mshow", "-t", self.path).decode("utf-8", "replace")
        found = re.findall(r'^ +(\d+): (\S+) size=\d+(?: name="(.*)")?', text, re.M)
        return [one for one in found if not one[1].startswith("multipart/")]


def field_of(people):
    """A pattern for an address field, decoded and without blanks: a name as it is, or in quotes."""
    found = []
    for name, address in without_blanks(people):
        quoted = re.sub(r'([\\\\"])', r"\\\1", name)
        names = '(%s|"%s")' % (re.escape(name), re.escape(quoted)) if name else ""
        found.append(names + "<?%s>?" % re.escape(re.sub("[ \t]", "", address)))
    return ",".join(found)


def same_to_mblaze(got, wanted):
    """It joins folded lines by one blank, and stops in the midst of what is over 4,000 octets."""
    got, wanted = squeezed(got), squeezed(wanted)
    return got == wanted or (len(got.encode()) > 4000 and wanted.startswith(got[:-1]))


def check_people(ok, mail, reader):
    for role in range(mails.BCC):
        people = mail.of_role(role)
        size = sum(len(name.encode()) for name, _ in people)
        if people and size < 4000:
            got = re.sub(r"\s", "", reader.field(mails.ROLES[role]))
            pattern = field_of(people)
            ok(re.fullmatch(pattern, got) is not None, "mblaze: %s %r, wanted %s" % (
                mails.ROLES[role], got, pattern))


def judge_by_mblaze(ok, mail, raw, told, reader):
    with open(reader.path, "wb") as file:
        file.write(raw)
    if mail.subject is not None:
        got = reader.field("subject")
        ok(same_to_mblaze(got, mail.subject), "mblaze: subject %r, wanted %r" % (got, mail.subject))
    for name, value in mail.fields:
        if [one.lower() for one, _ in mail.fields].count(name.lower()) == 1:
            got = reader.field(name)
            ok(same_to_mblaze(got, value), "mblaze: %s %r, wanted %r" % (name, got, value))
    if mail.date:
        got = reader.run("mhdr", "-h", "date", "-D", reader.path).strip()
        ok(got == b"%d" % mail.date[0], "mblaze: date %r" % got)
    check_people(ok, mail, reader)
    wanted = list(leaves_of(wanted_tree(mail)))
    got = reader.parts()
    if not ok(len(got) == max(1, len(wanted)), "mblaze: parts %r" % got):
        return
    for part, (number, kind, name) in zip(wanted, got):
        octets = reader.run("mshow", "-O", reader.path, number)
        good = same_text(octets, part.octets) or same_text(octets + b"\r\n", part.octets)
        good = good if part.is_text() else octets == part.octets
        ok(good, "mblaze: part %s: %r, wanted %r" % (number, octets[:200], part.octets[:200]))
        wanted_type = (part.type or DEFAULT_TYPES[part.kind]).partition(";")[0].strip().lower()
        ok(kind == wanted_type, "mblaze: type %r" % kind)
        ok(name == (part.name or ""), "mblaze: name %r, wanted %r" % (name, part.name))
