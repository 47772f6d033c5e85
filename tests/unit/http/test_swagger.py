"""The page of the document is Swagger UI as it was published, and no more of it than is needed."""

import hashlib
import re
from importlib import resources

from commerce_http.web import swagger

FOLDER = resources.files("commerce_http.web") / "swagger_ui"
OURS = {"SHA256SUMS", "start.js"}


def test_every_file_of_swagger_ui_has_the_digest_that_is_written_beside_it() -> None:
    first, *lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    assert re.match(r"# swagger-ui-dist \d+\.\d+\.\d+ ", first)
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.iterdir()
        if file.name not in OURS
    }
    assert there == listed


def test_what_is_served_is_there_and_so_are_its_licences() -> None:
    names = {file.name for file in FOLDER.iterdir()}
    assert names - swagger.MEDIA.keys() == {
        "LICENSE",
        "NOTICE",
        "SHA256SUMS",
        "swagger-ui-bundle.js.LICENSE.txt",
    }
    assert swagger.MEDIA.keys() <= names


def test_our_own_script_asks_no_other_host() -> None:
    script = (FOLDER / "start.js").read_text()
    assert "://" not in script
    assert "validatorUrl: null" in script  # else Swagger UI sends the address to its makers
