"""The trees of a model that is known to have some."""

from models.bundle.forms import TreeForm
from models.bundle.model import Model


def trees_of(model: Model) -> TreeForm:
    """Return a model's trees."""
    assert isinstance(model.form, TreeForm)
    return model.form
