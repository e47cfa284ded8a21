"""A register of a few gemeenten, as tests elsewhere use it: every table can be made, whatever classes are there."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.replica.catalogue import V3_HOSTS, V4_HOST, Tables
from pipelines.replica.tables import Slice
from pipelines.replica.world import KLASSEN, build_world

SRG = ("85588NED", "85589NED", "85692NED", "85585NED")
_ALL = (9_000, 12_500, 18_000, 23_000, 31_000, 44_000, 62_000, 91_000, 130_000, 220_000, 370_000, 900_000)


def register(folder: Path, sizes: Sequence[int]) -> Path:
    lines = ["jaar,gemeente_code,naam,provincie_code,provincie,arbeidsmarktregio_code,arbeidsmarktregio,inwoners"]
    for jaar in range(2022, 2027):
        lines += [f"{jaar},GM{n:04},Plaats {n},PV26,Utrecht,AM11,Midden,{size}" for n, size in enumerate(sizes, 1)]
    (folder / "gemeenten.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_every_table_of_a_small_world(small_facts: Path) -> None:
    tables = Tables(build_world(small_facts))
    count = 0
    for host in (V4_HOST, *V3_HOSTS):
        for table in tables.on(host):
            first = table.rows.json(Slice("", (), 0, 3))
            assert first.startswith(b"{"), table.description.tabel_id
            assert b"NaN" not in first
            count += 1
    assert count == 10 + 1 + 12 + 3 + 4


@pytest.mark.parametrize(
    ("sizes", "seed"),
    [
        (_ALL, 84),  # no tens come near the printed mean of two large gemeenten
        ((31_000, 9_000, 23_000, 130_000, 370_000), 28),
        ((9_000,), 1),
        ((900_000,), 2),
        ((31_000, 44_000), 3),
        ((62_000, 91_000, 23_000), 4),
    ],
)
def test_classes_may_be_empty_or_of_one_gemeente(sizes: Sequence[int], seed: int, tmp_path: Path) -> None:
    world = build_world(register(tmp_path, sizes), seed=seed)
    assert {world.klasse(2024, code) for code in world.gemeenten(2024)} <= set(KLASSEN)
    assert all(number > 0 for number in world.bijstand(2024, 1).values())
    tables = Tables(world)
    for tabel_id in SRG:
        table = tables.get(V4_HOST, tabel_id)
        assert table is not None
        assert hasattr(table.rows, "frame")
        values = table.rows.frame["Value"]
        assert values.is_nan().sum() == 0
        assert (values.drop_nulls() >= 0).all()
        assert values.max() > 1000


def test_a_region_without_gemeenten_has_no_value(tmp_path: Path) -> None:
    table = Tables(build_world(register(tmp_path, (9_000, 31_000)))).get(V4_HOST, "85588NED")
    assert table is not None
    assert hasattr(table.rows, "frame")
    of_regions = table.rows.frame.select("RegioS", "ValueAttribute").unique()
    assert len(of_regions) == 1 + 4 + 1 + 2 + 2  # every region is empty in all its cells, or in none
    kinds = dict(of_regions.rows())
    assert kinds["LD01"] == kinds["CR40"] == "Impossible"
    assert kinds["LD03"] == kinds["CR17"] == kinds["PV26"] == kinds["NL01"] == "None"


def test_a_gemeente_without_bijstand(small_facts: Path, tmp_path: Path) -> None:
    (tmp_path / "gemeenten.csv").write_bytes((small_facts / "gemeenten.csv").read_bytes())
    (tmp_path / "bijstand.csv").write_text("jaar,gemeente_code,personen\n2024,GM0005,0\n", encoding="utf-8")
    table = Tables(build_world(tmp_path)).get(V4_HOST, "85588NED")
    assert table is not None
    assert hasattr(table.rows, "frame")
    assert table.rows.frame["Value"].is_nan().sum() == 0
