"""What a linkage is expected to have found, and when it is too little."""

from collections.abc import Mapping

import pytest

from hub.linking.expected_links import Expected


@pytest.mark.parametrize(
    ("expected", "recall", "warned"),
    [
        (Expected(90, 89.0, 100.0, {}), 0.89, False),
        (Expected(120, 119.0, 100.0, {}), 1.0, False),
        (Expected(40, 39.0, 100.0, {}), 0.39, True),
        (Expected(3, 3.0, 10.0, {}), 0.3, False),  # of ten pairs nothing can be said
        (Expected(0, 0.0, 0.0, {}), None, False),
        (Expected(0, 0.0, 0.0, {"family names and birthdays": 19}), None, False),
        (Expected(0, 0.0, 0.0, {"family names and birthdays": 20}), None, True),
        (Expected(15, 15.0, 0.0, {"given and family names": 0, "family names and birthdays": 20}), None, False),
        (Expected(900, 890.0, 0.0, {"given and family names": 20}, 9), None, True),  # the others are within a file
        (Expected(900, 890.0, 0.0, {"given and family names": 20}, 10), None, False),
    ],
)
def test_the_warning(expected: Expected, recall: float | None, warned: bool) -> None:
    said: Mapping[str, object] = expected.as_json()
    assert expected.recall == (None if recall is None else pytest.approx(recall))
    assert bool(said["warning"]) is warned
