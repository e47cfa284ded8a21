"""Bad input from the source, through the whole pipeline: a clear error, and the published file as it was.

Each case refreshes a lake that was published before from a replica that now sends something wrong.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty import Faulty, Rule, changed_table, instead, on

from assets.cbs.oordeel import held_back
from assets.errors import ReintegratieError
from assets.lake import Lake
from assets.published.layout import published_file
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world
from pipelines.run import run_job
from pipelines.settings import Settings, load_settings

IV3, GEBIEDEN, INWONERS, BIJSTAND, PRIJS = "45063NED", "85385NED", "03759ned", "80794ned", "85880NED"
SRG = "85588NED"
SRG_TYPES = f"{SRG}/TypeReIntegratieParticipatievoorzCodes"
IV3_DATA, IV3_PROPERTIES = f"{IV3}/TypedDataSet", f"{IV3}/DataProperties"


@pytest.fixture(scope="module")
def replica(small_facts: Path) -> Iterator[tuple[Faulty, str]]:
    faulty = Faulty(create_app(build_world(small_facts), v3_page_rows=2000))
    with running_app(faulty) as url:
        yield faulty, url


def settings(url: str, lake: Path) -> Settings:
    return load_settings(source=url, years="2023", lake=lake, http_attempts=2, http_first_wait_s=0.01)


def silent(_: object) -> None:
    pass


@pytest.fixture(scope="module")
def published(replica: tuple[Faulty, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("published") / "lake"
    run_job("refresh", settings(replica[1], lake), silent)
    return lake


def first(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    return lambda answer: change(answer["value"][0])


def half(answer: dict[str, Any]) -> None:
    answer["value"] = answer["value"][: len(answer["value"]) // 2]


def without_gemeente(answer: dict[str, Any]) -> None:
    answer["value"] = [row for row in answer["value"] if row["RegioS"] != "GM0363"]


def twice(answer: dict[str, Any]) -> None:
    rows = [row for row in answer["value"] if row["RegioS"] == "GM0363"]
    answer["value"] += [{**row, "Id": row["Id"] + 1_000_000} for row in rows]


def no_value(answer: dict[str, Any]) -> None:
    for row in answer["value"]:
        if row["RegioS"] == "GM0363":
            row["StringValue"] = None


def renamed_measure(answer: dict[str, Any]) -> None:
    for record in answer["value"]:
        record["Key"] = record["Key"].replace("k_2ePlaatsing_2", "k_Definitief_2")


def moving_modified() -> Rule:
    """Change the table each time it is asked when it changed."""
    asked = iter(range(10_000))

    def change(answer: dict[str, Any]) -> None:
        answer["value"][0]["Modified"] = f"2026-11-22T02:00:{next(asked) % 60:02}"

    return on(f"{IV3}/TableInfos", change)


def other_host(answer: dict[str, Any]) -> None:
    if "odata.nextLink" in answer:
        answer["odata.nextLink"] = "http://127.0.0.2:1/" + answer["odata.nextLink"].split("/", 3)[3]


def same_page(answer: dict[str, Any]) -> None:
    if "odata.nextLink" in answer:
        answer["odata.nextLink"] = re.sub(r"(\$|%24)skip=\d+", r"\1skip=2000", answer["odata.nextLink"])


def gained(answer: dict[str, Any]) -> None:
    answer["value"].append({**answer["value"][0], "Identifier": "A999999", "Title": "In wacht"})


def without_month(answer: dict[str, Any]) -> None:
    answer["value"] = [row for row in answer["value"] if row["Perioden"] != "2024MM05"]


def month_twice(answer: dict[str, Any]) -> None:
    may = next(record for record in answer["value"] if record["Identifier"] == "2024MM05")
    answer["value"].append({**may, "Status": "Voorlopig"})


def small_total(answer: dict[str, Any]) -> None:
    """Make the first row, the total of Nederland, smaller than its parts."""
    if answer["value"][0]["RegioS"] == "NL01":
        answer["value"][0]["Value"] = 10


def early_month(answer: dict[str, Any]) -> None:
    answer["value"][0]["Perioden"] = "2022MM12"


def early_code(answer: dict[str, Any]) -> None:
    answer["value"].insert(0, {**answer["value"][0], "Identifier": "2022MM12", "Title": "2022 december"})


def only_known_types(answer: dict[str, Any]) -> None:
    last = max(answer["value"], key=lambda row: row["Id"])["TypeReIntegratieParticipatievoorz"]
    answer["value"] = [row for row in answer["value"] if row["TypeReIntegratieParticipatievoorz"] != last]


def uncounted(tabel_id: str) -> Rule:
    """Let the server not count, so that a case reaches what lies behind the count."""
    return lambda path, _: (404, b"{}") if f"/{tabel_id}/" in path and "$count" in path else None


CASES: dict[str, tuple[str, list[Rule], str]] = {
    "an unknown taakveld": (
        IV3,
        [on(IV3_DATA, first(lambda row: row.update(TaakveldBalanspost="9.9   ")))],
        r"45063NED.*column TaakveldBalanspost has codes.*'9\.9   '",
    ),
    "an unknown categorie": (
        IV3,
        [on(IV3_DATA, first(lambda row: row.update(Categorie="L9.9    ")))],
        r"45063NED.*column Categorie has codes.*'L9\.9    '",
    ),
    "a missing column": (
        IV3,
        [on(IV3_DATA, first(lambda row: row.pop("k_2ePlaatsing_2")))],
        r"iv3_2023.*missing \['k_2ePlaatsing_2'\]",
    ),
    "an extra column": (
        IV3,
        [on(IV3_DATA, first(lambda row: row.update(k_3ePlaatsing_3=1.0)))],
        r"iv3_2023.*unexpected \['k_3ePlaatsing_3'\]",
    ),
    "a renamed measure": (IV3, [on(IV3_PROPERTIES, renamed_measure)], r"2ePlaatsing\|2dePlaatsing.*k_Definitief_2"),
    "text where a number should be": (
        IV3,
        [on(IV3_DATA, first(lambda row: row.update(k_2ePlaatsing_2="veel")))],
        r"45063NED.*k_2ePlaatsing_2.*'veel'",
    ),
    "a gemeente twice": (
        GEBIEDEN,
        [uncounted(GEBIEDEN), on(f"{GEBIEDEN}/Observations", twice)],
        r"85385NED.*there twice.*GM0363",
    ),
    "a missing gemeente": (
        GEBIEDEN,
        [uncounted(GEBIEDEN), on(f"{GEBIEDEN}/Observations", without_gemeente)],
        r"2023 differ between 85385NED and 03759ned.*GM0363",
    ),
    "a null where none may be": (
        GEBIEDEN,
        [on(f"{GEBIEDEN}/Observations", no_value)],
        r"85385NED.*gemeenten without a value.*GM0363",
    ),
    "a table that is gone": (
        BIJSTAND,
        [instead(f"/{BIJSTAND}/", 404, b"{}")],
        r"bijstand: table 80794ned is gone.*tables\.toml",
    ),
    "an empty table": (
        PRIJS,
        [uncounted(PRIJS), on(f"{PRIJS}/Observations", lambda answer: answer.update(value=[]))],
        r"prijsindex_overheid.*no rows",
    ),
    "an HTML page instead of JSON": (
        PRIJS,
        [instead(f"{PRIJS}/Observations", 200, b"<html><body>storing</body></html>")],
        r"instead of JSON.*<html>",
    ),
    "half a page": (
        INWONERS,
        [on(f"{INWONERS}/Observations", half)],
        r"inwoners.*2085 rows came where the server counts 4170",
    ),
    "a page delivered twice": (IV3, [on(IV3_DATA, same_page)], r"iv3_2023.*3 tries.*twice"),
    "a next page on another host": (IV3, [on(IV3_DATA, other_host)], r"iv3_2023.*127\.0\.0\.2.*not followed"),
    "an unknown type of voorziening": (
        SRG,
        [on(SRG_TYPES, lambda answer: answer["value"][2].update(Title="Basisbaan"))],
        r"85588NED, TypeReIntegratieParticipatievoorz: the title 'Basisbaan'.*titels\.toml",
    ),
    "a list of statuses that gained an entry": (
        SRG,
        [on(f"{SRG}/StatusVoorzieningCodes", gained)],
        r"85588NED, StatusVoorziening: the title 'In wacht' \(code A999999\).*titels\.toml",
    ),
    "a type that disappeared": (
        SRG,
        [
            uncounted(SRG),
            on(SRG_TYPES, lambda answer: answer["value"].pop()),
            on(f"{SRG}/Observations", only_known_types),
        ],
        r"85588NED.*CBS no longer gives 'Niet nader in te delen'",
    ),
    "a month missing in the middle": (
        SRG,
        [uncounted(SRG), on(f"{SRG}/Observations", without_month)],
        r"85588NED: no rows of 2024MM05",
    ),
    "the same month twice with two statuses": (
        SRG,
        [on(f"{SRG}/PeriodenCodes", month_twice)],
        r"85588NED: column Perioden has a period twice.*2024MM05",
    ),
    "a total smaller than its part": (
        SRG,
        [on(f"{SRG}/Observations", small_total)],
        r"srg_totaal_kleiner_dan_deel",
    ),
    "a negative count": (
        SRG,
        [on(f"{SRG}/Observations", first(lambda row: row.update(Value=-10)))],
        r"core\.srg_voorziening was not accepted.*aantal_voorzieningen",
    ),
    "a month before the break": (
        SRG,
        [on(f"{SRG}/Observations", early_month), on(f"{SRG}/PeriodenCodes", early_code)],
        r"85588NED: rows of \['2022MM12'\], before 2023",
    ),
    "a measure with another title": (
        SRG,
        [on(f"{SRG}/MeasureCodes", first(lambda record: record.update(Title="Trajecten")))],
        r"srg_voorzieningen.*no measure titled 'Re-integratie-/participatievoorzieningen'",
    ),
    "a table that changes during the download": (IV3, [moving_modified()], r"iv3_2023.*3 tries.*during the download"),
}


# What a first download would be refused for, and a later one is held back for: bron, and what it says.
HELD = {
    "a missing gemeente": ("gebieden_2023", r"RegioS: 1 codes gone \(GM0363 El"),
    "a type that disappeared": ("srg_voorzieningen", r"1 codes gone \(\S+ Niet nader in te delen"),
    "a month missing in the middle": ("srg_voorzieningen", r"Perioden: 1 codes gone \(2024MM05"),
}


@pytest.mark.parametrize("name", HELD)
def test_what_lost_a_code_is_held_back_and_what_was_published_stays(
    name: str, replica: tuple[Faulty, str], published: Path, tmp_path: Path
) -> None:
    tabel_id, rules, _ = CASES[name]
    bron, message = HELD[name]
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    before = hashlib.sha256(published_file(Lake(lake)).read_bytes()).hexdigest()
    faulty, url = replica
    faulty.rules = [*rules, changed_table(tabel_id)]
    try:
        run_job("refresh", settings(url, lake), silent)
    finally:
        faulty.rules = []
    held = held_back(Lake(lake))
    assert list(held) == [bron]
    assert any(re.search(message, reason) for reason in held[bron].gebeurtenissen[-1].redenen), held[bron]
    assert hashlib.sha256(published_file(Lake(lake)).read_bytes()).hexdigest() == before


@pytest.mark.parametrize("name", HELD)
def test_a_first_download_that_lacks_a_code_is_refused(
    name: str, replica: tuple[Faulty, str], published: Path, tmp_path: Path
) -> None:
    """Nothing is there to compare with, so the rules of core find it."""
    tabel_id, rules, message = CASES[name]
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    shutil.rmtree(lake / "raw" / HELD[name][0])
    faulty, url = replica
    faulty.rules = [*rules, changed_table(tabel_id)]
    try:
        with pytest.raises(ReintegratieError) as caught:
            run_job("refresh", settings(url, lake), silent)
    finally:
        faulty.rules = []
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)


@pytest.mark.parametrize("name", [name for name in CASES if name not in HELD])
def test_bad_input_is_refused_and_what_was_published_stays(
    name: str, replica: tuple[Faulty, str], published: Path, tmp_path: Path
) -> None:
    tabel_id, rules, message = CASES[name]
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    before = hashlib.sha256(published_file(Lake(lake)).read_bytes()).hexdigest()
    vintages = {bron: len(Lake(lake).vintages(bron)) for bron in Lake(lake).bronnen()}
    faulty, url = replica
    faulty.rules = [*rules, changed_table(tabel_id)]
    try:
        with pytest.raises(ReintegratieError) as caught:
            run_job("refresh", settings(url, lake), silent)
    finally:
        faulty.rules = []
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)
    assert hashlib.sha256(published_file(Lake(lake)).read_bytes()).hexdigest() == before
    assert all(len(Lake(lake).vintages(bron)) >= count for bron, count in vintages.items())


def test_what_was_refused_can_be_refreshed_when_the_source_is_mended(
    replica: tuple[Faulty, str], published: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    faulty, url = replica
    faulty.rules = [*CASES["text where a number should be"][1], changed_table(IV3)]
    with pytest.raises(ReintegratieError):
        run_job("refresh", settings(url, lake), silent)
    checked = lake / "raw" / "iv3_2023" / "checked.json"
    assert not checked.exists()
    # Mended, and changed since: it is downloaded again, and found to hold what the vintage in use holds.
    faulty.rules = [changed_table(IV3)]
    run_job("refresh", settings(url, lake), silent)
    assert checked.is_file()
    assert len(Lake(lake).vintages("iv3_2023")) == 1
    assert published_file(Lake(lake)).read_bytes() == published_file(Lake(published)).read_bytes()


def test_no_server_at_all(run: Any, published: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    before = published_file(Lake(lake)).read_bytes()
    done = run(
        "refresh",
        *("--source", "http://127.0.0.1:1", "--years", "2023", "--lake", lake),
        REINTEGRATIE_HTTP_ATTEMPTS="1",
    )
    assert done.returncode == 1
    assert "refresh failed; what was published before stays" in done.stderr
    assert "Connection refused" in done.stderr
    assert len(done.stderr.splitlines()) < 40
    assert published_file(Lake(lake)).read_bytes() == before


def test_a_source_that_does_not_say_where_its_figures_come_from(replica: tuple[Faulty, str], tmp_path: Path) -> None:
    faulty, url = replica
    faulty.rules = [on(f"{PRIJS}/Properties", lambda answer: answer.update(Source="CBS."))]
    try:
        with pytest.raises(ReintegratieError, match="does not say where its figures come from"):
            run_job("refresh", settings(url, tmp_path / "lake"), silent)
    finally:
        faulty.rules = []


def test_a_refresh_without_changes_asks_once_a_table_and_no_data(
    replica: tuple[Faulty, str], published: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    faulty, url = replica
    faulty.data_pages, faulty.requests = 0, []
    run_job("refresh", settings(url, lake), silent)
    assert faulty.data_pages == 0
    assert len(faulty.requests) == len(Lake(lake).bronnen())


def test_a_second_world_in_the_same_lake_is_refused(
    replica: tuple[Faulty, str], small_facts: Path, published: Path, tmp_path: Path
) -> None:
    """A year of another reconstruction is not put beside the years that are there."""
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    with running_app(create_app(build_world(small_facts, seed=2))) as url:
        other = load_settings(source=url, years="2024", lake=lake)
        with pytest.raises(ReintegratieError, match=r"mixes sources.*--lake"):
            run_job("refresh", other, silent)
    assert published_file(Lake(lake)).read_bytes() == published_file(Lake(published)).read_bytes()
    assert replica[1] != url
