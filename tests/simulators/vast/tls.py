"""A certificate that no authority has signed, for a VMS on 127.0.0.1."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_NAME = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]


@dataclass(frozen=True)
class KeyPair:
    """PEM files; the certificate is its own authority."""

    certificate: Path
    key: Path


def self_signed(folder: Path) -> KeyPair:
    pair = KeyPair(folder / "vast.pem", folder / "vast.key")
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(pair.key), "-out", str(pair.certificate), "-days", "2"]
    subprocess.run(["openssl", *new, *files, *_NAME], check=True, capture_output=True)
    return pair
