"""The viewer: web pages over run directories, read-only, for people who inspect what agents did."""
