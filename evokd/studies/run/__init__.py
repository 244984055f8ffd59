"""The cells of a study at work: workers, folder, records."""
