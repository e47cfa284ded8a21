"""The columns of a vintage, kept beside it, so that its JSON is read once.

Here: one Parquet file a page, and the stamp that says from what they were made. Not here: reading JSON (`page`), or
what the columns mean (`assets.core`).

    <lake>/raw/<bron>/.kolommen/<vintage>/    page-00001.parquet, ..., stempel.json

They can always be made again, and are when anything differs: the manifest, a byte of an answer, a byte of theirs, the
code that reads. Who copies or archives a lake may leave them out.
"""

import io
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from assets.errors import LakeError
from assets.lake import Vintage, lake_errors, write_bytes
from assets.stempel import code_sha256, file_sha256, fingerprint, holds, put

FOLDER = ".kolommen"
_UNDER_WAY = ".download"
_STEMPEL = "stempel.json"


def under_way(raw: Path) -> Path:
    """Tell where the columns of a download go until it is complete; `raw` is the folder of the source."""
    return raw / FOLDER / _UNDER_WAY


def write_page(folder: Path, number: int, frame: pl.DataFrame) -> None:
    """Keep the columns of one page, numbered from 1.

    Raises:
        LakeError: the lake cannot be written.
    """
    content = io.BytesIO()
    frame.write_parquet(content, compression="zstd", compression_level=1, statistics=False)
    # Not synced: what is lost or damaged is made again.
    write_bytes(folder / _name(number), content.getvalue(), durable=False)


def count_ids(folder: Path, pages: int) -> int:
    """Count how many different numbers the rows of pages have: their first column.

    Args:
        folder: where `write_page` put them.
        pages: how many.

    Raises:
        LakeError: one is gone or damaged.
    """
    files = [folder / _name(number) for number in range(1, pages + 1)]
    try:
        with lake_errors(folder):
            found = pl.concat(pl.read_parquet(file, columns=[0]).to_series() for file in files)
    except pl.exceptions.PolarsError as error:
        raise LakeError(f"a page in {folder} is damaged ({error}); remove that folder and refresh again") from error
    return found.n_unique()


def adopt(folder: Path, vintage: Vintage) -> None:
    """Give the columns of a download that is complete to the vintage it became.

    Raises:
        LakeError: the lake cannot be written.
    """
    target = _folder(vintage)
    with lake_errors(target):
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    put(target / _STEMPEL, _files(vintage), _made_from(vintage))


def keep(vintage: Vintage, pages: Iterable[pl.DataFrame]) -> None:
    """Keep the columns of a vintage.

    Args:
        vintage: of which they are; see `may_keep`.
        pages: the columns of each page, in order; read one at a time.

    Raises:
        LakeError: the lake cannot be written.
    """
    target = _folder(vintage)
    for number, page in enumerate(pages, start=1):
        write_page(target, number, page)
    put(target / _STEMPEL, _files(vintage), _made_from(vintage))


def may_keep(vintage: Vintage) -> bool:
    """Tell whether anything can be kept beside a vintage: an archived lake may be one that is only read."""
    return os.access(vintage.path.parent, os.W_OK)


def kept(vintage: Vintage) -> list[Path] | None:
    """Give the files with the columns of a vintage, a page each, in order; None when they must be made.

    Raises:
        LakeError: a file cannot be read.
    """
    files = _files(vintage)
    return files if holds(_folder(vintage) / _STEMPEL, files, _made_from(vintage)) else None


def forget(vintage: Vintage) -> None:
    """Remove the columns of a vintage that is removed.

    Raises:
        LakeError: the lake cannot be written.
    """
    target = _folder(vintage)
    if target.exists():
        with lake_errors(target):
            shutil.rmtree(target)


def _made_from(vintage: Vintage) -> str:
    """Give the fingerprint of all that shapes the columns; of the answers as they lie there, not as they are said."""
    answers = {file.name: file_sha256(vintage.path / "files" / f"{file.name}.zst") for file in vintage.manifest.files}
    return fingerprint(
        {"manifest": vintage.manifest.model_dump_json(), "code": code_sha256("assets/cbs"), "answers": answers}
    )


def _folder(vintage: Vintage) -> Path:
    return vintage.path.parent / FOLDER / vintage.path.name


def _files(vintage: Vintage) -> list[Path]:
    pages = sum(1 for file in vintage.manifest.files if file.role == "data")
    return [_folder(vintage) / _name(number) for number in range(1, pages + 1)]


def _name(number: int) -> str:
    return f"page-{number:05d}.parquet"
