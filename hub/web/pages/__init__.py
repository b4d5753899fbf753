"""The console for the building manager. Reading order: views (rows into words), console (its routes)."""
