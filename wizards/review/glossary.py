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
            "One person's way through one published version of a wizard, starting with a symptom. Everything here"
            " counts sessions: one that reaches a page twice counts there once. Editors' previews are not"
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
            "Started",
            "Sessions that started. Started = solved + handed to a person + ended with advice + left + in progress.",
        ),
        "solved": Definition("Solved", "Sessions that ended at an outcome saying that the device works."),
        "unsolved": Definition("Handed to a person", "Sessions that ended at an outcome leading to a person."),
        "advice": Definition(
            "Ended with advice",
            "Sessions that ended at an outcome that neither solves the problem nor needs a person, such as a tip.",
        ),
        "left": Definition("Left", "Sessions that are not at an outcome and had no activity for an hour."),
        "still": Definition(
            "In progress",
            "Sessions that are not at an outcome and had activity in the last hour. Each will become one of the"
            " others.",
        ),
    },
    "How well it went": {
        "share": Definition(
            "Share solved",
            "Solved sessions out of those that are over (started, without those in progress), with the 95 %"
            " confidence interval.",
        ),
        "likely": Definition(
            "Likely",
            "The 95 % confidence interval (Wilson): the fewer sessions, the wider. A share is called higher or lower"
            " only if the difference is statistically significant.",
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
            "An outcome asks “Did this help?”. Of the sessions that ended at an outcome and answered it, those"
            " whose latest answer is yes. Most people do not answer, so this says less than the share solved.",
        ),
    },
    "Where people get stuck": {
        "came": Definition(
            "Reached",
            "Sessions that were at a page, or at a node with everything in it, at least once. Reached = moved on +"
            " ended here + left here + still here. A session counts by what it did there last.",
        ),
        "lost": Definition(
            "Left here",
            "Sessions that stopped there, not at an outcome, with no activity for an hour. The map's colour shows the"
            " lower limit of the share that left, so that a handful of sessions does not colour a node.",
        ),
        "worst": Definition(
            "Where most people leave",
            "The top page is named if significantly more sessions left there than at the next one. Up to three are"
            " named if they are too close to tell; none if the numbers are too small.",
        ),
        "backs": Definition("Went back", "Sessions that went back from there at least once."),
        "remarks": Definition(
            "Looks different", "Sessions that remarked there, at least once, that the device or page looks different."
        ),
        "joined": Definition(
            "The same page",
            "Pages of different versions are matched by id, so a reworded page still counts as the same page. A"
            " step or a confirmation of one procedure is one row, however many places of a wizard use it; a"
            " session that reached it in two places counts in each.",
        ),
        "spent": Definition(
            "Time spent",
            "The time that half of the sessions, and nine in ten, did not exceed at a page, over all their visits"
            " there. Pauses of more than an hour are left out. Longer or shorter than before is shown only if the"
            " difference is significant. Accurate to 5 %.",
        ),
    },
    "Searches": {
        "searches": Definition(
            "Searches",
            "Searches that found nothing, found nothing suitable, or led to a choice: these three add up to all. A"
            " search that finds something and is abandoned is not counted. Who searched, and for which wizard, is"
            " not known.",
        ),
        "nothing": Definition(
            "Found nothing",
            "Nothing was found, and the person paused for two seconds, said so, or chose one of the nearest"
            " symptoms. The same words within a minute count once.",
        ),
        "unfit": Definition(
            "None suitable",
            "Something was found, and the person said that none of it fits. Counted once within a minute.",
        ),
        "chosen": Definition("Chosen", "A symptom that was found was chosen, which began a session."),
    },
}


def definition(key: str) -> Definition:
    """Look up a definition. Raises KeyError for an undefined figure."""
    return {name: each for group in DEFINITIONS.values() for name, each in group.items()}[key]
