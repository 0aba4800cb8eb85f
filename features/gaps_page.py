"""The report of gaps as a page: one HTML file that needs nothing else, with the picture of sources × purposes."""

from typing import Any

import jinja2

from features import gaps_picture, gaps_record
from features.gaps import SOON_DAYS, Gaps, Status, told


def render(gaps: Gaps) -> str:
    """Return the page; equal reports give equal pages."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("features"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"day": told, "spaced": lambda name: name.replace("_", " ")}
    return environment.get_template("gaps.html.j2").render(
        gaps=gaps,
        title=gaps.partnership.file.title,
        soon_days=SOON_DAYS,
        counts=_counts(gaps),
        Status=Status,
        mark=gaps_picture.mark,
        needed_for=gaps_record.needed_for,
        agency=lambda source: gaps_record.agency_title(gaps, source),
        picture=gaps_picture.matrix(gaps),
    )


def _counts(gaps: Gaps) -> dict[str, Any]:
    """Return how many sources that use cases read are usable, expiring or missing, each source and use case once."""
    found = [needed.standing.status for one in gaps.use_cases for needed in one.sources]
    return {status.value: found.count(status) for status in Status}
