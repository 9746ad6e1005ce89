"""What a site may add to logs and metrics: errors to Sentry, traces to OpenTelemetry.

Their packages are extras, and imported only where they are configured.
"""
