"""Who may do what. Reading order: headers, limits, secrets, throttle, visitor (who asks), guard (may they), signing."""
