"""Personas as files: character cards of other tools, and VALIS's own JSON and YAML."""
