"""The benchmark as a folder of static pages: no server, no network."""
