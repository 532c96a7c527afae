// What the pages do beyond forms and links. Everything here is a comfort: each page works without it.
(() => {
  "use strict";

  const find = (selector) => document.querySelector(selector);
  const on = (name, act) => document.addEventListener(name, act);

  /** Say a sentence through the page's one status region. */
  const say = (words) => {
    const region = find("#status");
    if (region) region.textContent = words || "";
  };

  // Countdowns -------------------------------------------------------------------------------------------------

  const remember = {
    get: (key) => { try { return Number(sessionStorage.getItem(key)); } catch { return 0; } },
    set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* not kept across a reload */ } },
  };

  const inWords = (seconds) => (seconds % 60 ? `${seconds} seconds` : seconds === 60 ? "1 minute" : `${seconds / 60} minutes`);
  const inDigits = (left, total) =>
    total > 90 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : String(left);

  const RING =
    '<svg viewBox="0 0 120 120" aria-hidden="true"><circle cx="60" cy="60" r="54"/>' +
    '<circle cx="60" cy="60" r="54" pathLength="100" stroke-dasharray="100"/>' +
    '<path d="M42 62l13 13 25-29"/><text x="60" y="70" class="big"></text><text x="60" y="87"></text></svg>';

  /** Turn the sentence in `box` into a countdown that a press starts. It counts from a moment in time, not from its
      own ticks, so that a sleeping tab or a reload does not stop it. It never moves on by itself. */
  const countdown = (box, place) => {
    const total = Number(box.dataset.seconds);
    const key = `until ${location.pathname} ${place}`;
    const words = box.querySelector("p");
    const before = words.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-outline-primary";
    box.insertAdjacentHTML("afterbegin", RING);
    box.append(button);
    const [arc, digits, unit] = [box.querySelector("circle + circle"), ...box.querySelectorAll("text")];
    digits.classList.toggle("wide", total > 90);
    const start = total === 60 ? "Start the minute" : `Start the ${inWords(total)}`;
    const over = total === 60 ? "The minute is over." : `${inWords(total)} are over.`;
    let until = remember.get(key);
    let clock = 0;
    let shown = Infinity;

    const show = () => {
      const left = until ? Math.max(0, Math.ceil((until - Date.now()) / 1000)) : total;
      const running = until && left > 0;
      arc.setAttribute("stroke-dashoffset", running ? 100 - (until - Date.now()) / total / 10 : 0);
      digits.textContent = inDigits(left, total);
      unit.textContent = total > 90 ? "minutes" : "seconds";
      box.classList.toggle("done", Boolean(until) && !left);
      words.textContent = !until ? before : left ? box.dataset.during : over;
      button.textContent = until ? "Start again" : start;
      if (running && left <= 10 && shown > 10 && total > 10) say(`${left} seconds left.`);
      if (until && !left && shown > 0 && shown < Infinity) {
        say(over);
        navigator.vibrate?.(200);
      }
      shown = left;
      if (clock && (!running || !box.isConnected)) clock = clearInterval(clock);
      else if (!clock && running) clock = setInterval(show, 250);
    };

    button.addEventListener("click", () => {
      until = Date.now() + total * 1000;
      shown = Infinity;
      remember.set(key, until);
      say(`${inWords(total)}, counting. ${box.dataset.during}`);
      show();
    });
    on("visibilitychange", () => box.isConnected && show());
    show();
  };

  // Arriving on a page, whole or swapped in ----------------------------------------------------------------------

  const prepare = () => {
    document.querySelectorAll(".timer:not(:has(svg))").forEach(countdown);
    document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });
  };

  const focus = (element) => {
    if (!element) return;
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  };

  const arrive = () => {
    prepare();
    scrollTo(0, 0);
    focus(find("#problem") || find("#page h1"));
    say(find("#page [data-say]")?.textContent);
  };

  /** The other one, of an agent and a customer, went on: say where, and move the focus only where it would be lost. */
  const follow = () => {
    prepare();
    const heading = find("#page h1");
    if (document.activeElement === document.body) focus(heading);
    say(heading?.textContent);
  };

  // A code that came with the address, behind a # so that no server sees it, is typed for the person and taken away.
  if (location.hash && find("#id_code")) {
    find("#id_code").value = location.hash.slice(1, 41);
    history.replaceState(null, "", location.pathname);
  }

  on("click", (event) => event.target.closest("[data-print]") && print());

  // Answers through htmx -------------------------------------------------------------------------------------------

  let failed = null;

  // What the page tells by itself, and nobody waits for: it never says anything, nor moves the focus.
  const isQuiet = (context) => context.sourceElement?.matches("[data-quiet]");

  const fail = (context) => {
    if (isQuiet(context)) return;
    failed = context;
    const banner = find("#retry");
    banner.hidden = false;
    say(banner.querySelector("p").textContent);
    if (context.sourceElement.matches("form")) banner.querySelector("button").focus();
  };

  // A second press while the first is on its way is the same press.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".htmx-request")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // The second click of a slow double click falls on the page that came meanwhile: it is not an answer to that one.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest("#page button")) event.preventDefault();
  }, true);

  // A button's own address (back, start over) counts with htmx as it does without.
  on("htmx:config:request", (event) => {
    const { sourceEvent, request } = event.detail.ctx;
    request.action = sourceEvent.submitter?.getAttribute("formaction") || request.action;
  });

  // A whole page came where a part was asked for (an error, another page): take its part with the same id, if any.
  on("htmx:after:request", (event) => {
    const context = event.detail.ctx;
    const { raw, status } = context.response;
    if (isQuiet(context)) return;
    if (raw.redirected && status < 400) context.push ??= "true";
    if (context.target === document.body || status >= 500 || !/^\s*<!doctype/i.test(context.text)) return;
    if (context.text.includes(` id="${context.target.id}"`)) {
      context.select = `#${context.target.id}>*`;
    } else {
      event.preventDefault();
      fail(context);
    }
  });

  on("htmx:response:error", (event) => event.detail.ctx.response.status >= 500 && fail(event.detail.ctx));
  on("htmx:error", (event) => event.detail.ctx && fail(event.detail.ctx));

  on("htmx:after:swap", (event) => {
    const { target, response } = event.detail.ctx;
    if (response?.status >= 500) return;
    if (isQuiet(event.detail.ctx)) return target?.id === "page" ? follow() : undefined;
    const banner = find("#retry");
    if (banner) banner.hidden = true;
    if (target?.id === "results") say(target.querySelector("[data-say]")?.textContent);
    else arrive();
  });

  on("click", (event) => {
    if (!event.target.closest("#retry button")) return;
    find("#retry").hidden = true;
    const { sourceElement, request } = failed;
    const form = sourceElement.form || sourceElement;
    if (form.isConnected && form.requestSubmit) form.requestSubmit(request.submitter);
    else location.reload();
  });

  prepare();
  focus(find("#problem"));
})();
