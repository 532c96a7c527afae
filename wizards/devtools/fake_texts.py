"""Made-up texts; the names and numbers in them are made up too."""

REMARKS = (
    "My camera has no such button.",
    "The menu looks quite different here. There is no “Advanced”.",
    "The light blinks green, not red.",
    "The button is under a rubber cap that does not come off.",
    "Mine says “Device inactive” instead.",
    "There are two holes, and I do not know which is meant.",
    "I cannot reach the camera, it hangs under the roof.",
    "The app asks for a code that I never got.",
    "Nothing happens, however long I hold it.",
    "The picture shows another model.",
    "It is a dome, and I see no screws.",
    "Please ring me on 07700 900123 after 5, I gave up here. Mrs Example",
    "The serial number is on the box, and the box is gone.",
    "After the restart it says “No network”, nothing else.",
    "I held it for 30 seconds and it made no sound.",
    "The sticker cannot be read any more.",
)
FEEDBACK = {
    "yes": (
        "Thank you, it works again.",
        "Clear steps, good pictures.",
        "Took a while, but it worked.",
        "Much better than the manual.",
    ),
    "no": (
        "I did all of this before I came here.",
        "It worked until I switched it off again.",
        "I still do not have the password.",
        "My model is not the one in the pictures.",
        "Please answer my e-mail: sam@example.org",
    ),
}
NOT_FOUND = (
    "doorbell",
    "invoice",
    "return address",
    "garage door opener",
    "motion sensor battery",
    "cloud subscription",
    "cancel contract",
    "night vision is pink",
    "sd card full",
    "two way audio",
    "wall mount",
    "firmware",
    "dog sets it off",
    "asdf",
    "thermostat",
    "solar panel",
)
