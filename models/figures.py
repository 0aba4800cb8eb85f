"""A figure with its interval, or the plain statement that it was not computed and why: see `hub.figures`."""

from hub.figures import DECIMALS, Figure, NotComputed, Stated, from_json

__all__ = ["DECIMALS", "Figure", "NotComputed", "Stated", "from_json"]
