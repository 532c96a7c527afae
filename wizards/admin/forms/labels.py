"""Labels and help texts of the editing forms, and the names of the node kinds."""

from __future__ import annotations

from django.db.models import Model

from ...models import Cause, Choice, Node, Procedure, Source, Step, Symptom, Wizard

# Node kind -> its label, and its description on the page that asks for the kind of a new node. A node of the kind
# "procedure" is labelled “procedure page”: for editors, a procedure is always the list of steps.
KINDS = {
    "question": ("question", "Asks one thing and offers choices."),
    "diagnosis": ("diagnosis", "Lists likely causes, the best chance for the least time first."),
    "procedure": ("procedure page", "Leads through the steps of one procedure, then asks whether it worked."),
    "outcome": ("outcome", "The end: solved, unsolved (a person takes over), or advice."),
}
RESULTS = [
    ("", "Choose how it ends"),
    ("solved", "Solved: it works now"),
    ("unsolved", "Unsolved: a person takes over"),
    ("advice", "Advice: what to do elsewhere"),
]

# Label and help text of a field. None keeps the help text of the model or form.
Label = tuple[str, str | None]
COMMON_FIELDS: dict[str, Label] = {
    "key": ("Permanent name", None),
    "slug": ("URL name (slug)", None),
    "text": ("Text", "Shown below the heading."),
    "say": ("What the agent says aloud", "On the phone. Customers do not see it."),
    "note": ("Note for agents only", "Neither read out nor shown to customers."),
    "sources": (
        "Sources, one per line",
        "Short names of the facts stated here, from the wizard’s list of sources; or “editorial”.",
    ),
}
FIELDS: dict[type[Model], dict[str, Label]] = {
    Wizard: {
        "title": ("Title", "The product or the problem, as customers call it."),
        "summary": ("Summary in one line", "Shown on the product’s card on the first page."),
        "language": ("Language of the texts", "A code: “en” for English, “de” for German."),
    },
    Symptom: {
        "label": ("What the person sees", None),
        "to": ("Leads to", None),
        "words": ("Search words, one per line", "What people would type to find this."),
    },
    Source: {
        "key": ("Short name", "Nodes, causes and steps cite the fact by this name."),
        "fact": ("Fact", "What the guide or the manual states."),
        "open": ("Unclear in the guides", None),
    },
    Node: {
        "title": ("Title", "The heading that the customer reads."),
        "procedure": ("Procedure to do", "The list of steps. The green plus adds a new one."),
        "result": ("Result", "How a session that gets here has ended."),
    },
    Choice: {
        "label": ("Answer", None),
        "reason": ("Why it matters", "Small print below the answer. Optional."),
        "to": ("Leads to", None),
    },
    Cause: {
        "label": ("What may be wrong", "Customers choose by this text."),
        "reason": ("Why it may be this", "Small print below it. Optional."),
        "weight": ("How likely (1 to 100)", "Relative to the other causes: twice the number, twice as likely."),
        "minutes": ("Minutes it takes to try", None),
        "procedure": ("Procedure that fixes it", "The list of steps. The green plus adds a new one."),
        "worked": ("If it worked, go to", "If empty, the diagnosis’s own target is used."),
        "failed": ("If it did not work, go to", "If empty, back to the list of causes."),
    },
    Procedure: {
        "title": ("Title", "What the steps do, in a few words: “Restart the router”."),
        "minutes": ("Minutes it takes", "Roughly, for all steps. Customers see it."),
        "text": ("Text", "Shown above the steps when they are listed all at once."),
        "erases": (
            "What it erases",
            "In plain words, what is lost; leave it empty if nothing is. If it is filled in, the customer is asked"
            " before the first step and can say no.",
        ),
        "worked_label": ("Button if it worked", "The good result in specific words; empty for “It worked”."),
        "failed_label": ("Button if it did not work", "In specific words; empty for “It did not work”."),
    },
    Step: {
        "title": ("What to do", "A short command: “Press and hold the button for 20 seconds”."),
        "text": ("How to do it", ""),
        "hold_seconds": ("Hold for (seconds)", "Shows a countdown. 0 for none."),
        "wait_seconds": ("Wait for (seconds)", "Shows a countdown. 0 for none."),
        "signs": ("What to expect, one sign per line", "“The light turns green.”"),
        "caution": ("Take care", "What must not go wrong. Shown in a box of its own."),
        "picture_alt": ("What the picture shows (read out by screen readers)", None),
    },
}
# Labels of a node's edges, by its kind.
EDGE_FIELDS: dict[str, dict[str, Label]] = {
    "procedure": {
        "worked": ("If it worked, go to", ""),
        "failed": ("If it did not work, go to", ""),
        "blocked": ("If they cannot do it, go to", "For those who answer “I can’t do this”."),
        "declined": (
            "If they say no (it erases something), go to",
            "Customers are asked only if the procedure erases something. Leave it empty otherwise.",
        ),
    },
    "diagnosis": {
        "worked": ("When a fix worked, go to", "Unless a cause has its own target."),
        "failed": ("When nothing on the list helped, go to", "Also for those who answer “None of these fits”."),
    },
}


def field_labels(model: type[Model], name: str) -> dict[str, str]:
    """Return the `label` and `help_text` of a form field, if they are set here."""
    label, help_text = FIELDS.get(model, {}).get(name) or COMMON_FIELDS.get(name) or ("", None)
    return ({"label": label} if label else {}) | ({"help_text": help_text} if help_text is not None else {})


def kind_label(name: str) -> str:
    return KINDS.get(name, (name, ""))[0]


def kind_with_article(name: str) -> str:
    """Return a kind for use in a sentence: “a question”, “an outcome”."""
    return "an outcome" if name == "outcome" else f"a {kind_label(name)}"
