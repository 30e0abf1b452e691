"""Certificates of one's own: of servers on loopback that speak TLS, and of a program that logs in with one."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def self_signed(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str, *extensions: tuple[x509.ExtensionType, bool]
) -> tuple[bytes, bytes]:
    """The key and a certificate of it that is its own authority, valid from yesterday to tomorrow, both as PEM.
    `extensions`: each with whether it is critical."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    plain = serialization.NoEncryption()
    return (
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
        builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
    )


def write_certificate(folder: Path, *names: str) -> Path:
    """A server certificate for localhost (or `names`) that is its own authority, as `ca.pem`, and its `key.pem`."""
    dns = [x509.DNSName(one) for one in names or ("localhost",)]
    key, made = self_signed(
        ec.generate_private_key(ec.SECP256R1()),
        "localhost",
        (x509.SubjectAlternativeName([*dns, x509.IPAddress(ip_address("127.0.0.1"))]), False),
        (x509.BasicConstraints(ca=True, path_length=None), True),
    )
    (folder / "key.pem").write_bytes(key)
    (folder / "ca.pem").write_bytes(made)
    return folder


def server_side(folder: Path) -> ssl.SSLContext:
    """What a server needs to show it."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return tls
