"""Where the quads of a knowledge graph lie: one port, and an adapter each for Oxigraph, rdflib and SPARQL endpoints."""
