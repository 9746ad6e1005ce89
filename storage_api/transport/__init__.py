"""How we talk to anybody: time limits, concurrency, retries, signing, locks."""
