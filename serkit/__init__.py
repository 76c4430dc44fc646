"""serkit recognizes emotion in speech."""
