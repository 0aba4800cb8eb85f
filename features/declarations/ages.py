"""Ages: which people are meant, by their age on a date."""

from pydantic import Field

from hub.yaml_documents import Document


class Ages(Document):
    """Age in completed years on the as-of date, counted from the month of birth; half-open."""

    from_years: int = Field(ge=0, le=120, description="Youngest age that is in.")
    below_years: int = Field(ge=1, le=121, description="First age that is out.")
