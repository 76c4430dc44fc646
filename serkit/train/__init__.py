"""Training one system on one fold: examples, loop, checkpoint, evaluation."""
