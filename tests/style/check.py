#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to the rules that no compiler knows: who may include whom, what a file begins with, which calls are
banned, how long things may be, and that every source has its test.

    tests/style/check.py [ROOT]        prints each violation as file:line: text; exit code 1 when there is any
    tests/style/check.py --self-test   proves on small trees that each rule can fail

It reads lines, not C: comments and strings are blanked first, and functions are found by their braces in column one.
"""

import pathlib
import re
import sys
import tempfile

# The include table: a room and the rooms it may include besides itself.
ROOMS = {
    "base": "",
    "http": "base",
    "http2": "base http",
    "rules": "base http",
    "seclang": "base rules",
    "suite": "base http rules",
    "io": "base",
    "audit": "base",
    "tls": "base io",
    "filter": "base http rules",
    "backend": "base http http2 io tls",
    "policy": "base http tls audit rules filter backend",
    "proxy": "base http http2 io tls audit filter backend policy",
    "admin": "base http io audit policy proxy",
    "server": "base io audit policy proxy admin",
    "cli": "*",
    "main.c": "*",
}

# Third-party headers and the files that may touch them. What is in neither this table nor SYSTEM is refused, so a new
# library is a decision that shows here.
THIRD_PARTY = {
    r"openssl/.*": r"src/tls/.*",
    r"pcre2\.h": r"src/rules/.*",
    r"cjson/cJSON\.h": r"src/base/json_read\.c",
    r"maxminddb\.h": r"src/filter/geo\w*\.c",
    r"crypt\.h": r"src/filter/(basic_auth|htpasswd|password_hash)\.c|src/cli/pass\w*\.c",
    r"yaml\.h": r"src/suite/yaml\.c",
    r"nghttp2/.*": r"src/http2/.*|tests/unit/http2/.*",
    r"sanitizer/.*": r"src/base/guard\.h",
}

# Files outside the rule above, each with its reason.
THIRD_PARTY_EXCEPTIONS = {}

SYSTEM = set(
    """complex ctype errno fenv float inttypes limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef
    stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar
    dirent dlfcn endian err fcntl fnmatch ftw getopt glob grp ifaddrs libgen link malloc netdb poll pthread pwd regex sched
    semaphore spawn sysexits syslog termios unistd
    arpa/inet linux/capability linux/filter linux/futex linux/sockios linux/tls net/if netinet/in netinet/ip netinet/tcp
    sys/capability sys/epoll sys/eventfd sys/file sys/inotify sys/ioctl sys/mman sys/prctl sys/random sys/resource
    sys/select sys/sendfile sys/signalfd sys/socket sys/stat sys/statvfs sys/syscall sys/sysinfo sys/time sys/timerfd
    sys/types sys/uio sys/un sys/vfs sys/wait sys/xattr""".split()
)

BANNED = {
    **dict.fromkeys("strcpy strcat".split(), "copy with memcpy, buf_append or arena_str"),
    **dict.fromkeys("sprintf vsprintf".split(), "write with buf_printf or snprintf"),
    **dict.fromkeys("atoi atol atoll sscanf".split(), "read numbers with num_decimal"),
    **dict.fromkeys("strtok strtok_r".split(), "cut with slices"),
    **dict.fromkeys("gets alloca strdupa strndupa".split(), "there is no safe use"),
}
BANNED_IN_PROGRAM = {
    **dict.fromkeys("stpcpy strncpy strncat".split(), "copy with memcpy, buf_append or arena_str"),
    **dict.fromkeys("assert".split(), "use CHECK, which stays in release builds"),
    **dict.fromkeys("strerror".split(), "use log_errno, which is safe among threads"),
    **dict.fromkeys("localtime gmtime ctime asctime rand srand".split(), "not safe among threads"),
}
BANNED_ABOVE_BASE = dict.fromkeys(
    "strtol strtoul strtoll strtoull strtod strtof strtoimax strtoumax".split(), "read numbers with base/num.h"
)

TESTED_ROOMS = "base http http2 rules seclang suite filter backend audit tls io policy".split()
FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 80
COLUMNS_MAX = 100

# How many entries of each kind tests/style/exceptions has. Lower a number when an exception goes; raising one is a
# decision against the rule.
EXCEPTIONS_COUNT = {"long-file": 0, "long-function": 0, "no-test": 0}

INCLUDE = re.compile(r'\s*#\s*include\s+(?:<([^>]+)>|"([^"]+)")')
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def blank_comments_and_strings(text):
    """The same text with the inside of comments, strings and character constants replaced by blanks, line by line."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


