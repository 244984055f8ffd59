"""What can be known of a config before anything is spent, one finding a look: `evokd check`."""
