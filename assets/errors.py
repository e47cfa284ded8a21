"""The errors this project raises on purpose.

Here: one class per kind of trouble, so that the command line can tell them from a bug. Each message names the table,
the column or code, and what to do. Not here: how an error is shown to a person (`pipelines.cli`).
"""


class ReintegratieError(Exception):
    """Something went wrong that a user can understand and act upon."""


class SettingsError(ReintegratieError):
    """A setting or option that makes no sense; nothing was started."""


class SourceError(ReintegratieError):
    """CBS (or the address that stands in for it) could not be reached, or what it sent was broken."""


class ContractError(ReintegratieError):
    """Data that are not what the registry or a model says they should be."""


class LakeError(ReintegratieError):
    """The lake could not be read or written, or its contents are damaged."""


class IncompleteError(LakeError):
    """The lake has not all tables that a build needs; nothing in it is damaged."""


class LimitError(ReintegratieError):
    """A query that took longer, or more memory, than it may; nothing is wrong with the data."""
