"""What decisions say to the manager, in English; displays speak to people in their languages (`translations`)."""

from maskgate.messages import DisplayKind, Sound

#: What each kind of display sounds like.
SOUND: dict[DisplayKind, Sound] = {
    DisplayKind.IDLE: Sound.NONE,
    DisplayKind.WELCOME: Sound.OK,
    DisplayKind.MASK_REQUIRED: Sound.WARNING,
    DisplayKind.COVER_NOSE: Sound.WARNING,
    DisplayKind.LOOK_HERE: Sound.NONE,
    DisplayKind.DENIED: Sound.ALARM,
    DisplayKind.MESSAGE: Sound.NONE,
    DisplayKind.EMERGENCY: Sound.ALARM,
    DisplayKind.OUT_OF_SERVICE: Sound.NONE,
}

MASK = "Mask worn correctly"
NO_MASK = "No mask"
INCORRECT = "Mask worn wrongly: nose or mouth is bare"
UNCERTAIN = "The camera could not tell"
TEST = "A test: nobody stood there"
#: Added to the reason where the lock was told to keep somebody out, and only there.
REFUSED = ", entry refused"
