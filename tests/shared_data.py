"""Where the real and openly licensed inputs lie: beside the checkout, or where SENTINEL_SHARED_DATA says."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("SENTINEL_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def needs(name: str) -> pytest.MarkDecorator:
    """Skip with the reason where the folder `name` of the shared data is missing."""
    reason = f"needs the shared data ({name}); see SENTINEL_SHARED_DATA in tests/shared_data.py"
    return pytest.mark.skipif(not (FOLDER / name).is_dir(), reason=reason)
