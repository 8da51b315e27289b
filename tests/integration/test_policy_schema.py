# SPDX-License-Identifier: Apache-2.0
"""The schema that editors use and the loader say the same of a policy, wherever a schema can say it."""
import copy
import json

import pytest

from support import mmdb
from support.gateway import run_yett
from support.paths import ROOT

jsonschema = pytest.importorskip("jsonschema")

RULES = {"rules": [{"id": "r", "description": "d", "targets": ["query.*"], "match": {"contains": "evil"}, "action": "deny"}]}


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / "policies" / "policy.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pki):
    """Every file that the tables below name."""
    here = tmp_path_factory.mktemp("schema")
    (here / "ring").mkdir()
    (here / "rules.json").write_text(json.dumps(RULES))
    (here / "deny.txt").write_text("192.0.2.0/24\n")
    (here / "ca.pem").write_bytes(pki.ca.read_bytes())
    (here / "ca.crl").write_bytes(pki.authority.crl("schema").read_bytes())
    site = pki.site()
    (here / "c.pem").write_bytes(site.chain.read_bytes())
    (here / "c.key").touch(mode=0o600)
    (here / "c.key").write_bytes(site.key.read_bytes())
    assert run_yett("passwd", "-s", "sha512", "-B", "10000", here / "users", "alice", stdin="secret\n").returncode == 0
    mmdb.write(str(here / "geo.mmdb"), json.loads((ROOT / "policies" / "demo" / "geo.json").read_text()))
    return here


BASE = {
    "listeners": [{"name": "a", "bind": "127.0.0.1:0"}],
    "backends": {"app": {"servers": [{"url": "http://127.0.0.1:9"}]}},
    "filters": {"list": {"type": "ip_list", "deny": ["192.0.2.0/24"]}},
    "routes": [{"backend": "app"}],
}
PAIR = {"chain": "c.pem", "key": "c.key"}
REMOVED = object()


def changed(path, value):
    """BASE with the value at a path like "routes.0.mode"; steps that are missing are made."""
    policy = copy.deepcopy(BASE)
    place, steps = policy, path.split(".")
    for step, following in zip(steps, steps[1:] + [None]):
        step = int(step) if isinstance(place, list) else step
        if following is None:
            if value is REMOVED:
                del place[step]
            else:
                place[step] = value
        elif isinstance(place, dict):
            place = place.setdefault(step, {})
        else:
            place = place[step]
    return policy


def listener(**more):
    return {"name": "a", "bind": "127.0.0.1:0", **more}


def tls(**more):
    return listener(tls={"certificates": [PAIR], **more})


def backend(**more):
    return {"servers": [{"url": "https://127.0.0.1:9"}], **more}


def server(url, **more):
    return {"servers": [{"url": url, **more}]}


def route(**more):
    return {"backend": "app", **more}


