"""What people decided on a graph: recorded, never changed, and the graph that follows from it."""
