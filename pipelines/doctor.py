"""Whether CBS is what this project takes it to be: every table of the registry, and every assumption, asked once.

Here: asking metadata, code lists, catalogues, counts and single rows, judging them with the readers a download uses,
and telling a person or a program. Not here: downloading (`assets.cbs.download`), what is taken of a table
(`assets.cbs.registry`, `assets.core`), or the command line (`pipelines.cli`).

Nothing is downloaded: of data at most one row is asked at a time (`$top=1`). How services page can only be seen on a
page; `examine(pages=True)` asks three, of row numbers alone. Places such as "1" are those of the notes on CBS's
services that this project was written from, which are not part of it; marks are theirs: V seen at CBS, C read in other
clients, G inferred.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from urllib.parse import urljoin, urlsplit

from rich.markup import escape
from rich.table import Table

from assets.cbs import odata3, odata4
from assets.cbs.download import Selection
from assets.cbs.herkomst import herkomst
from assets.cbs.odata import (
    GEMEENTE_PREFIX,
    NEDERLAND,
    Code,
    Request,
    Service,
    Structure,
    TableInfo,
    by_stem,
    first_period,
    optional_text,
    quoted,
    text,
    values,
)
from assets.cbs.registry import Entry, Registry, Source
from assets.cbs.titels import names_by_code, normalised
from assets.cbs.transport import MAX_IN_FLIGHT, HttpStatusError, Transport
from assets.cbs.versheid import expected_on
from assets.core.base import STATUSSEN
from assets.core.iv3 import PLAATSINGEN
from assets.errors import ContractError, ReintegratieError, SourceError
from pipelines.show import WARNING, console

Outcome = Literal["ok", "wrong", "unknown"]
Mark = Literal["V", "C", "G"]
OK: Outcome = "ok"
WRONG: Outcome = "wrong"
UNKNOWN: Outcome = "unknown"
_T = TypeVar("_T")

_SHOWN = 3  # how many tables a finding over all tables names
_CATALOGUE_PAGES = 100
_API_LIMIT, _FEED_PAGE, _V4_PAGE = 10_000, 10_000, 100_000
_HTTP_NOT_FOUND = 404
_UNIT = "1 000 euro"
_NO_JSON = "instead of JSON"  # what the transport says of XML, and of a web page
_VALUE_ATTRIBUTES = ("None", "Impossible", "Confidential", "NotAvailable")
_TABLES_TOML = "Look at the table at CBS, then change assets/cbs/tables.toml."
# Of a year that is closed CBS may stop the table and go on serving it; a table that goes on may not be stopped.
_STATUS_OK = {True: ("Regulier", "Gediscontinueerd"), False: ("Regulier",)}

# Which list of titels.toml names the codes of a dimension; the same as in assets/core/srg.py and bijstand_landelijk.py.
CODE_LISTS: Mapping[str, Mapping[str, str]] = {
    "srg_voorzieningen": {"TypeReIntegratieParticipatievoorz": "type", "StatusVoorziening": "status_voorziening"},
    "srg_personen": {
        "TypeReIntegratieParticipatievoorz": "type",
        "StatusPersoon": "status_persoon",
        "Geslacht": "geslacht",
        "Leeftijd": "leeftijd",
        "Herkomstland": "herkomstland",
    },
    "bijstand_kenmerken": {"Geslacht": "geslacht", "Leeftijd": "leeftijd"},
    "bijstand_duur": {"DuurVanDeUitkeringssituatie": "duur"},
}
_TAAKVELD_NAMES = {"6.5": "arbeidsparticipatie"}  # the one name that is known for every year
_NOTHING_ASKED: Mapping[str, Any] = {
    "kolommen": (),
    "measures": (),
    "measure_titels": {},
    "measures_op_titel": (),
    "selectie": {},
    "totaal": (),
    "regio": None,
    "periode": None,
}


@dataclass(frozen=True)
class Rule:
    """One thing this project takes CBS to do.

    Args:
        name: the name of the check.
        mark: how well it is known: V seen, C from other clients, G inferred.
        place: where in those notes, quoted shortly.
        expected: what is expected, as a sentence.
        what_to_do: what a person does when it is otherwise.
        applies: whether it can be asked of a table; None for what is asked of a service or a catalogue.
        once: one table that does as expected is evidence enough.
    """

    name: str
    mark: Mark
    place: str
    expected: str
    what_to_do: str
    applies: Callable[[Source], bool] | None = None
    once: bool = False


@dataclass(frozen=True)
class Check:
    """How one check ended.

    Args:
        name: its name.
        mark: how well it was known before: V, C or G.
        place: where in those notes, quoted shortly.
        outcome: ok, wrong, or unknown (it could not be asked).
        expected: what was expected.
        found: what was found, or why it could not be asked.
        what_to_do: what a person does now; empty when it is ok.
    """

    name: str
    mark: Mark
    place: str
    outcome: Outcome
    expected: str
    found: str
    what_to_do: str


@dataclass(frozen=True)
class TableReport:
    """How one table stands.

    Args:
        bron: its name in the registry, with the year.
        tabel_id: its id at CBS; empty when it was not found.
        titel: its title at CBS; that of the registry when it could not be asked.
        modified: when CBS changed it last, as sent; empty when that could not be asked.
        newest_period: the last code of its periods; empty when it has none.
        newer_expected_on: when CBS should have something newer, as ISO date; empty when nothing newer is expected.
        rows: the rows that would be downloaded; None when that could not be asked.
        checks: every check that this table can be held against.
    """

    bron: str
    tabel_id: str
    titel: str
    modified: str
    newest_period: str
    newer_expected_on: str
    rows: int | None
    checks: tuple[Check, ...]

    @property
    def outcome(self) -> Outcome:
        """Tell the worst of its checks."""
        return _worst(check.outcome for check in self.checks)


@dataclass(frozen=True)
class New:
    """A table in the catalogue that the registry does not know.

    Args:
        kind: a year of a table that has one a year, or what may have come in the place of a table.
        bron: the entry of the registry.
        tabel_id: its id.
        titel: its title.
        what_to_do: what a person does now.
    """

    kind: Literal["new year", "successor"]
    bron: str
    tabel_id: str
    titel: str
    what_to_do: str


@dataclass(frozen=True)
class Report:
    """What was found.

    Args:
        source: the address, as it was given.
        examined_at: when, in UTC.
        herkomst: the words in which the tables say where their figures come from (cbs, opname, reconstructie).
        unreachable: hosts that could not be reached, and what was said.
        tables: one for each table.
        checks: one for each assumption, over all tables.
        new: what the catalogue has that the registry does not.
        requests: how many requests it took.
    """

    source: str
    examined_at: str
    herkomst: tuple[str, ...]
    unreachable: Mapping[str, str]
    tables: tuple[TableReport, ...]
    checks: tuple[Check, ...]
    new: tuple[New, ...]
    requests: int

    @property
    def is_reached(self) -> bool:
        """Tell whether anything answered."""
        return bool(self.tables)

    @property
    def outcome(self) -> Outcome:
        """Tell the worst of all checks; unknown when nothing or not everything could be reached."""
        return _worst([*(c.outcome for c in self.checks), *(UNKNOWN for _ in self.unreachable)])


def _is_iv3(source: Source) -> bool:
    return source.soort == "iv3"


def _not_iv3(source: Source) -> bool:
    return not _is_iv3(source)


def _every(_: Source) -> bool:
    return True


def _v3(source: Source) -> bool:
    return source.entry.protocol == "v3"


def _v4(source: Source) -> bool:
    return source.entry.protocol == "v4"


def _has(field: str) -> Callable[[Source], bool]:
    return lambda source: bool(getattr(source.entry, field))


def _pages_harmless(what: str) -> str:
    return f"A download follows {what}, whatever the size of a page, so nothing breaks; correct what is written of it."


_ODATA = "See assets/cbs/odata3.py and odata4.py: CBS's service is otherwise than they say."
_TITELS = "Look at the code list at CBS and add its titles to assets/cbs/titels.toml."

# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("table_exists", "V", "2, ids in the table of tables", "the id in the registry answers",
         "Look for its successor in the catalogue and change assets/cbs/tables.toml.", _not_iv3),
    Rule("iv3_ids", "C", "1, 'Three independent sources agree on these ids'", "the id of every boekjaar answers",
         "Look the boekjaar up in the catalogue IV3 and change [iv3.ids] in tables.toml.", _is_iv3),
    Rule("v3_twin_at_opendata", "C", "2, 'v3 twin: opendata.cbs.nl/ODataApi/odata/<id>'",
         "the v3 table of StatLine answers on opendata.cbs.nl",
         "Read it from v4 instead: change protocol and host in tables.toml.",
         lambda s: s.entry.host == "opendata.cbs.nl"),
    Rule("v3_json_on_request", "C", "1, 'Without $format=json the answer is Atom XML'",
         "an address with $format=json gives JSON", _ODATA, _v3, once=True),
    Rule("case_sensitive_ids", "V", "2, 'Ids are case-sensitive on v4 (03759ned)'",
         "an id in other letter case is not found",
         "Nothing breaks: ids are asked as they are written; correct what is written of it.",
         lambda s: _v4(s) and s.tabel_id is not None and s.tabel_id != s.tabel_id.upper()),
    Rule("title_as_registered", "V", "1 and 2, titles", "the title is that of the registry, with its year",
         "See whether this is still the table that is meant; " + _TABLES_TOML, _every),
    Rule("status_regulier", "V", "2, 'Status (Regulier/Gediscontinueerd/Vervallen)'",
         "the table is not withdrawn, and one that goes on is not stopped",
         "Look for its successor at CBS, and change assets/cbs/tables.toml.", _every),
    Rule("origin_told", "V", "2, Properties; 1, TableInfos", "the table is CBS's, or says that it is not",
         "Do not take figures from this address: what it serves does not say whose they are.", _every),
    Rule("modified_is_a_date", "V", "1, 'Change detection: TableInfos (Modified, ...)'", "Modified begins with a date",
         _ODATA, _every),
    Rule("dimensions_known", "V", "1 and 2, dimensions", "the table has the dimensions of the registry and no other",
         "Say in assets/cbs/tables.toml which code of it is taken, or each figure counts several times.", _every),
    Rule("code_lists_come_whole", "G", "2, '<Dim>Codes'; said of pages of data only",
         "a code list comes in one answer, without a link to more, and no code is in it twice",
         "Read the next pages in assets/cbs/download.py (_describe) before anything is downloaded.", _every),
    Rule("iv3_columns_2017_on", "C", "1, 'Row 2017+: ID, TaakveldBalanspost, Categorie, ...'",
         "Iv3 has TaakveldBalanspost, Categorie, Gemeenten, Verslagsoort, 1ePlaatsing and 2ePlaatsing",
         "Add the new stem to [iv3] in tables.toml and to assets/core/iv3.py.", _is_iv3),
    Rule("columns_by_stem", "V", "2, 'the number at the end drifts between releases: match on the stem'",
         "every column of the registry is there once", _TABLES_TOML, _not_iv3),
    Rule("measure_ids", "V", "2, measures", "every measure of the registry is there once", _TABLES_TOML,
         _has("measures")),
    Rule("measure_titles", "V", "2, measures", "the id of a measure still has the title it had", _TABLES_TOML,
         _has("measure_titels")),
    Rule("measures_by_title", "G", "2, 'codes and the measure id are unknown: resolve by title'",
         "one measure has the title of the registry",
         "Look at MeasureCodes and add the title to measures_op_titel in assets/cbs/tables.toml.",
         _has("measures_op_titel")),
    Rule("totals_by_title", "G", "2, 'resolve by title'", "one code is titled as the total",
         "Look at the code list, and at `totaal` in assets/cbs/tables.toml.", _has("totaal")),
    Rule("code_titles", "G", "2, 'codes ... unknown: resolve by title'", "every title is known and every name is there",
         _TITELS, lambda s: s.soort in CODE_LISTS),
    Rule("selected_codes", "V", "1, 'read the padded keys from the code lists'; 2, totals",
         "every code that is asked for is in its code list", _TABLES_TOML,
         lambda s: bool(s.entry.selectie) or _is_iv3(s)),
    Rule("regions", "V", "2, 'Regions: NL01, LD.., PV.., CR.., GM....'",
         "Nederland and the kinds of regions asked are there", _TABLES_TOML, _has("regio")),
    Rule("periods", "V", "2, 'Period codes: 2024JJ00, 2024KW02, 2024MM01'",
         "there are periods of the kind asked, of every year from the year asked on", _TABLES_TOML, _has("periode")),
    Rule("period_statuses", "V", "2, 'Definitief, NaderVoorlopig, Voorlopig or null'", "statuses of periods are known",
         "Add the status to STATUSSEN in assets/core/base.py, and say there whether it is final.", _has("periode")),
    Rule("taakveld_names", "V", "1, '6.5 Arbeidsparticipatie keeps its code and name 2017-2026'",
         "taakveld 6.5 is Arbeidsparticipatie", "Do not compare this year until it is known what 6.5 is in it.",
         _is_iv3),
    Rule("unit_1000_euro", "V", "1, 'Unit 1 000 euro, Double, up to 3 decimals'",
         "amounts are in 1 000 euro, as Double", "Change EURO_PER_UNIT in assets/core/iv3.py for this year.", _is_iv3),
    Rule("gemeenten_agree", "V", "1, 'is present with . in every cell'; 2, gemeentelijke indeling",
         "the gemeenten of Iv3 are those of the indeling of the year",
         "Look for a herindeling; the build refuses this year until both tables agree.", _is_iv3),
    Rule("count_on_filter", "G", "2, ObservationCount; $count with a $filter is not spoken of",
         "$count with our $filter gives a number above 0, and no more than all rows",
         "A service that does not count is downloaded until its last page, but then nobody tells that rows are "
         "missing: see _count in assets/cbs/download.py.", _every),
    Rule("iv3_full_cube", "V", "1, 'Full cartesian cube'",
         "the rows asked are taakvelden x verslagsoorten x categorieen x gemeenten",
         "Rows are missing, or $count or $filter does otherwise than is thought: do not download this year yet.",
         _is_iv3),
    Rule("filter_on_rows", "G", "1, 'A $filter needs the exact padded key'",
         "our $filter with $top=1 is understood and gives one row, of what was asked", _ODATA, _every),
    Rule("columns_of_a_row", "V", "1, 'Row 2017+'; 2, 'Observations: Id, Measure, <dims...>, Value, ...'",
         "a row has exactly the columns that the metadata tell, or that $select asked", _ODATA, _every),
    Rule("kinds_of_value", "V", "1, 'null in TypedDataSet'; 2, 'ValueAttribute is None or Impossible; ...'",
         "a value is a number, a text or null, and its ValueAttribute is known",
         "Find out what it means before anything is downloaded, and add it in assets/core/telling.py.", _every),
    Rule("unfilled_cells_are_null_or_zero", "G", "1, 'Whether an unfilled cell ... is null or 0 from 2017 on is [G]'",
         "a cell that no gemeente fills is null or 0",
         "assets/core/iv3.py takes null and 0 as empty, nothing else: say there what this is before a non-delivery "
         "is told from a zero.", _is_iv3, once=True),
    Rule("feed_next_link_without_at", "C", "1, 'odata.nextLink, no @'",
         "what the Feed says beside the rows is named odata..., without @",
         "Change NEXT_LINK in assets/cbs/odata3.py; until then a download ends after its first page, and is refused.",
         _v3),
    Rule("v4_next_link", "C", "2, '@odata.nextLink'", "what v4 says beside the rows is named @odata...",
         "Change NEXT_LINK in assets/cbs/odata4.py; until then a download ends after its first page, and is refused.",
         _v4),
    Rule("links_stay_on_host", "G", "1 and 2, base URLs", "addresses in an answer are on the host that was asked",
         "A download refuses a next page on another host: see _same_host in assets/cbs/download.py, and the list of "
         "hosts in transport.py.", _every),
    Rule("iv3_title_in_catalogue", "C", "1, 'Catalogue ... titles Gemeenten <jaar> onbewerkte Iv3-data'",
         "the catalogue IV3 has one table of each boekjaar by that title, under the id of the registry",
         "A year that is not in tables.toml cannot be found by its title: change the title or the ids of [iv3]."),
    Rule("tables_in_catalogue", "V", "2, 'catalogue .../Datasets'",
         "the catalogues list every other table of the registry",
         "Where the table itself answers nothing breaks; a later year of it cannot be found by its title."),
    Rule("feed_pages_by_10000", "C", "1, 'pages of 10,000 with odata.nextLink'",
         "the Feed gives 10,000 rows and a link to the next page", _pages_harmless("the links of the Feed")),
    Rule("api_refuses_more_than_10000", "C", "1, 'HTTP 500 query returns more than 10000 records'",
         "the Api refuses 10,001 rows with status 500 and '10000 records'",
         "Nothing is downloaded from the Api; see _TOO_MANY_ROWS in assets/cbs/transport.py."),
    Rule("v4_pages_by_100000", "C", "2, 'Pages of 100,000 rows with @odata.nextLink'",
         "v4 gives 100,000 rows and a link to the next page", _pages_harmless("the links of v4")),
)
# fmt: on
_RULE = {rule.name: rule for rule in RULES}


class _NotAskedError(ReintegratieError):
    """Something could not be asked, so nothing is known of it."""


@dataclass(frozen=True)
class _Catalogue:
    """One catalogue: its answers as sent, or why it could not be read."""

    url: str
    answers: tuple[Mapping[str, Any], ...]
    trouble: str

    def find(self, entry: Entry, titel: str) -> list[str]:
        """Give the ids of the tables with a title."""
        return [found for answer in self.answers for found in _odata(entry).find_in_catalogue(answer, titel)]

    def records(self) -> list[Mapping[str, Any]]:
        return [record for answer in self.answers for record in values(answer, "the catalogue")]


def examine(
    transport: Transport, registry: Registry, years: Iterable[int], selection: Selection, *, pages: bool = False
) -> Report:
    """Hold the source against everything that is taken of it.

    Args:
        transport: how to ask.
        registry: the tables.
        years: the years of the tables that there is one a year of.
        selection: what is taken of Iv3.
        pages: also ask three pages of row numbers, to see how the services page.

    Returns:
        the report; when no host could be reached it has no tables and says why in `unreachable`.

    Raises:
        SettingsError: a year lies outside those for which a table can be taken.
    """
    sources = registry.sources(years)
    before, examined_at = transport.requests_made, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:
        entries = {_catalogue_key(entry): entry for entry in registry.entries.values()}
        read = pool.map(lambda entry: _read_catalogue(transport, entry), entries.values())
        catalogues = dict(zip(entries, read, strict=True))
        hosts = sorted({source.entry.host for source in sources})
        said = pool.map(lambda host: _trouble_of_host(transport, host, sources, catalogues), hosts)
        unreachable: dict[str, str] = {host: trouble for host, trouble in zip(hosts, said, strict=True) if trouble}
        if len(unreachable) == len(hosts):
            made = transport.requests_made - before
            return Report(transport.address.text, examined_at, (), unreachable, (), (), (), made)
        tables = [
            _Table(transport, source, selection, catalogues[_catalogue_key(source.entry)], unreachable)
            for source in sources
        ]
        for _ in pool.map(_Table.run, tables):
            pass  # reading the results raises what was not foreseen
    _compare_gemeenten(tables)
    others = [*_catalogue_checks(registry, catalogues), *_page_checks(transport, tables, pages=pages)]
    reports = tuple(table.report() for table in tables)
    return Report(
        transport.address.text,
        examined_at,
        tuple(sorted({table.origin for table in tables if table.origin})),
        unreachable,
        reports,
        tuple(_overall(rule, reports, others) for rule in RULES if _is_asked(rule, sources)),
        tuple(_new_tables(registry, catalogues)),
        transport.requests_made - before,
    )


class _Table:
    """One table under examination; `found` has how each of its checks ended."""

    def __init__(
        self,
        transport: Transport,
        source: Source,
        selection: Selection,
        catalogue: _Catalogue,
        unreachable: Mapping[str, str],
    ) -> None:
        self.transport, self.source, self.entry, self.catalogue = transport, source, source.entry, catalogue
        self.restrict = selection.restrict(source)
        self.taakvelden = selection.taakvelden
        self.unreachable = unreachable.get(source.entry.host)
        self.name = f"{source.tabel_id or source.titel} ({source.bron})"
        self.found: dict[str, Check] = {}
        self.tabel_id = source.tabel_id or ""
        self.info: TableInfo | None = None
        self.structure: Structure | None = None
        self.origin = self.newer_expected_on = ""
        self.codes: dict[str, Sequence[Code]] = {}
        self.rows: int | None = None

    def run(self) -> None:
        """Ask everything that can be asked of this table."""
        exists = "iv3_ids" if _is_iv3(self.source) else "table_exists"
        if not self._judge(exists, self._exists) or self.info is None:
            return
        for name, ask in (
            ("case_sensitive_ids", self._other_case),
            ("title_as_registered", self._title),
            ("status_regulier", self._status),
            ("origin_told", self._origin),
            ("modified_is_a_date", self._modified),
        ):
            self._judge(name, ask)
        self._judge("dimensions_known", self._dimensions)
        if self.structure is None or not self._judge("code_lists_come_whole", self._code_lists):
            return
        if self._judge("iv3_columns_2017_on" if _is_iv3(self.source) else "columns_by_stem", self._columns):
            self._judge_request()

    def _judge(self, name: str, ask: Callable[[], str]) -> bool:
        """Note how a check ends: what was found, what is wrong, or why it could not be asked."""
        applies = _RULE[name].applies
        if applies is not None and not applies(self.source):
            return True
        try:
            self.found[name] = _check(name, OK, ask())
        except _NotAskedError as error:
            self.found[name] = _check(name, UNKNOWN, str(error))
        except ReintegratieError as error:
            self.found[name] = _check(name, WRONG, str(error))
        return self.found[name].outcome == OK

    def _get(self, url: str) -> dict[str, Any]:
        return _asked(lambda: self.transport.get_json(url)[1])

    # -- the table as a whole

    def _exists(self) -> str:
        if self.unreachable:
            raise _NotAskedError(f"{self.entry.host} could not be reached")
        if not self.tabel_id:
            if self.catalogue.trouble:
                raise _NotAskedError(f"the registry has no id, and the catalogue failed: {self.catalogue.trouble}")
            ids = self.catalogue.find(self.entry, self.source.titel)
            if len(ids) != 1:
                raise ContractError(
                    f"the registry has no id, and the catalogue {ids or 'nothing'}, titled {self.source.titel!r}"
                )
            self.tabel_id = ids[0]
        self.service: Service = _service(self.transport, self.entry, self.tabel_id)
        try:
            self.answer = self._get(self.service.info_url())
        except _NotAskedError as error:
            if _NO_JSON in str(error):
                self._judge("v3_json_on_request", _refusing(str(error)))
            raise
        except HttpStatusError as error:
            self._judge("v3_twin_at_opendata", _refusing(str(error)))
            raise
        self._judge("v3_json_on_request", lambda: "JSON came")
        self._judge("v3_twin_at_opendata", lambda: f"{self.service.info_url()} answered")
        self.info = self.service.info(self.answer)
        return f"{self.tabel_id} answered: {self.info.titel}"

    def _record(self) -> Mapping[str, Any]:
        """Give the record that describes the table: v3 has it in a list."""
        return values(self.answer, self.name)[0] if _v3(self.source) else self.answer

    def _other_case(self) -> str:
        url = odata4.OData4(self.service.host_base, self.tabel_id.upper()).info_url()
        try:
            self._get(url)
        except HttpStatusError as error:
            return f"{self.tabel_id.upper()} is answered {error.status}"
        raise ContractError(f"{url} answers too")

    def _title(self) -> str:
        titel = self._info().titel
        if normalised(titel) != normalised(self.source.titel):
            raise ContractError(f"{self.tabel_id} is titled {titel!r}, where the registry has {self.source.titel!r}")
        return titel

    def _status(self) -> str:
        field = "OutputStatus" if _v3(self.source) else "Status"
        status = optional_text(self._record(), field, self.name)
        if status is None:
            raise _NotAskedError(f"{self.name} has no field {field}")
        # An old year is not changed any more; that it says so is no reason to look for another table.
        if status not in _STATUS_OK[self.entry.per_jaar]:
            raise ContractError(f"{self.name} has {field} {status!r}")
        return f"{field} {status}"

    def _origin(self) -> str:
        origin = herkomst(self.transport.address, self._info().source, self.source.bron)
        self.origin = origin.soort
        return origin.soort

    def _modified(self) -> str:
        modified = self._info().modified
        newer = expected_on(self.entry.kalender, self.source.jaar, modified)
        self.newer_expected_on = "" if newer is None else newer.isoformat()
        return modified

    def _info(self) -> TableInfo:
        assert self.info is not None  # asked before anything else
        return self.info

    # -- columns and codes

    def _dimensions(self) -> str:
        answers = {resource: self._get(url) for resource, url in self.service.structure_urls().items()}
        self.structure = self.service.structure(answers)
        known = {stem for stems in self.entry.kolommen for stem in stems.split("|")}
        extra = [dimension for dimension in self.structure.dimensions if dimension not in known]
        if extra:
            raise ContractError(f"{self.name} has dimensions the registry does not know: {', '.join(extra)}")
        return ", ".join(self.structure.dimensions)

    def _structure(self) -> Structure:
        assert self.structure is not None  # asked before what needs it
        return self.structure

    def _code_lists(self) -> str:
        for dimension in self._structure().dimensions:
            answer = self._get(self.service.codes_url(dimension))
            if self.service.next_link(answer) is not None:
                raise ContractError(f"{self.name}: the code list of {dimension} has a link to a next page")
            codes = self.service.codes(answer)
            listed = [code.code.strip() for code in codes]
            twice = [code for code, times in Counter(listed).items() if times > 1]
            if twice or not listed:
                found = f"has codes twice: {twice[:5]}" if twice else "is empty"
                raise ContractError(f"{self.name}: the code list of {dimension} {found}")
            self.codes[dimension] = codes
        return ", ".join(f"{dimension} {len(codes)}" for dimension, codes in self.codes.items())

    def _columns(self) -> str:
        columns = self._part(kolommen=self.entry.kolommen).columns
        # A filter names a dimension as the registry does, so there a stem is not enough.
        entry, periode = self.entry, self.entry.periode
        named = {*entry.selectie, *entry.totaal, *self.restrict, *CODE_LISTS.get(self.source.soort, ())}
        named |= {name for name in (entry.regio, periode.kolom if periode else None) if name}
        if gone := sorted(named - self.codes.keys()):
            raise ContractError(f"{self.name} has no dimension {', '.join(gone)}; it has {', '.join(self.codes)}")
        for stems in PLAATSINGEN.values() if _is_iv3(self.source) else ():
            if sum(any(c == s or c.startswith(f"{s}_") for s in stems) for c in columns) != 1:
                raise ContractError(f"{self.name}: no single column {' or '.join(stems)}; it has {', '.join(columns)}")
        return ", ".join(columns)

    def _part(self, *, restrict: Mapping[str, Sequence[str]] | None = None, **asked: object) -> Request:
        """Resolve one part of what the registry asks, so that each part can be judged on its own."""
        entry = self.entry.model_copy(update={**_NOTHING_ASKED, **asked})
        return self.service.request(replace(self.source, entry=entry), self._structure(), self.codes, restrict or {})

    def _judge_request(self) -> None:
        """Judge every part of what would be asked, and when all hold ask for a count and a row."""
        entry = self.entry
        parts = [
            ("measure_ids", lambda: self._part(measures=entry.measures).filter),
            ("measure_titles", self._measure_titles),
            ("measures_by_title", lambda: self._part(measures_op_titel=entry.measures_op_titel).filter),
            ("totals_by_title", lambda: self._part(totaal=entry.totaal).filter.removeprefix("() and ")),
            ("selected_codes", self._selected),
            ("regions", self._regions),
            ("periods", self._periods),
        ]
        whole = [self._judge(name, ask) for name, ask in parts]
        self._judge("code_titles", self._code_titles)
        self._judge("period_statuses", self._period_statuses)
        self._judge("taakveld_names", self._taakveld_names)
        self._judge("unit_1000_euro", self._unit)
        if all(whole):
            request = self.service.request(self.source, self._structure(), self.codes, self.restrict)
            if self._judge("count_on_filter", lambda: self._count(request)):
                self._judge("iv3_full_cube", self._full_cube)
            self._judge_row(request)

    def _measure_titles(self) -> str:
        try:
            self._part(measures=self.entry.measures)
        except ContractError as error:
            raise _NotAskedError("the measure is not there") from error
        self._part(measures=self.entry.measures, measure_titels=self.entry.measure_titels)
        return ", ".join(f"{key} {titel}" for key, titel in self.entry.measure_titels.items())

    def _selected(self) -> str:
        self._part(selectie=self.entry.selectie, restrict=self.restrict)
        return "; ".join(f"{d} {', '.join(c)}" for d, c in {**self.entry.selectie, **self.restrict}.items())

    def _regions(self) -> str:
        self._part(regio=self.entry.regio)
        codes = self.codes[self.entry.regio or ""]
        counted = {soort: sum(c.code.startswith(soort) for c in codes) for soort in self.entry.regio_soorten}
        if not all(counted.values()):
            raise ContractError(f"{self.name}: regions by kind: {counted}")
        return ", ".join(f"{number} {soort}" for soort, number in counted.items())

    def _of_kind(self) -> list[str]:
        """Give the codes of the kind of period that is taken, ascending."""
        periode = self.entry.periode
        if periode is None or periode.kolom not in self.codes:
            return []
        codes = (code.code.strip() for code in self.codes[periode.kolom])
        return sorted(code for code in codes if code[4:6] == periode.soort and code[:4].isdigit())

    def _periods(self) -> str:
        periode = self.entry.periode
        assert periode is not None  # the rule applies to tables with periods
        self._part(periode=periode)
        found = self._of_kind()
        years = {int(code[:4]) for code in found}
        if missing := sorted(set(range(periode.vanaf, max(years) + 1)) - years):
            raise ContractError(f"{self.name}: no {periode.soort} of {missing[:5]}, of {found[0]} to {found[-1]}")
        return f"{found[0]} to {found[-1]}"

    def _period_statuses(self) -> str:
        periode = self.entry.periode
        assert periode is not None  # the rule applies to tables with periods
        statuses = {(code.status or "").strip() for code in self.codes[periode.kolom]} - {""}
        unknown = sorted(statuses - set(STATUSSEN))
        if unknown:
            raise ContractError(f"{self.name}: statuses {', '.join(unknown)}; known are {', '.join(STATUSSEN)}")
        return ", ".join(sorted(statuses)) or "none"

    def _code_titles(self) -> str:
        lists = CODE_LISTS[self.source.soort]
        for dimension, lijst in lists.items():
            titles = [(code.code, code.titel) for code in self.codes[dimension]]
            names_by_code(lijst, titles, f"{self.tabel_id}, {dimension}")
        return ", ".join(lists)

    def _taakveld_names(self) -> str:
        titles = {c.code.strip(): c.titel.strip() for c in self.codes[self._dimension("TaakveldBalanspost")]}
        for code, name in _TAAKVELD_NAMES.items():
            if name not in normalised(titles.get(code, "")):
                raise ContractError(f"{self.name}: taakveld {code} is titled {titles.get(code)!r}")
        return "; ".join(titles[code] for code in _TAAKVELD_NAMES)

    def _unit(self) -> str:
        units = {(m.eenheid.strip(), m.datatype) for m in self._structure().measures}
        if units != {(_UNIT, "Double")}:
            raise ContractError(f"{self.name}: amounts are in {sorted(units)}")
        return f"{_UNIT}, Double"

    def _dimension(self, stem: str) -> str:
        return by_stem(stem, self._structure().dimensions, self.name)

    def gemeenten(self) -> set[str]:
        """Give the codes of gemeenten in its code list; none when that could not be asked."""
        codes = self.codes.get("Gemeenten" if _is_iv3(self.source) else "RegioS", [])
        return {code.code.strip() for code in codes if code.code.startswith(GEMEENTE_PREFIX)}

    # -- counts and rows

    def _count(self, request: Request) -> str:
        said = _asked(lambda: self.transport.get_text(self.service.count_url(request))).strip()
        if not (said.isascii() and said.isdigit()):
            raise ContractError(f"{self.name}: asked for a count, got {said[:80]!r}")
        everything = self._info().rows
        if int(said) == 0 or (everything is not None and int(said) > everything):
            raise ContractError(f"{self.name}: {said} rows of what is asked, of {everything} rows in all")
        self.rows = int(said)
        return f"{said} rows of {everything if everything is not None else 'an untold number'}"

    def _full_cube(self) -> str:
        cells = 1
        for dimension in self._structure().dimensions:
            cells *= len(self.restrict.get(dimension, self.codes[dimension]))
        if cells != self.rows:
            raise ContractError(f"{self.name}: {self.rows} rows are counted where the code lists make {cells} cells")
        return f"{cells} cells"

    def _top_one(self, request: Request) -> dict[str, Any]:
        url = self.service.data_url(request)
        return self._get(f"{url}{'&' if '?' in url else '?'}$top=1")

    def _judge_row(self, request: Request) -> None:
        answer: dict[str, Any] = {}
        rows: list[dict[str, Any]] = []

        def one_row() -> str:
            answer.update(self._top_one(request))
            rows.extend(values(answer, self.name))
            return self._obeys(rows, request)

        self._judge("filter_on_rows", one_row)
        if not rows:
            return
        self._judge("columns_of_a_row", lambda: self._row_columns(rows[0], request))
        self._judge("kinds_of_value", lambda: self._row_values(rows[0]))
        self._judge("feed_next_link_without_at", lambda: _annotations(answer, "odata."))
        self._judge("v4_next_link", lambda: _annotations(answer, "@odata."))
        self._judge("links_stay_on_host", lambda: self._links(answer))
        self._judge("unfilled_cells_are_null_or_zero", self._unfilled)

    def _obeys(self, rows: Sequence[Mapping[str, Any]], request: Request) -> str:
        """See that the row is one that was asked for."""
        if len(rows) != 1:
            raise ContractError(f"{self.name}: {len(rows)} rows came where one was asked ($top=1)")
        row, entry = rows[0], self.entry
        for dimension in ("Measure", *entry.selectie, *self.restrict, *entry.totaal):
            if dimension in row and f"{dimension} eq '{quoted(str(row[dimension]))}'" not in request.filter:
                raise ContractError(f"{self.name}: a row of {dimension} {row[dimension]!r} came, which was not asked")
        regio = str(row.get(entry.regio, NEDERLAND)) if entry.regio else NEDERLAND
        if regio.strip() != NEDERLAND and not regio.startswith(entry.regio_soorten):
            raise ContractError(f"{self.name}: a row of {regio!r} came, which was not asked")
        if p := entry.periode:
            first = first_period(self.codes[p.kolom], p.soort, p.vanaf, self.name)
            if str(row.get(p.kolom, first)) < first:
                raise ContractError(f"{self.name}: a row of {row[p.kolom]!r} came, where {first} is the first asked")
        return request.filter[:120]

    def _row_columns(self, row: Mapping[str, Any], request: Request) -> str:
        missing, more = set(request.columns) - row.keys(), row.keys() - set(request.columns)
        if missing or more:
            raise ContractError(f"{self.name}: a row lacks {sorted(missing)} and has {sorted(more)} too")
        return ", ".join(request.columns)

    def _row_values(self, row: Mapping[str, Any]) -> str:
        if _v3(self.source):
            found = {m.key: row[m.key] for m in self._structure().measures if m.key in row}
        else:
            found = {"Value": row.get("Value")}
            kind = row.get("ValueAttribute")
            if kind not in _VALUE_ATTRIBUTES or not isinstance(row.get("StringValue"), str | None):
                raise ContractError(f"{self.name}: ValueAttribute {kind!r}, StringValue {row.get('StringValue')!r}")
        if not all(value is None or _is_number(value) for value in found.values()):
            raise ContractError(f"{self.name}: values that are no numbers: {found}")
        return str(found)

    def _links(self, answer: Mapping[str, Any]) -> str:
        asked = urlsplit(self.service.host_base).netloc
        given = [v for k, v in answer.items() if "odata." in k and isinstance(v, str) and "://" in v]
        elsewhere = [link for link in given if urlsplit(link).netloc != asked]
        if elsewhere:
            raise ContractError(f"{self.name} was asked on {asked}, and answers with {elsewhere[0]}")
        return given[0] if given else "no address in the answer"

    def _unfilled(self) -> str:
        """Ask a cell that no gemeente can fill: the stand of a balance on a taakveld."""
        categorie, taakveld = self._dimension("Categorie"), self._dimension("TaakveldBalanspost")
        stand = next((c.code.strip() for c in self.codes[categorie] if not re.match(r"[LB]\d", c.code)), None)
        if stand is None:
            raise _NotAskedError(f"{self.name} has no categorie that is neither lasten nor baten")
        restrict = {**self.restrict, taakveld: self.taakvelden[:1], categorie: (stand,)}
        rows = values(
            self._top_one(self.service.request(self.source, self._structure(), self.codes, restrict)), self.name
        )
        if not rows:
            raise _NotAskedError(f"{self.name} has no rows of categorie {stand} on {self.taakvelden[0]}")
        found = {m.key: rows[0].get(m.key) for m in self._structure().measures}
        if any(value is not None and not _is_number(value) for value in found.values()):
            raise ContractError(f"{self.name}: a cell of categorie {stand} on {self.taakvelden[0]} holds {found}")
        if any(found.values()):
            raise _NotAskedError(f"{self.name}: the cell that was chosen is filled ({found}), so it tells nothing")
        return f"categorie {stand} on {self.taakvelden[0]}: {found}"

    def report(self) -> TableReport:
        """Give what was found; a check that was not come to is unknown."""
        stopped = next((c.name for c in self.found.values() if c.outcome != OK), "")
        reason = f"not asked, since {stopped} did not end well"
        periods = self._of_kind()
        return TableReport(
            self.source.bron,
            self.tabel_id,
            self.source.titel if self.info is None else self.info.titel,
            "" if self.info is None else self.info.modified,
            periods[-1] if periods else "",
            self.newer_expected_on,
            self.rows,
            tuple(
                self.found.get(rule.name) or _check(rule.name, UNKNOWN, reason)
                for rule in RULES
                if rule.applies is not None and rule.applies(self.source)
            ),
        )


def _asked(ask: Callable[[], _T]) -> _T:
    """Ask; what did not arrive tells nothing of CBS, a refusal does."""
    try:
        return ask()
    except HttpStatusError:
        raise
    except SourceError as error:
        raise _NotAskedError(str(error)) from error


def _refusing(found: str) -> Callable[[], str]:
    def refuse() -> str:
        raise ContractError(found)

    return refuse


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _annotations(answer: Mapping[str, Any], prefix: str) -> str:
    """See how an answer names what is not a row; the link to a next page is named the same way."""
    names = sorted(key for key in answer if "odata." in key)
    if not names:
        raise _NotAskedError("the answer has nothing beside its rows")
    if not all(name.startswith(prefix) for name in names):
        raise ContractError(f"the answer has {', '.join(names)}, where names begin with {prefix}")
    return ", ".join(names)


def _check(name: str, outcome: Outcome, found: str, unknown: str = "Ask again; nothing is known of it yet.") -> Check:
    rule = _RULE[name]
    to_do = {OK: "", WRONG: rule.what_to_do, UNKNOWN: unknown}[outcome]
    return Check(rule.name, rule.mark, rule.place, outcome, rule.expected, found, to_do)


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    found = set(outcomes)
    return WRONG if WRONG in found else UNKNOWN if UNKNOWN in found else OK


def _is_asked(rule: Rule, sources: Sequence[Source]) -> bool:
    return rule.applies is None or any(rule.applies(source) for source in sources)


def _overall(rule: Rule, tables: Sequence[TableReport], others: Sequence[Check]) -> Check:
    """Put the findings of one rule together."""
    found = [(table.bron, check) for table in tables for check in table.checks if check.name == rule.name]
    if not found:
        return next(check for check in others if check.name == rule.name)
    outcomes: Collection[Outcome] = [check.outcome for _, check in found]
    outcome = _worst(outcomes)
    if rule.once and outcome == UNKNOWN and OK in outcomes:
        outcome = OK
    those = [(bron, check) for bron, check in found if check.outcome == outcome]
    examples = "; ".join(f"{bron}: {check.found}" for bron, check in those[: _SHOWN if outcome == WRONG else 1])
    return _check(rule.name, outcome, f"{len(those)} of {len(found)} tables: {examples}")


# -- catalogues and hosts


def _odata(entry: Entry) -> Any:  # noqa: ANN401  # one of two modules with the same functions
    return odata3 if entry.protocol == "v3" else odata4


def _service(transport: Transport, entry: Entry, tabel_id: str) -> Service:
    base = transport.address.base[entry.host]
    return odata3.OData3(base, entry.host, tabel_id) if entry.protocol == "v3" else odata4.OData4(base, tabel_id)


def _catalogue_key(entry: Entry) -> tuple[str, str]:
    return entry.host, entry.catalogus


def _read_catalogue(transport: Transport, entry: Entry) -> _Catalogue:
    odata = _odata(entry)
    url: str = odata.catalogue_url(transport.address.base[entry.host], entry.catalogus)
    answers: list[Mapping[str, Any]] = []
    following: str | None = url
    try:
        while following is not None:
            if len(answers) == _CATALOGUE_PAGES:
                return _Catalogue(url, (), f"{url} has no end")
            answer = transport.get_json(following)[1]
            for record in values(answer, "the catalogue"):
                text(record, "Identifier", "the catalogue")
                optional_text(record, "Title", "the catalogue")
            answers.append(answer)
            link = optional_text(answer, odata.NEXT_LINK, "the catalogue")
            # The transport refuses a link that leaves the hosts it may ask.
            following = None if link is None else urljoin(following, link)
    except ReintegratieError as error:
        return _Catalogue(url, (), str(error))
    return _Catalogue(url, tuple(answers), "")


def _trouble_of_host(
    transport: Transport, host: str, sources: Sequence[Source], catalogues: Mapping[tuple[str, str], _Catalogue]
) -> str:
    """Tell why a host cannot be reached, when neither its catalogue nor a table answers; empty when it can."""
    of_host = [source for source in sources if source.entry.host == host]
    trouble = [catalogues[_catalogue_key(source.entry)].trouble for source in of_host]
    asked = next((source for source in of_host if source.tabel_id is not None), None)
    if not all(trouble):
        return ""
    if asked is None:
        return trouble[0]
    try:
        transport.get_json(_service(transport, asked.entry, asked.tabel_id or "").info_url())
    except SourceError as error:
        return str(error)
    return ""


def _catalogue_checks(registry: Registry, catalogues: Mapping[tuple[str, str], _Catalogue]) -> list[Check]:
    """See that the catalogues list what the registry has, under its ids."""
    checks = []
    for name, of_iv3 in (("iv3_title_in_catalogue", True), ("tables_in_catalogue", False)):
        entries = [(soort, e) for soort, e in registry.entries.items() if (soort == "iv3") == of_iv3]
        trouble = [catalogues[_catalogue_key(entry)].trouble for _, entry in entries]
        wrong, listed = [], 0
        for _, entry in entries:
            catalogue = catalogues[_catalogue_key(entry)]
            if catalogue.trouble:
                continue
            known = {text(record, "Identifier", "the catalogue") for record in catalogue.records()}
            for jaar, tabel_id in entry.ids.items() or [(0, entry.id)]:
                listed += 1
                titel = entry.titel.format(jaar=jaar)
                ids = catalogue.find(entry, titel) if entry.per_jaar else sorted(known & {str(tabel_id)})
                if ids != [tabel_id]:
                    wrong.append(f"{titel!r}: {', '.join(ids) or 'nothing'}, where the registry has {tabel_id}")
        if wrong:
            checks.append(_check(name, WRONG, f"{len(wrong)} of {listed} not: {'; '.join(wrong[:_SHOWN])}"))
        elif any(trouble):
            checks.append(_check(name, UNKNOWN, next(filter(None, trouble))))
        else:
            checks.append(_check(name, OK, f"{listed} tables"))
    return checks


def _new_tables(registry: Registry, catalogues: Mapping[tuple[str, str], _Catalogue]) -> Iterable[New]:
    """Give what the catalogues have and the registry has not: a later year, or what may be a successor."""
    for soort, entry in registry.entries.items():
        records = catalogues[_catalogue_key(entry)].records()
        yield from _new_years(soort, entry, records) if entry.per_jaar else _successors(soort, entry, records)


def _new_years(soort: str, entry: Entry, records: Sequence[Mapping[str, Any]]) -> Iterable[New]:
    pattern = re.compile(re.escape(entry.titel).replace(r"\{jaar\}", r"(\d{4})"))
    for record in records:
        tabel_id, titel = str(record["Identifier"]), (record.get("Title") or "").strip()
        match = pattern.fullmatch(titel)
        if match is None:
            continue
        jaar = int(match[1])
        if jaar not in entry.ids and jaar >= entry.geldig.van:
            line = f'`{jaar} = "{tabel_id}"` in [{soort}.ids] of assets/cbs/tables.toml'
            yield New("new year", soort, tabel_id, titel, f"Take it with --years {jaar}, and add {line}.")
        elif jaar in entry.ids and entry.ids[jaar] != tabel_id:
            yield New("successor", soort, tabel_id, titel, f"The registry has {entry.ids[jaar]}: see which one holds.")


def _successors(soort: str, entry: Entry, records: Sequence[Mapping[str, Any]]) -> Iterable[New]:
    """Give tables with the title of another one, or with another year in it that changed later."""
    ours = next((str(r.get("Modified") or "") for r in records if r["Identifier"] == entry.id), "")
    for record in records:
        tabel_id, titel = str(record["Identifier"]), (record.get("Title") or "").strip()
        status = record.get("Status") or record.get("OutputStatus") or "Regulier"
        same = normalised(titel) == normalised(entry.titel)
        later = _timeless(titel) == _timeless(entry.titel) and str(record.get("Modified") or "") > ours
        if tabel_id != entry.id and status == "Regulier" and (same or later):
            yield New("successor", soort, tabel_id, titel, f"The registry has {entry.id}: see which one goes on.")


def _timeless(titel: str) -> str:
    """Give a title without numbers, such as the base year of an index."""
    return re.sub(r"\d+", "", normalised(titel))


def _compare_gemeenten(tables: Sequence[_Table]) -> None:
    """Compare the gemeenten of Iv3 with those of the indeling of the year, by their code lists."""
    indeling = {t.source.jaar: t.gemeenten() for t in tables if t.source.soort == "gebieden"}
    for table in tables:
        if not _is_iv3(table.source):
            continue
        iv3, of_year = table.gemeenten(), indeling.get(table.source.jaar) or set()
        if not iv3 or not of_year:
            said: tuple[Outcome, str] = (UNKNOWN, "one of the two code lists could not be asked")
        elif iv3 != of_year:
            only = f"only in Iv3 {sorted(iv3 - of_year)[:5]}, only in gebieden {sorted(of_year - iv3)[:5]}"
            said = (WRONG, f"{table.name}: {only}")
        else:
            said = (OK, f"{len(iv3)} gemeenten")
        table.found["gemeenten_agree"] = _check("gemeenten_agree", *said)


# -- how the services page


def _page_checks(transport: Transport, tables: Sequence[_Table], *, pages: bool) -> list[Check]:
    """See how the services page, on three pages of row numbers; unknown when that may not be asked."""
    v3 = _largest(table for table in tables if _is_iv3(table.source))
    v4 = _largest(table for table in tables if _v4(table.source))
    asked: list[tuple[str, _Table | None, int, Callable[[_Table], str]]] = [
        ("feed_pages_by_10000", v3, _FEED_PAGE, lambda t: _page(transport, t, _FEED_PAGE)),
        ("api_refuses_more_than_10000", v3, _API_LIMIT, lambda t: _refused(transport, t)),
        ("v4_pages_by_100000", v4, _V4_PAGE, lambda t: _page(transport, t, _V4_PAGE)),
    ]
    checks = []
    for name, table, size, ask in asked:
        if not pages:
            said = "not asked: it can only be seen on a page of data"
            checks.append(_check(name, UNKNOWN, said, "Ask for three pages of row numbers (--pages)."))
        elif table is None or (table.info and (table.info.rows or 0) <= size):
            checks.append(_check(name, UNKNOWN, f"no table with more than {size} rows answered"))
        else:
            try:
                checks.append(_check(name, OK, ask(table)))
            except _NotAskedError as error:
                checks.append(_check(name, UNKNOWN, str(error)))
            except ReintegratieError as error:
                checks.append(_check(name, WRONG, str(error)))
    return checks


def _largest(tables: Iterable[_Table]) -> _Table | None:
    counted = [table for table in tables if table.info is not None]
    return max(counted, key=lambda table: (table.info and table.info.rows) or 0, default=None)


def _numbers_url(table: _Table) -> str:
    """Give the address of row numbers alone."""
    number = table.source.row_id
    url = table.service.data_url(Request("", (number,), select=True))
    return url if "$select" in url else f"{url}?$select={number}"


def _page(transport: Transport, table: _Table, size: int) -> str:
    url = _numbers_url(table)
    answer = _asked(lambda: transport.get_json(url)[1])
    rows, link = len(values(answer, table.name)), table.service.next_link(answer)
    if rows != size or link is None:
        raise ContractError(f"{url} gave {rows} rows, and {'no next link' if link is None else f'the link {link}'}")
    if urlsplit(urljoin(url, link)).netloc != urlsplit(url).netloc:
        raise ContractError(f"{url} says that its next page is at {link}; a download does not follow it there")
    return f"{rows} rows and a next link ({link})"


def _refused(transport: Transport, table: _Table) -> str:
    url = f"{_numbers_url(table).replace('/ODataFeed/', '/ODataApi/')}&$top={_API_LIMIT + 1}"
    try:
        transport.get_json(url)
    except HttpStatusError as error:
        if "10000 records" not in str(error):
            raise
        return str(error)
    except SourceError as error:
        if "answered 500" in str(error):
            raise ContractError(f"refused in other words: {error}") from error
        raise _NotAskedError(str(error)) from error
    raise ContractError(f"{url} gave rows")


# -- telling


def print_report(report: Report) -> None:
    """Print a report for a person: a line a table, the assumptions, what is new, and what to do."""
    out = console()
    out.print(f"source: {report.source}, {report.requests} requests", highlight=False, soft_wrap=True)
    if not report.is_reached:
        said = next(iter(report.unreachable.values()))
        out.print(f"{report.source} cannot be reached, so nothing was examined: {escape(said)}", soft_wrap=True)
        return
    tables = Table(title="Tables")
    for column in ("bron", "tabel_id", "modified", "newest period", "rows", "checks", ""):
        tables.add_column(column, overflow="fold", justify="right" if column == "rows" else "left")
    for t in report.tables:
        fine = sum(check.outcome == OK for check in t.checks)
        rows, of_all = "-" if t.rows is None else f"{t.rows:,}", f"{fine} of {len(t.checks)}"
        tables.add_row(t.bron, t.tabel_id, t.modified[:10], t.newest_period, rows, of_all, t.outcome)
    out.print(tables)
    checks = Table(title="What this project takes CBS to do (V seen, C from other clients, G inferred)")
    for column in ("check", "mark", "", "expected"):
        checks.add_column(column, overflow="fold")
    for c in report.checks:
        checks.add_row(c.name, c.mark, c.outcome, escape(c.expected))
    out.print(checks)
    for check in report.checks:
        if check.outcome != OK:
            out.print(f"{check.outcome}: {check.name} ({check.mark})", style="bold", markup=False)
            for word, said in (("expected", check.expected), ("found", check.found), ("to do", check.what_to_do)):
                out.print(f"  {word}: {said}", highlight=False, markup=False, soft_wrap=True)
    for new in report.new:
        line = f"new in the catalogue: {new.tabel_id} {new.titel!r} ({new.kind} of {new.bron}). {new.what_to_do}"
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    for host, trouble in report.unreachable.items():
        out.print(f"{host} cannot be reached: {trouble}", highlight=False, markup=False, soft_wrap=True)
    for soort in report.herkomst:
        if soort in WARNING:
            out.print(WARNING[soort], style="bold", highlight=False)
    counted = {outcome: sum(check.outcome == outcome for check in report.checks) for outcome in (OK, WRONG, UNKNOWN)}
    out.print(", ".join(f"{number} {outcome}" for outcome, number in counted.items()), highlight=False)


def as_json(report: Report) -> str:
    """Give a report as JSON, to send: its fields, and the outcome of the whole and of each table."""
    content = asdict(report)
    for table, of_table in zip(content["tables"], report.tables, strict=True):
        table["outcome"] = of_table.outcome
    content = {"outcome": report.outcome, "is_reached": report.is_reached, **content}
    return json.dumps(content, ensure_ascii=False, indent=1)
