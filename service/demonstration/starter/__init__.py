"""The commented starter that `sentinel init` writes: the YAML files beside this module."""

from collections.abc import Sequence
from pathlib import Path

from hub.errors import ConfigurationError

_HERE = Path(__file__).parent


def write(folder: Path, adapters: Sequence[str] = ()) -> list[Path]:
    """Write the starter into `folder` and return the files written.

    Args:
        folder: the new folder.
        adapters: names of formats that its sources have (hub.declarations.adapter); without any a source of its own is
            shown.

    Raises:
        ConfigurationError: the folder exists and is not empty, or there is no such adapter; nothing is written then.
    """
    from service.demonstration.starter import from_adapters

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not an empty folder.", "Name a new one; nothing was written.")
    texts = {
        path.relative_to(_HERE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(_HERE.rglob("*.yaml"))
    }
    if adapters:
        texts = from_adapters.texts(texts, adapters)
    written = []
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written
