"""The published systems' networks, one file a paper."""

from typing import Annotated

from pydantic import Field

from serkit.models.bigru_mha import BiGRUMHA, BiGRUMHAConfig
from serkit.models.cnn_transformer import CNNTransformer, CNNTransformerConfig

__all__ = ["AnyModel", "BiGRUMHA", "BiGRUMHAConfig", "CNNTransformer", "CNNTransformerConfig"]

AnyModel = Annotated[CNNTransformerConfig | BiGRUMHAConfig, Field(discriminator="type")]
"""The settings of any network; `type` tells which."""
