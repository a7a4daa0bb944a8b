"""Scores with their intervals, fair comparisons, the verdict on the graph, and the report."""
