# SPDX-License-Identifier: Apache-2.0
"""The three proxies, each set up for the same work: TLS on both sides, the backend's certificate verified, connections kept,
one worker. A setup is told which features a row wants: "log" (one JSON line per request), "filters" (list, country, rate, rules)
and "auth" (passwords)."""
import json
import pathlib
import shutil
import socket
import subprocess

from support import gateway, mmdb, policy
from support.backends import nginx_program
from support.ports import free_port
from support.wait import wait_for

CRS_SETUP, CRS_RULES = "/etc/modsecurity/crs/crs-setup.conf", "/usr/share/modsecurity-crs/rules/*.conf"
USER, PASSWORD = "alice", "correct horse battery"
ALLOWED_RATE = 1000000  # every request is counted, none refused

# Twenty patterns of the kind that look for attacks in queries; none matches what the bench sends.
PATTERNS = [
    r"union\s+(all\s+)?select", r"select\s.+\sfrom\s", r"insert\s+into\s", r"drop\s+(table|database)", r"or\s+\d+\s*=\s*\d+",
    r"<script[^>]*>", r"javascript\s*:", r"onerror\s*=", r"onload\s*=", r"\.\./\.\./", r"/etc/(passwd|shadow)", r"cmd\.exe",
    r"/bin/(ba|da|z)?sh", r"wget\s+https?:", r"base64_decode\s*\(", r"eval\s*\(", r"sleep\s*\(\s*\d+", r"benchmark\s*\(",
    r"xp_cmdshell", r"<\?php"]


# Addresses of this machine that the list and the countries refuse, to see that they do.
LISTED, FOREIGN = "127.9.9.9", "127.8.8.8"


def prefixes(count=10000):
    """That many /24 prefixes, one of them in loopback."""
    return [f"{11 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24" for i in range(count - 1)] + ["127.9.9.0/24"]


