#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes attacks.jsonl: each payload in attacks/CLASS.txt, in several places of a request and several disguises. Payloads are lines; \\r,
\\n and \\t in them are the octets. The result is committed, so that a change shows in review."""

import base64
import json
import pathlib
import random
import sys
import zlib
from urllib.parse import quote

HERE = pathlib.Path(__file__).resolve().parent
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0\n"
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\nAccept-Language: en-US,en;q=0.5"
)
BOUNDARY = "----x7MA4YWxkTrZu0gW"
REPEATS = 3  # requests for each payload


def full(text):
    return quote(text, safe="")


def light(text):
    """As a hand that types into a browser's address bar leaves it."""
    return quote(text, safe="'()*!,;:@/$=+~.-_|`{}[]<>\\^%&?\"").replace("+", "%2B").replace("&", "%26").replace("#", "%23")


def every(text):
    return "".join(f"%{octet:02x}" for octet in text.encode())


def in_query(text, draw):
    encode = draw.choice([full, full, every])
    return f"GET /item?id={encode(text)}&page=2\n{BROWSER}"


def in_bare_query(text, draw):
    return f"GET /view?{draw.choice(['q', 'file', 'url', 'name', 'user'])}={full(text)}"


def in_doubled_query(text, draw):
    return f"GET /item?id={full(full(text))}\n{BROWSER}"


def in_form(text, draw):
    return f"POST /form\n{BROWSER}\nContent-Type: application/x-www-form-urlencoded\n\ntitle=hello&text={full(text)}"


def in_json(text, draw):
    return f"POST /api\n{BROWSER}\nContent-Type: application/json\n\n" + json.dumps({"user": {"id": 5, "name": text}})


def in_json_name(text, draw):
    return f"POST /api\n{BROWSER}\nContent-Type: application/json\n\n" + json.dumps({"a": 1, text: "x"}, ensure_ascii=False)


def in_json_escaped(text, draw):
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 65536 else c for c in text)
    return f'POST /api\n{BROWSER}\nContent-Type: application/json\n\n{{"items":[{{"note":"{escaped}"}}]}}'


def part(disposition, text):
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"


def in_multipart(text, draw):
    return f"POST /upload\n{BROWSER}\nContent-Type: multipart/form-data; boundary={BOUNDARY}\n\n" + part('name="comment"', text)


def in_file_name(text, draw):
    name = text.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return f"POST /upload\n{BROWSER}\nContent-Type: multipart/form-data; boundary={BOUNDARY}\n\n" + part(f'name="f"; filename="{name}"', "x")


def in_xml(text, draw):
    plain = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"POST /ws\n{BROWSER}\nContent-Type: text/xml\n\n<?xml version=\"1.0\"?><order><note>{plain}</note></order>"


def in_soap(text, draw):
    plain = text.replace("&", "&amp;").replace("<", "&lt;")
    return (
        "POST /soap\nContent-Type: application/soap+xml\n\n<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\">"
        f"<soap:Body><find><name>{plain}</name></find></soap:Body></soap:Envelope>"
    )


def in_plain_body(text, draw):
    return f"POST /raw\n{BROWSER}\nContent-Type: text/plain\n\n{text}"


def in_field(name):
    def put(text, draw):
        return f"GET /\n{name}: {full(text) if any(ord(c) < 32 or ord(c) > 126 for c in text) else text}"

    return put


def in_cookie(text, draw):
    return f"GET /\n{BROWSER}\nCookie: a=1; prefs={full(text)}; b=2"


def in_path(text, draw):
    return f"GET /shop/{full(text).replace('%2F', '/')}\n{BROWSER}"


def in_referer(text, draw):
    return f"GET /\nReferer: https://www.example.com/search?q={full(text)}"


def in_name(text, draw):
    return f"GET /list?{full(text)}=1\n{BROWSER}"


PLACES = [in_query, in_query, in_bare_query, in_doubled_query, in_form, in_form, in_json, in_json, in_json_name, in_json_escaped]
PLACES += [in_multipart, in_file_name, in_xml, in_soap, in_plain_body, in_cookie, in_path, in_referer, in_name]
PLACES += [in_field(name) for name in ("User-Agent", "X-Forwarded-For", "X-Api-Version", "X-3f9a2c", "X-Client-Name", "Accept-Language")]


