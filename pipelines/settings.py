"""The settings of a run: from the command line, from the environment (REINTEGRATIE_...), or the default.

Here: what can be set, and refusing what makes no sense. Not here: what a setting does.
"""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assets.cbs.oordeel import Grenzen
from assets.cbs.transport import Address, TransportSettings
from assets.core.keuzes import DEFINITIES, Keuzes
from assets.errors import SettingsError
from assets.published.layout import DEFAULT_LAKE

REPLICA, CBS = "replica", "cbs"
FIRST_BOEKJAAR = 2017
_MONTH_WITH_INWONERS = 7
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?")


def last_boekjaar(today: date) -> int:
    """Give the last boekjaar that is complete enough to compare: the current year from July on.

    The definitive inwoners of 1 January are published in June (03759ned), the indeling of the year in spring. Before
    that a boekjaar has only a begroting, and no denominator; who wants it all the same can ask for it by name.
    """
    return today.year if today.month >= _MONTH_WITH_INWONERS else today.year - 1


class Settings(BaseSettings):
    """What a run may be told.

    Args:
        source: `replica` (the embedded one), `cbs`, or the address of a replica that runs already.
        lake: the folder of the lake.
        facts: folder with figures that the embedded replica serves exactly.
        seed: of what the embedded replica fills in.
        years: boekjaren to download, `2023` or `2020-2024`; what the lake has of other years stays.
        taakvelden: taakvelden to compare, with commas between them.
        levering_taakvelden: taakvelden that only tell a non-delivery from a zero booking.
        bijstand_definitie: the definition of core.bijstand that divides spending.
        bijstand_maand: the month of it, 1-12.
        aandeel_personen_zonder_bijstand: share of the persons with a voorziening who have no bijstand, 0-1.
        basisjaar_prijzen: in the prices of which year amounts in real terms are, 2017 or later.
        grens_rijen, grens_totaal, grens_cellen: how much a new vintage may differ from the one before it, as fractions:
            rows gone, a national total, cells with another number.
        alert_command: a program that gets a short JSON on its standard input after a failure, a vintage held back, or
            changed figures.
        alert_url: an address that gets the same by POST; https, or loopback.
        contact: the e-mail address in the DCAT metadata; None: left out.
        schedule: when the schedule of the Dagster daemon runs, as cron, Amsterdam time.
        http_attempts: how often a request is tried.
        http_first_wait_s: seconds before the second try; it grows from there.
    """

    # A variable that holds nothing is one that was not set: so do shells, containers and the option of `sql` take it.
    model_config = SettingsConfigDict(env_prefix="REINTEGRATIE_", frozen=True, extra="forbid", env_ignore_empty=True)

    source: str = REPLICA
    lake: Path = DEFAULT_LAKE
    facts: Path | None = None
    seed: int = 1
    years: str = Field(default_factory=lambda: f"{FIRST_BOEKJAAR}-{last_boekjaar(datetime.now(UTC).date())}")
    taakvelden: str = ",".join(Keuzes.taakvelden)
    levering_taakvelden: str = ",".join(Keuzes.levering_taakvelden)
    bijstand_definitie: str = Keuzes.bijstand_definitie
    bijstand_maand: int = Field(default=Keuzes.bijstand_maand, ge=1, le=12)
    aandeel_personen_zonder_bijstand: float = Field(default=Keuzes.aandeel_personen_zonder_bijstand, ge=0, le=1)
    basisjaar_prijzen: int = Field(default=Keuzes.basisjaar_prijzen, ge=FIRST_BOEKJAAR, le=2100)
    grens_rijen: float = Field(default=Grenzen.rijen, ge=0, le=1)
    grens_totaal: float = Field(default=Grenzen.totaal, ge=0)
    grens_cellen: float = Field(default=Grenzen.cellen, ge=0, le=1)
    alert_command: Path | None = None
    alert_url: str | None = None
    contact: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    schedule: str = "30 5 * * *"
    http_attempts: int = Field(default=TransportSettings().attempts, ge=1, le=20)
    http_first_wait_s: float = Field(default=TransportSettings().first_wait_s, ge=0, le=60)

    @field_validator("source")
    @classmethod
    def _check_source(cls, value: str) -> str:
        if value != REPLICA:
            try:
                Address.parse(value)
            except SettingsError as error:
                raise ValueError(str(error)) from error
        return value

    @field_validator("alert_url")
    @classmethod
    def _check_alert_url(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                raise ValueError("should be an https address, or one on this machine")
        return value

    @field_validator("years")
    @classmethod
    def _check_years(cls, value: str) -> str:
        match = _YEARS.fullmatch(value.strip())
        if match is None:
            raise ValueError("should be a year or two with a dash, such as 2023 or 2020-2024")
        first, last = int(match[1]), int(match[2] or match[1])
        if not FIRST_BOEKJAAR <= first <= last:
            raise ValueError(f"should run from {FIRST_BOEKJAAR} or later to the same year or later")
        if last > datetime.now(UTC).year + 1:
            raise ValueError(f"CBS has no figures of {last} yet")
        return value.strip()

    @field_validator("taakvelden", "levering_taakvelden")
    @classmethod
    def _check_taakvelden(cls, value: str) -> str:
        codes = [code.strip() for code in value.split(",")]
        if not all(re.fullmatch(r"\d\.\d+[a-z]?", code) for code in codes) or len(set(codes)) < len(codes):
            raise ValueError("should be different taakvelden with commas between them, such as 6.3,6.4,6.5")
        return ",".join(codes)

    @field_validator("bijstand_definitie")
    @classmethod
    def _check_definitie(cls, value: str) -> str:
        if value not in DEFINITIES.values():
            raise ValueError(f"should be one of: {'; '.join(DEFINITIES.values())}")
        return value

    def boekjaren(self) -> tuple[int, ...]:
        """Give the boekjaren to download, ascending."""
        first, _, last = self.years.partition("-")
        return tuple(range(int(first), int(last or first) + 1))

    def grenzen(self) -> Grenzen:
        """Give how much a new vintage may differ."""
        return Grenzen(self.grens_rijen, self.grens_totaal, self.grens_cellen)

    def transport(self) -> TransportSettings:
        """Give how patient the client is."""
        return TransportSettings(attempts=self.http_attempts, first_wait_s=self.http_first_wait_s)

    def keuzes(self) -> Keuzes:
        """Give the choices that shape the figures."""
        return Keuzes(
            tuple(self.taakvelden.split(",")),
            tuple(self.levering_taakvelden.split(",")),
            self.bijstand_definitie,
            self.bijstand_maand,
            self.aandeel_personen_zonder_bijstand,
            self.basisjaar_prijzen,
        )


def load_settings(**options: Any) -> Settings:  # noqa: ANN401  # any option of Settings
    """Read the settings; an option that is None was not given.

    Raises:
        SettingsError: one makes no sense; the message says which and why.
    """
    try:
        settings = Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        listing = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')} (got {e['input']!r})"
            for e in error.errors()
        )
        raise SettingsError(listing) from error
    overlap = set(settings.taakvelden.split(",")) & set(settings.levering_taakvelden.split(","))
    if overlap:
        raise SettingsError(f"levering_taakvelden: {', '.join(sorted(overlap))} stands in taakvelden too")
    if settings.facts is not None and settings.source != REPLICA:
        raise SettingsError("facts: only the embedded replica takes facts; leave out --source or --facts")
    return settings
