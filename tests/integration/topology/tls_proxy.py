"""TLS in front of a real Redis, with a CA of its own that also signs clients: the embedded Valkey speaks none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.backend import eventually
from tests.ports import free_port

_DAY = timedelta(days=1)


class Authority:
    """A CA, and what it has signed, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA of {folder.name}")])
        self.file = folder / "ca.pem"
        signed = self._certificate(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def sign(self, who: str) -> tuple[Path, Path]:
        """Make a key and its certificate for 127.0.0.1. Returns the files of certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._certificate(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)]),
            key,
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
        )
        certificate_file, key_file = self._folder / f"{who}.pem", self._folder / f"{who}.key"
        certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate_file, key_file

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        built = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        built = built.not_valid_before(now - _DAY).not_valid_after(now + _DAY)
        return built.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())


@contextmanager
def tls_in_front_of(port: int, authority: Authority) -> Iterator[int]:
    """Yield a port where TLS is spoken with clients that the authority has signed, as a process of its own."""
    own = free_port()
    certificate, key = authority.sign("server")
    words = [str(word) for word in (own, port, certificate, key, authority.file)]
    proxy = subprocess.Popen([sys.executable, "-m", __name__, *words])
    try:
        eventually(lambda: _answers(own), "the proxy listens")
        yield own
    finally:
        proxy.kill()
        proxy.wait()


def _answers(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _serve(own: int, port: int, certificate: str, key: str, authority: str) -> None:
    from gevent import sleep, socket, spawn, ssl
    from gevent.server import StreamServer

    def copy(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        sink.close()

    def handle(client: socket.socket, _: object) -> None:
        server = socket.create_connection(("127.0.0.1", port))
        back = spawn(copy, server, client)
        copy(client, server)
        back.join()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # gevent's own
    context.load_verify_locations(authority)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    StreamServer(("127.0.0.1", own), handle, ssl_context=context).start()
    sleep(3600)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
