"""The published systems' networks, one file a paper."""

from typing import Annotated

from pydantic import Field

from serkit.models.amsnet import AMSNet, AMSNetConfig
from serkit.models.bigru_mha import BiGRUMHA, BiGRUMHAConfig
from serkit.models.cnn_transformer import CNNTransformer, CNNTransformerConfig
from serkit.models.mpaf_cnn import MPAFCNN, MPAFCNNConfig

__all__ = [
    "MPAFCNN",
    "AMSNet",
    "AMSNetConfig",
    "AnyModel",
    "BiGRUMHA",
    "BiGRUMHAConfig",
    "CNNTransformer",
    "CNNTransformerConfig",
    "MPAFCNNConfig",
]

AnyModel = Annotated[CNNTransformerConfig | BiGRUMHAConfig | MPAFCNNConfig | AMSNetConfig, Field(discriminator="type")]
"""The settings of any network; `type` tells which."""
