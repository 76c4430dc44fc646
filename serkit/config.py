"""The base of every configuration: frozen, checked, and closed to unknown keys."""

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """A frozen pydantic model. A field is one choice; its default is the paper's number where a paper has one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
