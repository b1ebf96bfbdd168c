"""Why a back-up was not made or not restored. Nothing was changed then, and the words are for people."""


class Refused(Exception):
    """It would do harm, or cannot be done here."""


class BrokenArchive(Refused):
    """The file is no whole back-up."""