GOOD = [
    ("$schema", "policy.schema.json"),
    ("filters", {}), ("workers", "auto"), ("watch", "0s"), ("watch", "250ms"), ("workers", 256), ("server_header", ""), ("server_header", "a b"),
    ("methods", ["GET", "PURGE"]), ("methods", []),
    ("bans", {}), ("bans", {"table_size": 16, "state_file": "bans.state", "ipv6_prefix": 56, "never": ["10.0.0.0/8", "::1"], "answer": "deny", "status": 429, "remember": "0s"}),
    ("filters.list", {"type": "ip_list", "deny": [], "ban": {"after": "5/1m", "for": "1h", "max": "7d", "dry_run": True}}),
    ("filters.waf", {"type": "rules", "files": ["rules.json"], "ban": {"after": "1/1s", "for": "1s", "tags": ["attack-sqli"]}}),
    ("admin", {"bind": "127.0.0.1:9901"}), ("admin", {"bind": "[::1]:9901"}), ("admin", {"bind": "127.1.2.3:1"}),
    ("admin", {"bind": "unix:/run/yett/admin.sock"}),
    ("listeners.0", listener(redirect_to="https", redirect_port=8443)),
    ("listeners.0", listener(trusted_proxies=["10.0.0.0/8", "::1", "2001:db8::/32"], client_address_from="x-forwarded-for")),
    ("listeners.0", listener(trusted_proxies=["10.0.0.0/8"], proxy_protocol="on")),
    ("listeners.0", listener(proxy_protocol="off", client_address_from="connection", default_host="a.test:81")),
    ("listeners.0", listener(filters=["list"])),
    ("listeners.0", tls()), ("listeners.0", tls(groups=["P-521", "X448", "X25519"])), ("listeners.0", tls(min_version="1.3", protocols=["h2", "http/1.1"], without_sni="refuse", unknown_sni="first")),
    ("listeners.0", tls(client_ca="ca.pem", client_certificate="optional", strict_host=True)), ("listeners.0", tls(client_ca="ca.pem")),
    ("listeners.0", tls(tickets=False, ticket_rotation="10m")),
    ("backends.app", server("http://[::1]:80", weight=256)), ("backends.app", server("http+unix:///run/a.sock")),
    ("backends.app", {"servers": [{"url": "http://127.0.0.1:8", "backup": True}, {"url": "http://127.0.0.1:9", "backup": False}]}),
    ("backends.app", server("http://localhost")), ("backends.app", {**server("http://192.0.2.1"), "insecure": True}),
    ("backends.app", backend()), ("backends.app", backend(tls={"ca": "ca.pem", "server_name": "app.internal", "verify": True})),
    ("backends.app", backend(tls={"verify": False, "insecure": True})), ("backends.app", backend(tls={"groups": ["P-384"]})), ("backends.app", backend(proxy_protocol="v2-addresses")), ("backends.app", backend(tls={"certificate": PAIR, "min_version": "1.3"})),
    ("backends.app", backend(tls={"ca": "system", "server_name": "::1"})),
    ("backends.app", backend(tls={"crl": "ca.crl", "pins": ["A" * 43 + "=", "B" * 42 + "E="]})),
    ("backends.app", {**server("https+unix:///run/a.sock"), "tls": {"server_name": "a"}}),
    ("backends.app", backend(balance="least_outstanding", retries=0, keep=0, limits={"header_bytes": "1KiB", "header_count": 1, "header_line": 100})),
    ("backends.app", backend(protocol="h2", limits={"streams": 1, "stream_window": "1MiB"})), ("backends.app", backend(protocol="http/1.1")),
    ("backends.app", backend(proxy_protocol="v2")), ("backends.app", backend(proxy_protocol="off", keep=3)),
    ("backends.app", backend(timeouts={"connect": "1s", "response": "1m", "idle": "250ms", "keep": "0s", "total": "1h"})),
    ("backends.app", backend(health_check={"path": "/h?a=b", "host": "a.test", "interval": "1s", "timeout": "1s", "rise": 1, "fall": 1, "status": "204"})),
    ("filters.list", {"type": "ip_list", "allow": ["deny.txt", "192.0.2.1"], "default": "deny", "status": 451, "on_error": "pass"}),
    ("filters.geo", {"type": "geo", "database": "geo.mmdb", "deny_countries": ["KP"], "unknown": "deny"}),
    ("filters.rate", {"type": "rate_limit", "key": ["client.address", "header.x-api-key"], "rate": "5/1s", "burst": 9, "missing_key": "deny"}),
    ("filters.busy", {"type": "rate_limit", "key": ["user"], "concurrency": 3, "when_full": "pass", "table_size": 100, "status": 503}),
    ("filters.waf", {"type": "rules", "files": ["rules.json"], "mode": "detect", "threshold": 9, "response_threshold": 4, "step_budget": 1000, "thresholds": {"sqli": 5}, "paranoia": 1, "detect_paranoia": 4, "vars": {"allowed_methods": "GET", "level": 2}, "body_limit": "64KiB",
                     "body_over_limit": "inspect_start", "response_types": ["text/html"], "response_body_limit": "1KiB",
                     "response_over_limit": "deny"}),
    ("filters.auth", {"type": "basic_auth", "realm": "x y", "users": "users", "cache_ttl": "0s", "max_failures": 3, "lockout": "5m"}),
    ("routes", []), ("routes", REMOVED), ("routes.0", route(name="x/y:*", hosts=["a.test", "*.b.test", "[::1]"], path="/a/b/", methods=["GET"])),
    ("routes.0", route(filters=["list"], mode="detect", strip_prefix=True, timeouts={"connect": "1s", "response": "2s", "idle": "3s"})),
    ("routes.0", route(grpc=False)), ("routes.0", route(websocket=True)), ("routes.0", route(websocket={})), ("routes.0", route(websocket={"idle_timeout": "1h", "max_duration": "30d"})),
    ("routes.0", route(limits={"request_body": 0, "body_timeout": "1s", "min_body_rate": False, "interim_responses": 0})),
    ("routes.0", route(request_headers={"set": {"Host": "a.test", "X-A": ""}, "remove": ["X-B"]}, response_headers={"set": {"X-A": "b c"}})),
    ("routes.0", {"redirect": {"location": "https://{host}{target}"}}), ("routes.0", {"redirect": {"location": "/x", "status": 302}}),
    ("routes.0", {"respond": {"status": 204}}), ("routes.0", {"respond": {"status": 403, "body": "no", "content_type": "text/html"}}),
    ("limits", {"http2": {"max_concurrent_streams": 1, "stream_window": "1KiB", "resets": "1/1s", "offences": "2/1m", "offence_hold": "0s", "empty_frames": False, "header_octets": "1MiB/1s"}}),
    ("limits", {"request_line": "16KiB", "header_count": 1, "head_timeout": "1m", "min_body_rate": "1KiB/2s", "connections_per_client": 0}),
    ("audit", {"sinks": [{"type": "stdout"}, {"type": "file", "path": "ring/a.jsonl"}], "when_full": "drop", "redact": ["pin"],
               "spool": "ring", "ring_size": "1MiB", "request_headers": ["X-Trace"]}),
    ("audit", {"sinks": [{"type": "syslog", "transport": "unix"}, {"type": "syslog", "transport": "unix", "path": "ring/s", "facility": "auth", "app_name": "a"},
                         {"type": "syslog", "transport": "udp", "address": "[::1]:514"}, {"type": "syslog", "transport": "tcp", "address": "127.0.0.1:514"},
                         {"type": "syslog", "transport": "tls", "address": "127.0.0.1:6514", "what": "denied", "tls": {"server_name": "logs.test"}}]}),
    ("audit", {"redact": [], "request_headers": []}), ("audit", {"when_full": "shed", "sinks": [{"type": "stdout", "what": "denied"}]}),
    ("audit", {"sinks": [{"type": "file", "path": "a.jsonl", "what": ["passed", "failed"]}, {"type": "stdout", "what": "all"}]}),
]

