"""Mentions to a knowledge graph in RDF, and the graph to tensors that a graph network reads."""
