# SPDX-License-Identifier: Apache-2.0
"""A throw-away certificate authority made with the openssl command, with good certificates and with every bad one we refuse.

`openssl ca` is used for signing because it alone can set dates in the past. Keys are P-256, quick to make, mode 0600.
"""
import dataclasses
import os
import pathlib
import subprocess

CA_CONFIG = """
[ca]
default_ca = this
[this]
database = {folder}/{name}.index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
"""


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Paths of a chain (leaf first) and its key."""
    chain: pathlib.Path
    key: pathlib.Path


def _openssl(*args):
    result = subprocess.run(["openssl", *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, args))}: {result.stderr}")


P256 = ("EC", "ec_paramgen_curve:P-256")
RSA_1024 = ("RSA", "rsa_keygen_bits:1024")


def _new_key(path, kind=P256):
    old = os.umask(0o077)
    try:
        _openssl("genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1], "-out", path)
    finally:
        os.umask(old)
    return path


def _san(names):
    def kind(name):
        return "IP" if name.replace(".", "").isdigit() or ":" in name else "DNS"
    return ",".join(f"{kind(name)}:{name}" for name in names)


class Authority:
    """One root and what it signs."""

    def __init__(self, folder, name="ca", subject="Yett Throw-away Root"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.key = _new_key(self.folder / f"{name}.key")
        self.certificate = self.folder / f"{name}.pem"
        self._config = self.folder / f"{name}.cnf"
        self._config.write_text(CA_CONFIG.format(folder=self.folder, name=name))
        (self.folder / f"{name}.index").touch()
        _openssl("req", "-x509", "-new", "-key", self.key, "-subj", f"/CN={subject}", "-days", "3650", "-sha256",
                 "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                 "-out", self.certificate)

    def issue(self, name, names, *, start=None, end=None, usage="serverAuth", common_name=None, key_kind=P256):
        """A certificate for the DNS names and addresses in `names`; `start` and `end` as YYYYMMDDHHMMSSZ."""
        key = _new_key(self.folder / f"{name}.key", key_kind)
        request = self.folder / f"{name}.csr"
        chain = self.folder / f"{name}.pem"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                              f"extendedKeyUsage={usage}\nsubjectAltName={_san(names)}\n")
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={common_name or names[0]}", "-out", request)
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", "365"]
        _openssl("ca", "-batch", "-notext", "-config", self._config, "-cert", self.certificate, "-keyfile", self.key,
                 "-extfile", extensions, *dates, "-in", request, "-out", chain)
        return Certificate(chain, key)


    def revoke(self, certificate):
        _openssl("ca", "-batch", "-config", self._config, "-cert", self.certificate, "-keyfile", self.key,
                 "-revoke", certificate.chain)

    def ocsp(self, name, certificate, *, days=7, signer=None):
        """The answer about a certificate; `signer` is a Certificate, this authority when there is none."""
        path, question = self.folder / f"{name}.ocsp", self.folder / f"{name}.req"
        _openssl("ocsp", "-issuer", self.certificate, "-cert", certificate.chain, "-reqout", question)
        _openssl("ocsp", "-index", self.folder / f"{self.name}.index", "-CA", self.certificate,
                 "-rsigner", signer.chain if signer else self.certificate, "-rkey", signer.key if signer else self.key,
                 "-ndays", days, "-reqin", question, "-respout", path)
        return path

    def crl(self, name, *, last=None, next=None):
        """A list of all that was revoked so far; `last` and `next` update as YYYYMMDDHHMMSSZ."""
        path = self.folder / f"{name}.crl"
        dates = ["-crl_lastupdate", last, "-crl_nextupdate", next] if last else ["-crldays", "30"]
        _openssl("ca", "-batch", "-gencrl", "-config", self._config, "-cert", self.certificate, "-keyfile", self.key,
                 *dates, "-out", path)
        return path


class Pki:
    """Everything the tests need, made once, on demand, in `folder`."""

    BACKEND_NAME = "app.internal"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority = Authority(self.folder)
        self._made = {}

    @property
    def ca(self):
        return self.authority.certificate

    def _once(self, name, make):
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def site(self):
        """For the front: localhost, 127.0.0.1 and example.com with its direct subdomains."""
        return self._once("site", lambda: self.authority.issue(
            "site", ["localhost", "127.0.0.1", "example.com", "*.example.com"]))

    def other_site(self):
        """A second front certificate: www.example.net and *.apps.example.net."""
        return self._once("other", lambda: self.authority.issue("other", ["www.example.net", "*.apps.example.net"]))

    def backend(self):
        return self._once("backend", lambda: self.authority.issue(
            "backend", [self.BACKEND_NAME, "localhost", "127.0.0.1"]))

    def wrong_name(self):
        return self._once("wrong-name", lambda: self.authority.issue("wrong-name", ["elsewhere.internal"]))

    def expired(self):
        return self._once("expired", lambda: self.authority.issue(
            "expired", [self.BACKEND_NAME], start="20200101000000Z", end="20210101000000Z"))

    def not_yet_valid(self):
        return self._once("not-yet", lambda: self.authority.issue(
            "not-yet", [self.BACKEND_NAME], start="20990101000000Z", end="21000101000000Z"))

    def wrong_purpose(self):
        return self._once("wrong-purpose", lambda: self.authority.issue(
            "wrong-purpose", [self.BACKEND_NAME], usage="clientAuth"))

    def name_in_subject_only(self):
        return self._once("subject-only", lambda: self.authority.issue(
            "subject-only", ["elsewhere.internal"], common_name=self.BACKEND_NAME))

    def partial_wildcard(self):
        return self._once("partial", lambda: self.authority.issue("partial", ["a*.internal", "*pp.internal"]))

    def weak_key(self):
        return self._once("weak", lambda: self.authority.issue("weak", [self.BACKEND_NAME], key_kind=RSA_1024))

    def unknown_ca(self):
        def make():
            stranger = Authority(self.folder / "stranger", "stranger", "Somebody Else's Root")
            return stranger.issue("unknown-ca", [self.BACKEND_NAME])
        return self._once("unknown-ca", make)

    def self_signed(self):
        def make():
            key = _new_key(self.folder / "self-signed.key")
            chain = self.folder / "self-signed.pem"
            _openssl("req", "-x509", "-new", "-key", key, "-subj", f"/CN={self.BACKEND_NAME}", "-days", "30",
                     "-addext", f"subjectAltName=DNS:{self.BACKEND_NAME}", "-out", chain)
            return Certificate(chain, key)
        return self._once("self-signed", make)

    def client(self):
        """For mutual TLS towards backends."""
        return self._once("client", lambda: self.authority.issue("client", ["gateway.internal"], usage="clientAuth"))
