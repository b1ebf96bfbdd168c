"""The closed lists a persona chooses from."""

from django.db import models


class AvatarColour(models.TextChoices):
    """Each value has a CSS class `avatar-<value>`."""

    ROSE = "rose", "Rose"
    CORAL = "coral", "Coral"
    AMBER = "amber", "Amber"
    OLIVE = "olive", "Olive"
    GREEN = "green", "Green"
    TEAL = "teal", "Teal"
    BLUE = "blue", "Blue"
    INDIGO = "indigo", "Indigo"
    VIOLET = "violet", "Violet"
    SLATE = "slate", "Slate"


class CommunicationStyle(models.TextChoices):
    CONVERSATIONAL = "conversational", "Conversational"
    CONCISE = "concise", "Concise"
    DETAILED = "detailed", "Detailed"
    FORMAL = "formal", "Formal"
    PLAYFUL = "playful", "Playful"
    SOCRATIC = "socratic", "Socratic"
    STORYTELLING = "storytelling", "Storytelling"


class Engagement(models.TextChoices):
    """How much of a conversation it takes upon itself."""

    ACTIVE = "active", "Active"
    REACTIVE = "reactive", "Reactive"
    OBSERVER = "observer", "Observer"