class Source:
    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.split("\n")[:-1] if self.text.endswith("\n") else self.text.split("\n")
        parts = self.path.split("/")
        self.room = parts[1] if parts[0] == "src" else None
        self._code = None

    @property
    def code(self):
        if self._code is None:
            self._code = blank_comments_and_strings(self.text).split("\n")
        return self._code

    def includes(self):
        """(line number, name, is_system) of each include line."""
        for number, line in enumerate(self.lines, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1) or match.group(2), match.group(1) is not None


class Checker:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.found = []
        self.exceptions = {}
        self.used = set()
        self.sources = [
            Source(self.root, path)
            for folder in ("src", "tests", "fuzz")
            for path in sorted((self.root / folder).rglob("*.[ch]"))
        ]

        # Types of a library must not leave the room that touches it.
        self.headers_with_libraries = {
            s.path.removeprefix("src/")
            for s in self.sources
            for _, name, is_system in s.includes()
            if s.room and s.path.endswith(".h") and is_system and any(re.fullmatch(what, name) for what in THIRD_PARTY)
        } - {"base/guard.h"}  # it declares functions of the compiler, no types

    def say(self, path, line, text):
        self.found.append(f"{path}:{line}: {text}")

    # -- exceptions -------------------------------------------------------------------------------------------------

    def read_exceptions(self):
        """Lines `KIND PATH [FUNCTION] [LENGTH] -- REASON`."""
        name = "tests/style/exceptions"
        counts = dict.fromkeys(EXCEPTIONS_COUNT, 0)
        path = self.root / name
        for number, line in enumerate(path.read_text().split("\n") if path.exists() else [], 1):
            if not line or line.startswith("#"):
                continue
            words, _, reason = line.partition(" -- ")
            kind, *key = words.split()
            if kind not in counts or not key or not reason.strip():
                self.say(name, number, "expected: KIND PATH [FUNCTION] [LENGTH] -- REASON")
                continue
            counts[kind] += 1
            length = int(key.pop()) if kind.startswith("long-") else 0
            self.exceptions[(kind, *key)] = (number, length)
        for kind, count in counts.items():
            if count != EXCEPTIONS_COUNT[kind]:
                self.say(name, 1, f"{count} exceptions of kind {kind}, but check.py says {EXCEPTIONS_COUNT[kind]}")

    def is_excepted(self, kind, *key, length=0):
        entry = self.exceptions.get((kind, *key))
        if entry is None:
            return False
        self.used.add((kind, *key))
        number, allowed = entry
        if length < allowed:
            self.say("tests/style/exceptions", number, f"now {length} lines; lower the number")
        return length <= allowed

    def check_exceptions_used(self):
        for key, (number, _) in self.exceptions.items():
            if key not in self.used:
                self.say("tests/style/exceptions", number, f"no longer needed: {' '.join(key)}")

    # -- rules for one file -----------------------------------------------------------------------------------------

    def check_head(self, s):
        if not s.lines or s.lines[0] != "// SPDX-License-Identifier: Apache-2.0":
            self.say(s.path, 1, "must begin with // SPDX-License-Identifier: Apache-2.0")
        if s.room and s.room != "main.c" and (len(s.lines) < 2 or not s.lines[1].startswith("// ")):
            self.say(s.path, 2, "the second line must begin a paragraph that says what the file is for")

    def check_lines(self, s):
        for number, line in enumerate(s.lines, 1):
            if len(line) > COLUMNS_MAX:
                self.say(s.path, number, f"{len(line)} columns, more than {COLUMNS_MAX}")
            if line != line.rstrip() or "\t" in line:
                self.say(s.path, number, "a tab or a blank at the end of the line")
            if UNFINISHED.search(line):
                self.say(s.path, number, "unfinished work belongs in no committed file")

    def check_guard(self, s):
        if not s.path.endswith(".h"):
            return
        base = s.path.removeprefix("src/") if s.room else s.path
        guard = "YETT_" + re.sub(r"\W", "_", base).upper()
        wanted = [f"#ifndef {guard}", f"#define {guard}"]
        directives = [line for line in s.lines if line.startswith("#")]
        if directives[:2] != wanted or directives[-1] != "#endif":
            self.say(s.path, 1, f"the header guard must be {guard}")

    def check_own_header_first(self, s):
        own = s.path.removeprefix("src/").removesuffix(".c") + ".h"
        if not s.room or not s.path.endswith(".c") or not (self.root / "src" / own).exists():
            return
        number, name, _ = next(s.includes(), (1, None, False))
        if name != own:
            self.say(s.path, number, f'the first include must be "{own}"')

    def check_include_order(self, s):
        if not s.room:
            return
        ours_seen = None
        for position, (number, name, is_system) in enumerate(s.includes()):
            if position == 0 and not is_system:
                continue  # the own header
            if is_system and ours_seen:
                self.say(s.path, number, f"<{name}> must stand before our own headers")
            ours_seen = ours_seen or not is_system

    def check_room_includes(self, s):
        if not s.room:
            return
        allowed = ROOMS.get(s.room)
        if allowed is None:
            self.say(s.path, 1, f"the include table knows no room {s.room}")
            return
        for number, name, is_system in s.includes():
            if is_system:
                continue
            room, slash, file = name.partition("/")
            if not slash or not (self.root / "src" / name).exists():
                self.say(s.path, number, f'"{name}" is no path from src/')
            elif room != s.room and allowed != "*" and room not in allowed.split():
                self.say(s.path, number, f"{s.room} may not include {room}")
            elif room != s.room and (file.endswith("_internal.h") or name in self.headers_with_libraries):
                self.say(s.path, number, f'"{name}" is for {room} alone')

    def check_foreign_includes(self, s):
        if not s.room:
            return
        for number, name, is_system in s.includes():
            if not is_system or name.removesuffix(".h") in SYSTEM or s.path in THIRD_PARTY_EXCEPTIONS:
                continue
            places = [where for what, where in THIRD_PARTY.items() if re.fullmatch(what, name)]
            if not places:
                self.say(s.path, number, f"<{name}> is neither a known system header nor a library we use")
            elif not re.fullmatch(places[0], s.path):
                self.say(s.path, number, f"<{name}> may be touched in {places[0]} alone")

    def check_banned(self, s):
        banned = dict(BANNED)
        if s.room:
            banned.update(BANNED_IN_PROGRAM)
        if s.room and s.room != "base":
            banned.update(BANNED_ABOVE_BASE)
        pattern = re.compile(r"(?<![\w.>])(" + "|".join(banned) + r")\s*\(")
        for number, line in enumerate(s.code, 1):
            for match in pattern.finditer(line):
                self.say(s.path, number, f"{match.group(1)} is banned: {banned[match.group(1)]}")
            if s.room and re.match(r"\s*typedef\s+(struct|union|enum)\b", line):
                self.say(s.path, number, "write struct, union and enum out, without a typedef")

    def check_lengths(self, s):
        if not s.room:
            return
        if len(s.lines) > FILE_LINES_MAX and not self.is_excepted("long-file", s.path, length=len(s.lines)):
            self.say(s.path, 1, f"{len(s.lines)} lines, more than {FILE_LINES_MAX}: which second subject hides here?")
        start = None
        for number, line in enumerate(s.code, 1):
            if line.rstrip() == "{":
                start = number
            elif line.rstrip() == "}" and start:
                self.check_function(s, start, number)
                start = None

    def check_function(self, s, start, end):
        """The function whose braces stand in lines start and end; its signature is above."""
        name, first = "?", start
        while first > 1 and s.code[first - 2].strip() and not s.code[first - 2].rstrip().endswith((";", "}")):
            first -= 1
            match = re.match(r"\w[\w\s*]*?(\w+)\(", s.code[first - 1])
            name = match.group(1) if match else name
        length = end - first + 1
        if length > FUNCTION_LINES_MAX and not self.is_excepted("long-function", s.path, name, length=length):
            self.say(s.path, first, f"{name} has {length} lines, more than {FUNCTION_LINES_MAX}")

    # -- rules for the tree -----------------------------------------------------------------------------------------

    def check_mirror(self):
        paths = {s.path for s in self.sources}
        for s in self.sources:
            if s.room in TESTED_ROOMS and s.path.endswith(".c"):
                test = f"tests/unit/{s.room}/test_{s.path.split('/')[-1]}"
                if test not in paths and not self.is_excepted("no-test", s.path):
                    self.say(s.path, 1, f"has no {test}")
            match = re.fullmatch(r"tests/unit/(\w+)/test_(\w+)\.c", s.path)
            if match and not {f"src/{match[1]}/{match[2]}.{end}" for end in "ch"} & paths:
                self.say(s.path, 1, "is the test of no source")

    def check_scripts(self):
        for folder in ("tests", "fuzz", "policies", ".ci"):
            for path in sorted((self.root / folder).rglob("*")):
                if not path.is_file() or "__pycache__" in path.parts:
                    continue
                with path.open("rb") as file:
                    begin = file.read(200)
                is_script = begin.startswith(b"#!") or path.suffix in (".py", ".sh")
                if is_script and b"# SPDX-License-Identifier: Apache-2.0" not in b"\n".join(begin.split(b"\n")[:2]):
                    self.say(path.relative_to(self.root).as_posix(), 1, "a script must have its SPDX line at the top")

    def run(self):
        self.read_exceptions()
        for s in self.sources:
            self.check_head(s)
            self.check_lines(s)
            self.check_guard(s)
            self.check_own_header_first(s)
            self.check_include_order(s)
            self.check_room_includes(s)
            self.check_foreign_includes(s)
            self.check_banned(s)
            self.check_lengths(s)
        self.check_mirror()
        self.check_scripts()
        self.check_exceptions_used()
        return self.found


