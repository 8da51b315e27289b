# SPDX-License-Identifier: Apache-2.0
"""Builds policies: a working one in a line, with anything overridden."""
from .ports import free_port

HOST = "app.example.com"


def merged(base, more):
    """`base` with `more` over it; objects are merged, everything else replaced."""
    result = dict(base)
    for key, value in (more or {}).items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def listener(pki, **more):
    certificate = pki.site()
    return merged({"name": "public", "bind": f"127.0.0.1:{free_port()}",
                   "tls": {"certificates": [{"chain": str(certificate.chain), "key": str(certificate.key)}]}}, more)


def plain_listener(**more):
    return merged({"name": "plain", "bind": f"127.0.0.1:{free_port()}"}, more)


def backend(pki, *urls, **more):
    return merged({"servers": [{"url": url} for url in urls],
                   "tls": {"ca": str(pki.ca), "server_name": pki.BACKEND_NAME}}, more)


def site(pki, url, *, filters=None, chain=None, route=None, listen=None, back=None, **top):
    """One TLS listener, one backend, one route for everything through `chain` (default: all filters, in order)."""
    filters = filters or {}
    chosen = list(filters) if chain is None else chain
    policy = {
        "listeners": [listener(pki, **(listen or {}))],
        "backends": {"app": backend(pki, url, **(back or {}))},
        "routes": [merged({"hosts": ["*"], "path": "/", "filters": chosen, "backend": "app"}, route)],
        "audit": {"sinks": [{"type": "file", "path": "audit.jsonl"}]},
        "workers": 2,
    }
    if filters:
        policy["filters"] = filters
    return merged(policy, top)
