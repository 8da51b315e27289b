# SPDX-License-Identifier: Apache-2.0
"""The demonstration itself; `run` beside it prepares the way. Everything is made afresh in build/demo."""
import json
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import backends, gateway, mmdb, paths, pki, ports  # noqa: E402
from support.records import get  # noqa: E402

FOLDER = ROOT / "build" / "demo"
FRIEND, STRANGER, HASTY = "198.51.100.7", "203.0.113.9", "198.51.100.99"
SHOWN = ["@timestamp", "event.id", "event.outcome", "event.reason", "client.address", "client.geo.country_iso_code", "user.name",
         "http.request.method", "url.original", "http.response.status_code", "yett.route", "yett.verdict", "yett.filter", "rule.id",
         "rule.name", "yett.score", "yett.matches", "yett.backend"]
HEADERS = ["retry-after", "www-authenticate"]


def prepare():
    """The folder with the policy, certificates, database and passwords. Returns the certificates and Alice's password."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(HERE, FOLDER, ignore=shutil.ignore_patterns("run", "*.py", "__pycache__"))
    certificates = pki.Pki(FOLDER / "certs")
    certificates.site()
    certificates.backend()
    (FOLDER / "geo").mkdir()
    mmdb.write(str(FOLDER / "geo" / "country.mmdb"), json.loads((HERE / "geo.json").read_text()))
    password = secrets.token_urlsafe(12)
    subprocess.run([paths.YETT, "passwd", FOLDER / "staff.htpasswd", "alice"], input=f"{password}\n{password}\n", text=True,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return certificates, password


def is_taken(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def policy_text(backend_port):
    """The policy with the backend's port, and with another port of its own when 8443 is in use."""
    text = (FOLDER / "policy.json").read_text().replace("127.0.0.1:9443", f"127.0.0.1:{backend_port}")
    port = ports.free_port() if is_taken(8443) else 8443
    return text.replace("127.0.0.1:8443", f"127.0.0.1:{port}"), port


class Visitor:
    """Sends requests with curl and finds the records they leave."""

    def __init__(self, gate, port):
        self.gate = gate
        self.base = ["curl", "-sS", "-i", "--max-time", "10", "--path-as-is", "--cacert", str(FOLDER / "certs" / "ca.pem")]
        self.url = f"https://localhost:{port}"
        self.seen = 0

    def ask(self, address, target, *options):
        """The head of the answer, line by line, and the record."""
        result = subprocess.run([*self.base, "-H", f"X-Forwarded-For: {address}", *options, self.url + target],
                                capture_output=True, text=True, check=True)
        record = self.gate.audit.wait_count(self.seen + 1)[self.seen]
        self.seen += 1
        return result.stdout.replace("\r", "").partition("\n\n")[0].splitlines(), record


def status_of(head):
    return int(head[0].split()[1])


def show(title, asked, head, record):
    print(f"\n== {title}\n   asked    {asked}\n   answer   {head[0].partition(' ')[2]}")
    for line in head[1:]:
        if line.partition(":")[0].lower() in HEADERS:
            print(f"            {line}")
    for name in SHOWN:
        value = get(record, name)
        if value in (None, "", [], 0):
            continue
        for part in value if isinstance(value, list) else [value]:
            text = " ".join(f"{k}={v}" for k, v in part.items()) if isinstance(part, dict) else part
            print(f"   record   {name:30} {text}")


class Checks:
    def __init__(self):
        self.failures = []

    def expect(self, title, what, found, wanted):
        if found != wanted:
            self.failures.append(f"{title}: {what} is {found!r}, expected {wanted!r}")


def play(visitor, password, checks):
    """One request per line of this table: title, client, target, curl's options, status, and the filter that refuses it."""
    alice = ("-u", f"alice:{password}")
    scenes = [
        ("allowed: an ordinary request", FRIEND, "/", (), 200, None),
        ("refused by ip_list: an address on the list", STRANGER, "/", (), 403, "known-bad"),
        ("refused by geo: a country that may not come in", "192.0.2.77", "/", (), 403, "countries"),
        ("refused by rules: SQL injection in a parameter", FRIEND, "/?id=1%27%20OR%201=1--%20", (), 403, "waf"),
        ("refused by basic_auth: no password", FRIEND, "/admin/", (), 401, "staff"),
        ("allowed: the same with Alice's password", FRIEND, "/admin/", alice, 200, None),
    ]
    for title, address, target, options, wanted, filter_name in scenes:
        head, record = visitor.ask(address, target, *options)
        show(title, f"GET {target} from {address}", head, record)
        checks.expect(title, "the status", status_of(head), wanted)
        checks.expect(title, "the filter in the record", get(record, "yett.filter") or None, filter_name)
        checks.expect(title, "the client in the record", get(record, "client.address"), address)
    title = "refused by rate_limit: one client, too fast"
    for count in range(1, 41):
        head, record = visitor.ask(HASTY, "/")
        if status_of(head) != 200:
            break
    show(title, f"GET / from {HASTY}, for the {count}th time within a second or two", head, record)
    checks.expect(title, "the status", status_of(head), 429)
    checks.expect(title, "the filter in the record", get(record, "yett.filter"), "per-client")


def keep_serving(port, password):
    curl, url = f"curl --cacert {FOLDER / 'certs' / 'ca.pem'}", f"https://localhost:{port}"
    lines = [
        (f"{curl} {url}/", "200"),
        (f"{curl} -H 'X-Forwarded-For: {STRANGER}' {url}/", "403, ip_list"),
        (f"{curl} -H 'X-Forwarded-For: 192.0.2.77' {url}/", "403, geo"),
        (f"{curl} -G --data-urlencode 'q=<script>alert(1)</script>' {url}/", "403, rules"),
        (f"{curl} {url}/admin/", "401, basic_auth"),
        (f"{curl} -u 'alice:{password}' {url}/admin/", "200"),
        (f"{curl} -s -o /dev/null -w '%{{http_code}} ' '{url}/?[1-20]'", "200 up to ten times, then 429, rate_limit"),
        (f"tail -f {FOLDER / 'audit.jsonl'}", "the records"),
    ]
    print("\nServing until Ctrl-C. To try:")
    for command, note in lines:
        print(f"  # {note}\n  {command}", flush=True)

    def end(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def main():
    keep = "--keep" in sys.argv[1:]
    certificates, password = prepare()
    pages = {str(p.relative_to(HERE / "html")): p.read_bytes() for p in (HERE / "html").rglob("*.html")}
    checks = Checks()
    with backends.Nginx(FOLDER / "nginx", certificates.backend(), pages) as hidden:
        text, port = policy_text(hidden.port)
        with gateway.Gateway(FOLDER, text) as gate:
            print(f"nginx hides behind TLS on port {hidden.port}; Yett serves https://localhost:{port}/ before it")
            play(Visitor(gate, port), password, checks)
            if keep and not checks.failures:
                keep_serving(port, password)
    for failure in checks.failures:
        print(f"NOT AS EXPECTED  {failure}")
    if checks.failures:
        return 1
    print(f"\nAll as expected. Policy: {HERE.relative_to(ROOT)}/policy.json   Records: {FOLDER.relative_to(ROOT)}/audit.jsonl")
    return 0


if __name__ == "__main__":
    sys.exit(main())
