"""Publication elsewhere: the same versioned set on an object store or in another folder.

Here: what is in a set, putting it there, and the pointer to the newest. Not here: the forms (`export`), or publishing
in the lake (`publication`).

    <to>/<version>/reintegratie.duckdb, parquet/, csv/, datapackage.json, dcat.jsonld, SHA256SUMS
    <to>/latest.json        which version is the newest; written last, so a reader never sees half a set

A version is never changed. Credentials and the address of the store come from where its own clients take them (the
environment, AWS_...), never from our settings.
"""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assets.errors import SettingsError, SourceError
from assets.lake import lake_errors
from assets.published.export.bestand import DEFAULT, geopend, require_published
from assets.published.export.export import export
from assets.published.layout import FILE_NAME

SCHEMES = ("s3", "file")
SUMS = "SHA256SUMS"
LATEST = "latest.json"
_CHUNK = 8 * 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Uitgave:
    """What was put elsewhere.

    Args:
        version: moment of publication and the first digits of the hash of the contents.
        address: its folder.
        files: how many files it has.
        is_new: False when it was there already, the same.
    """

    version: str
    address: str
    files: int
    is_new: bool


def publish_to(path: Path, to: str, contact: str | None) -> Uitgave:
    """Put the published file and its other forms elsewhere.

    Args:
        path: the published file.
        to: `s3://bucket/prefix` or `file:///folder`.
        contact: see `export`.

    Raises:
        LakeError: there is no published file.
        SettingsError: another kind of address, or an address of a store that is not safe.
        SourceError: the store cannot be reached or refuses, or has another set of this version; what is read there
            stays as it was.
    """
    base = _checked(to)
    fs, root = _store(base)
    with tempfile.TemporaryDirectory() as scratch:
        made, copied = Path(scratch) / "set", Path(scratch) / FILE_NAME
        # All forms of one copy: another publication may take the place of the file meanwhile.
        with lake_errors(copied):
            shutil.copyfile(require_published(path), copied)
        export(copied, made, ("csv", "parquet", "datapackage", "dcat"), (*DEFAULT, "core.*"), contact)
        version, about = _version(copied)
        copied.rename(made / FILE_NAME)
        sums = _sums(made)
        (made / SUMS).write_bytes(sums)
        try:
            is_new = _put(fs, made, f"{root}/{version}", sums)
            pointer = {**about, "version": version, "sha256sums_sha256": hashlib.sha256(sums).hexdigest()}
            # One object, replaced at once: a reader has the old pointer or the new one.
            fs.pipe_file(f"{root}/{LATEST}", json.dumps(pointer, indent=1, ensure_ascii=False).encode())
        except _refusals() as error:
            raise SourceError(
                f"cannot publish to {base}: {error}. {LATEST} and the versions that were there stay as they were; look "
                "at the address, the rights and the network, then run it again."
            ) from error
    return Uitgave(version, f"{base}/{version}", sums.count(b"\n") + 1, is_new)


def _refusals() -> tuple[type[Exception], ...]:
    """Give the errors by which a store says that it cannot or will not."""
    from botocore.exceptions import BotoCoreError, ClientError

    return OSError, ValueError, BotoCoreError, ClientError


def _checked(to: str) -> str:
    parts = urlsplit(to)
    if parts.scheme not in SCHEMES or (parts.scheme == "s3" and not parts.netloc) or not (parts.netloc + parts.path):
        raise SettingsError(f"{to}: publish to s3://bucket/prefix or file:///folder, and nothing else")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError("an address to publish to has no credentials or options in it; set them in the environment")
    return to.rstrip("/")


def _store(base: str) -> tuple[Any, str]:
    """Open the store: its file system and the folder on it."""
    import fsspec

    options: dict[str, Any] = {}
    if base.startswith("s3:"):
        endpoint = _endpoint()
        # Nothing listed is remembered: what is there is asked, each time.
        options = {"use_listings_cache": False, "skip_instance_cache": True}
        if endpoint is not None:
            options["endpoint_url"] = endpoint
    else:
        options = {"auto_mkdir": True}
    fs, root = fsspec.core.url_to_fs(base, **options)
    return fs, str(root)


def _endpoint() -> str | None:
    """Read the address of the store as its own clients do; without TLS only on this machine."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        parts = urlsplit(endpoint)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise SettingsError(f"the store {endpoint} is not asked without TLS; give an https address")
    return endpoint or None


def _version(path: Path) -> tuple[str, dict[str, Any]]:
    with geopend(path, ["meta.citaat"]) as bestand:
        citaat = bestand.citaat
    moment = citaat["gepubliceerd_op"].partition("+")[0].replace("-", "").replace(":", "")
    about = {
        name: citaat[name]
        for name in ("titel", "gepubliceerd_op", "schema_versie", "herkomst", "inhoud_sha256", "licentie", "bron")
    }
    return f"{moment}-{citaat['inhoud_sha256'][:8]}", about


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _sums(folder: Path) -> bytes:
    """Give the hashes of all files, as `sha256sum --check` reads them."""
    lines = []
    for path in _files(folder):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}")
    return ("\n".join(lines) + "\n").encode()


def _put(fs: Any, folder: Path, target: str, sums: bytes) -> bool:  # noqa: ANN401  # a file system of fsspec
    """Put a set there; its list of hashes comes last, so a set that has one is whole.

    Returns:
        whether it is new.
    """
    if fs.exists(f"{target}/{SUMS}"):
        there = fs.cat_file(f"{target}/{SUMS}")
        if there != sums:
            other = {line.partition(b"  ")[2].decode() for line in {*there.splitlines()} ^ {*sums.splitlines()}}
            raise SourceError(
                f"{target} is there already with other contents ({', '.join(sorted(other))}). A version is never "
                "changed. Is only dcat.jsonld another one, then REINTEGRATIE_CONTACT was: publish with the contact of "
                "before, or wait for the next version. Otherwise the file was made again by other code at the same "
                "moment: look at both."
            )
        _verify(fs, target, sums)
        return False
    for path in _files(folder):
        if path.name != SUMS:
            fs.put_file(str(path), f"{target}/{path.relative_to(folder).as_posix()}")
    _verify(fs, target, sums)
    fs.pipe_file(f"{target}/{SUMS}", sums)
    return True


def _verify(fs: Any, target: str, sums: bytes) -> None:  # noqa: ANN401  # a file system of fsspec
    """Read every file back and compare its hash: what a store says of itself is not enough."""
    for line in sums.decode().splitlines():
        wanted, _, name = line.partition("  ")
        digest = hashlib.sha256()
        with fs.open(f"{target}/{name}", "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != wanted:
            raise SourceError(f"{target}/{name} is not what was put there (sha256 differs); run it again")
