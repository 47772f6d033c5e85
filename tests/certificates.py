"""Certificates for tests of TLS: each is an authority of its own."""

import subprocess
from pathlib import Path


def certified(folder: Path, name: str, subject: str = "IP:127.0.0.1") -> Path:
    """A certificate of its own for *subject* alone, with its key beside it."""
    certificate = folder / f"{name}.crt"
    options = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=shop",
        "-addext",
        f"subjectAltName={subject}",
    ]
    subprocess.run(
        ["openssl", *options, "-keyout", folder / f"{name}.key", "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate
