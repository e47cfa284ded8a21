"""The SQL itself: statistics as properties over made-up gemeenten, headers, and lineage."""

import statistics
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assets.benchmark.assets import published_tables
from assets.benchmark.sql import connection, describe, make_table, read_sql_file, sql_files, table_path, views
from assets.core.grootteklasse import grootteklasse
from assets.core.instelling import instelling
from assets.core.keuzes import Keuzes
from assets.errors import ContractError
from assets.lake import GROUP_ROWS, Lake, write_table

FILES = {file.name: file for file in sql_files("benchmark")}
GEMEENTE_JAAR = describe(FILES["gemeente_jaar"], "benchmark")
# (inwoners, bijstandsontvangers, lasten; None: not delivered)
Gemeente = tuple[int, int | None, int | None]


def classes(gemeenten: list[Gemeente], folder: Path) -> pl.DataFrame:
    """Run uitgaven_groep and uitgaven_grootteklasse over made-up gemeenten, as they stand in gemeente_jaar."""
    rows = [
        {
            "boekjaar": 2023,
            "verslagsoort": "jaarrekening",
            "plaatsing": 2,
            "taakveld": "6.5",
            "gemeente_code": f"GM{number:04}",
            "is_geleverd": lasten is not None,
            "is_nulboeking": None if lasten is None else lasten == 0,
            "lasten_euro": lasten,
            "inwoners": inwoners,
            "bijstandsontvangers": bijstand,
            "herkomst": "reconstructie",
        }
        for number, (inwoners, bijstand, lasten) in enumerate(gemeenten)
    ]
    schema = {
        **dict.fromkeys(("verslagsoort", "taakveld", "gemeente_code", "herkomst"), pl.String),
        **dict.fromkeys(("boekjaar", "plaatsing", "lasten_euro", "inwoners", "bijstandsontvangers"), pl.Int64),
        "is_geleverd": pl.Boolean,
        "is_nulboeking": pl.Boolean,
    }
    frame = pl.DataFrame(rows, schema=schema)
    register = frame.select(
        pl.col("boekjaar").alias("jaar"),
        "gemeente_code",
        "inwoners",
        provincie_code=pl.lit("PV20"),
        provincie=pl.lit("Groningen"),
        arbeidsmarktregio_code=pl.lit("AM01"),
        arbeidsmarktregio=pl.lit("Groningen"),
    )
    inputs = {
        ("benchmark", "gemeente_jaar"): frame,
        ("core", "gemeente"): register,
        ("core", "grootteklasse"): grootteklasse(),
        ("core", "instelling"): instelling(Keuzes(), "reconstructie"),
    }
    paths = {key: folder / f"{key[1]}.parquet" for key in inputs}
    for key, table in inputs.items():
        write_table(paths[key], table)
    with connection(paths) as con:
        for name in ("gemeente_groep", "uitgaven_groep"):
            con.execute(f"create table benchmark.{name} as {FILES[name].body}")
        result = con.execute(FILES["uitgaven_grootteklasse"].body)
        columns = [column[0] for column in result.description or []]
        return pl.DataFrame(result.fetchall(), schema=columns, orient="row", infer_schema_length=None)


def pick(frame: pl.DataFrame, noemer: str = "inwoner", indeling: str = "buig", nul: str = "met") -> pl.DataFrame:
    return frame.filter(pl.col("noemer") == noemer, pl.col("indeling") == indeling, pl.col("nulboekingen") == nul).sort(
        "klasse_volgorde"
    )


gemeenten = st.lists(
    st.tuples(
        st.integers(900, 900_000),
        st.one_of(st.none(), st.integers(0, 5000).map(lambda tens: tens * 10)),
        st.one_of(st.none(), st.just(0), st.integers(-(10**6), 10**9)),
    ),
    min_size=1,
    max_size=25,
)
relaxed = hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(gemeenten)
def test_nothing_is_lost_or_counted_twice(tmp_path: Path, made_up: list[Gemeente]) -> None:
    frame = classes(made_up, tmp_path)
    for indeling in ("rapport", "cbs", "buig"):
        rows = pick(frame, indeling=indeling)
        assert rows["aantal_gemeenten"].sum() == len(made_up)
        assert rows["aantal"].sum() == sum(lasten is not None for *_, lasten in made_up)
        assert rows["aantal_niet_geleverd"].sum() == sum(lasten is None for *_, lasten in made_up)
        assert (rows["som_lasten_euro"].sum() or 0) == sum(lasten or 0 for *_, lasten in made_up)
    per_person = pick(frame, "bijstandsontvanger")
    assert per_person["aantal"].sum() + per_person["aantal_zonder_noemer"].sum() == sum(
        lasten is not None for *_, lasten in made_up
    )


