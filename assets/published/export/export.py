"""Writing an export: the forms that were asked, in a folder that is whole or not there.

Here: the folder and the order of the forms. Not here: any form.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from assets.benchmark.sql import duckdb_errors
from assets.errors import SettingsError
from assets.lake import lake_errors, write_bytes
from assets.published.export.bestand import geopend
from assets.published.export.datapackage import write_datapackage
from assets.published.export.dcat import write_dcat
from assets.published.export.excel import write_excel
from assets.published.export.tabular import write_csv, write_parquet

FORMS = ("csv", "parquet", "excel", "datapackage", "dcat")
# Tells a folder of ours, which may be replaced, from any other.
_MARK = ".reintegratie-export"


def export(path: Path, folder: Path, forms: Sequence[str], patronen: Sequence[str], contact: str | None) -> list[Path]:
    """Write the published file in other forms.

    Args:
        path: the published file.
        folder: empty, not there yet, or an export made before, which is replaced.
        forms: of `FORMS`; a data package brings its CSV with it.
        patronen: tables; see `geopend`.
        contact: e-mail address for the catalogue (dcat); None: nobody set one.

    Returns:
        the files, relative to the folder, sorted.

    Raises:
        LakeError: there is no published file, or the folder cannot be written.
        SettingsError: the folder holds something else, or a table is not there.
        ContractError: a column has a type that a form cannot tell.
    """
    with lake_errors(folder):
        is_other = folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file()
    if is_other:
        raise SettingsError(f"{folder} holds something that is no export; name a folder that is empty or not there")
    with lake_errors(folder), geopend(path, patronen) as bestand, duckdb_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            made = Path(scratch) / "export"
            made.mkdir()
            if {"csv", "datapackage"} & set(forms):
                csv = write_csv(bestand, made)
                if "datapackage" in forms:
                    write_datapackage(bestand, made, csv)
            if "parquet" in forms:
                write_parquet(bestand, made)
            if "excel" in forms:
                write_excel(bestand, made)
            if "dcat" in forms:
                write_dcat(bestand, made, [file for file in made.rglob("*") if file.is_file()], contact)
            files = sorted(file.relative_to(made) for file in made.rglob("*") if file.is_file())
            write_bytes(made / _MARK, b"made by reintegratie export; replaced whole by the next one\n")
            before = Path(scratch) / "before"
            if folder.exists():
                folder.rename(before)
            try:
                made.rename(folder)
            except OSError:
                if before.exists():
                    before.rename(folder)
                raise
    return files
