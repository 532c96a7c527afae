"""A troubleshooting wizard: what one is, how one walks through it, and what is remembered of every walk.

The way of an answer:

    POST /s/<code>/<number>/
      urls -> views/customer -> access    (whose session is this?)
           -> journal                     (one transaction: lock the session, append the event, move the session)
                -> flow.walk              (pure: document + position + answer -> the new events, or why not)
           -> pages                       (position -> context; a full page, or the fragment that HTMX asked for)
           -> templates/customer/session/_question.html ...

Data goes one way. `flow` knows no Django; `journal` is the only writer of sessions and events; `access` alone decides
whose a session is; `pages` alone knows HTMX's headers. `publishing` turns draft rows into a document and a document
into a version; a session is pinned to the version that it began on.
"""