@relaxed
@given(gemeenten, st.randoms(use_true_random=False))
def test_the_order_of_gemeenten_does_not_matter(tmp_path: Path, made_up: list[Gemeente], random: object) -> None:
    shuffled = list(made_up)
    random.shuffle(shuffled)
    one, other = pick(classes(made_up, tmp_path)), pick(classes(shuffled, tmp_path))
    for column in ("aantal", "som_lasten_euro", "mediaan_euro", "p10_euro", "p90_euro"):
        assert one[column].to_list() == other[column].to_list()
    assert one["gemiddelde_euro"].to_list() == pytest.approx(other["gemiddelde_euro"].to_list())


@relaxed
@given(st.lists(st.tuples(st.integers(900, 900_000), st.none(), st.integers(0, 10**8)), min_size=1, max_size=20))
def test_twice_the_money_is_twice_every_statistic(tmp_path: Path, made_up: list[Gemeente]) -> None:
    doubled = [(people, bijstand, 2 * (lasten or 0)) for people, bijstand, lasten in made_up]
    one, other = pick(classes(made_up, tmp_path)), pick(classes(doubled, tmp_path))
    for column in ("gemiddelde_euro", "mediaan_euro", "verhouding_van_sommen_euro", "p25_euro", "p75_euro"):
        assert [2 * value for value in one[column]] == pytest.approx(other[column].to_list())


@relaxed
@given(gemeenten)
def test_statistics_are_in_order_and_the_mean_is_between(tmp_path: Path, made_up: list[Gemeente]) -> None:
    for row in pick(classes(made_up, tmp_path)).filter(pl.col("aantal") > 0).iter_rows(named=True):
        order = [row[f"{name}_euro"] for name in ("p10", "p25", "mediaan", "p75", "p90")]
        assert order == sorted(order)
        each = [
            lasten / people
            for people, _, lasten in made_up
            if lasten is not None and class_number(people) == row["klasse_volgorde"]
        ]
        assert row["gemiddelde_euro"] == pytest.approx(statistics.fmean(each))
        assert min(each) - 1e-9 <= row["verhouding_van_sommen_euro"] <= max(each) + 1e-9


@relaxed
@given(gemeenten, st.tuples(st.integers(900, 900_000), st.none(), st.integers(1, 10**9)))
def test_another_gemeente_changes_its_own_class_only(
    tmp_path: Path, made_up: list[Gemeente], another: tuple[int, None, int]
) -> None:
    people, _, lasten = another
    before = {row["klasse_volgorde"]: row for row in pick(classes(made_up, tmp_path)).iter_rows(named=True)}
    after = {row["klasse_volgorde"]: row for row in pick(classes([*made_up, another], tmp_path)).iter_rows(named=True)}
    own = class_number(people)
    for number, row in after.items():
        old = before.get(number)
        if number != own:
            assert row == old
            continue
        n, total = (old["aantal"], old["som_lasten_euro"] or 0) if old else (0, 0)
        mean = old["gemiddelde_euro"] if old and old["gemiddelde_euro"] is not None else 0
        assert row["aantal"] == n + 1
        assert row["som_lasten_euro"] == total + lasten
        assert row["gemiddelde_euro"] == pytest.approx((n * mean + lasten / people) / (n + 1))


def class_number(people: int) -> int:
    return 1 + (people >= 15_000) + (people >= 40_000)


def test_one_gemeente_is_its_own_class(tmp_path: Path) -> None:
    row = pick(classes([(20_000, 200, 1_000_000)], tmp_path)).row(0, named=True)
    assert {row[f"{name}_euro"] for name in ("gemiddelde", "mediaan", "p10", "p90", "verhouding_van_sommen")} == {50}
    assert row["aandeel_inwoners_gedekt"] == 1


def test_a_class_of_zero_bookings_is_zero_with_and_nothing_without(tmp_path: Path) -> None:
    frame = classes([(20_000, 200, 0), (30_000, 300, 0)], tmp_path)
    row = pick(frame).row(0, named=True)
    assert (row["aantal"], row["aantal_nulboekingen"], row["gemiddelde_euro"]) == (2, 2, 0)
    row = pick(frame, nul="zonder").row(0, named=True)
    assert (row["aantal"], row["gemiddelde_euro"], row["som_lasten_euro"]) == (0, None, None)
    assert row["aandeel_inwoners_gedekt"] == 0


def test_a_gemeente_that_did_not_deliver_is_counted_and_never_a_zero(tmp_path: Path) -> None:
    row = pick(classes([(20_000, 200, 1_000_000), (20_000, 200, None)], tmp_path)).row(0, named=True)
    assert (row["aantal"], row["aantal_niet_geleverd"], row["gemiddelde_euro"]) == (1, 1, 50)
    assert row["aandeel_inwoners_gedekt"] == 0.5


