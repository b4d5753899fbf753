"""What displays and decisions say. English for now; a language is one more table."""

from maskgate.messages import DisplayKind, Sound

#: Title, text and sound of each kind of display. At most 60 and 255 characters.
DISPLAY: dict[DisplayKind, tuple[str, str, Sound]] = {
    DisplayKind.IDLE: ("Welcome", "Please wear a mask over nose and mouth.", Sound.NONE),
    DisplayKind.WELCOME: ("Thank you", "Please come in.", Sound.OK),
    DisplayKind.MASK_REQUIRED: ("Mask required", "Please put on a mask.", Sound.WARNING),
    DisplayKind.COVER_NOSE: ("Almost there", "Please cover nose and mouth with your mask.", Sound.WARNING),
    DisplayKind.LOOK_HERE: ("Please look here", "Face the camera for a moment.", Sound.NONE),
    DisplayKind.DENIED: ("No entry without a mask", "Please put on a mask and look at the camera.", Sound.ALARM),
    DisplayKind.MESSAGE: ("Please note", "", Sound.NONE),
    DisplayKind.EMERGENCY: ("Emergency", "The entry is released.", Sound.ALARM),
    DisplayKind.OUT_OF_SERVICE: ("Closed for the moment", "Please wait, or ask the staff.", Sound.NONE),
}

NO_RULE = "Please come in."
MASK = "Mask worn correctly"
NO_MASK = "No mask"
INCORRECT = "Mask worn wrongly: nose or mouth is bare"
UNCERTAIN = "The camera could not tell"
#: Instead of the usual words where a mask alone is not enough.
ONE_BY_ONE = "Please step back and come to the camera one by one, each with a mask."
#: Added to the reason where the lock was told to keep somebody out, and only there.
REFUSED = ", entry refused"