# -- self-test ------------------------------------------------------------------------------------------------------

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HEAD = SPDX + "// A file.\n"


def guarded(name, body=""):
    guard = "YETT_" + re.sub(r"\W", "_", name).upper()
    return f"{HEAD}#ifndef {guard}\n#define {guard}\n{body}#endif\n"


GOOD_TREE = {
    "src/base/a.h": guarded("base/a.h"),
    "src/base/a.c": HEAD + '#include "base/a.h"\n\n#include <stdio.h>\n\n#include "base/b.h"\n',
    "src/base/b.h": guarded("base/b.h"),
    "src/base/json_read.h": guarded("base/json_read.h"),
    "src/base/json_read.c": HEAD + '#include "base/json_read.h"\n\n#include <cjson/cJSON.h>\n',
    "src/http/x.c": HEAD + '#include "base/a.h"\n',
    "src/http/x_internal.h": guarded("http/x_internal.h"),
    "src/tls/t.c": HEAD + "#include <openssl/ssl.h>\n// strcpy(a, b) and assert(c) in a comment\n",
    "src/tls/t_internal.h": guarded("tls/t_internal.h", "#include <openssl/ssl.h>\n"),
    "src/cli/c.c": HEAD + '#include "http/x.h"\n#include "base/a.h"\n',
    "src/http/x.h": guarded("http/x.h"),
    "src/main.c": SPDX + "int main(void)\n{\n    return 0;\n}\n",
    **{f"tests/unit/{name.replace('/', '/test_')}.c": SPDX for name in ("base/a", "base/json_read", "http/x", "tls/t")},
    "tests/run": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n",
}
GOOD_TREE["src/http/x.c"] = HEAD + '#include "http/x.h"\n\n#include "base/a.h"\n#include "http/x_internal.h"\n'


