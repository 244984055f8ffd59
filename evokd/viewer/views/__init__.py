"""The pages, one module each: what an address asks for is gathered and handed to a template."""
