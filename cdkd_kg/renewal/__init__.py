"""A student that keeps up: made again with what its service saw, or for a new domain, and never for the worse."""