def long_function(lines):
    return f"{HEAD}\nstatic int walk(int a,\n                int b)\n{{\n" + "    a++;\n" * (lines - 4) + "}\n"


# Each: what changes in the good tree (None takes a file away), and the one violation that must follow.
SELF_TESTS = [
    ({"src/base/a.c": '// A file.\n// It is.\n#include "base/a.h"\n'}, "src/base/a.c:1: must begin with // SPDX"),
    ({"src/base/a.c": SPDX + '#include "base/a.h"\n'}, "src/base/a.c:2: the second line"),
    ({"src/base/b.h": HEAD + "#ifndef B_H\n#define B_H\n#endif\n"}, "src/base/b.h:1: the header guard must be YETT_BASE_B_H"),
    ({"src/base/a.c": HEAD + '#include "base/b.h"\n#include "base/a.h"\n'}, "src/base/a.c:3: the first include"),
    ({"src/base/a.c": HEAD + '#include "base/a.h"\n#include "base/b.h"\n#include <stdio.h>\n'}, "src/base/a.c:5: <stdio.h>"),
    ({"src/base/b.h": guarded("base/b.h", '#include "http/x.h"\n')}, "src/base/b.h:5: base may not include http"),
    ({"src/http/x.h": guarded("http/x.h", '#include "nowhere.h"\n')}, 'src/http/x.h:5: "nowhere.h" is no path'),
    ({"src/cli/c.c": HEAD + '#include "http/x_internal.h"\n'}, 'src/cli/c.c:3: "http/x_internal.h" is for http alone'),
    ({"src/cellar/c.c": HEAD}, "src/cellar/c.c:1: the include table knows no room cellar"),
    ({"src/cli/c.c": HEAD + "#include <openssl/ssl.h>\n"}, "src/cli/c.c:3: <openssl/ssl.h> may be touched in"),
    ({"src/cli/c.c": HEAD + "#include <libfancy.h>\n"}, "src/cli/c.c:3: <libfancy.h> is neither"),
    ({"src/tls/t.h": guarded("tls/t.h", "#include <openssl/ssl.h>\n"), "src/tls/t.c": HEAD + '#include "tls/t.h"\n',
      "src/cli/c.c": HEAD + '#include "tls/t.h"\n'}, 'src/cli/c.c:3: "tls/t.h" is for tls alone'),
    ({"src/cli/c.c": HEAD + "int a = (int)strcpy(b, c);\n"}, "src/cli/c.c:3: strcpy is banned"),
    ({"src/cli/c.c": HEAD + "long a = strtol (b, 0, 10);\n"}, "src/cli/c.c:3: strtol is banned"),
    ({"fuzz/fuzz_x.c": SPDX + "int a = atoi(b);\n"}, "fuzz/fuzz_x.c:2: atoi is banned"),
    ({"src/cli/c.c": HEAD + "assert(a == b);\n"}, "src/cli/c.c:3: assert is banned"),
    ({"src/cli/c.c": HEAD + "typedef struct x x;\n"}, "src/cli/c.c:3: write struct"),
    ({"src/cli/c.c": HEAD + "// TO" + "DO: the rest\n"}, "src/cli/c.c:3: unfinished work"),
    ({"src/cli/c.c": HEAD + "// " + "x" * COLUMNS_MAX + "\n"}, "src/cli/c.c:3: 103 columns"),
    ({"src/cli/c.c": HEAD + "int a; \n"}, "src/cli/c.c:3: a tab or a blank"),
    ({"src/cli/c.c": HEAD + "int a;\n" * FILE_LINES_MAX}, f"src/cli/c.c:1: {FILE_LINES_MAX + 2} lines"),
    ({"src/cli/c.c": long_function(FUNCTION_LINES_MAX + 1)}, "src/cli/c.c:4: walk has 81 lines"),
    ({"tests/unit/http/test_x.c": None}, "src/http/x.c:1: has no tests/unit/http/test_x.c"),
    ({"tests/unit/http/test_y.c": SPDX}, "tests/unit/http/test_y.c:1: is the test of no source"),
    ({"tests/run": "#!/bin/sh\n"}, "tests/run:1: a script must"),
    ({"tests/style/exceptions": "no-test src/http/x.c\n"}, "tests/style/exceptions:1: expected: KIND"),
]


