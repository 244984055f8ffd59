"""Providers with a protocol of their own, one adapter a file; table: `evokd.config.providers`."""
