# SPDX-License-Identifier: Apache-2.0
"""OCSP responses sent along with the certificate: the right one, only a good one, and the new one when its file changes."""
import dataclasses
import os
import subprocess

import pytest

from support import pki as pki_module
from support.wait import wait_for

RSA = ("RSA", "rsa_keygen_bits:2048")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return pki_module.Authority(tmp_path_factory.mktemp("ocsp"), "ocsp", "An Authority that answers")


def issue(authority, name, names=("localhost",), **options):
    """A certificate with its issuer behind it, as the gateway needs it."""
    made = authority.issue(name, list(names), **options)
    chain = made.chain.with_suffix(".chain")
    chain.write_bytes(made.chain.read_bytes() + authority.certificate.read_bytes())
    return dataclasses.replace(made, chain=chain)


def pair(certificate, answer=None):
    return {"chain": str(certificate.chain), "key": str(certificate.key), **({"ocsp": str(answer)} if answer else {})}


def stapled(site, *args, name="localhost"):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.gate.port}", "-servername", name, "-status", *args],
                          input="", capture_output=True, text=True, timeout=30).stdout


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_answer_is_sent_to_who_asks(launch, authority, version):
    one = issue(authority, f"sent{version}")
    site = launch(listen={"tls": {"certificates": [pair(one, authority.ocsp(f"sent{version}", one))]}})
    told = stapled(site, version, "-CAfile", str(authority.certificate))
    assert "OCSP Response Status: successful" in told and "Cert Status: good" in told, told[:2000]
    assert "Verify return code: 0" in told


def test_responder_may_be_certified_by_the_issuer(launch, authority):
    one = issue(authority, "delegated")
    responder = authority.issue("responder", ["responder"], usage="OCSPSigning")
    site = launch(listen={"tls": {"certificates": [pair(one, authority.ocsp("delegated", one, signer=responder))]}})
    assert "Cert Status: good" in stapled(site)


def test_each_certificate_has_its_own(launch, authority):
    ecdsa, rsa = issue(authority, "both-ec"), issue(authority, "both-rsa", key_kind=RSA)
    other = issue(authority, "bare", ["bare.example"])
    site = launch(listen={"tls": {"certificates": [pair(ecdsa, authority.ocsp("both-ec", ecdsa)), pair(rsa, authority.ocsp("both-rsa", rsa)), pair(other)]}})

    def serial(certificate):
        told = subprocess.run(["openssl", "x509", "-noout", "-serial", "-in", certificate.chain], capture_output=True, text=True, check=True)
        return told.stdout.strip().split("=")[1]
    for algorithms, certificate in (("ECDSA+SHA256", ecdsa), ("RSA-PSS+SHA256", rsa)):
        told = stapled(site, "-sigalgs", algorithms)
        assert f"Serial Number: {serial(certificate)}" in told, told[:2000]
    assert "OCSP response: no response sent" in stapled(site, name="bare.example")


def test_new_answer_is_read_and_a_bad_one_is_not(launch, authority):
    one = issue(authority, "renewed")
    answer = authority.ocsp("renewed", one, days=3)
    site = launch(listen={"tls": {"certificates": [pair(one, answer)]}})

    def until():
        lines = [line for line in stapled(site).splitlines() if "Next Update" in line]
        return lines[0] if lines else None
    before = until()
    assert before
    old = answer.read_bytes()
    answer.with_suffix(".new").write_bytes(b"nonsense")
    os.replace(answer.with_suffix(".new"), answer)
    wait_for(lambda: until() and "is not used" in site.gate.log, "a complaint")
    assert until() == before
    answer.with_suffix(".new").write_bytes(authority.ocsp("renewed-again", one, days=5).read_bytes())
    os.replace(answer.with_suffix(".new"), answer)
    wait_for(lambda: until() != before, "the new answer")
    assert until() and old != answer.read_bytes()


def test_answer_that_says_revoked_is_not_sent(launch, authority):
    one = issue(authority, "bad")
    authority.revoke(one)
    site = launch(listen={"tls": {"certificates": [pair(one, authority.ocsp("bad", one))]}})
    assert "OCSP response: no response sent" in stapled(site)
