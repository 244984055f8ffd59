"""The one place that spends tokens: endpoints, retries, the desk that books every attempt."""
