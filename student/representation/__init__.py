"""Where written rows stand among real ones: measures that are reported and steer nothing."""
