"""The usual way to the same tables: `cbsodata` or plain `requests`, and pandas, as its users write it.

Here: one program that downloads what a refresh downloads (the same tables, rows and columns) and makes four tables of
the benchmark with merge and groupby. Not here: measuring it (`bench`), or comparing its tables with ours (`same`).

What a user of these does not do, it does not do either: no retries, no check that all rows came, nothing kept.

    python usual.py cbsodata http://127.0.0.1:8123 2017 2026 OUTPUT
"""

import argparse
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

import cbsodata
import numpy as np
import pandas as pd
import requests

IV3, STATLINE, V4 = "dataderden.cbs.nl", "opendata.cbs.nl", "datasets.cbs.nl"
TABLES = tomllib.loads((Path(__file__).parents[2] / "assets" / "cbs" / "tables.toml").read_text(encoding="utf-8"))
TAAKVELDEN = ("0.1", "6.3", "6.4", "6.5")
BOUNDS = [0, 15_000, 25_000, 50_000, 100_000, 250_000, float("inf")]
BIJSTAND = "BijstandTotDeAOWLeeftijd"
LOPEND = ("Lopende voorzieningen", "Lopend", "Lopende voorziening", "Met lopende voorziening")


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


def iv3(way: Way, jaar: int) -> pd.DataFrame:
    """Give lasten on 6.5 in the jaarrekening, second plaatsing, of every gemeente: NaN when it did not deliver."""
    filters = (
        any_of("TaakveldBalanspost", [code.ljust(6) for code in TAAKVELDEN])
        + " and "
        + any_of("Verslagsoort", [f"{jaar}X000", f"{jaar}X005"])
    )
    columns = ["TaakveldBalanspost", "Categorie", "Gemeenten", "Verslagsoort", "k_1ePlaatsing_1", "k_2ePlaatsing_2"]
    rows = way.data(IV3, TABLES["iv3"]["ids"][str(jaar)], filters, columns, ["Gemeenten", "Verslagsoort", "Categorie"])
    rows = rows[rows["Verslagsoort"] == f"{jaar}X005"]
    value = rows["k_2ePlaatsing_2"].astype(float)
    delivered = (value.fillna(0) != 0).groupby(rows["Gemeenten"]).any()
    lasten = rows[rows["TaakveldBalanspost"].str.startswith("6.5 ") & rows["Categorie"].str.startswith("L")]
    sums = lasten.groupby("Gemeenten")["k_2ePlaatsing_2"].sum() * 1000
    result = sums.where(delivered).rename("lasten_euro").reset_index()
    if value.isna().all():
        return result.head(0).assign(jaar=jaar)
    return result.rename(columns={"Gemeenten": "gemeente_code"}).assign(jaar=jaar)


def gebieden(way: Way, jaar: int) -> pd.DataFrame:
    """Give the gemeenten of a year."""
    tabel_id = TABLES["gebieden"]["ids"][str(jaar)]
    listed = [row["Key"] for row in way.meta(STATLINE, tabel_id, "DataProperties") if row["Type"] == "Topic"]
    wanted = [ids for stems in TABLES["gebieden"]["measures"] for ids in stems.split("|") if ids in listed]
    frame = way.data(STATLINE, tabel_id, "", ["RegioS", *wanted], [])
    code = frame[wanted[0]].str.strip()
    return pd.DataFrame({"jaar": jaar, "gemeente_code": code})


