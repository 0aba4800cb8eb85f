"""The commented starter that `sentinel init` writes: the YAML files beside this module."""

import shutil
from pathlib import Path

from hub.errors import ConfigurationError

_HERE = Path(__file__).parent


def write(folder: Path) -> list[Path]:
    """Copy the starter into `folder` and return the files written.

    Raises:
        ConfigurationError: the folder exists and is not empty; nothing is written then.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not an empty folder.", "Name a new one; nothing was written.")
    written = []
    for path in sorted(_HERE.rglob("*.yaml")):
        target = folder / path.relative_to(_HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        written.append(target)
    return written
