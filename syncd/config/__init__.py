"""The config file: one model, read whole, with every problem at once.

    config = load(find_config())        # raises ConfigProblems

`model` is the list of keys; `reading` makes a `Config` of a text; `sample` and `reference` write the model down for
people; `editing` changes a file and keeps its comments.
"""

from syncd.config.model import (
    Config,
    DomainSettings,
    DriftBudgets,
    OwnerSettings,
    PersonSettings,
    ReportSettings,
    SyncSettings,
)
from syncd.config.places import find_config, state_directory
from syncd.config.problems import ConfigProblems, Problem
from syncd.config.reading import load, parse

__all__ = [
    "Config",
    "ConfigProblems",
    "DomainSettings",
    "DriftBudgets",
    "OwnerSettings",
    "PersonSettings",
    "Problem",
    "ReportSettings",
    "SyncSettings",
    "find_config",
    "load",
    "parse",
    "state_directory",
]
