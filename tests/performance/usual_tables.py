"""The tables of the benchmark with pandas, as its users write it: merge, groupby, agg and quantile.

Here: from the rows that `usual` downloaded, named as ours, to tables with our names of columns. Not here: downloading
(`usual`), or comparing with ours (`same`). Left out is what only annotates a figure: names of regions and classes,
notes, statuses, herkomst, and the base to which CBS rounds.

NaN is no figure, never 0.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

AANDEEL_ZONDER_BIJSTAND = 0.36  # of the persons with a voorziening: an assumption of the report
MARGE = 5  # CBS rounds counts to tens
HEEL_JAAR = 12
INDELINGEN = {
    "rapport": [0, 15_000, 25_000, 50_000, 100_000, 250_000, np.inf],
    "cbs": [0, 5_000, 10_000, 20_000, 50_000, 100_000, 150_000, 250_000, np.inf],
    "buig": [0, 15_000, 40_000, np.inf],
}
# The report's category of each type (figures 21 and 22); what is not in it is a main category or the total.
RAPPORT = {
    "Loonkostensubsidie (Participatiewet)": "Financiële compensatie",
    "Forfaitaire loonkostensubsidie": "Financiële compensatie",
    "Tijdelijke loonkostensubsidie": "Financiële compensatie",
    "WIW/ID-baan": "Werkplekken",
    "Beschut werk": "Werkplekken",
    "Participatieplaats": "Werkplekken",
    "Proefplaatsing t.b.v. loonwaardebepaling": "Werkplekken",
    "Overige werkplekken": "Werkplekken",
    "Jobcoach/begeleiding op de werkplek": "Ondersteuning op de werkplek",
    "Werkplekaanpassing": "Ondersteuning op de werkplek",
    "Coaching naar werk of naar participatie": "Training en coaching",
    "Training/cursus/opleiding": "Training en coaching",
    "Vrijwilligerswerk": "Vrijwilligerswerk en sociale activering",
    "Overige sociale activering": "Vrijwilligerswerk en sociale activering",
    "Vervoersvoorziening": "Faciliterende voorziening",
    "Overige faciliterende voorziening": "Faciliterende voorziening",
    "Uitbesteed en onbekend": "Anders",
    "Niet nader in te delen": "Anders",
}
TOTAAL = "Totaal re-integratie-/participatievoorziening"
LKS, JOBCOACH = "Loonkostensubsidie (Participatiewet)", "Jobcoach/begeleiding op de werkplek"
KENMERKEN = ("geslacht", "leeftijd", "herkomstland")

LEVERING = ["boekjaar", "verslagsoort", "plaatsing", "gemeente_code"]
UITGAVEN = ["boekjaar", "verslagsoort", "plaatsing", "taakveld"]
MAAND = ["jaar", "maand"]


def tables(
    boekingen: pd.DataFrame,
    gemeenten: pd.DataFrame,
    bijstand: pd.DataFrame,
    voorzieningen: pd.DataFrame,
    personen: pd.DataFrame,
    kenmerken: pd.DataFrame,
    types: Collection[str],
) -> Mapping[str, pd.DataFrame]:
    """Make every table.

    Args:
        boekingen: `bookings` of every boekjaar.
        gemeenten: of every year: jaar, gemeente_code, provincie_code, inwoners.
        bijstand: jaar, maand, regio_code, aantal of these years, gemeenten and Nederland.
        voorzieningen: jaar, maand, regio_code, type, status, aantal.
        personen: jaar, maand, type, status, `KENMERKEN`, aantal.
        kenmerken: persons with bijstand in Nederland: jaar, maand, geslacht, leeftijd, aantal.
        types: every type, main category and the total.

    Returns:
        name of the table in schema benchmark -> its rows.
    """
    januari = bijstand[bijstand["maand"] == 1].drop(columns="maand")
    januari = januari.rename(columns={"regio_code": "gemeente_code", "aantal": "bijstandsontvangers"})
    gemeenten = gemeenten.merge(januari, on=["jaar", "gemeente_code"], how="left")
    # Gemeenten of these years only: others have no inwoners.
    existing = pd.MultiIndex.from_frame(gemeenten[["jaar", "gemeente_code"]])
    is_existing = pd.MultiIndex.from_frame(voorzieningen[["jaar", "regio_code"]]).isin(existing)
    voorzieningen = voorzieningen[is_existing | ~voorzieningen["regio_code"].str.startswith("GM")]
    per_maand = voorzieningen_maand(voorzieningen, gemeenten)
    per_gemeente = per_maand[per_maand["regio_code"].str.startswith("GM")]
    totalen = personen[(personen[list(KENMERKEN)] == "totaal").all(axis=1)]
    spending = gemeente_jaar(boekingen, gemeenten)
    types_table = voorzieningen_type(per_maand[per_maand["regio_code"] == "NL01"], totalen, types)
    return {
        "gemeente_jaar": spending,
        "uitgaven_nederland": uitgaven_nederland(spending),
        "uitgaven_grootteklasse": uitgaven_grootteklasse(spending),
        "voorzieningen_type": types_table,
        "voorzieningen_maand": per_maand,
        "voorzieningen_gemeente": voorzieningen_gemeente(per_gemeente, gemeenten),
        "voorzieningen_grootteklasse": voorzieningen_grootteklasse(per_gemeente, gemeenten),
        "personen_geslacht": verdeling(
            personen, kenmerken[kenmerken["leeftijd"] == "tot AOW-leeftijd"], "geslacht", ["mannen", "vrouwen"], types
        ),
        "personen_leeftijd": verdeling(
            personen, kenmerken[kenmerken["geslacht"] == "totaal"], "leeftijd", ["<27", "27-45", ">=45"], types
        ),
        "intensiteit": intensiteit(types_table, bijstand),
        "uitgaven_per_persoon": uitgaven_per_persoon(spending, bijstand, totalen),
    }


def divide(teller: pd.Series, noemer: pd.Series) -> pd.Series:
    """Divide; NaN where the denominator is 0."""
    return teller / noemer.where(noemer != 0)


def bookings(cells: pd.DataFrame) -> pd.DataFrame:
    """Add up the cells of one boekjaar, and tell who delivered.

    Args:
        cells: boekjaar, verslagsoort, gemeente_code, taakveld, soort (lasten_euro, baten_euro, or NaN: neither), and 1
            and 2: the amounts of each plaatsing in 1 000 euro.

    Returns:
        a row for each of `LEVERING` that is published and each taakveld: is_geleverd, lasten_euro and baten_euro; both
        NaN for who did not deliver.
    """
    amounts = cells[[1, 2]].rename_axis(columns="plaatsing")
    gemeente = [cells["boekjaar"], cells["verslagsoort"], cells["gemeente_code"]]
    is_geleverd = amounts.fillna(0).ne(0).groupby(gemeente).any()
    is_published = amounts.notna().groupby(gemeente).any().groupby("verslagsoort").transform("any")
    levering = is_geleverd.stack()[is_published.stack()].rename("is_geleverd")
    sums = amounts.groupby([*gemeente, cells["taakveld"], cells["soort"]]).sum().mul(1000).round()
    sums = sums.stack().unstack("soort").reset_index()
    # 0.1 is there to tell who delivered.
    result = levering.reset_index().merge(sums[sums["taakveld"] != "0.1"], on=LEVERING)
    result[["lasten_euro", "baten_euro"]] = result[["lasten_euro", "baten_euro"]].where(result["is_geleverd"])
    return result


def gemeente_jaar(boekingen: pd.DataFrame, gemeenten: pd.DataFrame) -> pd.DataFrame:
    """Give what each gemeente booked, per inwoner and per bijstandsontvanger."""
    gemeenten = gemeenten.drop(columns="provincie_code").rename(columns={"jaar": "boekjaar"})
    table = boekingen.merge(gemeenten, on=["boekjaar", "gemeente_code"])
    lasten, bijstand = table["lasten_euro"], table["bijstandsontvangers"]
    table["is_nulboeking"] = (lasten == 0).astype("boolean").where(table["is_geleverd"])
    table["saldo_euro"] = lasten - table["baten_euro"]
    table["lasten_per_inwoner_euro"] = lasten / table["inwoners"]
    table["lasten_per_bijstandsontvanger_euro"] = divide(lasten, bijstand)
    # Negative lasten are lowest over the fewest persons.
    marge = np.where(lasten < 0, -MARGE, MARGE)
    laagst = divide(lasten, bijstand + marge).where((lasten >= 0) | (bijstand > MARGE))
    hoogst = divide(lasten, bijstand - marge).where((lasten < 0) | (bijstand > MARGE))
    table["lasten_per_bijstandsontvanger_ondergrens_euro"] = laagst
    table["lasten_per_bijstandsontvanger_bovengrens_euro"] = hoogst
    return table


def national(spending: pd.DataFrame) -> pd.DataFrame:
    """Add up the gemeenten: those that delivered, and of these the ones that have a number of bijstandsontvangers."""
    geleverd = spending["is_geleverd"]
    met_bijstand = geleverd & (spending["bijstandsontvangers"] > 0)
    parts = spending.assign(
        inwoners_geleverd=spending["inwoners"].where(geleverd),
        bijstandsontvangers_geleverd=spending["bijstandsontvangers"].where(geleverd),
        lasten_met_bijstand=spending["lasten_euro"].where(met_bijstand),
        bijstand=spending["bijstandsontvangers"].where(met_bijstand),
        inwoners_met_bijstand=spending["inwoners"].where(met_bijstand),
    )
    columns = ["lasten_euro", "baten_euro", "saldo_euro", "inwoners", "inwoners_geleverd"]
    columns += ["bijstandsontvangers_geleverd", "lasten_met_bijstand", "bijstand", "inwoners_met_bijstand"]
    return parts.groupby(UITGAVEN)[columns].sum(min_count=1)


def uitgaven_nederland(spending: pd.DataFrame) -> pd.DataFrame:
    """Give what all gemeenten booked."""
    table = spending.groupby(UITGAVEN).agg(
        aantal_gemeenten=("gemeente_code", "size"),
        aantal_geleverd=("is_geleverd", "sum"),
        aantal_nulboekingen=("is_nulboeking", "sum"),
    )
    table["aantal_niet_geleverd"] = table["aantal_gemeenten"] - table["aantal_geleverd"]
    table = table.join(national(spending))
    table["aandeel_inwoners_gedekt"] = table["inwoners_geleverd"] / table["inwoners"]
    table["lasten_per_inwoner_euro"] = table["lasten_euro"] / table["inwoners_geleverd"]
    table["lasten_per_bijstandsontvanger_euro"] = table["lasten_met_bijstand"] / table["bijstand"]
    return table.drop(columns=["lasten_met_bijstand", "bijstand", "inwoners_met_bijstand"]).reset_index()


def uitgaven_grootteklasse(spending: pd.DataFrame) -> pd.DataFrame:
    """Give statistics of lasten by class, with and without zero bookings."""
    geleverd, nul = spending["is_geleverd"], spending["is_nulboeking"].fillna(value=False).astype(bool)
    frames = []
    for noemer, column in (("inwoner", "inwoners"), ("bijstandsontvanger", "bijstandsontvangers")):
        heeft_noemer = spending[column] > 0
        for nulboekingen, kept in (("met", geleverd), ("zonder", geleverd & ~nul)):
            frames.append(
                spending.assign(
                    noemer=noemer,
                    nulboekingen=nulboekingen,
                    noemer_aantal=spending[column],
                    telt_mee=kept & heeft_noemer,
                    nul=nul,
                    niet_geleverd=~geleverd,
                    zonder_noemer=geleverd & ~heeft_noemer,
                )
            )
    stand = in_classes(pd.concat(frames))
    key = [*UITGAVEN, "noemer", "indeling", "klasse_volgorde", "nulboekingen"]
    counts = stand.groupby(key).agg(
        aantal_gemeenten=("gemeente_code", "size"),
        aantal_nulboekingen=("nul", "sum"),
        aantal_niet_geleverd=("niet_geleverd", "sum"),
        aantal_zonder_noemer=("zonder_noemer", "sum"),
    )
    return counts.join(statistics(stand, key, "lasten_euro", "euro")).reset_index()


def in_classes(stand: pd.DataFrame) -> pd.DataFrame:
    """Give every row once for each indeling, with its class by inwoners."""
    return pd.concat(
        [
            stand.assign(indeling=indeling, klasse_volgorde=np.digitize(stand["inwoners"], bounds))
            for indeling, bounds in INDELINGEN.items()
        ]
    )


def statistics(stand: pd.DataFrame, key: Sequence[str], teller: str, eenheid: str) -> pd.DataFrame:
    """Give statistics of a ratio by class, over the gemeenten that count.

    Args:
        stand: a row a gemeente: `key`, inwoners, `teller`, noemer_aantal, telt_mee.
        key: what a class is told by.
        teller: the column that is divided by noemer_aantal.
        eenheid: the last word of the names of the statistics.
    """
    mee = stand["telt_mee"]
    counted = stand[[*key, "inwoners", "telt_mee"]].assign(
        inwoners_mee=stand["inwoners"].where(mee, 0),
        teller=stand[teller].where(mee),
        noemer_aantal=stand["noemer_aantal"].where(mee),
        ratio=divide(stand[teller], stand["noemer_aantal"]).where(mee),
    )
    grouped = counted.groupby(list(key))
    sums = grouped[["teller", "noemer_aantal"]].sum(min_count=1)
    quantiles = grouped["ratio"].quantile([0.1, 0.25, 0.5, 0.75, 0.9]).unstack()
    inwoners = grouped[["inwoners", "inwoners_mee"]].sum()
    return pd.DataFrame(
        {
            "aantal": grouped["telt_mee"].sum(),
            "aandeel_inwoners_gedekt": inwoners["inwoners_mee"] / inwoners["inwoners"],
            f"som_{teller}": sums["teller"],
            "som_noemer": sums["noemer_aantal"],
            f"verhouding_van_sommen_{eenheid}": sums["teller"] / sums["noemer_aantal"],
            f"gemiddelde_{eenheid}": grouped["ratio"].mean(),
            f"mediaan_{eenheid}": quantiles[0.5],
            f"p10_{eenheid}": quantiles[0.1],
            f"p25_{eenheid}": quantiles[0.25],
            f"p75_{eenheid}": quantiles[0.75],
            f"p90_{eenheid}": quantiles[0.9],
        }
    )


def voorzieningen_maand(voorzieningen: pd.DataFrame, gemeenten: pd.DataFrame) -> pd.DataFrame:
    """Give voorzieningen by month, regio and type, beside the same month a year before."""
    names = {
        "lopend": "lopende_voorzieningen_aantal",
        "beëindigd": "beeindigde_voorzieningen_aantal",
        "lopend en beëindigd": "lopend_en_beeindigd_aantal",
    }
    key = [*MAAND, "regio_code", "type"]
    rows = voorzieningen[voorzieningen["status"].isin(names)]
    table = rows.pivot(index=key, columns="status", values="aantal").rename(columns=names).reset_index()
    lopend = "lopende_voorzieningen_aantal"
    eerder = table[[*key, lopend]].assign(jaar=table["jaar"] + 1).rename(columns={lopend: "eerder"})
    inwoners = pd.concat(
        gemeenten.groupby(["jaar", regio])["inwoners"].sum().rename_axis(["jaar", "regio_code"]).reset_index()
        for regio in (gemeenten["gemeente_code"], gemeenten["provincie_code"], pd.Series("NL01", gemeenten.index))
    )
    table = table.merge(eerder, on=key, how="left").merge(inwoners, on=["jaar", "regio_code"], how="left")
    table["mutatie_jaar_aantal"] = table[lopend] - table["eerder"]
    table["lopende_voorzieningen_per_1000_inwoners"] = 1000 * table[lopend] / table["inwoners"]
    return table.drop(columns=["eerder", "inwoners"])


def voorzieningen_gemeente(per_gemeente: pd.DataFrame, gemeenten: pd.DataFrame) -> pd.DataFrame:
    """Give running voorzieningen of gemeenten per inwoner and per bijstandsontvanger, with the bounds of rounding."""
    rows = per_gemeente[~per_gemeente["type"].isin(RAPPORT)].dropna(subset="lopende_voorzieningen_aantal")
    rows = rows.rename(columns={"regio_code": "gemeente_code", "lopende_voorzieningen_aantal": "aantal_voorzieningen"})
    table = rows[[*MAAND, "gemeente_code", "type", "aantal_voorzieningen"]].merge(
        gemeenten, on=["jaar", "gemeente_code"]
    )
    aantal, inwoners, bijstand = table["aantal_voorzieningen"], table["inwoners"], table["bijstandsontvangers"]
    laagst, hoogst = (aantal - MARGE).clip(lower=0), aantal + MARGE
    table["per_1000_inwoners"] = 1000 * aantal / inwoners
    table["per_1000_inwoners_ondergrens"] = 1000 * laagst / inwoners
    table["per_1000_inwoners_bovengrens"] = 1000 * hoogst / inwoners
    table["per_bijstandsontvanger"] = divide(aantal, bijstand)
    table["per_bijstandsontvanger_ondergrens"] = laagst / (bijstand + MARGE)
    table["per_bijstandsontvanger_bovengrens"] = (hoogst / (bijstand - MARGE)).where(bijstand > MARGE)
    return table.drop(columns=["inwoners", "provincie_code"])


def voorzieningen_grootteklasse(per_gemeente: pd.DataFrame, gemeenten: pd.DataFrame) -> pd.DataFrame:
    """Give statistics of running voorzieningen by class and month, over three denominators."""
    rows = per_gemeente.rename(columns={"regio_code": "gemeente_code", "lopende_voorzieningen_aantal": "voorzieningen"})
    rows = rows[[*MAAND, "gemeente_code", "type", "voorzieningen"]]
    lks = rows[rows["type"] == LKS].drop(columns="type").rename(columns={"voorzieningen": "lks"})
    rows = rows[~rows["type"].isin(RAPPORT)]
    # Every gemeente of the year, with or without a figure.
    stand = rows[[*MAAND, "type"]].drop_duplicates().merge(gemeenten, on="jaar")
    stand = stand.merge(rows, on=[*MAAND, "type", "gemeente_code"], how="left")
    stand = stand.merge(lks, on=[*MAAND, "gemeente_code"], how="left")
    inwoners, bijstand, lks_aantal = stand["inwoners"] / 1000, stand["bijstandsontvangers"], stand["lks"]
    noemers = {
        "1.000 inwoners": (inwoners, inwoners, inwoners),
        "bijstandsontvanger": (bijstand, bijstand - MARGE, bijstand + MARGE),
        "bijstandsontvanger plus LKS-ontvanger": (
            bijstand + lks_aantal,
            (bijstand - MARGE).clip(lower=0) + (lks_aantal - MARGE).clip(lower=0),
            bijstand + lks_aantal + 2 * MARGE,
        ),
    }
    aantal = stand["voorzieningen"]
    frames = []
    for noemer, (midden, laag, hoog) in noemers.items():
        mee = aantal.notna() & (midden > 0)
        frames.append(
            stand.assign(
                noemer=noemer,
                noemer_aantal=midden,
                noemer_laag=laag.where(mee),
                telt_mee=mee,
                zonder_cijfer=aantal.isna(),
                nul=aantal == 0,
                zonder_noemer=aantal.notna() & ~mee,
                per_noemer_laag=divide((aantal - MARGE).clip(lower=0), hoog).where(mee),
                per_noemer_hoog=divide(aantal + MARGE, laag).where(mee),
            )
        )
    stand = in_classes(pd.concat(frames))
    key = [*MAAND, "type", "noemer", "indeling", "klasse_volgorde"]
    table = stand.groupby(key).agg(
        aantal_gemeenten=("gemeente_code", "size"),
        aantal_zonder_cijfer=("zonder_cijfer", "sum"),
        aantal_nul=("nul", "sum"),
        aantal_zonder_noemer=("zonder_noemer", "sum"),
        gemiddelde_ondergrens_per_noemer=("per_noemer_laag", "mean"),
        gemiddelde_bovengrens_per_noemer=("per_noemer_hoog", "mean"),
        noemer_laag=("noemer_laag", "min"),
    )
    # No bound when a denominator may be 0.
    bovengrens = table["gemiddelde_bovengrens_per_noemer"].where(table["noemer_laag"] > 0)
    table["gemiddelde_bovengrens_per_noemer"] = bovengrens
    table = table.drop(columns="noemer_laag").join(statistics(stand, key, "voorzieningen", "per_noemer"))
    return table.reset_index()


def voorzieningen_type(nederland: pd.DataFrame, totalen: pd.DataFrame, types: Collection[str]) -> pd.DataFrame:
    """Give voorzieningen and persons by type in Nederland: means of the months of a year."""
    key = [*MAAND, "type"]
    voorzieningen = nederland.set_index(key)["lopende_voorzieningen_aantal"].rename("voorzieningen")
    personen = totalen[totalen["status"] == "lopend"].set_index(key)["aantal"].rename("personen")
    months = pd.concat([voorzieningen, personen], axis=1).reset_index()
    months["beide"] = months["voorzieningen"].notna() & months["personen"].notna()
    table = months.groupby(["jaar", "type"]).agg(
        aantal_maanden=("voorzieningen", "count"),
        gemiddeld_aantal_voorzieningen=("voorzieningen", "mean"),
        aantal_maanden_personen=("personen", "count"),
        gemiddeld_aantal_personen=("personen", "mean"),
        beide=("beide", "sum"),
    )
    every = pd.MultiIndex.from_product([months["jaar"].unique(), types], names=["jaar", "type"])
    table = table.reindex(every)
    counts = ["aantal_maanden", "aantal_maanden_personen", "beide"]
    table[counts] = table[counts].fillna(0).astype(int)
    comparable = (table["beide"] == table["aantal_maanden"]) & (table["beide"] == table["aantal_maanden_personen"])
    ratio = divide(table["gemiddeld_aantal_voorzieningen"], table["gemiddeld_aantal_personen"])
    table["voorzieningen_per_persoon"] = ratio.where(comparable)
    table["is_volledig_jaar"] = table["beide"] == HEEL_JAAR
    return table.drop(columns="beide").reset_index()


def verdeling(
    personen: pd.DataFrame, bijstand: pd.DataFrame, kenmerk: str, groepen: Sequence[str], types: Collection[str]
) -> pd.DataFrame:
    """Give persons with a running voorziening by a characteristic, beside persons with bijstand.

    Args:
        personen: of the SRG.
        bijstand: the same characteristic of persons with bijstand.
        kenmerk: geslacht or leeftijd.
        groepen: its values.
        types: every type, main category and the total.
    """
    andere = [column for column in KENMERKEN if column != kenmerk]
    is_wanted = (personen["status"] == "lopend") & (personen[andere] == "totaal").all(axis=1)
    cells = personen[is_wanted & personen[kenmerk].isin(groepen)].dropna(subset="aantal")
    deel = pd.concat(
        [
            pd.DataFrame({"indeling": "CBS", "categorie": list(types), "type": list(types)}),
            pd.DataFrame({"indeling": "rapport", "categorie": RAPPORT.values(), "type": RAPPORT.keys()}),
        ]
    )
    categorie = ["indeling", "categorie"]
    deel["cellen"] = deel.groupby(categorie)["type"].transform("size") * len(groepen)
    cells = cells.merge(deel, on="type")
    # Only months in which every type of the category has a figure for every group.
    is_whole = cells.groupby([*MAAND, *categorie])["aantal"].transform("size") == cells["cellen"]
    months = cells[is_whole].groupby([*MAAND, *categorie, kenmerk])["aantal"].sum().reset_index()
    bijstand = bijstand[bijstand[kenmerk].isin(groepen)].dropna(subset="aantal")
    bijstand = bijstand[bijstand.groupby(MAAND)["aantal"].transform("size") == len(groepen)]
    bijstand = bijstand[[*MAAND, kenmerk, "aantal"]].rename(columns={"aantal": "bijstand"})
    table = (
        months.merge(bijstand, on=[*MAAND, kenmerk], how="left")
        .groupby(["jaar", *categorie, kenmerk])
        .agg(
            aantal_maanden=("aantal", "count"),
            gemiddeld_aantal_personen=("aantal", "mean"),
            aantal_maanden_bijstand=("bijstand", "count"),
            gemiddeld_aantal_bijstand=("bijstand", "mean"),
        )
    )
    every = deel[categorie].drop_duplicates().merge(pd.DataFrame({"jaar": personen["jaar"].unique()}), how="cross")
    every = every.merge(pd.DataFrame({kenmerk: groepen}), how="cross")
    table = every.merge(table.reset_index(), on=["jaar", *categorie, kenmerk], how="left")
    counts = ["aantal_maanden", "aantal_maanden_bijstand"]
    table[counts] = table[counts].fillna(0).astype(int)
    means = table[["gemiddeld_aantal_personen", "gemiddeld_aantal_bijstand"]]
    samen = means.groupby([table["jaar"], table["indeling"], table["categorie"]]).transform("sum")
    gemiddeld, bijstand_gemiddeld = (means[column] for column in means)
    table["aandeel_personen"] = divide(gemiddeld, samen["gemiddeld_aantal_personen"])
    table["aandeel_bijstand"] = divide(bijstand_gemiddeld, samen["gemiddeld_aantal_bijstand"])
    comparable = table["aantal_maanden"] == table["aantal_maanden_bijstand"]
    table["personen_per_bijstandsontvanger"] = divide(gemiddeld, bijstand_gemiddeld).where(comparable)
    table["verhouding_aandelen"] = divide(table["aandeel_personen"], table["aandeel_bijstand"]).where(comparable)
    return table


def intensiteit(types_table: pd.DataFrame, bijstand: pd.DataFrame) -> pd.DataFrame:
    """Give voorzieningen per person, the share of bijstand that is reached, and growth, by year."""
    table = types_table[types_table["type"] == TOTAAL].drop(columns=["type", "is_volledig_jaar"])
    ultimo = bijstand[(bijstand["regio_code"] == "NL01") & (bijstand["maand"] == 12)].dropna(subset="aantal")
    ultimo = ultimo.rename(columns={"maand": "peilmaand_bijstand", "aantal": "bijstandsontvangers_ultimo"})
    table = table.merge(ultimo.drop(columns="regio_code"), on="jaar", how="left")
    table["aandeel_personen_zonder_bijstand"] = AANDEEL_ZONDER_BIJSTAND
    personen = table["gemiddeld_aantal_personen"]
    table["personen_zonder_bijstand"] = personen * AANDEEL_ZONDER_BIJSTAND
    table["personen_met_bijstand"] = personen * (1 - AANDEEL_ZONDER_BIJSTAND)
    table["aandeel_bijstand_bereikt"] = divide(table["personen_met_bijstand"], table["bijstandsontvangers_ultimo"])
    # Growth is told between two whole years only.
    whole = types_table[types_table["aantal_maanden"] == HEEL_JAAR]
    for soort, column in ((LKS, "groei_loonkostensubsidie"), (JOBCOACH, "groei_jobcoach")):
        means = whole[whole["type"] == soort].set_index("jaar")["gemiddeld_aantal_voorzieningen"]
        growth = divide(means, means.rename(lambda jaar: jaar + 1).reindex(means.index)) - 1
        table[column] = table["jaar"].map(growth)
    return table


def uitgaven_per_persoon(spending: pd.DataFrame, bijstand: pd.DataFrame, totalen: pd.DataFrame) -> pd.DataFrame:
    """Give lasten per bijstandsontvanger, per person to be supported and per person with a voorziening."""
    uitgaven = national(spending).reset_index()
    is_landelijk = (bijstand["regio_code"] == "NL01") & (bijstand["maand"] == 1)
    landelijk = bijstand[is_landelijk].set_index("jaar")["aantal"]
    totaal = totalen[totalen["type"] == TOTAAL]
    by_status = totaal.groupby(["status", "jaar"])["aantal"].agg(["count", "mean", "sum"])
    lopend, uitstroom = by_status.loc["lopend"], by_status.loc["uitstroom"]
    # Nothing where a month is missing: a sum over fewer months would be another figure.
    gemiddeld = lopend["mean"].where(lopend["count"] == HEEL_JAAR)
    in_het_jaar = gemiddeld + uitstroom["sum"].where(uitstroom["count"] == HEEL_JAAR)
    gedekt = (uitgaven["inwoners_geleverd"].fillna(0) / uitgaven["inwoners"]).rename("aandeel_inwoners_gedekt")
    met_bijstand = uitgaven[UITGAVEN].assign(
        maat="per bijstandsontvanger",
        lasten_euro=uitgaven["lasten_met_bijstand"],
        noemer_personen=uitgaven["bijstand"],
        aandeel_inwoners_gedekt=uitgaven["inwoners_met_bijstand"].fillna(0) / uitgaven["inwoners"],
    )
    frames = [met_bijstand]
    for maat, personen, noemer in (
        ("per te ondersteunen persoon, laag", in_het_jaar, landelijk + AANDEEL_ZONDER_BIJSTAND * in_het_jaar),
        ("per te ondersteunen persoon, hoog", gemiddeld, landelijk + AANDEEL_ZONDER_BIJSTAND * gemiddeld),
        ("per persoon met een voorziening in het jaar", in_het_jaar, in_het_jaar),
    ):
        rows = uitgaven[[*UITGAVEN, "lasten_euro"]].assign(
            maat=maat, noemer_personen=uitgaven["boekjaar"].map(noemer), aandeel_inwoners_gedekt=gedekt
        )
        frames.append(rows[rows["boekjaar"].isin(personen.dropna().index)])
    table = pd.concat(frames)
    table["euro_per_persoon"] = divide(table["lasten_euro"], table["noemer_personen"])
    return table
