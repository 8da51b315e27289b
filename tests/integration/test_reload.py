# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the next policy while requests run. Nothing is cut, nothing is forgotten that still holds, and a mistake changes nothing."""
import copy
import socket
import ssl
import threading

import pytest

from support import backends, h2, policy
from support.client import Client, request, tls_context
from support.records import get
from support.wait import wait_for

pytestmark = pytest.mark.threads


def held(event):
    """Answers /hold when the event is set, everything else at once."""
    def script(connection):
        while message := connection.read_request():
            if message.target == b"/hold":
                event.wait(30)
            connection.send(backends.OK)
    return script


def changed(site, change):
    rules = copy.deepcopy(site.gate.policy)
    change(rules)
    return rules


def respond(status):
    def change(rules):
        route = rules["routes"][0]
        route.pop("backend", None)
        route["respond"] = {"status": status, "body": "changed"}
    return change


def test_next_request_of_a_kept_connection_is_under_the_new_policy(launch):
    site = launch()
    with site.connect() as c:
        assert c.exchange(request()).status == 200
        site.gate.reload(changed(site, respond(418)))
        assert c.exchange(request()).status == 418
        assert c.exchange(request()).get("connection") is None
    assert [get(r, "http.response.status_code") for r in site.audit.wait_port(c.local_port, 3)] == [200, 418, 418]


def test_running_exchange_keeps_its_policy(launch):
    event = threading.Event()
    site = launch(held(event))
    with site.connect() as busy:
        busy.send(request(target="/hold"))
        site.backend.wait_requests(1)
        site.gate.reload(changed(site, respond(418)))
        site.gate.reload(changed(site, lambda rules: rules["routes"][0]["respond"].update(status=410)))
        event.set()
        assert busy.final().status == 200
        assert busy.exchange(request()).status == 410


@pytest.mark.parametrize("mistake", ["{", '{"listeners": []}'], ids=["syntax", "content"])
def test_broken_policy_changes_nothing(launch, mistake):
    site = launch()
    with site.connect() as c:
        assert c.exchange(request()).status == 200
        site.gate.reload(mistake, well=False)
        assert "policy.json:1:" in site.gate.log
        assert c.exchange(request()).status == 200
    assert site.ask()[0].status == 200
    site.gate.reload(site.gate.policy)
    assert site.ask()[0].status == 200


def test_what_takes_a_restart_is_refused(launch):
    site = launch()
    site.gate.reload(changed(site, lambda rules: rules.update(workers=3)), well=False)
    assert '"workers" was 2 and is 3 now' in site.gate.log
    site.gate.reload(changed(site, lambda rules: rules["audit"].update(sinks=[{"type": "stdout"}])), well=False)
    assert '"audit" sends records elsewhere' in site.gate.log
    site.gate.reload(changed(site, lambda rules: rules["audit"].update(request_headers=["x-seen"])))
    assert "x-seen" in str(site.ask(fields=["X-Seen: yes"])[1])


def test_listeners_come_and_go(launch, pki):
    site = launch()
    first = site.gate.policy["listeners"][0]
    second = policy.plain_listener(name="second")
    port = int(second["bind"].rsplit(":", 1)[1])
    with site.connect() as c:
        assert c.exchange(request()).status == 200
        site.gate.reload(changed(site, lambda rules: rules["listeners"].append(second)))
        with Client(port) as plain:
            assert plain.exchange(request()).status == 200
            site.gate.reload(changed(site, lambda rules: rules.update(listeners=[second])))
            assert plain.exchange(request()).status == 200
        # What the first listener had accepted ends with its next answer.
        answer = c.exchange(request())
        assert (answer.status, answer.get("connection")) == (200, b"close")
    with pytest.raises(OSError):
        Client(int(first["bind"].rsplit(":", 1)[1]), timeout=1)


def test_port_that_is_taken_changes_nothing(launch):
    site = launch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = policy.plain_listener(name="taken", bind=f"127.0.0.1:{taken.getsockname()[1]}")
        site.gate.reload(changed(site, lambda rules: (rules["listeners"].append(other), respond(418)(rules))), well=False)
    assert "cannot listen" in site.gate.log and site.ask()[0].status == 200


def test_certificate_is_replaced_and_old_connections_end_with_their_answer(launch, pki):
    site = launch()
    before, after = pki.site(), pki.other_site()
    with site.connect() as c:
        assert c.exchange(request()).status == 200
        site.gate.reload(changed(site, lambda rules: rules["listeners"][0]["tls"].update(
            certificates=[{"chain": str(p.chain), "key": str(p.key)} for p in (before, after)])))
        assert c.exchange(request()).get("connection") == b"close"
    with site.connect() as c:
        assert c.exchange(request()).get("connection") is None


def test_tickets_stay_good(launch, pki):
    site = launch()
    context = tls_context(pki.ca, maximum=ssl.TLSVersion.TLSv1_2)
    with Client(site.gate.port, context) as c:
        assert c.exchange(request()).status == 200
        session = c.socket.session
    site.gate.reload(changed(site, lambda rules: rules["routes"][0].update(path="/")))
    with Client(site.gate.port, context, session=session) as c:
        assert c.exchange(request()).status == 200 and c.socket.session_reused