def test_no_bijstand_is_no_denominator(tmp_path: Path) -> None:
    frame = classes([(20_000, 0, 1_000_000), (20_000, None, 1_000_000), (20_000, 100, 1_000_000)], tmp_path)
    row = pick(frame, "bijstandsontvanger").row(0, named=True)
    assert (row["aantal"], row["aantal_zonder_noemer"], row["gemiddelde_euro"]) == (1, 2, 10_000)


@pytest.mark.parametrize(
    ("ours", "totals", "is_wrong"),
    [
        ((5, 3), {"lasten": 5, "baten": 3}, False),
        ((5, 3), {"lasten": 5, "baten": 4}, True),
        ((5, 3), {"lasten": 5}, True),
        # Who delivered and has nothing on a taakveld booked 0 on it; CBS then gives no figure.
        ((5, 0), {"lasten": 5}, False),
        # Nobody delivered anything but zeros.
        ((None, None), {"lasten": 0, "baten": 0}, False),
        ((None, None), {"lasten": 7}, True),
    ],
)
def test_the_national_sums_are_held_against_those_of_cbs(
    ours: tuple[int | None, int | None], totals: dict[str, int], *, is_wrong: bool
) -> None:
    check = next(file for file in sql_files("checks") if file.name == "uitgaven_nederland_som")
    key = {"boekjaar": 2023, "verslagsoort": "jaarrekening", "plaatsing": 2, "taakveld": "6.5"}
    with duckdb.connect() as con:
        con.execute("create schema core; create schema benchmark")
        con.execute("create table core.controletotaal (onderwerp text, jaar bigint, sleutel text, waarde bigint)")
        for side, waarde in totals.items():
            con.execute(
                "insert into core.controletotaal values ('som van de Iv3-cellen', 2023, ?, ?)",
                [f"jaarrekening/2/6.5/{side}", waarde],
            )
        con.execute(
            "create table benchmark.uitgaven_nederland as select ?::bigint as boekjaar, ? as verslagsoort, "
            "?::bigint as plaatsing, ? as taakveld, ?::bigint as lasten_euro, ?::bigint as baten_euro",
            [*key.values(), *ours],
        )
        assert bool(con.execute(check.body).fetchall()) == is_wrong


def test_what_a_file_reads_is_found_in_its_sql() -> None:
    assert FILES["uitgaven_nederland"].reads == (("benchmark", "gemeente_jaar"),)
    assert set(FILES["gemeente_jaar"].reads) == {
        ("core", "bijstand"),
        ("core", "gemeente"),
        ("core", "instelling"),
        ("core", "iv3_boeking"),
        ("core", "iv3_levering"),
        ("core", "taakveld"),
    }


def test_every_table_has_a_description_with_units() -> None:
    tables = published_tables()
    assert len({table.name for table in tables}) == len(tables)
    for table in tables:
        assert len(table.about) > 40, table.name
        assert set(table.grain) <= set(table.columns), table.name
        assert all(column.eenheid and column.betekenis for column in table.columns.values()), table.name


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_text("select 1 as a")
    with pytest.raises(ContractError, match="should begin with a comment"):
        read_sql_file(path)
    path.write_text("/* about = */ select 1 as a")
    with pytest.raises(ContractError, match="not TOML"):
        read_sql_file(path)


@pytest.mark.parametrize(
    ("body", "found"),
    [("select 1; select 2", "it has 2 statements"), ("selec 1", "syntax error"), ("", "it has 0 statements")],
)
def test_of_many_files_the_one_that_is_not_one_query_is_named(tmp_path: Path, body: str, found: str) -> None:
    folder = tmp_path / "soort"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.sql").write_text(f"/* */ select * from core.{name} join (from rapport.{name}) using (x)")
    assert {file.name: file.reads for file in sql_files("soort", tmp_path)} == {
        name: (("core", name), ("rapport", name)) for name in ("a", "b", "c")
    }
    sql_files.cache_clear()
    (folder / "b.sql").write_text(f"/* */ {body}")
    with pytest.raises(ContractError, match=rf"b\.sql: the body should be one query: .*{found}"):
        sql_files("soort", tmp_path)


def made(tmp_path: Path, sql: str) -> int:
    path = tmp_path / "x.sql"
    path.write_text(
        '/*\nabout = "x"\ngrain = ["a"]\nmethode = "spending"\n'
        f'[columns]\na = ["getal", "x"]\nb = ["getal", "y"]\n*/\n{sql}',
        encoding="utf-8",
    )
    file = read_sql_file(path)
    with views({}) as over:
        return make_table(file, describe(file, "benchmark"), Lake(tmp_path / "lake"), over)


