# SPDX-License-Identifier: Apache-2.0
"""Fixtures. Gateways and backends live as long as the module that shares them, and tell cases apart by the client's port."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import backends, client, gateway, paths, pki as certificates, policy, records  # noqa: E402

BULK = os.environ.get("YETT_TEST_BULK") == "1"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("bulk") and not BULK:
            item.add_marker(pytest.mark.skip(reason="large bodies run with YETT_TEST_BULK=1 and the release build"))


def pytest_configure():
    if not paths.YETT.exists():
        pytest.exit(f"{paths.YETT} is not built; set YETT_BIN or build the release preset", 3)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return certificates.Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def trust(pki):
    """A client's TLS context that trusts the throw-away root."""
    return client.tls_context(pki.ca)


class Site:
    """A gateway with the backend behind it."""

    def __init__(self, gate, backend, context):
        self.gate = gate
        self.backend = backend
        self.context = context

    @property
    def audit(self):
        return self.gate.audit

    def connect(self, *, plain=False, **options):
        c = client.Client(self.gate.port, None if plain else self.context, **options)
        self.audit.begin_port(c.local_port)
        return c

    def ask(self, *args, source=None, sni="localhost", **request):
        """One request on a connection of its own; returns the response and its record."""
        with self.connect(source=source, sni=sni) as c:
            response = c.exchange(client.request(*args, **request), request.get("method", args[0] if args else "GET"))
            record = self.audit.wait_port(c.local_port)[0]
        return response, record


@pytest.fixture(scope="module")
def launch(tmp_path_factory, pki, trust):
    """launch(script or backend=..., **policy.site options) -> Site. Everything is stopped at the end of the module, and
    a gateway that ends badly fails it."""
    started = []

    def start(script=backends.echo, *, backend=None, change=None, **options):
        if backend is None:
            backend = backends.Backend(pki.backend(), script)
            started.append(backend)
        rules = policy.site(pki, backend.url, **options)
        if change:
            change(rules)
        gate = gateway.Gateway(tmp_path_factory.mktemp("gateway"), rules)
        started.append(gate)
        gate.start()
        return Site(gate, backend, trust if "tls" in rules["listeners"][0] else None)

    yield start
    errors = []
    for thing in reversed(started):
        try:
            thing.stop()
        except AssertionError as error:
            errors.append(error)
    assert not errors, errors


@pytest.fixture(scope="session")
def get():
    return records.get