def run_on(tree, counts=None):
    """What the checker says of a tree given as {path: content}."""
    kept = dict(EXCEPTIONS_COUNT)
    EXCEPTIONS_COUNT.update(counts or dict.fromkeys(kept, 0))
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in tree.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            return Checker(folder).run()
    finally:
        EXCEPTIONS_COUNT.update(kept)


def changed(changes):
    tree = {**GOOD_TREE, **changes}
    return {name: content for name, content in tree.items() if content is not None}


def test_exceptions():
    """An exception helps exactly as far as it says, must be counted, and must go when it is not needed."""
    long = {"src/cli/c.c": long_function(90), "tests/unit/http/test_x.c": None}
    entries = "# why\nlong-function src/cli/c.c walk {} -- a table\nno-test src/http/x.c -- seen through y\n"
    counts = {"long-file": 0, "long-function": 1, "no-test": 1}
    yield [], run_on(changed({**long, "tests/style/exceptions": entries.format(90)}), counts)
    yield ["src/cli/c.c:4: walk has"], run_on(changed({**long, "tests/style/exceptions": entries.format(89)}), counts)
    yield ["tests/style/exceptions:2: now 90"], run_on(changed({**long, "tests/style/exceptions": entries.format(99)}), counts)
    yield ["tests/style/exceptions:1: 1 exceptions"] * 2, run_on(changed({**long, "tests/style/exceptions": entries.format(90)}))
    unneeded = {"tests/style/exceptions": "no-test src/http/x.c -- seen through y\n"}
    yield (["tests/style/exceptions:1: no longer needed"],
           run_on(changed(unneeded), {"long-file": 0, "long-function": 0, "no-test": 1}))


def self_test():
    cases = [([], run_on(GOOD_TREE)), ([], run_on(changed({"src/cli/c.c": long_function(FUNCTION_LINES_MAX)})))]
    cases += [([wanted], run_on(changed(changes))) for changes, wanted in SELF_TESTS]
    cases += test_exceptions()
    failed = 0
    for wanted, found in cases:
        if len(found) != len(wanted) or not all(f.startswith(w) for f, w in zip(found, wanted)):
            print(f"self-test: wanted {wanted}, found {found}")
            failed += 1
    print(f"self-test: {len(cases) - failed} of {len(cases)} passed")
    return failed


def main(arguments):
    if arguments == ["--self-test"]:
        return 1 if self_test() else 0
    if len(arguments) > 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = arguments[0] if arguments else pathlib.Path(__file__).parents[2]
    found = Checker(root).run()
    for line in found:
        print(line)
    print(f"{len(found)} violations" if found else "all rules hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
