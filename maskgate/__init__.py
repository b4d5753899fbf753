"""maskgate: a mask rule kept at a building's doors. This package holds what node and hub share."""
