"""What holds for all tests: the long ones run only where they are asked for; a busy machine fails none of them."""

from __future__ import annotations

import os

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
