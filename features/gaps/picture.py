"""The matrix of sources × purposes as SVG: a shape and a word in each cell, so that colour is never the only sign."""

from markupsafe import Markup, escape

from features.gaps.gaps import Gaps, SourceStanding, Status

_LABEL, _CELL, _ROW, _LINE = 148, 104, 48, 15
_INK, _QUIET, _RULE = "#1b2733", "#4d5965", "#c9d2da"
_TONES = {Status.USABLE: "#005ea8", Status.EXPIRING: "#8a5300", Status.MISSING: "#b3261e"}
_SHAPES = {
    Status.USABLE: Markup('<circle cx="{x}" cy="{y}" r="7" fill="{tone}"/>'),
    Status.EXPIRING: Markup('<path d="M{x} {top}l8 14h-16z" fill="{tone}"/>'),
    Status.MISSING: Markup(
        '<path d="M{x} {y}m-6 -6l12 12m0 -12l-12 12" fill="none" stroke="{tone}" stroke-width="3"/>'
    ),
}


def matrix(gaps: Gaps) -> Markup:
    """Return the picture: one row for each source, one column for each purpose."""
    heads = [wrapped(purpose.replace("_", " "), 14) for purpose in gaps.purposes]
    top = max((len(lines) for lines in heads), default=1) * _LINE + 14
    width, height = _LABEL + _CELL * len(heads), top + _ROW * len(gaps.matrix) + 2
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        ).format(w=width, h=height)
        + Markup('aria-labelledby="matrix-title matrix-words" font-size="12">'),
        Markup('<title id="matrix-title">Sources and purposes on {}</title>').format(gaps.on),
        Markup('<desc id="matrix-words">{}</desc>').format(_described(gaps)),
    ]
    for column, lines in enumerate(heads):
        x = _LABEL + column * _CELL + _CELL // 2
        for number, line in enumerate(lines):
            y = top - 12 - (len(lines) - 1 - number) * _LINE
            parts.append(_text(x, y, line, anchor="middle", weight=600))
    for row, (source, standings) in enumerate(gaps.matrix):
        y = top + row * _ROW
        parts.append(Markup('<path d="M0 {y}h{w}" stroke="{rule}"/>').format(y=y, w=width, rule=_RULE))
        for number, line in enumerate(wrapped(source.name.replace("_", " "), 20)[:3]):
            parts.append(_text(0, y + 19 + number * _LINE, line, weight=600))
        for column, standing in enumerate(standings):
            parts.append(_cell(_LABEL + column * _CELL + _CELL // 2, y, standing))
    return Markup("\n").join([*parts, Markup("</svg>")])


def mark(status: Status) -> Markup:
    """Return the shape of a status by itself, for tables and the key."""
    shape = _SHAPES[status].format(x=9, y=9, top=2, tone=_TONES[status])
    return Markup('<svg class="mark" viewBox="0 0 18 18" aria-hidden="true" focusable="false">{}</svg>').format(shape)


def wrapped(words: str, most: int) -> list[str]:
    """Return `words` in lines of at most `most` characters, where they can be broken at spaces."""
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _cell(x: int, y: int, standing: SourceStanding) -> Markup:
    shape = _SHAPES[standing.status].format(x=x, y=y + 16, top=y + 9, tone=_TONES[standing.status])
    return shape + _text(x, y + 38, standing.status.value, anchor="middle")


def _text(x: int, y: int, words: str, *, anchor: str = "start", weight: int = 400) -> Markup:
    tone = _INK if weight > 400 else _QUIET
    return Markup('<text x="{}" y="{}" text-anchor="{}" font-weight="{}" fill="{}">{}</text>').format(
        x, y, anchor, weight, tone, escape(words)
    )


def _described(gaps: Gaps) -> str:
    found = [one.status for _, standings in gaps.matrix for one in standings]
    said = ", ".join(f"{found.count(status)} {status.value}" for status in Status)
    return f"{len(gaps.matrix)} sources and {len(gaps.purposes)} purposes: {said}. The table below says the same."
