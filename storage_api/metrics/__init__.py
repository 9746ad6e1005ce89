"""What the service counts of itself, over all of its processes, and how Prometheus reads it.

Below the transport, which counts through it. Labels are bounded: no name of a user, a bucket or
a volume, no address and nothing secret is ever one.
"""
