"""Search over a space of configurations, judged on the labelled validation rows of source domains alone."""
