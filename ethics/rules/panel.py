"""The people of the panel, as the partnership names them, and what they write."""

from hub.declarations.partnership import Partnership, Person
from hub.errors import InputError, NotFoundError

MOST_CHARACTERS = 20_000
FEWEST_WORDS = 3


def member(partnership: Partnership, person: str) -> Person:
    """Return the entry of `person` in partnership.yaml.

    Raises:
        NotFoundError: the panel names nobody by this id.
    """
    for one in partnership.file.panel.people:
        if one.id == person:
            return one
    raise NotFoundError(
        "The panel names nobody by the id given with --as.",
        f"The people of {partnership.name} stand in partnership.yaml.",
    )


def checked_words(text: str, what: str) -> str:
    """Return `text` without space around it.

    Args:
        text: what somebody wrote.
        what: what it is, for the message, such as "The reasons".

    Raises:
        InputError: fewer than 3 words, too long, or characters that cannot be shown.
    """
    words = text.strip()
    if len(words.split()) < FEWEST_WORDS:
        raise InputError(f"{what} need at least {FEWEST_WORDS} words.", "Write them so that a lay reader understands.")
    if len(words) > MOST_CHARACTERS:
        raise InputError(f"{what} are longer than {MOST_CHARACTERS} characters.", "Shorten them.")
    if not all(character.isprintable() or character in "\n\t" for character in words):
        raise InputError(f"{what} hold characters that cannot be shown.", "Write them as plain text.")
    return words