BAD = [
    ("listeners", REMOVED), ("listeners", []), ("listeners", {}), ("route", []), ("workers", 0), ("watch", 5), ("workers", "all"), ("workers", 1.5),
    ("server_header", "a\nb"), ("server_header", " a"), ("server_header", 1), ("methods", ["GET", "GET"]), ("methods", ["CONNECT"]),
    ("methods", ["G T"]), ("methods", "GET"), ("admin", {}), ("admin", {"bind": "0.0.0.0:9901"}), ("admin", {"bind": "127.0.0.1"}),
    ("admin", {"bind": "[::]:9901"}), ("admin", {"bind": "127.0.0.1:1", "x": 1}),
    ("admin", {"bind": "unix:"}), ("admin", {"bind": "unix:a.sock"}), ("admin", {"bind": "127.0.0.1:1", "token_file": ""}),
    ("listeners.0", {"name": "a"}), ("listeners.0", {"bind": "[::]:1"}), ("listeners.0", listener(name="a b")), ("listeners.0", listener(name="")),
    ("listeners.0", listener(name="x" * 65)), ("listeners.0", listener(bind="localhost:1")), ("listeners.0", listener(bind="127.0.0.1")),
    ("listeners.0", listener(x=1)), ("listeners.0", listener(redirect_to="http")), ("listeners.0", listener(redirect_port=443)),
    ("listeners.0", {**tls(), "redirect_to": "https"}), ("listeners.0", listener(client_address_from="x-forwarded-for")),
    ("listeners.0", listener(proxy_protocol="required")), ("listeners.0", listener(proxy_protocol=True)),
    ("listeners.0", listener(trusted_proxies=["lan"])), ("listeners.0", listener(default_host="a b")), ("listeners.0", listener(filters=["list", "list"])),
    ("listeners.0", listener(tls={})), ("listeners.0", listener(tls={"certificates": []})), ("listeners.0", listener(tls={"certificates": [{"chain": "c.pem"}]})),
    ("listeners.0", tls(certificates=[{**PAIR, "ocsp": ""}])), ("listeners.0", tls(certificates=[{**PAIR, "strict_host": True}])),
    ("listeners.0", tls(client_certificate="optional")), ("listeners.0", tls(client_crl="ca.pem")), ("listeners.0", tls(client_ca="ca.pem", client_certificate="maybe")),
    ("listeners.0", tls(min_version="1.1")), ("listeners.0", tls(groups=[])), ("listeners.0", tls(groups=["P-192"])), ("listeners.0", tls(groups=["P-256", "P-256"])), ("listeners.0", tls(min_version=1.2)), ("listeners.0", tls(protocols=["h2"])),
    ("listeners.0", tls(protocols=["http/1.1", "spdy"])), ("listeners.0", tls(unknown_sni="last")), ("listeners.0", tls(tickets="no")),
    ("listeners.0", tls(ticket_rotation=60)),
    ("backends.a b", BASE["backends"]["app"]), ("backends.app", {}), ("backends.app", {"servers": []}), ("backends.app", server("127.0.0.1:9")),
    ("backends.app", server("fcgi://127.0.0.1")), ("backends.app", server("http://127.0.0.1/x")), ("backends.app", server("http://a@127.0.0.1")),
    ("backends.app", server("http://127.0.0.1:0")), ("backends.app", server("http+unix://x")), ("backends.app", server("http://127.0.0.1", weight=0)),
    ("backends.app", server("http://127.0.0.1", backup=True)), ("backends.app", server("http://127.0.0.1", backup=1)),
    ("backends.app", server("http://127.0.0.1", wieght=1)), ("backends.app", backend(tls={"verify": False})),
    ("backends.app", backend(tls={"verify": False, "insecure": False})), ("backends.app", backend(tls={"verify": "no"})),
    ("backends.app", backend(tls={"pins": []})), ("backends.app", backend(tls={"pins": ["A" * 43]})), ("backends.app", backend(tls={"pins": ["B" * 43 + "="]})),
    ("backends.app", backend(tls={"pins": ["A" * 43 + "="], "verify": False, "insecure": True})), ("backends.app", backend(tls={"crl": 1})),
    ("backends.app", backend(tls={"server_name": "a/b"})), ("backends.app", backend(tls={"certificate": {"chain": "c.pem"}})),
    ("backends.app", {**server("http://127.0.0.1"), "tls": {}}), ("backends.app", backend(balance="random")), ("backends.app", backend(retries=11)),
    ("backends.app", backend(protocol="h3")), ("backends.app", backend(protocol="h2", limits={"streams": 0})),
    ("backends.app", backend(keep=-1)), ("backends.app", backend(proxy_protocol="v1")), ("backends.app", backend(proxy_protocol=True)), ("backends.app", backend(timeouts={"read": "1s"})), ("backends.app", backend(timeouts={"connect": 1})),
    ("backends.app", backend(limits={"header_count": 0})), ("backends.app", backend(health_check={})),
    ("backends.app", backend(health_check={"path": "x"})), ("backends.app", backend(health_check={"path": "/", "status": "600"})),
    ("backends.app", backend(health_check={"path": "/", "status": 200})), ("backends.app", backend(health_check={"path": "/", "rise": 0})),
    ("backends.app", backend(insecure="yes")),
    ("filters.x", {}), ("filters.x", {"type": "waf"}), ("filters.x", []), ("filters.list", {"type": "ip_list"}),
    ("filters.list", {"type": "ip_list", "deny": ["192.0.2.1"], "status": 200}), ("filters.list", {"type": "ip_list", "deny": "192.0.2.1"}),
    ("filters.list", {"type": "ip_list", "deny": [], "rate": "1/1s"}), ("filters.list", {"type": "ip_list", "deny": [], "on_error": "allow"}),
    ("bans", []), ("bans", {"table_size": 15}), ("bans", {"table_size": 262145}), ("bans", {"state_file": ""}), ("bans", {"ipv6_prefix": 31}),
    ("bans", {"never": "10.0.0.0/8"}), ("bans", {"answer": "drop"}), ("bans", {"status": 200}), ("bans", {"remember": 5}), ("bans", {"for": "1h"}),
    ("filters.list", {"type": "ip_list", "deny": [], "ban": {"after": "5/1m"}}), ("filters.list", {"type": "ip_list", "deny": [], "ban": {"for": "1h"}}),
    ("filters.list", {"type": "ip_list", "deny": [], "ban": {"after": "5", "for": "1h"}}), ("filters.list", {"type": "ip_list", "deny": [], "ban": {"after": "5/1m", "for": "0s"}}),
    ("filters.list", {"type": "ip_list", "deny": [], "ban": {"after": "5/1m", "for": "1h", "tags": ["a"]}}), ("filters.list", {"type": "ip_list", "deny": [], "ban": True}),
    ("filters.waf", {"type": "rules", "files": ["rules.json"], "ban": {"after": "1/1s", "for": "1s", "tags": []}}),
    ("filters.geo", {"type": "geo", "deny_countries": ["KP"]}), ("filters.geo", {"type": "geo", "database": "geo.mmdb", "deny_countries": ["kp"]}),
    ("filters.geo", {"type": "geo", "database": "geo.mmdb", "deny_countries": []}), ("filters.geo", {"type": "geo", "database": "geo.mmdb", "unknown": "deny"}),
    ("filters.geo", {"type": "geo", "database": "geo.mmdb", "deny_continents": ["XX"]}),
    ("filters.rate", {"type": "rate_limit", "rate": "1/1s"}), ("filters.rate", {"type": "rate_limit", "key": ["client.address"]}),
    ("filters.rate", {"type": "rate_limit", "key": [], "rate": "1/1s"}), ("filters.rate", {"type": "rate_limit", "key": ["header."], "rate": "1/1s"}),
    ("filters.rate", {"type": "rate_limit", "key": ["user"], "rate": "1"}), ("filters.rate", {"type": "rate_limit", "key": ["user"], "rate": "0/1s"}),
    ("filters.rate", {"type": "rate_limit", "key": ["user"], "concurrency": 1, "burst": 2}),
    ("filters.waf", {"type": "rules"}), ("filters.waf", {"type": "rules", "files": []}), ("filters.waf", {"type": "rules", "files": ["rules.json"], "paranoia": 5}),
    ("filters.waf", {"type": "rules", "files": ["rules.json"], "thresholds": {"sqli": 0}}), ("filters.waf", {"type": "rules", "files": ["rules.json"], "vars": {"x": 1.5}}),
    ("filters.waf", {"type": "rules", "files": ["rules.json"], "mode": "watch"}), ("filters.waf", {"type": "rules", "files": ["rules.json"], "response_types": ["Text/Event-Stream"]}),
    ("filters.auth", {"type": "basic_auth", "users": "users"}), ("filters.auth", {"type": "basic_auth", "realm": "x"}),
    ("filters.auth", {"type": "basic_auth", "realm": "", "users": "users"}), ("filters.auth", {"type": "basic_auth", "realm": "x", "users": "users", "max_failures": 0}),
    ("routes", {}), ("routes.0", {}), ("routes.0", route(respond={"status": 200})), ("routes.0", route(hosts=[])), ("routes.0", route(hosts=["a.test:80"])),
    ("routes.0", route(hosts=["a.*.test"])), ("routes.0", route(hosts=["*.", "a"])), ("routes.0", route(hosts=["a", "a"])), ("routes.0", route(path="x")),
    ("routes.0", route(path="/x?y")), ("routes.0", route(path="/x;y")), ("routes.0", route(methods=[])), ("routes.0", route(methods=["TRACE"])), ("routes.0", route(mode="watch")),
    ("routes.0", route(name="")), ("routes.0", route(filter=["list"])), ("routes.0", route(filters="list")), ("routes.0", route(strip_prefix=1)),
    ("routes.0", route(grpc="yes")), ("routes.0", route(websocket="yes")), ("routes.0", route(websocket={"timeout": "1h"})), ("routes.0", route(websocket={"idle_timeout": 5})), ("routes.0", route(websocket={"max_duration": True})),
    ("routes.0", route(limits={"header_bytes": "1KiB"})), ("routes.0", route(timeouts={"total": "1s"})),
    ("routes.0", route(request_headers={"set": {"Content-Length": "1"}})), ("routes.0", route(request_headers={"remove": ["Host"]})),
    ("routes.0", route(request_headers={"set": {"X Y": "1"}})), ("routes.0", route(response_headers={"set": {"X": "a\r\nb"}})),
    ("routes.0", route(response_headers={"set": {"host": "a"}})), ("routes.0", route(response_headers={"remove": ["transfer-encoding"]})),
    ("routes.0", route(response_headers={"add": {}})), ("routes.0", {"respond": {"status": 403}, "strip_prefix": True}),
    ("routes.0", {"redirect": {"location": "/"}, "request_headers": {}}), ("routes.0", {"redirect": {}}), ("routes.0", {"redirect": {"location": "/{paht}"}}),
    ("routes.0", {"redirect": {"location": "/{path"}}), ("routes.0", {"redirect": {"location": "/", "status": 304}}),
    ("routes.0", {"respond": {}}), ("routes.0", {"respond": {"status": 100}}), ("routes.0", {"respond": {"status": 204, "body": "x"}}),
    ("limits", []), ("limits", {"hedaer_bytes": 1}), ("limits", {"header_count": 0}), ("limits", {"head_timeout": 10}), ("limits", {"head_timeout": "10"}),
    ("limits", {"request_body": "10MB"}), ("limits", {"request_body": -1}), ("limits", {"min_body_rate": True}), ("limits", {"min_body_rate": "0B/1s"}),
    ("limits", {"connections": 0}), ("limits", {"http2": []}), ("limits", {"http2": {"max_streams": 1}}), ("limits", {"http2": {"resets": "1B/1s"}}),
    ("limits", {"http2": {"header_octets": "5/1s"}}),
    ("audit", {"sinks": [{"type": "file"}]}), ("audit", {"sinks": [{"type": "stdout", "path": "a"}]}), ("audit", {"sinks": [{"type": "syslog"}]}),
    ("audit", {"sinks": [{"type": "syslog", "transport": "tcp"}]}), ("audit", {"sinks": [{"type": "syslog", "transport": "tcp", "address": "host:514"}]}),
    ("audit", {"sinks": [{"type": "syslog", "transport": "udp", "address": "127.0.0.1:514", "tls": {}}]}),
    ("audit", {"sinks": [{"type": "syslog", "transport": "unix", "facility": "local8"}]}), ("audit", {"sinks": [{"type": "syslog", "transport": "unix", "app_name": "a b"}]}),
    ("audit", {"sinks": [{"type": "stdout"}, {"type": "stdout"}]}), ("audit", {"when_full": "stop"}), ("audit", {"redact": [""]}),
    ("audit", {"request_headers": ["Cookie"]}), ("audit", {"request_headers": ["a b"]}), ("audit", {"sink": []}),
    ("audit", {"sinks": [{"type": "stdout", "what": "some"}]}), ("audit", {"sinks": [{"type": "stdout", "what": []}]}),
    ("audit", {"sinks": [{"type": "file", "path": "a.jsonl", "chain": {}}]}), ("audit", {"sinks": [{"type": "stdout", "chain": {"key": "k"}}]}),
    ("audit", {"sinks": [{"type": "stdout", "what": ["denied", "lost"]}]}),
]

