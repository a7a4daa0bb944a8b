"""Knowledge distillation across domains and tasks, guided by a knowledge graph."""