class Material:
    """Files every peer reads: the same list, countries and passwords for all."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.list = prefixes()
        (self.folder / "deny.txt").write_text("\n".join(self.list) + "\n")
        self.countries = {f"{20 + i}.0.0.0/8": {"country": c} for i, c in enumerate(["KP", "AA", "BB", "CC", "DD"])}
        self.countries |= {"127.0.0.0/8": {"country": "CH"}, "127.8.0.0/16": {"country": "KP"}}
        mmdb.write(str(self.folder / "country.mmdb"), self.countries)
        self.hash = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()
        (self.folder / "users").write_text(f"{USER}:{self.hash}\n")
        (self.folder / "users").chmod(0o600)
        rules = [{"id": f"bench-{i}", "description": "a pattern of the bench", "targets": ["path", "query.*"],
                  "transforms": ["lowercase"], "match": {"regex": p}, "action": "deny"} for i, p in enumerate(PATTERNS)]
        (self.folder / "rules.json").write_text(json.dumps({"rules": rules}))


class Peer:
    """One proxy as one process."""
    name = ""

    def __init__(self, folder, pki, material, backend_port, features, pin):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pki, self.material, self.backend_port, self.features = pki, material, backend_port, features
        self.port = free_port()
        command = [*pin, *self.command()]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=open(self.folder / "stdout.log", "wb"),
                                        stderr=open(self.folder / "stderr.log", "wb"), start_new_session=True,
                                        env=gateway.environment())
        wait_for(self._answers, lambda: f"{self.name} to listen: {(self.folder / 'stderr.log').read_text()}")

    def command(self):
        raise NotImplementedError

    def _answers(self):
        assert self.process.poll() is None, f"{self.name}: {(self.folder / 'stderr.log').read_text()}"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}").read_text()

    def cpu_ticks(self):
        """User and system time of all its threads, in clock ticks."""
        fields = self._proc("stat").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def peak_kb(self):
        return int(self._proc("status").split("VmHWM:")[1].split()[0])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Yett(Peer):
    name = "yett"

    def command(self):
        site = policy.site(self.pki, f"https://127.0.0.1:{self.backend_port}", filters=self._filters(), workers=1,
                           listen={"bind": f"127.0.0.1:{self.port}"}, back={"keep": 512},
                           limits={"requests_per_connection": 1000000000, "request_body": "1GiB"})
        if "log" not in self.features:
            site["audit"] = {"sinks": []}
        path = self.folder / "policy.json"
        path.write_text(json.dumps(site, indent=2))
        return [gateway.YETT, "run", path]

    def _filters(self):
        m = self.material.folder
        filters = {}
        if "filters" in self.features:
            filters["known-bad"] = {"type": "ip_list", "deny": [str(m / "deny.txt")]}
            filters["countries"] = {"type": "geo", "database": str(m / "country.mmdb"), "deny_countries": ["KP"],
                                    "unknown": "deny"}
            filters["per-client"] = {"type": "rate_limit", "key": ["client.address"], "rate": f"{ALLOWED_RATE}/1s",
                                     "burst": ALLOWED_RATE}
        if "auth" in self.features:
            filters["staff"] = {"type": "basic_auth", "realm": "Bench", "users": str(m / "users")}
        if "filters" in self.features:
            filters["waf"] = {"type": "rules", "files": [str(m / "rules.json")], "mode": "block", "threshold": 5}
        if "crs" in self.features:
            filters["waf"] = {"type": "rules", "files": [str(self._import_core_rules())], "mode": "block", "threshold": 5,
                              "body_limit": "1MiB"}
        return filters

    def _import_core_rules(self):
        out = self.folder / "crs.json"
        subprocess.run([gateway.YETT, "rules", "import-seclang", "-o", out, CRS_SETUP, CRS_RULES], check=True, capture_output=True)
        return out


NGINX = """
{modules}
worker_processes 1;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 60s;
    server_tokens off;
    {log}
    {declare}
    upstream app {{
        server 127.0.0.1:{backend_port};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} ssl http2 backlog=4096 reuseport;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        {check}
        location / {{
            proxy_pass https://app;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Request-Id $request_id;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {ca};
            proxy_ssl_name app.internal;
            proxy_ssl_server_name on;
            proxy_ssl_protocols TLSv1.2 TLSv1.3;
        }}
    }}
}}
"""
NGINX_LOG = """log_format audit escape=json '{{"@timestamp":"$time_iso8601","client":"$remote_addr","port":$remote_port,'
        '"method":"$request_method","target":"$request_uri","host":"$host","status":$status,"agent":"$http_user_agent",'
        '"in":$request_length,"out":$body_bytes_sent,"seconds":$request_time,"id":"$request_id","tls":"$ssl_protocol",'
        '"cipher":"$ssl_cipher","backend":"$upstream_addr","backend_seconds":"$upstream_response_time"}}';
    access_log {folder}/access.log audit;"""


def nginx_pattern(pattern):
    """nginx sees a query as it came: blanks are still encoded."""
    return pattern.replace(r"\s", r"(?:\s|%20|\+)")


class Nginx(Peer):
    name = "nginx"
    modules = ""

    def more_checks(self):
        return []

    def command(self):
        declare, check = [], self.more_checks()
        if "filters" in self.features:
            declare += ["geo $listed { default 0;", *(f"{p} 1;" for p in self.material.list), "}",
                        "geo $country { default ZZ;", *(f"{p} {f['country']};" for p, f in self.material.countries.items()), "}",
                        "map $country $denied { default 0; KP 1; ZZ 1; }",
                        "map $uri?$args $attack { default 0;", *(f'"~*{nginx_pattern(p)}" 1;' for p in PATTERNS), "}",
                        f"limit_req_zone $binary_remote_addr zone=all:10m rate={ALLOWED_RATE}r/s;"]
            check += ["if ($listed) { return 403; }", "if ($denied) { return 403; }", "if ($attack) { return 403; }",
                      f"limit_req zone=all burst={ALLOWED_RATE} nodelay;"]
        if "auth" in self.features:
            check += ['auth_basic "Bench";', f"auth_basic_user_file {self.material.folder / 'users'};"]
        log = NGINX_LOG.format(folder=self.folder) if "log" in self.features else "access_log off;"
        site = self.pki.site()
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(modules=self.modules, folder=self.folder, port=self.port, backend_port=self.backend_port, ca=self.pki.ca,
                                       chain=site.chain, key=site.key, log=log, declare="\n    ".join(declare),
                                       check="\n        ".join(check)))
        return [nginx_program(), "-p", self.folder, "-c", config]


# What Debian recommends for ModSecurity, as far as it concerns requests, with room for the largest body of a row.
MODSECURITY = """SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 2097152
SecRequestBodyJsonDepthLimit 512
SecResponseBodyAccess Off
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^application/json" \
    "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include {setup}
