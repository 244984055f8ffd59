"""What the viewer and the student's server share: sockets, host names, headers, secrets."""
