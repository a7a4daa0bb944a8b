"""A bundle as a service: predictions, feedback, metrics, and what drifts away from the texts it was made of."""
