"""The definition of every figure, shown beside the figures and on a page of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """The name of a figure, and what it counts, in plain words."""

    name: str
    text: str


DEFINITIONS: dict[str, dict[str, Definition]] = {
    "Which sessions": {
        "session": Definition(
            "Session",
            "One person's walk through one published version of a wizard, from choosing what is wrong. Everything here"
            " counts sessions: one that comes by a place twice counts there once. Editors' previews count nowhere.",
        ),
        "period": Definition(
            "Period",
            "A session counts for the day on which it began, also where it ended later. Days are those of the help"
            " desk, so that everybody sees the same figures. Both days of the period belong to it.",
        ),
        "before": Definition(
            "Before", "The same choice of sessions in the period of the same length just before this one."
        ),
        "channel": Definition(
            "Channel",
            "Self-service: on this site. Agent: with an agent on the phone. Embedded: in another site's page.",
        ),
    },
    "How sessions end": {
        "begun": Definition(
            "Begun",
            "Sessions that began. Begun = solved + sent to a human + given advice + left + still there, always.",
        ),
        "solved": Definition("Solved", "Sessions that now stand at an end that says that the device works."),
        "unsolved": Definition("Sent to a human", "Sessions that now stand at an end that leads on to a person."),
        "advice": Definition(
            "Given advice", "Sessions that now stand at an end that neither solved it nor needs a person: a tip, say."
        ),
        "left": Definition("Left", "Sessions that stand at no end, and in which nothing happened for an hour."),
        "still": Definition(
            "Still there",
            "Sessions that stand at no end yet, and in which something happened in the last hour. They become one of"
            " the others.",
        ),
    },
    "How well it went": {
        "share": Definition(
            "Share solved",
            "Solved sessions among those that are over: begun without those still there. With the limits between which"
            " the true share is likely to lie.",
        ),
        "likely": Definition(
            "Likely",
            "A share of few sessions says little: 2 of 3 may be luck. The two limits hold what the true share is in 19"
            " of 20 cases (Wilson's interval). A share counts as higher or lower only where the difference is too large"
            " for luck.",
        ),
        "median": Definition(
            "Median time to solved",
            "Half of the solved sessions took at most this long from the beginning to the end. Pauses of more than an"
            " hour are left out. Within 5 %.",
        ),
        "helps": Definition(
            "Asked for a person", "Sessions in which “Talk to a person” was pressed, or that were sent to support."
        ),
        "said": Definition(
            "Said that it helped",
            "At an end the page asks “Did this help?”. Of the sessions that stand at an end and answered there, those"
            " whose latest answer is yes. Most people do not answer, so it says less than the share solved.",
        ),
    },
    "Where people get stuck": {
        "came": Definition(
            "Came here",
            "Sessions that were at a page, or at a node with everything in it, at least once. Came = moved on + ended"
            " here + left here + still there, always: a session counts by what it did there last.",
        ),
        "lost": Definition(
            "Lost here",
            "Sessions that stand there, at no end, and in which nothing happened for an hour. The map's colour counts"
            " the share that is lost at least (the lower limit), so that few sessions colour nothing.",
        ),
        "worst": Definition(
            "Where most people are lost",
            "A page is named where, of those lost there and at the next one, more than half are likely to be its own."
            " Up to three are named where they are too close to tell; none where the numbers are too small.",
        ),
        "backs": Definition("Went back", "Sessions that went back from there at least once."),
        "remarks": Definition(
            "Looks different", "Sessions that said there, at least once, that the device or page looks different."
        ),
        "joined": Definition(
            "The same page",
            "Versions are joined by the ids of their parts, so a page stays the same when its words change. A step or"
            " a confirmation of one procedure is one row, in however many places of a wizard it is used; a session"
            " that came to it in two places counts in each.",
        ),
        "spent": Definition(
            "Time spent",
            "What half of the sessions, and nine in ten, did not exceed at a page, all their visits there together."
            " Pauses of more than an hour are left out. Longer or shorter than before is said only where the numbers"
            " can tell. Within 5 %.",
        ),
    },
    "Searches": {
        "searches": Definition(
            "Searches",
            "Searches that found nothing, that fitted nothing, or that led to a choice: these three, always. Whoever"
            " finds something and walks away is not counted. It is not known who searched, nor for which wizard.",
        ),
        "nothing": Definition(
            "Found nothing",
            "Nothing was found, and the person rested for two seconds, said so, or chose one of the nearest symptoms."
            " The same words within a minute count once.",
        ),
        "unfit": Definition(
            "None fitted", "Something was found, and the person said that none of it is it. Within a minute, once."
        ),
        "chosen": Definition("Chosen", "A symptom that was found was chosen, which began a session."),
    },
}


def definition(key: str) -> Definition:
    """Look up a definition. Raises KeyError for an undefined figure."""
    return {name: each for group in DEFINITIONS.values() for name, each in group.items()}[key]
