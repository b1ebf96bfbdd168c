"""Replies that are written beforehand and picked by rules: for demos, where no model is to be had."""

from providers.improvising.picking import improvise

__all__ = ["improvise"]
