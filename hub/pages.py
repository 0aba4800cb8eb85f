"""Pages: one HTML file each, that needs nothing else, with the looks that all share (`templates/report.css`)."""

from collections.abc import Callable, Mapping
from typing import Any


def render(template: str, package: str, filters: Mapping[str, Callable[..., Any]], values: Mapping[str, Any]) -> str:
    """Return a page; equal values give equal pages.

    Args:
        template: name of a file in the package's `templates` folder; it may also use the hub's.
        package: the package, such as "audits".
        filters: what the template's filters do.
        values: what the template shows; a name that it uses and that is missing is an error.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(one) for one in dict.fromkeys((package, "hub"))]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters
    return environment.get_template(template).render(values)
