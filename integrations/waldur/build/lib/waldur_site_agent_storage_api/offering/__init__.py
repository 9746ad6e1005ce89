"""The offering in Waldur that fits an agent's configuration, made or brought up to date."""
