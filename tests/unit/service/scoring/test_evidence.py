"""The numbers behind a score's words are those of the audit, and what that withholds is withheld here too."""

from hub.disclosing.disclosure import WITHHELD
from hub.figures import NotComputed, share
from service.scoring.scores import _evidence


def test_a_figure_has_its_interval_and_n() -> None:
    found = _evidence("children", share(30, 120, "children").as_json(), "were in this band")
    assert (found.share, found.n) == (0.25, 120)
    assert found.words.startswith("On the test dates children were in this band 120 times, and in 25.0 % of them")


def test_what_is_withheld_has_no_number_at_all() -> None:
    found = _evidence("children", WITHHELD.as_json(), "were in this band")
    assert (found.share, found.low, found.high, found.n) == (None, None, None, None)
    assert "is withheld" in found.words


def test_what_was_not_computed_says_why() -> None:
    found = _evidence("children", NotComputed(0, "nobody").as_json(), "were in this band")
    assert (found.share, found.n) == (None, 0)
    assert "not computed" in found.words
