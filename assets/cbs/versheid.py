"""How fresh a source is: when CBS should publish next, and when it was last asked with success.

Here: CBS's calendar and the note of each check. Not here: downloading (`download`).

    <lake>/raw/<bron>/status.json    when the source was last checked, and since when it fails here
"""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from assets.errors import LakeError
from assets.lake import Lake, read_model, write_bytes

Kalender = Literal["maand", "kwartaal", "jaar", "iv3", "vast"]
Stand = Literal["actueel", "te laat bij CBS", "mislukt hier", "nog niet opgehaald"]

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_DAYS = {"maand": 31, "kwartaal": 92, "jaar": 366}
# Deadlines by law for gemeenten: begroting 15 November of the year before, jaarrekening 15 July of the year after.
# CBS publishes ten days later (first plaatsing) and seventy days later (second plaatsing).
_IV3_DEADLINES = ((-1, 11, 15), (1, 7, 15))
_IV3_AFTER = (10, 70)
# CBS's days are not to the day.
_SLACK = timedelta(days=21)


class Controle(BaseModel):
    """When a source was last asked with success, and since when asking it fails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gecontroleerd_op: str | None = None
    mislukt_sinds: str | None = None
    fout: str | None = None


def expected_on(kalender: Kalender, jaar: int | None, modified: str) -> date | None:
    """Give the day on which CBS should have something newer than what it had.

    Args:
        kalender: how often the table changes; `vast` tables do not.
        jaar: the boekjaar of an Iv3 table.
        modified: `Modified` of the vintage, as CBS wrote it (begins with an ISO date).

    Returns:
        the day; None when nothing newer is expected.

    Raises:
        LakeError: modified does not begin with a date.
    """
    try:
        last = date.fromisoformat(modified[:10])
    except ValueError as error:
        raise LakeError(f"Modified {modified!r} of a vintage does not begin with a date") from error
    if kalender == "vast":
        return None
    if kalender != "iv3":
        return last + timedelta(days=_DAYS[kalender])
    if jaar is None:
        raise LakeError("an Iv3 table has a boekjaar")
    days = sorted(
        date(jaar + year, month, day) + timedelta(days=after)
        for year, month, day in _IV3_DEADLINES
        for after in _IV3_AFTER
    )
    return next((day for day in days if day > last), None)


def standing(controle: Controle | None, expected: date | None, today: date) -> tuple[Stand, str]:
    """Say how a source stands.

    Args:
        controle: the note of the last check; None: it was never checked.
        expected: when CBS should have something newer.
        today: the day to judge by.

    Returns:
        one word, and a sentence.
    """
    if controle is not None and controle.mislukt_sinds is not None:
        return "mislukt hier", f"mislukt hier sinds {controle.mislukt_sinds}: {controle.fout}"
    if controle is None or controle.gecontroleerd_op is None:
        return "nog niet opgehaald", "nog niet gecontroleerd"
    if expected is not None and today > expected + _SLACK:
        return "te laat bij CBS", f"verwacht op {expected}, en CBS had op {controle.gecontroleerd_op} niets nieuws"
    return "actueel", "geen nieuwe verwacht" if expected is None else f"nieuwe verwacht op {expected}"


def note(lake: Lake, bron: str, error: str | None) -> None:
    """Note that a source was checked now: with success (error is None), or not."""
    before, now = read_controle(lake, bron), datetime.now(UTC).strftime(_TIME)
    if error is None:
        found = Controle(gecontroleerd_op=now)
    else:
        since = before.mislukt_sinds if before is not None and before.mislukt_sinds else now
        last = None if before is None else before.gecontroleerd_op
        found = Controle(gecontroleerd_op=last, mislukt_sinds=since, fout=error)
    # Not synced: a note that is lost is made again tomorrow.
    write_bytes(lake.raw / bron / "status.json", found.model_dump_json().encode(), durable=False)


def read_controle(lake: Lake, bron: str) -> Controle | None:
    """Read the note of a source; None when there is none.

    Raises:
        LakeError: it is damaged.
    """
    path = lake.raw / bron / "status.json"
    return read_model(path, Controle, "take it away, the next refresh writes it again")
