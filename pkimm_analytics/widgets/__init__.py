"""Controls for notebooks and dashboards: they hold what was chosen and compute nothing."""
