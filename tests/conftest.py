"""What holds for all tests: the long ones run only where they are asked for; a busy machine fails none of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("syncd", deadline=None)
settings.load_profile("syncd")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("SYNCD_SOAK") == "1":
        return
    skip = pytest.mark.skip(reason="a long one: make soak")
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def log_handlers() -> Iterator[None]:
    """What a test's command line sets up for its log ends with the test: its stream is closed then."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in root.handlers[:]:
        if handler not in before and isinstance(handler, logging.StreamHandler):
            root.removeHandler(handler)
