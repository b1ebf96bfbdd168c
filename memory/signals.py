"""What layers above hear of memories."""

from django.dispatch import Signal

forgotten = Signal()
"""In the transaction that deletes them, before it: `person_id`, and `memory_ids` that were about that person.
Whoever has copied their texts takes them away."""