def test_limits_remember_who_was_over_them(launch):
    limit = {"type": "rate_limit", "key": ["client.address"], "rate": "1/1h", "burst": 2}
    site = launch(filters={"speed": limit})
    assert [site.ask()[0].status for _ in range(3)] == [200, 200, 429]
    site.gate.reload(changed(site, lambda rules: rules["routes"][0].update(name="renamed")))
    assert site.ask()[0].status == 429


def test_sick_servers_stay_sick(launch, pki):
    """A server that its checks found ill is not asked after a reload, before a check has found it well."""
    ill = threading.Event()
    ill.set()

    def script(connection):
        while message := connection.read_request():
            bad = ill.is_set() and message.target == b"/check"
            connection.send(backends.response(500) if bad else backends.OK)
    with backends.Backend(pki.backend(), script) as second:
        def with_check(rules):
            rules["backends"]["app"]["servers"].append({"url": second.url})
            rules["backends"]["app"]["health_check"] = {"path": "/check", "interval": "100ms", "fall": 1, "rise": 3}
        site = launch(change=with_check, workers=1)
        wait_for(lambda: "sick by its health check" in site.gate.log, "the verdict of the checks")
        site.gate.reload(changed(site, lambda rules: rules["backends"]["app"].update(retries=2)))
        before = len([r for r in second.requests if r.target != b"/check"])
        for _ in range(6):
            assert site.ask()[0].status == 200
        assert len([r for r in second.requests if r.target != b"/check"]) == before
        ill.clear()
        wait_for(lambda: "well again" in site.gate.log, "the server to be well again")
        wait_for(lambda: site.ask() and len([r for r in second.requests if r.target != b"/check"]) > before, "requests there")


def lists(folder, text):
    fresh = folder / "deny.new"
    fresh.write_text(text)
    fresh.replace(folder / "deny.txt")


def test_changed_files_are_taken_over_by_themselves(launch, tmp_path):
    lists(tmp_path, "192.0.2.0/24\n")
    site = launch(filters={"listed": {"type": "ip_list", "deny": [str(tmp_path / "deny.txt")]}}, watch="100ms")
    assert site.ask()[0].status == 200
    site.gate.policy_path.write_text("{ half a policy")  # is not looked at
    lists(tmp_path, "127.0.0.0/8\n")
    wait_for(lambda: site.ask()[0].status == 403, "the new list")
    lists(tmp_path, "no address\n")
    wait_for(lambda: "deny.txt:1" in site.gate.log, "the complaint")
    assert site.ask()[0].status == 403
    lists(tmp_path, "# nobody\n")
    wait_for(lambda: site.ask()[0].status == 200, "the empty list")
    assert site.gate.log.count("deny.txt:1") == 1, "one complaint for one mistake"


def test_http2_connection_goes_on_or_says_goodbye(launch, pki):
    site = launch()
    with h2.H2Client(site.gate.port, tls_context(pki.ca, alpn=["h2"])) as c:
        c.send(h2.headers(1, h2.get()))
        assert c.answer(1).status == 200
        site.gate.reload(changed(site, respond(418)))
        c.send(h2.headers(3, h2.get()))
        assert c.answer(3).status == 418
        site.gate.reload(changed(site, lambda rules: rules["listeners"][0].update(name="renamed")))
        c.wait(lambda: c.goaway is not None)


def test_heads_are_bounded_by_the_new_limits(launch):
    site = launch()
    field = "X-Long: " + "a" * 3000
    with site.connect() as c:
        assert c.exchange(request(fields=[field])).status == 200
        site.gate.reload(changed(site, lambda rules: rules.update(limits={"header_bytes": "2KiB"})))
        assert c.exchange(request(fields=[field])).status == 431
    site.gate.reload(changed(site, lambda rules: rules.update(limits={"header_bytes": "96KiB", "field_line": "64KiB"})))
    assert site.ask(fields=["X-Long: " + "a" * 60000])[0].status == 200


def test_no_request_fails_under_load(launch):
    """Changing policies, some of them broken, while four clients ask without pause."""
    site = launch(limits={"requests_per_connection": 50})
    good = site.gate.policy
    stop, failures, answers = threading.Event(), [], [0] * 4

    def ask(index):
        while not stop.is_set():
            try:
                with Client(site.gate.port, site.context) as c:
                    while not stop.is_set():
                        answer = c.exchange(request())
                        assert answer.status in (200, 418), answer
                        answers[index] += 1
                        if answer.get("connection") == b"close":
                            break
            except Exception as error:  # noqa: BLE001 - every failure counts
                failures.append(error)
    clients = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for c in clients:
        c.start()
    variants = [respond(418), lambda rules: None, lambda rules: rules["listeners"][0].update(name="x"),
                lambda rules: rules["backends"]["app"].update(retries=2)]
    try:
        for i in range(60):
            if i % 10 == 9:
                site.gate.reload("{ broken", well=False)
            rules = copy.deepcopy(good)
            variants[i % len(variants)](rules)
            site.gate.reload(rules)
    finally:
        stop.set()
        for c in clients:
            c.join()
    assert not failures, failures[:3]
    assert sum(answers) > 60
