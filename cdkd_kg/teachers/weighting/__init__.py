"""How domain teachers are weighed for documents of a domain that has none of its own, one way a file."""
