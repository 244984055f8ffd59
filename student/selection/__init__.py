"""Which rows a student sees again, believes, or is shown by influence."""
