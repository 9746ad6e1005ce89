"""Samples of usage in SQL, GB-days out of them."""
