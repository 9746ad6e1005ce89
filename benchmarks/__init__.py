"""``make bench``: what the service costs, as ratios measured side by side in one run.

The machines are noisy, so nothing here is asserted: each line shows our figure, what
it is compared with, and the ratio that the project aims at.
"""
