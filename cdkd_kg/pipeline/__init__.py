"""The main job: one file a stage, the plan that orders them, and the run."""
