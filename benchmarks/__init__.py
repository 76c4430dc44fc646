"""What serkit's speed is measured by: `make bench`. Every figure is a ratio, or a time beside its aim, of one run."""
