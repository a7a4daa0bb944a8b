"""The text teacher, the graph teacher on top of its beliefs, their calibration and fusion."""
