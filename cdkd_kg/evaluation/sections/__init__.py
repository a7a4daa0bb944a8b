"""The sections of the report, one a file: each turns its part of the results into blocks."""
