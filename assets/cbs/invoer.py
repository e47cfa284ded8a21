"""Input files: figures that CBS publishes outside its open tables, put in `<lake>/invoer` by a user.

Here: which files there may be, and keeping each as a vintage, byte for byte, as a download is kept. Not here: what is
in them (`assets.core.invoer`).

A file that is taken away is kept as a vintage without rows, so that what a build reads is always the newest vintage.
"""

import hashlib
import shutil
from collections.abc import Iterator
from typing import Any

from dagster import AssetKey, AssetsDefinition, AssetSpec, MaterializeResult, ResourceParam, multi_asset

from assets.errors import ContractError
from assets.lake import FileEntry, Lake, Manifest, Vintage, completed_at, exclusive, lake_errors, write_compressed

# The name of the source -> the file and what it holds.
BESTANDEN = {
    "invoer_bijstandsduur": (
        "srg_bijstandsduur.csv",
        "Personen met een voorziening en bijstand, naar duur van de bijstand",
    ),
    "invoer_doelaandeel": ("srg_doelaandeel.csv", "Aandeel van de voorzieningen met doel re-integratie, naar type"),
}
_MAX_BYTES = 1024 * 1024  # these files have some tens of lines
_TOELICHTING = "Invoerbestand van de gebruiker; niet door dit project bij CBS opgehaald."


def invoer_key(bron: str) -> AssetKey:
    """Give the asset key of an input file."""
    return AssetKey(["raw", bron])


def invoer_assets() -> AssetsDefinition:
    """Make the assets of the input files; they need no network, so a build makes them too."""
    specs = [AssetSpec(invoer_key(bron), group_name="raw", description=titel) for bron, (_, titel) in BESTANDEN.items()]

    @multi_asset(name="invoer", specs=specs)
    def invoer(lake: ResourceParam[Lake]) -> Iterator[MaterializeResult[Any]]:
        for bron, vintage in take_in(lake).items():
            rows = 0 if vintage is None else vintage.manifest.rows
            yield MaterializeResult(asset_key=invoer_key(bron), metadata={"rows": rows})

    return invoer


def take_in(lake: Lake) -> dict[str, Vintage | None]:
    """Keep every input file that changed as a new vintage.

    Returns:
        the newest vintage of each source; None when there never was a file.

    Raises:
        ContractError: a file in the folder is none of `BESTANDEN`, or is too large.
        LakeError: the lake cannot be read or written.
    """
    known = {name for name, _ in BESTANDEN.values()}
    with lake_errors(lake.invoer):
        there = sorted(path.name for path in lake.invoer.iterdir()) if lake.invoer.is_dir() else []
    unknown = [name for name in there if name not in known and not name.startswith(".")]
    if unknown:
        raise ContractError(
            f"{lake.invoer} has {', '.join(unknown)}, which is no input file of this project: "
            f"it may have {', '.join(sorted(known))} (see docs/invoer.md). Rename it or take it away."
        )
    return {bron: _keep(lake, bron) for bron in BESTANDEN}


def _keep(lake: Lake, bron: str) -> Vintage | None:
    name, titel = BESTANDEN[bron]
    path = lake.invoer / name
    newest = lake.newest(bron)
    if not path.is_file() and newest is None:
        return None
    with lake_errors(path):
        content = path.read_bytes() if path.is_file() else b""
    if len(content) > _MAX_BYTES:
        raise ContractError(f"{path} has {len(content)} bytes; an input file has at most {_MAX_BYTES}")
    digest = hashlib.sha256(content).hexdigest()
    if newest is not None and newest.manifest.sha256 == digest:
        return newest
    rows = max(len(content.splitlines()) - 1, 0)
    with exclusive(lake.raw / bron / ".lock"):
        folder = lake.raw / bron / ".download"
        if folder.exists():
            with lake_errors(folder):
                shutil.rmtree(folder)
        write_compressed(folder / "files" / f"{name}.zst", content)
        manifest = Manifest(
            bron=bron,
            tabel_id=name,
            titel=titel,
            catalogus="invoer",
            protocol="bestand",
            address="",
            url=name,
            selectie="",
            filter="",
            kolommen=(),
            modified="",
            downloaded_at=completed_at(newest),
            licentie="zie de kolom bron van het bestand",
            herkomst="opname",
            herkomst_toelichting=_TOELICHTING,
            wereld="",
            rows=rows,
            bytes=len(content),
            sha256=digest,
            files=(
                FileEntry(
                    name=name, resource="data", role="data", url=name, rows=rows, bytes=len(content), sha256=digest
                ),
            ),
        )
        return lake.add_vintage(folder, manifest)
