# SPDX-License-Identifier: Apache-2.0
"""Runs the rows: every peer does the same work in turn, round after round, so that a busy minute hits all alike."""
import argparse
import base64
import dataclasses
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import peers  # noqa: E402
from support import backends, client, pki  # noqa: E402

LOAD = ROOT / "build" / "bench-load"
WRK_REPORT = ROOT / "tests" / "bench" / "report.lua"
MEGABYTE = 1 << 20
H2_STREAMS = 32
TICKS = os.sysconf("SC_CLK_TCK")

# wrk, the generator and the backend choose what the proxies speak: one suite and one curve for all.
OPENSSL_CONFIG = """openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = everywhere
[everywhere]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = P-256
"""


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    tool: str               # "wrk", "load" or "h2load"
    path: str = "/small"
    connections: int = 64
    options: tuple = ()     # of load
    features: frozenset = frozenset()
    allow: str = ""         # what to tell beside the row
    peers: tuple = ("yett", "nginx", "haproxy")  # the last one is what the others are compared with
    body: str = ""          # of bodies(): wrk sends it with POST
    fields: tuple = ()      # of wrk
    least_seconds: float = 0  # of a run: what takes long has to be done at least once


AUTHORIZATION = "Authorization: Basic " + base64.b64encode(f"{peers.USER}:{peers.PASSWORD}".encode()).decode()

BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5", "Accept-Encoding: gzip, deflate, br", "Referer: https://localhost/", "DNT: 1",
    "Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin",
    "Cookie: session=0c5c9a4b1f; theme=dark")


def core_rules(name, path, body="", connections=2, least_seconds=2):
    """Yett with the imported core rule set beside nginx and ModSecurity with the same, both at paranoia level 1 and blocking."""
    return Row(name, "wrk", path, connections=connections, features=frozenset({"crs"}), peers=("yett", "modsec"), body=body, fields=BROWSER,
               least_seconds=least_seconds)


ROWS = [
    Row("small GET, keep-alive", "wrk"),
    Row("small GET, 2,000 a second", "load", options=("--rate", "2000")),
    Row("10 KB GET, keep-alive", "wrk", "/10k"),
    Row("new connection, full handshake", "load", connections=8, options=("--mode", "full")),
    Row("new connection, resumed", "load", connections=8, options=("--mode", "resumed")),
    Row("1 MB down", "load", "/1m", 8),
    Row("1 MB up", "load", "/upload", 8, ("--upload", str(MEGABYTE))),
    Row("HTTP/2, 8 connections x 32 streams", "h2load", connections=8),
    Row("small GET, JSON log", "wrk", features=frozenset({"log"})),
    Row("small GET, 4 filters", "wrk", "/small?q=oregon+trail&page=2", features=frozenset({"filters"})),
    Row("small GET, 4 filters, passwords", "wrk", "/small?q=oregon+trail&page=2",
        features=frozenset({"filters", "auth"}), allow="nginx and HAProxy compute the password's hash anew for every request"),
    core_rules("core rules, GET with 3 parameters", "/small?q=oregon+trail&page=2&sort=price-asc", connections=8, least_seconds=0),
    core_rules("core rules, 2 KB of JSON", "/upload", "json 2 KB"),
    core_rules("core rules, 20 KB of JSON", "/upload", "json 20 KB"),
    core_rules("core rules, 64 KB of a form", "/upload", "form 64 KB"),
    core_rules("core rules, 1 MB of JSON", "/upload", "json 1 MB", connections=1, least_seconds=12),
]


WORDS = "the quick brown fox jumps over the lazy dog while seven wizards boxed up five dozen jugs of liquid".split()