Include {rules}
"""


class Modsecurity(Nginx):
    """nginx with libmodsecurity and the core rule set."""
    name = "modsec"
    modules = "load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;"

    def more_checks(self):
        rules = self.folder / "modsecurity.conf"
        rules.write_text(MODSECURITY.format(setup=CRS_SETUP, rules=CRS_RULES))
        return ["modsecurity on;", f"modsecurity_rules_file {rules};"]


HAPROXY = """
global
    nbthread 1
    maxconn 4096
    tune.ssl.default-dh-param 2048
    ssl-default-bind-options ssl-min-ver TLSv1.2
    {log_global}
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
    timeout http-request 10s
    option http-keep-alive
    http-reuse always
    {log_defaults}
{userlist}
frontend site
    bind 127.0.0.1:{port} ssl crt {pem} alpn h2,http/1.1
    option forwardfor
    http-request set-header X-Forwarded-Proto https
    unique-id-format %[uuid]
    unique-id-header X-Request-Id
    {check}
    default_backend app
backend app
    server one 127.0.0.1:{backend_port} ssl verify required ca-file {ca} sni str(app.internal) verifyhost app.internal pool-max-conn 512 alpn http/1.1
"""
HAPROXY_LOG = ('log-format \'{"@timestamp":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","client":"%ci","port":%cp,"method":"%HM",'
               '"target":"%[capture.req.uri,json(utf8s)]","host":"%[capture.req.hdr(0),json(utf8s)]","status":%ST,'
               '"agent":"%[capture.req.hdr(1),json(utf8s)]","in":%U,"out":%B,"ms":%Ta,"id":"%ID","tls":"%sslv","cipher":"%sslc",'
               '"backend":"%si:%sp","backend_ms":%Tr}\'')


class Haproxy(Peer):
    name = "haproxy"

    def command(self):
        m = self.material
        check, userlist = [], ""
        if "log" in self.features:
            check += ["capture request header Host len 64", "capture request header User-Agent len 128", HAPROXY_LOG]
        if "filters" in self.features:
            (self.folder / "countries.map").write_text("".join(f"{p} {f['country']}\n" for p, f in m.countries.items()))
            (self.folder / "patterns.lst").write_text("".join(p + "\n" for p in PATTERNS))
            check += [f"http-request deny if {{ src -f {m.folder / 'deny.txt'} }}",
                      f"http-request deny if {{ src,map_ip({self.folder / 'countries.map'},ZZ) KP ZZ }}",
                      "stick-table type ip size 100k expire 60s store http_req_rate(1s)", "http-request track-sc0 src",
                      f"http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {ALLOWED_RATE} }}",
                      f"http-request deny if {{ url,url_dec,lower -m reg -f {self.folder / 'patterns.lst'} }}"]
        if "auth" in self.features:
            userlist = f"userlist staff\n    user {USER} password {m.hash}"
            check += ["http-request auth realm Bench unless { http_auth(staff) }"]
        site = self.pki.site()
        pem = self.folder / "site.pem"
        pem.touch(0o600)
        pem.write_text(site.chain.read_text() + site.key.read_text())
        config = self.folder / "haproxy.cfg"
        log_global = "log stdout len 4096 format raw local0" if "log" in self.features else ""
        config.write_text(HAPROXY.format(port=self.port, backend_port=self.backend_port, ca=self.pki.ca, pem=pem,
                                         check="\n    ".join(check), userlist=userlist, log_global=log_global,
                                         log_defaults="log global" if log_global else "no log"))
        return [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", config]


PEERS = {peer.name: peer for peer in (Yett, Nginx, Haproxy, Modsecurity)}
