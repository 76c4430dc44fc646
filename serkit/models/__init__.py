"""The published systems' networks, one file a paper, and plain ones to compare them with."""

from typing import Annotated

from pydantic import Field

from serkit.models.amsnet import AMSNet, AMSNetConfig
from serkit.models.bigru_mha import BiGRUMHA, BiGRUMHAConfig
from serkit.models.cnn_transformer import CNNTransformer, CNNTransformerConfig
from serkit.models.mpaf_cnn import MPAFCNN, MPAFCNNConfig
from serkit.models.plain import CNN, BiLSTMAttention, BiLSTMAttentionConfig, CNNConfig

__all__ = [
    "CNN",
    "MPAFCNN",
    "AMSNet",
    "AMSNetConfig",
    "AnyModel",
    "BiGRUMHA",
    "BiGRUMHAConfig",
    "BiLSTMAttention",
    "BiLSTMAttentionConfig",
    "CNNConfig",
    "CNNTransformer",
    "CNNTransformerConfig",
    "MPAFCNNConfig",
]

AnyModel = Annotated[
    CNNTransformerConfig | BiGRUMHAConfig | MPAFCNNConfig | AMSNetConfig | CNNConfig | BiLSTMAttentionConfig,
    Field(discriminator="type"),
]
"""The settings of any network; `type` tells which."""
