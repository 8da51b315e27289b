#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a small MaxMind DB (format 2.0) for tests and the demonstration, in the layout of GeoLite2.

    mmdb.py OUT.mmdb < spec.json

The spec maps prefixes to facts; each fact may be left out, and a longer prefix replaces a shorter one:

    { "192.0.2.0/24": {"country": "KP", "continent": "AS", "asn": 64500, "as_name": "Example"},
      "2001:db8::/32": {"country": "DE", "continent": "EU"} }

IPv4 lies in ::/96 of the IPv6 tree, as in the published databases. The file is written beside the target and renamed, so
that a reader that has the old one mapped keeps it.
"""

import ipaddress
import json
import os
import sys

MARKER = b"\xab\xcd\xefMaxMind.com"
SEPARATOR = 16  # zero bytes between the tree and the data
RECORD_BITS = 32
STRING, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


class Typed:
    """A number that is written with a type of its own instead of uint32."""

    def __init__(self, kind, value):
        self.kind, self.value = kind, value


def control(kind, size):
    first, extended = (kind << 5, b"") if kind <= 7 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first | size]) + extended
    if size < 285:
        return bytes([first | 29]) + extended + bytes([size - 29])
    if size < 65821:
        return bytes([first | 30]) + extended + (size - 285).to_bytes(2, "big")
    raise ValueError("a value is too long")


def number(kind, value):
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return control(kind, len(octets)) + octets


def encode(value):
    if isinstance(value, str):
        text = value.encode()
        return control(STRING, len(text)) + text
    if isinstance(value, int):
        return number(UINT32, value)
    if isinstance(value, Typed):
        return number(value.kind, value.value)
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    return control(ARRAY, len(value)) + b"".join(encode(v) for v in value)


def nested(facts):
    """The facts of one prefix as GeoLite2 nests them."""
    unknown = set(facts) - {"country", "continent", "asn", "as_name"}
    if unknown:
        raise ValueError("unknown facts: " + ", ".join(sorted(unknown)))
    out = {}
    if "country" in facts:
        out["country"] = {"iso_code": facts["country"]}
    if "continent" in facts:
        out["continent"] = {"code": facts["continent"]}
    if "asn" in facts:
        out["autonomous_system_number"] = facts["asn"]
    if "as_name" in facts:
        out["autonomous_system_organization"] = facts["as_name"]
    return out


def tree_prefix(text):
    """Value of 128 bits and length of a prefix in the IPv6 tree."""
    network = ipaddress.ip_network(text)
    return int(network.network_address), network.prefixlen + (96 if network.version == 4 else 0)


class Tree:
    """Nodes are pairs; a side is None, a node (list) or the bytes of its data."""

    def __init__(self):
        self.root = [None, None]

    def insert(self, value, length, data):
        if length == 0:
            self.root = [data, data]
            return
        node = self.root
        for depth in range(length - 1):
            side = value >> (127 - depth) & 1
            if not isinstance(node[side], list):
                node[side] = [node[side], node[side]]  # a shorter prefix goes on beside the longer one
            node = node[side]
        node[value >> (128 - length) & 1] = data

    def nodes(self):
        found, waiting = [], [self.root]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting.extend(side for side in node if isinstance(side, list))
        return found


def database(spec, database_type="Yett-Test"):
    tree = Tree()
    for text in sorted(spec, key=lambda p: tree_prefix(p)[1]):
        tree.insert(*tree_prefix(text), encode(nested(spec[text])))
    nodes = tree.nodes()
    numbers = {id(node): i for i, node in enumerate(nodes)}
    data, offsets = bytearray(), {}
    out = bytearray()
    for node in nodes:
        for side in node:
            if side is None:
                record = len(nodes)
            elif isinstance(side, list):
                record = numbers[id(side)]
            else:
                if side not in offsets:
                    offsets[side] = len(data)
                    data += side
                record = len(nodes) + SEPARATOR + offsets[side]
            out += record.to_bytes(RECORD_BITS // 8, "big")
    metadata = {
        "binary_format_major_version": Typed(UINT16, 2),
        "binary_format_minor_version": Typed(UINT16, 0),
        "build_epoch": Typed(UINT64, 1767225600),
        "database_type": database_type,
        "description": {"en": "made for tests"},
        "ip_version": Typed(UINT16, 6),
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": Typed(UINT16, RECORD_BITS),
    }
    return bytes(out) + bytes(SEPARATOR) + bytes(data) + MARKER + encode(metadata)


def write(path, spec, database_type="Yett-Test"):
    fresh = path + ".new"
    with open(fresh, "wb") as out:
        out.write(database(spec, database_type))
    os.replace(fresh, path)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: mmdb.py OUT.mmdb < spec.json")
    write(sys.argv[1], json.load(sys.stdin))


if __name__ == "__main__":
    main()