def test_a_table_must_be_as_its_header_describes(tmp_path: Path) -> None:
    assert made(tmp_path, "select 1 as a, 2 as b") == 1
    with pytest.raises(ContractError, match=r"gives columns \['b', 'a'\]"):
        made(tmp_path, "select 2 as b, 1 as a")
    with pytest.raises(ContractError, match=r"gives columns \['b', 'c'\]"):
        made(tmp_path, "select 2 as b, 1 as c")  # without the column it is sorted by
    with pytest.raises(ContractError, match=r"share their key \(a\), for example \[\(1,\), \(3,\), \(None,\)\]"):
        made(tmp_path, "select unnest([3, 1, null, 2, 1, 3, 1, null]) as a, unnest(range(8)) as b")
    assert made(tmp_path, "select unnest([null, 2, 1]) as a, 1 as b") == 3
    assert made(tmp_path, "select null as a, 1 as b") == 1
    with pytest.raises(ContractError, match=r"reads core\.gemeente"):
        made(tmp_path, "select 1 as a, count(*) as b from core.gemeente")


YEARS = "select unnest([2023, null, 2025])::bigint as jaar"
ROWS = "select unnest([2026, 2022, 2024, 2023, 2025, 2025])::bigint as a, unnest(range(6)) as b"


def in_pieces(tmp_path: Path, body: str, per: str) -> tuple[int, list[tuple[int, int]]]:
    """Make a table a, b by the years of a table; give its rows as they are told and as they are written."""
    path = tmp_path / "x.sql"
    path.write_text(
        f'/*\nabout = "x"\ngrain = ["a", "b"]\nmethode = "spending"\nper = {per}\n'
        f'[columns]\na = ["getal", "x"]\nb = ["getal", "y"]\n*/\n{body}',
        encoding="utf-8",
    )
    file, lake = read_sql_file(path), Lake(tmp_path / "lake")
    duckdb.sql(YEARS).write_parquet(str(tmp_path / "jaren.parquet"))
    with views({("core", "jaren"): tmp_path / "jaren.parquet"}) as over:
        told = make_table(file, describe(file, "benchmark"), lake, over)
    assert [found.name for found in lake.benchmark.iterdir()] == ["x.parquet"]
    return told, duckdb.sql(f"select a, b from '{lake.benchmark}/x.parquet'").fetchall()


def test_of_a_table_that_is_made_by_year_no_row_is_lost(tmp_path: Path) -> None:
    """Not of a year that `per` does not have, before, between or after those it has, and not without a year."""
    body = f"with alles as ({ROWS} union all select null, 6) select a, b from alles where exists (from core.jaren)"
    told, rows = in_pieces(tmp_path, body, '["a", "core.jaren.jaar"]')
    assert told == 7
    assert rows == [(2022, 1), (2023, 3), (2024, 2), (2025, 4), (2025, 5), (2026, 0), (None, 6)]


def test_a_table_can_only_be_made_by_the_first_column_of_its_grain_and_what_it_reads(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="`per` should name the first column of its grain"):
        in_pieces(tmp_path, f"{ROWS} where exists (from core.jaren)", '["b", "core.jaren.jaar"]')
    with pytest.raises(ContractError, match=r"`per` names core\.jaren, which the query does not read"):
        in_pieces(tmp_path, ROWS, '["a", "core.jaren.jaar"]')
    with pytest.raises(ContractError, match=r"rows share their key \(a, b\)"):
        in_pieces(tmp_path, "select 2025 as a, 4 as b from core.jaren", '["a", "core.jaren.jaar"]')


def test_a_table_is_written_a_few_rows_at_a_time(tmp_path: Path) -> None:
    """Who reads or writes a Parquet file holds a group of its rows at once."""
    assert made(tmp_path, "select range as a, 1 as b from range(100000)") == 100_000
    query = f"select max(row_group_num_rows) from parquet_metadata('{tmp_path}/lake/benchmark/x.parquet')"
    assert duckdb.sql(query).fetchall() == [(GROUP_ROWS,)]


def test_a_header_that_lacks_something_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_text('/* about = "x" */ select 1 as a')
    with pytest.raises(ContractError, match="needs about, grain, methode and"):
        describe(read_sql_file(path), "benchmark")


def test_the_parquet_of_a_table_lies_in_its_layer(tmp_path: Path) -> None:
    assert table_path(Lake(tmp_path), GEMEENTE_JAAR) == tmp_path / "benchmark" / "gemeente_jaar.parquet"
