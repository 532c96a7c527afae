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
            "One person's walk through one published version of a wizard, from choosing what is wrong. Everything"
            " here counts sessions: one that comes to a place twice counts there once. Editors' previews are not"
            " counted.",
        ),
        "period": Definition(
            "Period",
            "A session counts for the day on which it began, even if it ended later. Days are those of the help"
            " desk, so that everybody sees the same figures. Both days of the period are included.",
        ),
        "before": Definition("Before", "The same filter for the period of the same length just before this one."),
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
        "solved": Definition("Solved", "Sessions that are at an end that says that the device works."),
        "unsolved": Definition("Sent to a human", "Sessions that are at an end that leads on to a person."),
        "advice": Definition(
            "Given advice",
            "Sessions that are at an end that neither solves the problem nor needs a person, such as a tip.",
        ),
        "left": Definition("Left", "Sessions that are not at an end, and in which nothing happened for an hour."),
        "still": Definition(
            "Still there",
            "Sessions that are not at an end yet, and in which something happened in the last hour. Each will"
            " become one of the others.",
        ),
    },
    "How well it went": {
        "share": Definition(
            "Share solved",
            "Solved sessions out of those that are over (begun, without those still there), with the limits"
            " between which the true share is likely to lie.",
        ),
        "likely": Definition(
            "Likely",
            "A share of few sessions says little: 2 of 3 may be chance. The two limits contain the true share in"
            " 19 of 20 cases (Wilson's interval). A share counts as higher or lower only if the difference is too"
            " large for chance.",
        ),
        "median": Definition(
            "Median time to solved",
            "Half of the solved sessions took at most this long from beginning to end. Pauses of more than an"
            " hour are left out. Accurate to 5 %.",
        ),
        "helps": Definition(
            "Asked for a person", "Sessions in which “Talk to a person” was pressed, or that were sent to support."
        ),
        "said": Definition(
            "Said that it helped",
            "At an end the page asks “Did this help?”. Of the sessions at an end with an answer there, those"
            " whose latest answer is yes. Most people do not answer, so this says less than the share solved.",
        ),
    },
    "Where people get stuck": {
        "came": Definition(
            "Came here",
            "Sessions that were at a page, or at a node with everything in it, at least once. Came = moved on +"
            " ended here + left here + still here, always: a session counts by what it did there last.",
        ),
        "lost": Definition(
            "Lost here",
            "Sessions that are there, not at an end, and in which nothing happened for an hour. The map's colour"
            " shows the lower limit of the share that is lost, so that few sessions colour nothing.",
        ),
        "worst": Definition(
            "Where most people are lost",
            "A page is named if, of those lost there and at the next page together, more than half are likely to"
            " be its own. Up to three are named if they are too close to tell; none if the numbers are too small.",
        ),
        "backs": Definition("Went back", "Sessions that went back from there at least once."),
        "remarks": Definition(
            "Looks different", "Sessions that remarked there, at least once, that the device or page looks different."
        ),
        "joined": Definition(
            "The same page",
            "Versions are joined by the ids of their parts, so a page stays the same when its words change. A"
            " step or a confirmation of one procedure is one row, however many places of a wizard use it; a"
            " session that came to it in two places counts in each.",
        ),
        "spent": Definition(
            "Time spent",
            "The time that half of the sessions, and nine in ten, did not exceed at a page, over all their visits"
            " there. Pauses of more than an hour are left out. Longer or shorter than before is said only if the"
            " numbers can tell. Accurate to 5 %.",
        ),
    },
    "Searches": {
        "searches": Definition(
            "Searches",
            "Searches that found nothing, of which nothing fitted, or that led to a choice: always these three. A"
            " search that finds something and is abandoned is not counted. Who searched, and for which wizard, is"
            " not known.",
        ),
        "nothing": Definition(
            "Found nothing",
            "Nothing was found, and the person paused for two seconds, said so, or chose one of the nearest"
            " symptoms. The same words within a minute count once.",
        ),
        "unfit": Definition(
            "None fitted",
            "Something was found, and the person said that none of it fits. Counted once within a minute.",
        ),
        "chosen": Definition("Chosen", "A symptom that was found was chosen, which began a session."),
    },
}


def definition(key: str) -> Definition:
    """Look up a definition. Raises KeyError for an undefined figure."""
    return {name: each for group in DEFINITIONS.values() for name, each in group.items()}[key]
