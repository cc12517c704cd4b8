"""Releases of a site: where they are kept, who may make them live, and what has been live."""
