"""Vendors' systems as real servers on 127.0.0.1, with faults that tests order."""
