"""Renew what the pages take from others: `python scripts/pages_assets.py`, which needs npm.

Each package is fetched in the version that is named here; its files, its licence and their digests
are written into commerce_pages/static.
"""

import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "src" / "entrypoints" / "commerce_pages" / "static"
#: By package and version: which of its files is kept under which name.
TAKEN = {
    "@picocss/pico@2.1.1": {
        "css/pico.min.css": "pico.min.css",
        "LICENSE.md": "pico.LICENSE",
    },
    "htmx.org@2.0.11": {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "htmx.LICENSE"},
    "htmx-ext-sse@2.2.4": {"dist/sse.min.js": "sse.min.js", "LICENSE": "sse.LICENSE"},
}


def fetched(package: str, folder: Path) -> tarfile.TarFile:
    """The archive of *package*, as npm hands it out."""
    command = ["npm", "pack", "--silent", package]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return tarfile.open(folder / ran.stdout.split()[-1])


def main() -> None:
    """Write every file, and SHA256SUMS beside them."""
    lines = []
    for package, files in TAKEN.items():
        lines.append(f"# {package}")
        with tempfile.TemporaryDirectory() as folder, fetched(package, Path(folder)) as archive:
            for inside, name in files.items():
                member = archive.extractfile(f"package/{inside}")
                assert member is not None, inside
                content = member.read()
                (FOLDER / name).write_bytes(content)
                lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}")
    (FOLDER / "SHA256SUMS").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
