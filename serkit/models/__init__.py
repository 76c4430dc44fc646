"""The published systems' networks, one file a paper."""

from serkit.models.cnn_transformer import CNNTransformer, CNNTransformerConfig

__all__ = ["CNNTransformer", "CNNTransformerConfig"]
