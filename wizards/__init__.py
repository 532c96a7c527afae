"""Troubleshooting wizards: how they are edited, published and walked through, and what is recorded of each session.

The path of an answer:

    POST /s/<code>/<number>/
      customer/urls -> customer/views/session
        -> permissions             (which sessions may this visitor move?)
        -> journal.commands        (one transaction: lock the session, append the events, update the session's row)
             -> flow.transitions   (pure: document + position + answer -> the events, or IllegalMoveError)
        -> presenters              (position -> context; a full page, or the fragment that htmx asked for)
        -> templates/customer/session/_question.html ...

Dependencies go one way. `flow` imports no Django; `journal` is the only writer of sessions and events; `permissions`
decides who may see or move a session; only `presenters.responses` sets htmx's headers. `publishing` turns draft rows
into a document and a document into a version; a session stays on the version that it began on.
"""