# What only the loader can know: references, ranges of values with units, files, what hides what.
LOADER_ONLY = [
    ("backends", REMOVED), ("routes.0.backend", "ap"), ("routes.0.filters", ["lsit"]), ("limits.head_timeout", "99d"), ("limits.header_bytes", "1GiB"),
    ("routes.0.path", "/a/../b"), ("routes", [{"backend": "app"}, {"backend": "app"}]), ("listeners.0.bind", "127.0.0.1:99999"),
    ("listeners.0.trusted_proxies", ["10.1.0.0/8"]), ("listeners", [listener(), listener()]), ("backends.app.servers.0.url", "http://192.0.2.1"),
    ("backends.app.servers.0.url", "http://no-such-host.invalid"), ("backends.app", backend(tls={"ca": "missing.pem"})),
    ("audit", {"sinks": [{"type": "file", "path": "a.jsonl", "chain": {"key": "missing.key", "signing_key": "missing.pem"}}]}),
    ("audit", {"sinks": [{"type": "file", "path": "missing/a.jsonl"}]}), ("routes.0", route(request_headers={"set": {"X-A": "1", "x-a": "2"}})),
]


def named(cases):
    return [pytest.param(changed(path, value), id=f"{path}={'-' if value is REMOVED else json.dumps(value)}"[:100]) for path, value in cases]


def loads(folder, policy):
    (folder / "policy.json").write_text(json.dumps(policy))
    result = run_yett("check", folder / "policy.json")
    assert result.returncode in (0, 1), result.stderr
    return result.returncode == 0, result.stderr


@pytest.mark.parametrize("policy", named(GOOD))
def test_good(validator, folder, policy):
    errors = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(policy)]
    assert not errors
    good, why = loads(folder, policy)
    assert good, why


@pytest.mark.parametrize("policy", named(BAD))
def test_bad(validator, folder, policy):
    assert not validator.is_valid(policy)
    good, _ = loads(folder, policy)
    assert not good


@pytest.mark.parametrize("policy", named(LOADER_ONLY))
def test_what_a_schema_cannot_say(validator, folder, policy):
    assert validator.is_valid(policy)
    good, _ = loads(folder, policy)
    assert not good
