"""The usual way to the same tables: `cbsodata` or plain `requests`, and pandas, as its users write it.

Here: one program that downloads what a refresh downloads (the same tables, rows and columns) and writes the tables of
the benchmark on spending and on the SRG. Not here: what it makes of the rows (`usual_tables`), measuring it (`bench`),
or comparing its tables with ours (`same`).

What a user of these does not do, it does not do either: no retries, no check that all rows came, nothing kept.

    python usual.py cbsodata http://127.0.0.1:8123 2017 2026 OUTPUT
"""

import argparse
import time
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import cbsodata
import pandas as pd
import requests
from usual_tables import bookings, tables

IV3, STATLINE, V4 = "dataderden.cbs.nl", "opendata.cbs.nl", "datasets.cbs.nl"
CBS = Path(__file__).parents[2] / "assets" / "cbs"
TABLES = tomllib.loads((CBS / "tables.toml").read_text(encoding="utf-8"))
TITELS = tomllib.loads((CBS / "titels.toml").read_text(encoding="utf-8"))
TAAKVELDEN = ("0.1", "6.3", "6.4", "6.5")
BIJSTAND = "BijstandTotDeAOWLeeftijd"


class Way(Protocol):
    """A way to get a table: rows that a filter leaves, some columns as codes and the others as titles."""

    def meta(self, host: str, tabel_id: str, name: str) -> list[dict[str, Any]]:
        """Give a code list or list of columns, with Key and Title."""

    def data(
        self, host: str, tabel_id: str, filters: str, select: Sequence[str], codes: Collection[str]
    ) -> pd.DataFrame:
        """Give rows."""


class Cbsodata:
    """With cbsodata: v3, titles in the place of codes; a code that is needed again is looked up by its title."""

    def __init__(self, base: str) -> None:
        self.base = base.removeprefix("http://")
        cbsodata.options.use_https = False

    def meta(self, host: str, tabel_id: str, name: str) -> list[dict[str, Any]]:
        """Give a code list."""
        found: list[dict[str, Any]] = cbsodata.get_meta(tabel_id, name, catalog_url=f"{self.base}/{host}")
        return found

    def data(
        self, host: str, tabel_id: str, filters: str, select: Sequence[str], codes: Collection[str]
    ) -> pd.DataFrame:
        """Give rows."""
        frame = pd.DataFrame(
            cbsodata.get_data(tabel_id, filters=filters, select=list(select), catalog_url=f"{self.base}/{host}")
        )
        for column in codes:
            keys = {row["Title"]: row["Key"].strip() for row in self.meta(host, tabel_id, column)}
            frame[column] = frame[column].map(keys)
        return frame


