"""What a table and its columns mean: one small record that every layer shares.

Here: the records themselves. Not here: where they come from (the pandera models in `assets.core`, the headers of the
`.sql` files in `assets.benchmark`) or where they go (`assets.published`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

# The unit of a number that points at something; it measures nothing, so another one is no other figure.
VOLGNUMMER = "volgnummer"


@dataclass(frozen=True)
class ColumnDescription:
    """Unit and meaning of one column.

    Args:
        eenheid: the unit, in the words of the field ("euro", "personen", "jaar", "code", "aandeel 0-1", ...).
        betekenis: what a value means.
    """

    eenheid: str
    betekenis: str

    def comment(self) -> str:
        """Give the text that goes into the published file as the comment of the column."""
        return f"{self.betekenis} [eenheid: {self.eenheid}]"


@dataclass(frozen=True)
class TableDescription:
    """What one table holds.

    Args:
        schema: `core`, `benchmark`, `rapport`, `vraag` or `meta`.
        table: name within the schema.
        about: what the table answers, where it comes from and what it cannot tell.
        grain: the columns that identify a row; rows are unique and sorted by them.
        columns: description of each column, in the order of the table.
        methode: the section of docs/method.md that tells how its figures come about.
    """

    schema: str
    table: str
    about: str
    grain: tuple[str, ...]
    columns: Mapping[str, ColumnDescription]
    methode: str

    @property
    def name(self) -> str:
        """Give the qualified name, `schema.table`."""
        return f"{self.schema}.{self.table}"
