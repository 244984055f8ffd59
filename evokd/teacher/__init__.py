"""The one place that spends tokens: endpoints, retries, the client that books every attempt."""