class Requests:
    """With requests: v3 where there is no v4, a request a page, codes replaced by titles with map."""

    def __init__(self, base: str) -> None:
        self.base = base

    def meta(self, host: str, tabel_id: str, name: str) -> list[dict[str, Any]]:
        """Give a code list."""
        if self._is_v4(host, tabel_id):
            name = "MeasureCodes" if name == "DataProperties" else f"{name}Codes"
            found = self._records(f"{self.base}/{V4}/odata/v1/CBS/{tabel_id}/{name}", {})
            return [{**row, "Key": row["Identifier"], "Type": "Topic"} for row in found]
        return self._records(f"{self.base}/{host}/ODataApi/odata/{tabel_id}/{name}", {"$format": "json"})

    def data(
        self, host: str, tabel_id: str, filters: str, select: Sequence[str], codes: Collection[str]
    ) -> pd.DataFrame:
        """Give rows."""
        if self._is_v4(host, tabel_id):
            frame = self._v4(tabel_id, filters, select)
        else:
            url = f"{self.base}/{host}/ODataFeed/odata/{tabel_id}/TypedDataSet"
            query = {"$format": "json", "$filter": filters, "$select": ",".join(select)}
            frame = pd.DataFrame(self._records(url, query))
        properties = [row["Key"] for row in self.meta(host, tabel_id, "DataProperties") if row["Type"] == "Topic"]
        for column in (column for column in select if column not in properties):
            if column in codes:
                frame[column] = frame[column].str.strip()
            else:
                titles = {row["Key"]: row["Title"] for row in self.meta(host, tabel_id, column)}
                frame[column] = frame[column].map(titles)
        return frame

    def _v4(self, tabel_id: str, filters: str, select: Sequence[str]) -> pd.DataFrame:
        """Give observations, a column for each measure."""
        measures = [row["Key"] for row in self.meta(V4, tabel_id, "DataProperties") if row["Key"] in select]
        wanted = " or ".join(f"Measure eq '{measure}'" for measure in measures)
        filters = filters.replace("substringof('GM',RegioS)", "startswith(RegioS,'GM')")
        filters = filters.replace("substringof('PV',RegioS)", "startswith(RegioS,'PV')")
        query = {"$filter": f"({wanted}) and {filters}" if filters else f"({wanted})"}
        frame = pd.DataFrame(self._records(f"{self.base}/{V4}/odata/v1/CBS/{tabel_id}/Observations", query))
        frame["Value"] = frame["Value"].where(frame["StringValue"].isna(), frame["StringValue"])
        if len(measures) == 1:
            return frame.rename(columns={"Value": measures[0]})[[c for c in select if c in {*frame.columns, *measures}]]
        dimensions = [column for column in select if column not in measures]
        return frame.pivot(index=dimensions, columns="Measure", values="Value").reset_index()

    def _is_v4(self, host: str, tabel_id: str) -> bool:
        return host == V4 or (host == STATLINE and tabel_id != "80794ned")

    def _records(self, url: str | None, query: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while url is not None:
            response = requests.get(url, params=query, timeout=60)
            response.raise_for_status()
            answer = response.json()
            found += answer["value"]
            url, query = answer.get("odata.nextLink") or answer.get("@odata.nextLink"), {}
        return found


def any_of(column: str, codes: Sequence[str]) -> str:
    """Write a filter."""
    return "(" + " or ".join(f"{column} eq '{code}'" for code in codes) + ")"


def measure(way: Way, tabel_id: str, titles: str) -> str:
    """Give the column of a measure by its title."""
    found = [row for row in way.meta(STATLINE, tabel_id, "DataProperties") if row.get("Type") == "Topic"]
    return next(row["Key"] for row in found if row["Title"].strip() in titles.split("|"))


def total(way: Way, tabel_id: str, column: str) -> str:
    """Give a filter on the total of a dimension."""
    code = next(row["Key"] for row in way.meta(STATLINE, tabel_id, column) if row["Title"].startswith("Totaal"))
    return f"{column} eq '{code}'"


def names(lijst: str) -> dict[str, str]:
    """Give our name for each title of CBS."""
    return {title: naam for naam, entry in TITELS[lijst].items() for title in entry["titels"]}


def iv3(way: Way, jaar: int) -> pd.DataFrame:
    """Give the cells of one boekjaar, as `usual_tables.bookings` takes them."""
    filters = (
        any_of("TaakveldBalanspost", [code.ljust(6) for code in TAAKVELDEN])
        + " and "
        + any_of("Verslagsoort", [f"{jaar}X000", f"{jaar}X005"])
    )
    columns = ["TaakveldBalanspost", "Categorie", "Gemeenten", "Verslagsoort", "k_1ePlaatsing_1", "k_2ePlaatsing_2"]
    rows = way.data(IV3, TABLES["iv3"]["ids"][str(jaar)], filters, columns, ["Gemeenten", "Verslagsoort", "Categorie"])
    return pd.DataFrame(
        {
            "boekjaar": jaar,
            "verslagsoort": rows["Verslagsoort"].map({f"{jaar}X000": "begroting", f"{jaar}X005": "jaarrekening"}),
            "gemeente_code": rows["Gemeenten"],
            "taakveld": rows["TaakveldBalanspost"].str[:3],
            "soort": rows["Categorie"].str[0].map({"L": "lasten_euro", "B": "baten_euro"}),
            1: rows["k_1ePlaatsing_1"].astype(float),
            2: rows["k_2ePlaatsing_2"].astype(float),
        }
    )


def gebieden(way: Way, jaar: int) -> pd.DataFrame:
    """Give the gemeenten of a year: jaar, gemeente_code, provincie_code."""
    tabel_id = TABLES["gebieden"]["ids"][str(jaar)]
    listed = [row["Key"] for row in way.meta(STATLINE, tabel_id, "DataProperties") if row["Type"] == "Topic"]
    wanted = [ids for stems in TABLES["gebieden"]["measures"] for ids in stems.split("|") if ids in listed]
    frame = way.data(STATLINE, tabel_id, "", ["RegioS", *wanted], [])
    return pd.DataFrame(
        {
            "jaar": jaar,
            "gemeente_code": frame[wanted[0]].str.strip(),
            "provincie_code": frame["PV0001"].str.strip(),
        }
    )


def inwoners(way: Way) -> pd.DataFrame:
    """Give the inwoners on 1 January: jaar, gemeente_code, inwoners."""
    rows = way.data(
        STATLINE,
        "03759ned",
        "Geslacht eq 'T001038' and Leeftijd eq '10000' and BurgerlijkeStaat eq 'T001019' and "
        "(substringof('GM',RegioS) or RegioS eq 'NL01') and Perioden ge '2017JJ00'",
        ["RegioS", "Perioden", "M000352"],
        ["RegioS", "Perioden"],
    )
    return pd.DataFrame(
        {
            "jaar": rows["Perioden"].str[:4].astype(int),
            "gemeente_code": rows["RegioS"],
            "inwoners": rows["M000352"].astype(float),
        }
    )


def months(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of months, with jaar and maand."""
    month = pd.to_datetime(rows["Perioden"], format="%YMM%m", errors="coerce").dropna()
    return rows.loc[month.index].assign(jaar=month.dt.year, maand=month.dt.month)


def bijstand(way: Way) -> pd.DataFrame:
    """Give persons with bijstand up to the AOW age: jaar, maand, regio_code, aantal."""
    stems = [k for k in TABLES["bijstand"]["kolommen"] if k.startswith("Bijstand")]
    listed = [row["Key"] for row in way.meta(STATLINE, "80794ned", "DataProperties")]
    counts = {key.rpartition("_")[0]: key for key in listed if key.rpartition("_")[0] in stems}
    rows = way.data(
        STATLINE,
        "80794ned",
        "(substringof('GM',RegioS) or RegioS eq 'NL01  ') and Perioden ge '2017MM01'",
        ["RegioS", "Perioden", *counts.values()],
        ["RegioS", "Perioden"],
    )
    rows = months(rows).rename(columns={"RegioS": "regio_code", counts[BIJSTAND]: "aantal"})
    return rows[["jaar", "maand", "regio_code", "aantal"]].astype({"aantal": float})


def prices(way: Way) -> None:
    """Download both price series."""
    way.data(
        STATLINE,
        "85880NED",
        "SoortMutaties eq 'A045303' and Perioden ge '2017JJ00'",
        ["Perioden", "A049169_1"],
        ["Perioden"],
    )
    cpi = measure(way, "86141NED", "CPI")
    way.data(
        STATLINE,
        "86141NED",
        "Bestedingscategorieen eq 'T001112' and Perioden ge '2017JJ00'",
        ["Perioden", cpi],
        ["Perioden"],
    )


def counted(
    way: Way, soort: str, filters: str, lists: Mapping[str, tuple[str, str]], codes: Sequence[str]
) -> pd.DataFrame:
    """Give counts of the SRG or of bijstand by month, with our names for the titles of CBS.

    Args:
        way: how.
        soort: the table in tables.toml.
        filters: which rows.
        lists: dimension -> name of its column here, and list of titels.toml.
        codes: dimensions that are kept as codes.
    """
    tabel_id = TABLES[soort]["id"]
    aantal = measure(way, tabel_id, TABLES[soort]["measures_op_titel"][0])
    rows = way.data(STATLINE, tabel_id, filters, [*TABLES[soort]["kolommen"], aantal], codes)
    named = {column: rows[dimension].map(names(lijst)) for dimension, (column, lijst) in lists.items()}
    rows = months(rows.assign(**named, aantal=rows[aantal].astype(float)))
    return rows.rename(columns={"RegioS": "regio_code"})[
        ["jaar", "maand", *(["regio_code"] if "RegioS" in codes else []), *named, "aantal"]
    ]


def voorzieningen(way: Way) -> pd.DataFrame:
    """Give voorzieningen by type, status and regio: every type and status, with a figure or not."""
    return counted(
        way,
        "srg_voorzieningen",
        "(substringof('GM',RegioS) or substringof('PV',RegioS) or RegioS eq 'NL01') and Perioden ge '2023MM01'",
        {
            "TypeReIntegratieParticipatievoorz": ("type", "type"),
            "StatusVoorziening": ("status", "status_voorziening"),
        },
        ["RegioS", "Perioden"],
    )


def personen(way: Way) -> pd.DataFrame:
    """Give persons with a voorziening by type, status and characteristics."""
    return counted(
        way,
        "srg_personen",
        f"{total(way, TABLES['srg_personen']['id'], 'GeboortelandOuders')} and Perioden ge '2023MM01'",
        {
            "TypeReIntegratieParticipatievoorz": ("type", "type"),
            "StatusPersoon": ("status", "status_persoon"),
            "Geslacht": ("geslacht", "geslacht"),
            "Leeftijd": ("leeftijd", "leeftijd"),
            "Herkomstland": ("herkomstland", "herkomstland"),
        },
        ["Perioden"],
    )


def kenmerken(way: Way) -> pd.DataFrame:
    """Give persons with bijstand in Nederland by geslacht and leeftijd."""
    totals = [total(way, TABLES["bijstand_kenmerken"]["id"], c) for c in ("Herkomstland", "GeboortelandOuders")]
    return counted(
        way,
        "bijstand_kenmerken",
        " and ".join([*totals, "Perioden ge '2023MM01'"]),
        {"Geslacht": ("geslacht", "geslacht"), "Leeftijd": ("leeftijd", "leeftijd")},
        ["Perioden"],
    )


def duration(way: Way) -> None:
    """Download persons with bijstand by duration."""
    tabel_id = TABLES["bijstand_duur"]["id"]
    totals = [total(way, tabel_id, c) for c in ("Geslacht", "Leeftijd", "Herkomstland", "GeboortelandOuders")]
    filters = " and ".join([*totals, "Perioden ge '2023KW01'"])
    aantal = measure(way, tabel_id, TABLES["bijstand_duur"]["measures_op_titel"][0])
    way.data(STATLINE, tabel_id, filters, [*TABLES["bijstand_duur"]["kolommen"], aantal], ["Perioden"])


def make(way: Way, first: int, last: int, output: Path) -> None:
    """Download everything and write the tables."""
    years = range(first, last + 1)
    boekingen = pd.concat([bookings(iv3(way, jaar)) for jaar in years])
    gemeenten = pd.concat([gebieden(way, jaar) for jaar in years])
    gemeenten = gemeenten.merge(inwoners(way), on=["jaar", "gemeente_code"], how="left")
    uitkeringen = bijstand(way)
    prices(way)
    made = tables(
        boekingen,
        gemeenten,
        uitkeringen[uitkeringen["jaar"].isin(years)],
        voorzieningen(way),
        personen(way),
        kenmerken(way),
        list(TITELS["type"]),
    )
    duration(way)
    output.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    for name, table in made.items():
        table.to_csv(output / f"{name}.csv", index=False)
    (output / "seconds-of-csv").write_text(f"{time.perf_counter() - begin}")


def main() -> None:
    """Run one way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=["cbsodata", "requests"])
    parser.add_argument("base")
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    way: Way = Cbsodata(options.base) if options.way == "cbsodata" else Requests(options.base)
    make(way, options.first, options.last, options.output)


if __name__ == "__main__":
    main()