def make(way: Way, first: int, last: int, output: Path) -> None:
    """Download everything and write the four tables."""
    years = range(first, last + 1)
    lasten = pd.concat([iv3(way, jaar) for jaar in years])
    gemeenten = pd.concat([gebieden(way, jaar) for jaar in years])
    regions = "(substringof('GM',RegioS) or RegioS eq 'NL01')"
    inwoners = way.data(
        STATLINE,
        "03759ned",
        "Geslacht eq 'T001038' and Leeftijd eq '10000' and BurgerlijkeStaat eq 'T001019' and "
        f"{regions} and Perioden ge '2017JJ00'",
        ["RegioS", "Perioden", "M000352"],
        ["RegioS", "Perioden"],
    )
    stems = [k for k in TABLES["bijstand"]["kolommen"] if k.startswith("Bijstand")]
    listed = [row["Key"] for row in way.meta(STATLINE, "80794ned", "DataProperties")]
    counts = {key.rpartition("_")[0]: key for key in listed if key.rpartition("_")[0] in stems}
    bijstand = way.data(
        STATLINE,
        "80794ned",
        "(substringof('GM',RegioS) or RegioS eq 'NL01  ') and Perioden ge '2017MM01'",
        ["RegioS", "Perioden", *counts.values()],
        ["RegioS", "Perioden"],
    )
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
    voorzieningen = srg(way)
    personen = persons(way)
    for soort, totals in (
        ("bijstand_kenmerken", ["Herkomstland", "GeboortelandOuders"]),
        ("bijstand_duur", ["Geslacht", "Leeftijd", "Herkomstland", "GeboortelandOuders"]),
    ):
        tabel_id = TABLES[soort]["id"]
        first_period = "2023MM01" if soort == "bijstand_kenmerken" else "2023KW01"
        filters = [*(total(way, tabel_id, column) for column in totals), f"Perioden ge '{first_period}'"]
        wanted = [c for c in TABLES[soort]["kolommen"] if c != "Perioden"]
        aantal = measure(way, tabel_id, TABLES[soort]["measures_op_titel"][0])
        way.data(STATLINE, tabel_id, " and ".join(filters), [*wanted, "Perioden", aantal], ["Perioden"])

    inwoners["jaar"] = inwoners["Perioden"].str[:4].astype(int)
    inwoners = inwoners.rename(columns={"RegioS": "gemeente_code", "M000352": "inwoners"})
    bijstand["jaar"] = bijstand["Perioden"].str[:4].astype(int)
    bijstand = bijstand[bijstand["Perioden"].str.endswith("MM01")]
    bijstand = bijstand.rename(columns={"RegioS": "gemeente_code", counts[BIJSTAND]: "bijstandsontvangers"})
    key = ["jaar", "gemeente_code"]
    base = gemeenten.merge(inwoners[[*key, "inwoners"]].astype({"inwoners": float}), on=key, how="left").merge(
        bijstand[[*key, "bijstandsontvangers"]].astype({"bijstandsontvangers": float}), on=key, how="left"
    )
    spending = base.merge(lasten, on=key, how="inner")
    spending["per_inwoner_euro"] = spending["lasten_euro"] / spending["inwoners"]
    spending["per_bijstandsontvanger_euro"] = spending["lasten_euro"] / spending["bijstandsontvangers"].replace(
        0, np.nan
    )
    output.mkdir(parents=True, exist_ok=True)
    spending.sort_values(key).to_csv(output / "gemeente_jaar.csv", index=False)
    classes(spending).to_csv(output / "uitgaven_grootteklasse.csv", index=False)
    voorzieningen = voorzieningen.merge(base, on=key, how="inner")
    voorzieningen["per_1000_inwoners"] = 1000 * voorzieningen["aantal"] / voorzieningen["inwoners"]
    divisor = voorzieningen["bijstandsontvangers"].replace(0, np.nan)
    voorzieningen["per_bijstandsontvanger"] = voorzieningen["aantal"] / divisor
    voorzieningen.to_csv(output / "voorzieningen_gemeente.csv", index=False)
    personen.to_csv(output / "personen.csv", index=False)


def classes(spending: pd.DataFrame) -> pd.DataFrame:
    """Give statistics by class of gemeentegrootte."""
    spending = spending.assign(klasse=np.digitize(spending["inwoners"], BOUNDS))
    frames = []
    for noemer, divisor in (("inwoner", "inwoners"), ("bijstandsontvanger", "bijstandsontvangers")):
        ratio = f"per_{noemer}_euro"
        valid = spending[spending[ratio].notna()]
        grouped = valid.groupby(["jaar", "klasse"])
        table = grouped.agg(
            aantal=(ratio, "size"),
            gemiddelde_euro=(ratio, "mean"),
            mediaan_euro=(ratio, "median"),
            som_lasten_euro=("lasten_euro", "sum"),
            som_noemer=(divisor, "sum"),
        ).reset_index()
        table["verhouding_van_sommen_euro"] = table["som_lasten_euro"] / table["som_noemer"]
        frames.append(table.assign(noemer=noemer))
    return pd.concat(frames)


def srg(way: Way) -> pd.DataFrame:
    """Give running voorzieningen of gemeenten: total and main categories are those whose title says so."""
    tabel_id = TABLES["srg_voorzieningen"]["id"]
    aantal = measure(way, tabel_id, TABLES["srg_voorzieningen"]["measures_op_titel"][0])
    columns = TABLES["srg_voorzieningen"]["kolommen"]
    rows = way.data(
        STATLINE,
        tabel_id,
        "(substringof('GM',RegioS) or substringof('PV',RegioS) or RegioS eq 'NL01') and Perioden ge '2023MM01'",
        [*columns, aantal],
        ["RegioS", "Perioden"],
    )
    rows = rows[rows["RegioS"].str.startswith("GM") & rows["StatusVoorziening"].str.strip().isin(LOPEND)]
    rows = rows[rows[aantal].notna()]
    return pd.DataFrame(
        {
            "jaar": rows["Perioden"].str[:4].astype(int),
            "maand": rows["Perioden"].str[6:].astype(int),
            "gemeente_code": rows["RegioS"],
            "type": rows["TypeReIntegratieParticipatievoorz"].str.strip(),
            "aantal": rows[aantal].astype(float),
        }
    )


def persons(way: Way) -> pd.DataFrame:
    """Give persons with a voorziening by type and month: the totals of every other characteristic."""
    tabel_id = TABLES["srg_personen"]["id"]
    aantal = measure(way, tabel_id, TABLES["srg_personen"]["measures_op_titel"][0])
    columns = TABLES["srg_personen"]["kolommen"]
    filters = f"{total(way, tabel_id, 'GeboortelandOuders')} and Perioden ge '2023MM01'"
    rows = way.data(STATLINE, tabel_id, filters, [*columns, aantal], ["Perioden"])
    for column in ("Geslacht", "Leeftijd", "Herkomstland"):
        rows = rows[rows[column].str.startswith("Totaal")]
    grouped = rows.groupby(["Perioden", "TypeReIntegratieParticipatievoorz", "StatusPersoon"], as_index=False)
    return grouped[aantal].sum(min_count=1).rename(columns={aantal: "aantal"})


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