def prose(octets):
    text = " ".join(WORDS[i * i % len(WORDS)] for i in range(octets // 4))
    return text[:octets]


def orders(octets):
    """JSON as an application sends it, about so long."""
    items, size = [], 0
    while size < octets - 200:
        n = len(items)
        items.append({"id": 1000 + n, "sku": f"AB-{n:05d}", "name": prose(30 + n % 20), "price": 9.5 + n, "tags": ["new", "sale"],
                      "note": prose(60 + 7 * n % 90), "url": f"https://shop.example.com/items/{n}"})
        size += len(json.dumps(items[-1])) + 2
    return json.dumps({"customer": "Jane Doe", "items": items})


def form(octets):
    return "&".join(f"field{i}={prose(180).replace(' ', '+')}" for i in range(octets // 190))


def bodies():
    """Name to media type and octets."""
    return {"json 2 KB": ("application/json", orders(2000)), "json 20 KB": ("application/json", orders(20000)),
            "json 1 MB": ("application/json", orders(1000000)), "form 64 KB": ("application/x-www-form-urlencoded", form(65000))}


def h2load_report(lines, log):
    """What wrk's report says, from h2load's text and its line for each request (start, status, microseconds)."""
    text = "".join(lines)
    seconds = re.search(r"finished in ([0-9.]+)(ms|s)", text)
    requests = re.search(r"requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored", text)
    good = int(re.search(r"status codes: (\d+) 2xx", text).group(1))
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return {"requests": good, "errors": int(requests.group(1)) - good + int(requests.group(2)) + int(requests.group(3)),
            "seconds": float(seconds.group(1)) / (1000 if seconds.group(2) == "ms" else 1),
            "p99_us": times[len(times) * 99 // 100] if times else 0}


def pin(cpu):
    return ["taskset", "-c", str(cpu)] if (os.cpu_count() or 1) > 1 and shutil.which("taskset") else []


class Bench:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.pki = pki.Pki(self.folder / "pki")
        self.h2_log = self.folder / "h2load.log"
        self.material = peers.Material(self.folder / "material")
        config = self.folder / "openssl.cnf"
        config.write_text(OPENSSL_CONFIG)
        self.env = {**os.environ, "OPENSSL_CONF": str(config)}
        files = {"small": b"x" * 200, "10k": b"x" * 10240, "1m": bytes(MEGABYTE)}
        self.backend = backends.Nginx(self.folder / "backend", self.pki.backend(), files,
                                      extra="        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;\n"
                                            "        ssl_ecdh_curve prime256v1;", prefix=pin(1))

    def script(self, row):
        """What makes wrk report, and send the row's body."""
        if not row.body:
            return WRK_REPORT
        kind, text = bodies()[row.body]
        body, script = self.folder / "body", self.folder / "post.lua"
        body.write_text(text)
        script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "{kind}"\n'
                          f'wrk.body = io.open("{body}", "rb"):read("*a")\n' + WRK_REPORT.read_text())
        return script

    def command(self, row, port, seconds):
        if row.tool == "wrk":
            header = ["-H", AUTHORIZATION] if "auth" in row.features else []
            for field in row.fields:
                header += ["-H", field]
            return ["wrk", "-t1", f"-c{row.connections}", f"-d{max(1, round(seconds))}s", "--latency", "--timeout", "20s",
                    "-s", self.script(row), *header, f"https://localhost:{port}{row.path}"]
        if row.tool == "h2load":
            self.h2_log.unlink(missing_ok=True)
            return ["h2load", "-t1", f"-c{row.connections}", f"-m{H2_STREAMS}", "-D", str(max(1, round(seconds))),
                    f"--log-file={self.h2_log}", f"https://localhost:{port}{row.path}"]
        return [LOAD, "--port", str(port), "--ca", self.pki.ca, "--connections", str(row.connections), "--seconds",
                str(seconds), "--path", row.path, *row.options]

    def measure(self, row, peer, seconds):
        """One run: what the generator says, with the proxy's processor time."""
        command = [*pin(1), *map(str, self.command(row, peer.port, max(seconds, row.least_seconds)))]
        before = peer.cpu_ticks()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.env) as process:
            lines = []
            for line in process.stdout:
                if line.strip() == "begin":
                    before = peer.cpu_ticks()
                lines.append(line)
        cpu = (peer.cpu_ticks() - before) / TICKS
        result = h2load_report(lines, self.h2_log) if row.tool == "h2load" else json.loads(lines[-1])
        result["cpu_us"] = cpu * 1e6 / max(1, result["requests"])
        result["rate"] = result["requests"] / result["seconds"]
        return result

    def refusals(self, row, peer):
        """Faults of a peer that lets pass what the row's filters are there to refuse."""
        password = [AUTHORIZATION] if "auth" in row.features else []
        cases = []
        if "filters" in row.features:
            cases += [(403, peers.LISTED, "/small", password), (403, peers.FOREIGN, "/small", password),
                      (403, None, "/small?q=union%20select", password), (403, None, "/small?q=eval(x)", password)]
        if "auth" in row.features:
            cases.append((401, None, "/small", []))
        if "crs" in row.features:
            cases.append((403, None, "/small?id=1%27%20or%201=1--%20", list(BROWSER)))
        for status, source, target, fields in cases:
            with client.Client(peer.port, client.tls_context(self.pki.ca), source=source) as c:
                answer = c.exchange(client.request(target=target, fields=fields, host="localhost"))
                if answer is None or answer.status != status:
                    yield f"{peer.name}: {target} from {source} got {answer and answer.status}, not {status}"

    def row(self, row, rounds, seconds):
        place = self.folder / row.name.replace(" ", "-").replace(",", "")
        running = [kind(place / kind.name, self.pki, self.material, self.backend.port, row.features, pin(0))
                   for kind in (peers.PEERS[name] for name in row.peers)]
        found = []
        try:
            for peer in running:
                found += self.refusals(row, peer)
                self.measure(row, peer, min(seconds, 1))  # fills pools and caches
            results = {peer.name: [] for peer in running}
            for number in range(rounds):
                for peer in running[number % len(running):] + running[:number % len(running)]:
                    results[peer.name].append(self.measure(row, peer, seconds))
            peaks = {peer.name: peer.peak_kb() for peer in running}
        finally:
            for peer in running:
                peer.stop()
        return {"row": row.name, "note": row.allow, "rounds": results, "peak_kb": peaks,
                "faults": found + list(faults(row, results)), "summary": summary(results, peaks, row.peers[-1])}

    def stop(self):
        self.backend.stop()


def faults(row, results):
    for name, runs in results.items():
        for run in runs:
            if run["errors"] or not run["requests"]:
                yield f"{name}: {run['errors']} errors in {run['requests']} requests"
            if "resumed" in row.options and run["resumed"] < run["requests"] * 0.99:
                yield f"{name}: only {run['resumed']} of {run['requests']} connections were resumed"
            if "full" in row.options and run["resumed"]:
                yield f"{name}: {run['resumed']} connections were resumed"


def summary(results, peaks, reference):
    """Medians; the ratio is the median of the ratios within each round."""
    out = {}
    for name, runs in results.items():
        ratios = [run["cpu_us"] / other["cpu_us"] for run, other in zip(runs, results[reference]) if other["cpu_us"]]
        out[name] = {"cpu_us": statistics.median(r["cpu_us"] for r in runs), "rate": statistics.median(r["rate"] for r in runs),
                     "p99_us": statistics.median(r["p99_us"] for r in runs), "peak_mb": peaks[name] / 1024,
                     "ratio": statistics.median(ratios) if ratios else None}
    return out


def print_row(result):
    for name, s in result["summary"].items():
        ratio = f"x{s['ratio']:.{2 if s['ratio'] >= 0.1 else 3}f}" if s["ratio"] else ""
        print(f"| {result['row'] if name == 'yett' else '':33} | {name:7} | {s['cpu_us']:9.1f} | {ratio:6} | {s['rate']:9.0f} | "
              f"{s['p99_us'] / 1000:8.2f} | {s['peak_mb']:7.1f} |", flush=True)
    for fault in result["faults"]:
        print(f"  FAULT: {fault}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", action="append", metavar="WORD")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def main():
    args = arguments()
    rounds, seconds = (1, 0.5) if args.smoke else (2, 1) if args.quick else (5, 4)
    brief = args.quick or args.smoke  # leaves out what takes a dozen seconds, unless it is asked for
    rows = [r for r in ROWS if any(word in r.name for word in args.only or []) or
            (not args.only and not (brief and r.least_seconds > 2))]
    if not rows:
        sys.exit("no row has such a word in its name")
    print(f"| {'work':33} | {'peer':7} | {'CPU us':>9} | {'ratio':6} | {'requests/s':>9} | {'p99 ms':>8} | {'peak MB':>7} |")
    print(f"|{'-' * 35}|{'-' * 9}|{'-' * 10}:|{'-' * 8}|{'-' * 11}:|{'-' * 9}:|{'-' * 8}:|")
    results = []
    with tempfile.TemporaryDirectory(prefix="yett-bench-") as folder:
        bench = Bench(folder)
        try:
            for row in rows:
                results.append(bench.row(row, rounds, seconds))
                print_row(results[-1])
        finally:
            bench.stop()
    print("\nCPU us: processor time of the proxy per request, all its threads, from /proc. Ratio: to the last peer"
          " of the row in the same round.")
    for result in results:
        if result["note"]:
            print(f"{result['row']}: {result['note']}.")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"rounds": rounds, "seconds": seconds, "rows": results}, indent=1))
    return 1 if any(r["faults"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
