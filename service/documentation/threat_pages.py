"""The page of threats: what somebody beside the gate can and cannot do, from one list; its tests are held to exist."""

from collections.abc import Iterator

from service.documentation.threats_listed import THREATS, Position


def page() -> str:
    """Return the page in Markdown, without the note that it is generated."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Threats"
    yield ""
    yield "What somebody beside the gate can try, what happens, and which test shows it."
    yield "*Not prevented* is said plainly."
    yield "The bench tries 1,000 changed manifests, rows, anchors and files, and 1,000 ends of decisions under load"
    yield "(`make bench-service`)."
    for position in Position:
        rows = [one for one in THREATS if one.position is position]
        if not rows:
            continue
        yield ""
        yield f"## Somebody who {position.value}"
        yield ""
        yield "| what they try | what happens | carried by | shown by |"
        yield "| --- | --- | --- | --- |"
        for one in rows:
            answer = one.answer if one.is_prevented else f"**Not prevented.** {one.answer} {one.left}"
            code = f"`{one.code}`" if one.code else "–"
            tests = "<br>".join(f"`{test.partition('::')[2]}`" for test in one.tests) or "–"
            yield f"| {one.attack} | {answer} | {code} | {tests} |"
