"""The doctor, over HTTP: nothing wrong at the replica, and every assumption broken in turn."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faulty import Answer, Change, Faulty, Rule, instead, on

from assets.cbs.download import Selection
from assets.cbs.registry import Registry, load_registry
from assets.cbs.titels import load_titels
from assets.cbs.transport import Address, Transport, TransportSettings
from pipelines.doctor import CODE_LISTS, RULES, Report, as_json, examine, print_report
from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import build_world

IV3, GEBIEDEN, INWONERS, BIJSTAND, PRIJS = "45063NED", "85385NED", "03759ned", "80794ned", "85880NED"
SRG, PERSONEN, DUUR, CPI = "85588NED", "85589NED", "85585NED", "86141NED"
YEARS = (2023,)
SELECTION = Selection(("6.3", "6.4", "6.5", "0.1"))
ON_PAGES = {"feed_pages_by_10000", "api_refuses_more_than_10000", "v4_pages_by_100000"}
QUICK = TransportSettings(attempts=2, first_wait_s=0.01)


@pytest.fixture(scope="module")
def served(small_facts: Path) -> Iterator[tuple[Faulty, str]]:
    faulty = Faulty(create_app(build_world(small_facts, seed=1)))
    with running_app(faulty) as url:
        yield faulty, url


@pytest.fixture
def replica(served: tuple[Faulty, str]) -> Iterator[tuple[Faulty, str]]:
    faulty, url = served
    faulty.requests.clear()
    faulty.data_pages = 0
    yield faulty, url
    faulty.rules.clear()


def ask(url: str, *, registry: Registry | None = None, pages: bool = False) -> Report:
    with Transport(Address.parse(url), QUICK) as transport:
        return examine(transport, registry or load_registry(), YEARS, SELECTION, pages=pages)


def named(report: Report, outcome: str) -> set[str]:
    return {check.name for check in report.checks if check.outcome == outcome}


def asked_of_data(faulty: Faulty) -> list[str]:
    return [path for path in faulty.requests if "TypedDataSet?" in path or "Observations?" in path]


# -- ways of breaking something


def put(**fields: object) -> Change:
    """Change fields of the record, or of each record, of an answer."""

    def change(answer: dict[str, Any]) -> None:
        for record in answer.get("value", [answer]):
            record.update(fields)

    return change


def rewrite(field: str, before: str, after: str) -> Change:
    """Rewrite the texts in a field of every record."""

    def change(answer: dict[str, Any]) -> None:
        for record in answer["value"]:
            if isinstance(record.get(field), str):
                record[field] = record[field].replace(before, after)

    return change


def without(field: str, part: str) -> Change:
    """Leave out the records that have something in a field."""

    def change(answer: dict[str, Any]) -> None:
        answer["value"] = [record for record in answer["value"] if part not in str(record[field])]

    return change


def gained(**fields: object) -> Change:
    """Add a record."""
    return lambda answer: answer["value"].append({**answer["value"][0], **fields})


def top(before: str, after: str | None, value: str = "") -> Change:
    """Give a field of the envelope another name, or (after None) another value."""

    def change(answer: dict[str, Any]) -> None:
        if after is None:
            answer[before] = value
        elif before in answer:
            answer[after] = answer.pop(before)

    return change


def count(part: str, status: int, said: bytes) -> Rule:
    return lambda path, _: (status, said) if part in path and "$count" in path else None


def lost_year(answer: dict[str, Any]) -> None:
    answer["value"] = [r for r in answer["value"] if not r["Identifier"].startswith(("2017", "2018", "2019"))]


def next_page(answer: dict[str, Any]) -> None:
    answer["@odata.nextLink"] = "http://127.0.0.1:1/more"


def cut(rows: int) -> Change:
    """Send a page of so many rows."""

    def change(answer: dict[str, Any]) -> None:
        answer["value"] = answer["value"][:rows]

    return change


def several(*records: dict[str, object]) -> Change:
    """Add records."""
    return lambda answer: answer["value"].extend({**answer["value"][0], **record} for record in records)


def half_a_page(path: str, content: bytes) -> Answer:
    """Send less row numbers than a page has, with the link to the next page."""
    return on("ODataFeed", cut(5000))(path, content) if path.endswith("$format=json&$select=ID") else None


BROKEN: list[tuple[str, Rule]] = [
    ("table_exists", instead(f"{DUUR}/Properties", 404, b"{}")),
    ("table_exists", on(f"{DUUR}/Properties", put(Modified=None))),
    ("iv3_ids", instead(f"{IV3}/TableInfos", 404, b"{}")),
    ("v3_twin_at_opendata table_exists", instead(f"opendata.cbs.nl/ODataApi/odata/{BIJSTAND}", 404, b"{}")),
    ("v3_json_on_request", instead(f"{IV3}/TableInfos", 200, b"<feed/>")),
    ("case_sensitive_ids", instead("03759NED/Properties", 200, b"{}")),
    ("title_as_registered", on(f"{PRIJS}/Properties", put(Title="Consumptie van huishoudens"))),
    ("title_as_registered", on(f"{IV3}/TableInfos", put(Title="Gemeenten 2022 onbewerkte Iv3-data"))),
    ("status_regulier", on(f"{SRG}/Properties", put(Status="Gediscontinueerd"))),
    ("status_regulier", on(f"{BIJSTAND}/TableInfos", put(OutputStatus="Vervallen"))),
    ("status_regulier", on(f"{GEBIEDEN}/Properties", put(Status="Vervallen"))),
    ("origin_told", on(f"{SRG}/Properties", put(Source="CBS"))),
    ("modified_is_a_date", on(f"{SRG}/Properties", put(Modified="gisteren"))),
    (
        "dimensions_known code_lists_come_whole",
        on(f"{DUUR}/Dimensions", gained(Identifier="Onderwijsniveau")),
    ),
    ("code_lists_come_whole", on(f"{SRG}/TypeReIntegratieParticipatievoorzCodes", next_page)),
    ("code_lists_come_whole", on(f"{BIJSTAND}/Perioden", gained())),
    ("iv3_columns_2017_on", on(f"{IV3}/DataProperties", rewrite("Key", "k_2ePlaatsing_2", "k_Definitief_2"))),
    ("columns_by_stem", on(f"{BIJSTAND}/DataProperties", rewrite("Key", "BijstandTotDeAOWLeeftijd", "Bijstand"))),
    ("measure_ids", on(f"{GEBIEDEN}/MeasureCodes", rewrite("Identifier", "GM000C_1", "GM000C_2"))),
    ("measure_titles", on(f"{INWONERS}/MeasureCodes", put(Title="Gemiddelde bevolking"))),
    ("measures_by_title", on(f"{SRG}/MeasureCodes", put(Title="Uitstroom"))),
    ("totals_by_title", on(f"{PERSONEN}/GeboortelandOudersCodes", rewrite("Title", "Totaal", "Alle"))),
    (
        "code_titles",
        on(f"{SRG}/TypeReIntegratieParticipatievoorzCodes", gained(Identifier="A999999", Title="In wacht")),
    ),
    ("code_titles", on(f"{DUUR}/DuurVanDeUitkeringssituatieCodes", without("Title", "1 tot 2"))),
    ("selected_codes", on(f"{PRIJS}/SoortMutatiesCodes", rewrite("Identifier", "A045303", "A045399"))),
    ("selected_codes", on(f"{IV3}/Verslagsoort", without("Key", "X005"))),
    ("regions", on(f"{BIJSTAND}/RegioS", without("Key", "NL01"))),
    ("regions", on(f"{SRG}/RegioSCodes", without("Identifier", "PV"))),
    ("periods", on(f"{INWONERS}/PeriodenCodes", lost_year)),
    ("periods", on(f"{SRG}/PeriodenCodes", rewrite("Identifier", "MM", "KW"))),
    ("period_statuses", on(f"{SRG}/PeriodenCodes", rewrite("Status", "Voorlopig", "Geraamd"))),
    ("taakveld_names", on(f"{IV3}/TaakveldBalanspost", rewrite("Title", "Arbeidsparticipatie", "Sport"))),
    ("unit_1000_euro", on(f"{IV3}/DataProperties", put(Unit="euro"))),
    ("gemeenten_agree", on(f"{GEBIEDEN}/RegioSCodes", without("Identifier", "GM0001"))),
    ("gemeenten_agree iv3_full_cube", on(f"{IV3}/Gemeenten", without("Key", "GM0001"))),
    ("count_on_filter", count(SRG, 501, b"")),
    ("count_on_filter", count(SRG, 200, b"many")),
    ("count_on_filter", count(SRG, 200, b"0")),
    ("count_on_filter", count(IV3, 200, b"999999999")),
    ("iv3_full_cube", count(IV3, 200, b"1000")),
    ("filter_on_rows", instead(f"{PRIJS}/Observations?", 400, b"{}")),
    ("filter_on_rows", on(f"{PRIJS}/Observations?", put(Measure="A000001"))),
    ("filter_on_rows", on(f"{SRG}/Observations?", put(RegioS="LD01  "))),
    ("filter_on_rows", on(f"{BIJSTAND}/TypedDataSet?", put(Perioden="2011MM01"))),
    ("filter_on_rows", on(f"{SRG}/Observations?", gained())),
    ("columns_of_a_row", on(f"{BIJSTAND}/TypedDataSet?", put(Nieuw=1))),
    ("kinds_of_value", on(f"{SRG}/Observations?", put(ValueAttribute="Secret"))),
    ("kinds_of_value", on(f"{BIJSTAND}/TypedDataSet?", put(BijstandTotDeAOWLeeftijd_7="       ."))),
    ("unfilled_cells_are_null_or_zero", on("Primo", put(k_1ePlaatsing_1="."))),
    ("feed_next_link_without_at", on("ODataFeed", top("odata.metadata", "@odata.metadata"))),
    ("v4_next_link", on("Observations?", top("@odata.context", "odata.metadata"))),
    ("links_stay_on_host", on(f"{SRG}/Observations?", top("@odata.context", None, "https://odata4.cbs.nl/x"))),
    ("iv3_title_in_catalogue", on("dataderden.cbs.nl/ODataCatalog", rewrite("Title", "onbewerkte", "ruwe"))),
    ("tables_in_catalogue", on("CBS/Datasets", without("Identifier", SRG))),
    ("feed_pages_by_10000", half_a_page),
    ("api_refuses_more_than_10000", instead("$top=10001", 200, b'{"value": []}')),
    ("api_refuses_more_than_10000", instead("$top=10001", 500, b"too much")),
    ("v4_pages_by_100000", on("$select=Id", top("@odata.nextLink", "odata.nextLink"))),
]


@pytest.mark.parametrize(
    ("names", "rule"), BROKEN, ids=[f"{n}-{names.split()[0]}" for n, (names, _) in enumerate(BROKEN)]
)
def test_each_assumption_that_does_not_hold_is_named(replica: tuple[Faulty, str], names: str, rule: Rule) -> None:
    faulty, url = replica
    faulty.rules.append(rule)
    report = ask(url, pages=bool(ON_PAGES & set(names.split())))
    assert named(report, "wrong") == set(names.split())
    assert report.outcome == "wrong"
    for check in report.checks:
        assert bool(check.what_to_do) == (check.outcome != "ok")
        assert check.expected
        assert check.found
    if not ON_PAGES & set(names.split()):
        assert all("$top=1" in path for path in asked_of_data(faulty))


def test_every_assumption_is_broken_once() -> None:
    assert {name for names, _ in BROKEN for name in names.split()} == {rule.name for rule in RULES}


def test_nothing_is_wrong_at_the_replica_and_no_data_are_downloaded(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    report = ask(url)
    assert named(report, "wrong") == set()
    assert named(report, "unknown") == ON_PAGES
    assert [table.outcome for table in report.tables] == ["ok"] * 10
    assert report.new == ()
    assert "reconstructie" in report.herkomst
    assert report.requests == len(faulty.requests)
    assert all(path.endswith("$top=1") for path in asked_of_data(faulty))
    assert faulty.data_pages == len(report.tables) + 1  # a row of each, and an unfilled cell of Iv3


def test_pages_are_asked_only_when_told(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    report = ask(url, pages=True)
    assert (report.outcome, named(report, "unknown")) == ("ok", set())
    assert len([path for path in asked_of_data(faulty) if not path.endswith("$top=1")]) == 3


def test_a_failing_table_does_not_stop_the_others(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    faulty.rules += [instead(f"{SRG}/Properties", 404, b"{}"), instead(f"{PRIJS}/Dimensions", 200, b'{"value": 1}')]
    report = ask(url)
    outcomes = {table.bron: table.outcome for table in report.tables}
    assert {bron for bron, outcome in outcomes.items() if outcome != "ok"} == {
        "srg_voorzieningen",
        "prijsindex_overheid",
    }
    srg = next(table for table in report.tables if table.bron == "srg_voorzieningen")
    assert {check.outcome for check in srg.checks if check.name != "table_exists"} == {"unknown"}
    assert srg.rows is None
    assert "table_exists" in srg.checks[1].found


def test_what_could_not_be_asked_is_unknown_and_not_wrong(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    faulty.rules += [instead(f"{SRG}/RegioSCodes", 503, b"busy"), instead("CBS/Datasets", 503, b"busy")]
    report = ask(url)
    assert named(report, "wrong") == set()
    assert {"code_lists_come_whole", "tables_in_catalogue"} <= named(report, "unknown")
    assert report.outcome == "unknown"


def test_a_closed_year_may_be_discontinued(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    faulty.rules.append(on(f"{GEBIEDEN}/Properties", put(Status="Gediscontinueerd")))
    assert named(ask(url), "wrong") == set()


def test_a_filled_cell_tells_nothing_of_unfilled_ones(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    faulty.rules.append(on("Primo", put(k_1ePlaatsing_1=12.5)))
    report = ask(url)
    assert named(report, "unknown") == {"unfilled_cells_are_null_or_zero", *ON_PAGES}


def test_a_host_that_is_gone_leaves_its_tables_unknown(
    replica: tuple[Faulty, str], capsys: pytest.CaptureFixture[str]
) -> None:
    faulty, url = replica
    faulty.rules.append(instead("opendata.cbs.nl", 503, b"busy"))
    report = ask(url)
    assert list(report.unreachable) == ["opendata.cbs.nl"]
    assert {table.bron for table in report.tables if table.outcome != "ok"} == {"bijstand"}
    assert len([path for path in faulty.requests if "opendata.cbs.nl" in path]) == 2 * QUICK.attempts
    print_report(report)
    assert "opendata.cbs.nl cannot be reached: " in capsys.readouterr().out


def test_a_source_that_is_gone_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    report = ask(f"http://127.0.0.1:{port}")
    assert not report.is_reached
    assert report.outcome == "unknown"
    assert (report.tables, report.checks) == ((), ())
    print_report(report)
    said = [line for line in capsys.readouterr().out.splitlines() if "cannot be reached" in line]
    assert len(said) == 1
    assert json.loads(as_json(report))["is_reached"] is False


def test_what_is_new_in_the_catalogue_is_told(replica: tuple[Faulty, str], capsys: pytest.CaptureFixture[str]) -> None:
    faulty, url = replica
    faulty.rules += [
        on(
            "dataderden.cbs.nl/ODataCatalog",
            several(
                {"Identifier": "45082NED", "Title": "Gemeenten 2027 onbewerkte Iv3-data  "},
                {"Identifier": "45012NED", "Title": "Gemeenten 2013 onbewerkte Iv3-data"},
            ),
        ),
        on(
            "CBS/Datasets",
            several(
                {"Identifier": "86500NED", "Title": "Gebieden in Nederland 2027"},
                {
                    "Identifier": "86600NED",
                    "Title": "Consumentenprijzen; prijsindex 2030=100",
                    "Modified": "2031-01-01T00:00:00",
                },
                {
                    "Identifier": "83131NED",
                    "Title": "Consumentenprijzen; prijsindex 2015=100",
                    "Modified": "2020-01-01T00:00:00",
                },
                {"Identifier": "86601NED", "Title": "Consumentenprijzen; prijsindex 2025=100", "Status": "Vervallen"},
                {"Identifier": "86700NED", "Title": "Personen met bijstand; duur van de lopende uitkeringssituatie"},
            ),
        ),
    ]
    report = ask(url)
    assert {(new.kind, new.bron, new.tabel_id) for new in report.new} == {
        ("new year", "iv3", "45082NED"),
        ("new year", "gebieden", "86500NED"),
        ("successor", "prijsindex_consumenten", "86600NED"),
        ("successor", "bijstand_duur", "86700NED"),
    }
    assert named(report, "wrong") == set()
    print_report(report)
    assert "--years 2027" in capsys.readouterr().out


def test_another_id_for_a_known_year_is_told(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    faulty.rules.append(on("dataderden.cbs.nl/ODataCatalog", rewrite("Identifier", IV3, "45099NED")))
    report = ask(url)
    assert named(report, "wrong") == {"iv3_title_in_catalogue"}
    assert [(new.kind, new.tabel_id) for new in report.new] == [("successor", "45099NED")]


def test_a_year_without_an_id_is_found_by_its_title(replica: tuple[Faulty, str]) -> None:
    known = load_registry()
    iv3 = known.entries["iv3"]
    registry = replace(
        known,
        entries={**known.entries, "iv3": iv3.model_copy(update={"ids": {2022: iv3.ids[2022], 2024: iv3.ids[2024]}})},
    )
    report = ask(replica[1], registry=registry)
    assert next(table.tabel_id for table in report.tables if table.bron == "iv3_2023") == IV3
    assert ("new year", IV3) in {(new.kind, new.tabel_id) for new in report.new}
    assert named(report, "wrong") == set()
    replica[0].rules.append(on("dataderden.cbs.nl/ODataCatalog", rewrite("Title", "onbewerkte", "ruwe")))
    assert "iv3_ids" in named(ask(replica[1], registry=registry), "wrong")


def test_a_catalogue_is_read_to_its_last_page(replica: tuple[Faulty, str]) -> None:
    faulty, url = replica
    whole: list[dict[str, Any]] = []

    def rule(path: str, content: bytes) -> Answer:
        if "CBS/Datasets" not in path:
            return None
        answer = json.loads(content)
        whole[:] = whole or answer["value"]
        first = "page=2" not in path
        answer["value"] = whole[:5] if first else whole[5:]
        if first:
            answer["@odata.nextLink"] = f"{url}/datasets.cbs.nl/odata/v1/CBS/Datasets?page=2"
        return json.dumps(answer).encode()

    faulty.rules.append(rule)
    assert named(ask(url), "wrong") == set()
    assert named(ask(url), "unknown") == ON_PAGES


def test_a_report_reads_well_and_can_be_sent(replica: tuple[Faulty, str], capsys: pytest.CaptureFixture[str]) -> None:
    faulty, url = replica
    faulty.rules.append(on(f"{SRG}/MeasureCodes", put(Title="Uitstroom [rood]")))
    report = ask(url)
    print_report(report)
    said = capsys.readouterr().out
    assert "wrong: measures_by_title (G)" in said
    assert "  found: 1 of 5 tables: srg_voorzieningen: 85588NED (srg_voorzieningen): no measure titled" in said
    assert "  to do: Look at MeasureCodes" in said
    assert "RECONSTRUCTIE" in said
    assert sum("iv3_2023" in line and IV3 in line for line in said.splitlines()) == 1
    sent = json.loads(as_json(report))
    assert sent["outcome"] == "wrong"
    assert {table["bron"]: table["outcome"] for table in sent["tables"]}["srg_voorzieningen"] == "wrong"
    assert sent["checks"][0].keys() == {"name", "mark", "place", "outcome", "expected", "found", "what_to_do"}


def test_lists_of_titles_are_those_of_the_registry() -> None:
    entries = load_registry().entries
    for soort, lists in CODE_LISTS.items():
        assert set(lists) <= set(entries[soort].kolommen)
        assert set(lists.values()) <= set(load_titels())
