"""The processes of VALIS: all in one (docs/decisions/0002), or web server, worker and scheduler apart."""