def as_it_is(text, draw):
    return text


def in_base64(text, draw):
    return base64.b64encode(text.encode()).decode()


def with_entities(text, draw):
    return "".join(f"&#{ord(c)};" if c in "<>'\"()/ =;" else c for c in text)


def with_unicode(text, draw):
    return "".join(f"\\u{ord(c):04x}" if c in "<>'\"()/&" else c for c in text)


def in_mixed_case(text, draw):
    return "".join(draw.choice([c.upper(), c.lower()]) for c in text)


def with_blanks(text, draw):
    return f" {text} "


CASELESS = {"sqli", "xss", "ldap", "ssi", "xxe"}
def spelled_in_form(text, draw):
    return in_form("".join(f"\\u{ord(c):04x}" for c in text if ord(c) < 65536), draw)


def spelled_in_query(text, draw):
    return in_query("".join(f"&#{ord(c)};" for c in text), draw)


def wrapped_in_referer(text, draw):
    return in_referer(in_base64(text, draw), draw)


# Of each fourth payload one more request, hidden as whole.
HIDDEN = [spelled_in_form, spelled_in_query, wrapped_in_referer]
# Where only the place makes it an attack, and disguises would undo it.
AS_BODY = {"xxe"}
AS_PAIR = {"proto"}
AS_TARGET = {"webshell"}


def disguise(kind, text, draw):
    choices = [as_it_is] * 9 + [in_base64, with_blanks]
    if kind in CASELESS:
        choices += [in_mixed_case, in_mixed_case]
    if kind == "xss":
        choices += [with_entities, with_unicode]
    return draw.choice(choices)(text, draw)


def as_body(text, draw):
    return f"POST /xml\n{BROWSER}\nContent-Type: {draw.choice(['application/xml', 'text/xml'])}\n\n{text}"


def as_pair(text, draw):
    name, value = text.split("=", 1)
    if draw.random() < 0.4 and "[" in name:
        parts = name.replace("]", "").split("[")
        for item in reversed(parts):
            value = {item: value}
        return f"POST /api\nContent-Type: application/json\n\n{json.dumps(value)}"
    return f"GET /?{full(name)}={full(value)}\n{BROWSER}" if draw.random() < 0.5 else f"POST /\n\n{name}={value}"


def as_target(text, draw):
    return f"GET {text}\n{BROWSER}"


def requests(kind, text, draw):
    if kind in AS_TARGET:
        return [as_target(text, draw)]
    if kind in AS_PAIR:
        return [as_pair(text, draw) for _ in range(6)]
    places = draw.sample(PLACES, REPEATS)
    found = [place(disguise(kind, text, draw), draw) for place in places]
    return found + [as_body(text, draw), as_body(text, draw)] if kind in AS_BODY else found


def hidden(kind, text, draw):
    if kind in AS_TARGET | AS_PAIR | AS_BODY or zlib.crc32(text.encode()) % 4:
        return []
    return [draw.choice(HIDDEN)(text, draw)]


def write_halves(halves, name):
    """With --halves DIR: rules are written with an eye on one half, and judged by the other."""
    if len(sys.argv) == 3 and sys.argv[1] == "--halves":
        for i, half in enumerate(halves):
            (pathlib.Path(sys.argv[2]) / f"{name}-{i}.jsonl").write_text("\n".join(half) + "\n", encoding="ascii")


def main():
    draw, draw_hidden = random.Random(815), random.Random(4)
    out, halves = {}, [[], []]
    for path in sorted((HERE / "attacks").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line if path.stem in ("rce-windows", "lfi") else line.replace("\\r", "\r").replace("\\n", "\n")
            for request in requests(path.stem, text, draw) + hidden(path.stem, text, draw_hidden):
                line = json.dumps({"expect": "block", "class": path.stem, "request": request})
                out[line] = None
                halves[zlib.crc32(text.encode()) & 1].append(line)
    write_halves(halves, "attacks")
    (HERE / "attacks.jsonl").write_text("\n".join(out) + "\n", encoding="ascii")
    print(len(out), "requests")


main()
