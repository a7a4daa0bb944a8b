"""Curation: what a domain expert can decide on a graph, and what is worth deciding first."""
