"""The report of gaps as a page: one HTML file that needs nothing else, with the picture of sources × purposes."""

from typing import Any

from features.gaps import picture as gaps_picture
from features.gaps import record as gaps_record
from features.gaps.gaps import SOON_DAYS, Gaps, Status
from hub import pages
from hub.dates import in_words


def render(gaps: Gaps) -> str:
    """Return the page; equal reports give equal pages."""
    filters = {"day": in_words, "spaced": lambda name: name.replace("_", " ")}
    values = {
        "gaps": gaps,
        "title": gaps.partnership.file.title,
        "soon_days": SOON_DAYS,
        "counts": _counts(gaps),
        "Status": Status,
        "mark": gaps_picture.mark,
        "needed_for": gaps_record.needed_for,
        "agency": lambda source: gaps_record.agency_title(gaps, source),
        "picture": gaps_picture.matrix(gaps),
    }
    return pages.render("gaps.html.j2", "features", filters, values)


def _counts(gaps: Gaps) -> dict[str, Any]:
    """Return how many sources that use cases read are usable, expiring or missing, each source and use case once."""
    found = [needed.standing.status for one in gaps.use_cases for needed in one.sources]
    return {status.value: found.count(status) for status in Status}
