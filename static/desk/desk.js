// The desk's keys, and where the focus goes. Everything here is a comfort: each page works without it.
(() => {
  "use strict";

  const find = (selector, within = document) => within.querySelector(selector);
  const on = (name, act) => document.addEventListener(name, act);
  const FIELDS = "input, textarea, select, [contenteditable]";

  /** What the browser keeps under a name, empty where it keeps nothing: in "localStorage" or, for this tab alone, in "sessionStorage". */
  const kept = (where, name) => ({
    get: () => { try { return window[where].getItem(name) || ""; } catch { return ""; } },
    set: (text) => { try { window[where].setItem(name, text); } catch { /* for this page only */ } },
  });
  const keysOff = kept("localStorage", "desk keys off");
  let off = keysOff.get() === "yes";

  /** Say a sentence through the page's one status region. */
  const say = (words) => { find("#status").textContent = (words || "").trim().replace(/\s+/g, " "); };

  // Keys ------------------------------------------------------------------------------------------------------------
  // A control says its key itself, in aria-keyshortcuts. Where two have the same, a field that is there comes first.

  const control = (key) => {
    const all = [...document.querySelectorAll("[aria-keyshortcuts]")];
    const fit = all.filter((one) => one.getAttribute("aria-keyshortcuts") === key && !one.disabled && one.checkVisibility());
    return fit.find((one) => one.matches(FIELDS)) || fit[0];
  };

  on("keydown", (event) => {
    const held = event.ctrlKey || event.metaKey || event.altKey;
    if (event.defaultPrevented || event.isComposing) return;
    const field = event.target.closest?.(FIELDS);
    if (field) return inField(event, field);
    if (held || event.repeat || off && event.key !== "?" || find("dialog[open]")) return;
    const one = control(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!one) return;
    event.preventDefault();
    if (one.matches(FIELDS)) one.focus();
    else if (!find("#live button.htmx-request")) one.click(); // an answer on its way is one answer
  });

  const inField = (event, field) => {
    if (event.key === "Escape") field.blur();
    if (event.key === "/" && field.id === "q" && !field.value && !off) event.preventDefault(); // whoever presses it is there
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.id === "words") {
      event.preventDefault();
      field.form.requestSubmit();
    }
    if (event.key === "ArrowDown" && field.matches("#q, #caller")) {
      const first = find("#results button");
      if (first) event.preventDefault();
      first?.focus();
    }
  };

  // Between the results with the arrows, as in a list.
  on("keydown", (event) => {
    const way = event.target.closest?.("#results button");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way || !step) return;
    const ways = [...document.querySelectorAll("#results button")];
    event.preventDefault();
    (ways[ways.indexOf(way) + step] || find("#caller")).focus();
  });

  // The overlay with the keys ------------------------------------------------------------------------------------------

  const overlay = find("#keys");
  const turn = find("[data-keys-off]", overlay);
  const tell = () => { turn.textContent = off ? "Turn the keys on" : "Turn the keys off"; };

  document.querySelectorAll("[data-keys-help]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => overlay.showModal());
  });
  turn.addEventListener("click", () => {
    off = !off;
    keysOff.set(off ? "yes" : "");
    tell();
  });
  tell();

  // One drop-down at a time, and none after a press elsewhere.
  on("click", (event) => {
    document.querySelectorAll(".drop[open]").forEach((drop) => { if (!drop.contains(event.target)) drop.open = false; });
  });
  on("keydown", (event) => {
    const drop = event.key === "Escape" && event.target.closest?.(".drop[open]");
    if (!drop) return;
    drop.open = false;
    find("summary", drop).focus();
  });

  // The note ---------------------------------------------------------------------------------------------------------------
  // What a move, or saving it, took along goes from its field; what was typed on meanwhile stays. Until it is saved, it
  // waits in this tab for whoever reloads the page, or looks at another call; signing out forgets it.

  const words = find("#words");
  const unsaved = kept("sessionStorage", `note ${location.pathname.split("/")[2]}`);
  if (words && !words.value) words.value = unsaved.get();
  words?.addEventListener("input", () => unsaved.set(words.value));
  find(".who form").addEventListener("submit", () => { try { sessionStorage.clear(); } catch { /* nothing is kept */ } });

  let sent = ""; // the note that is on its way
  let asked = null; // where the focus was when it went

  const takesNote = (context) => (context.sourceElement?.form || context.sourceElement)?.id === "note";
  on("htmx:before:request", (event) => {
    if (!takesNote(event.detail.ctx)) return;
    sent = words.value;
    asked = document.activeElement;
  });
  on("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const taken = ctx.response.status < 400 && (ctx.hx.redirect || "/desk/").startsWith("/desk/"); // not to the sign-in
    if (!takesNote(ctx) || !taken || !words.value.startsWith(sent)) return;
    words.setRangeText("", 0, sent.length);
    unsaved.set(words.value);
  });

  /** Whether somebody went to a field, or typed on in it, while a move was on its way: it keeps the focus. */
  const types = () => {
    const field = document.activeElement;
    return field.matches(FIELDS) && (field !== asked || field === words && words.value && words.value !== sent);
  };

  // After a move ---------------------------------------------------------------------------------------------------------

  let inside = false; // the focus was in the part that is swapped
  let news = false; // nobody here asked for the swap

  on("htmx:before:swap", (event) => {
    news = Boolean(event.detail.ctx.sourceElement?.matches("[data-news]")); // gone from the page after the swap
    inside = Boolean(find("#live")?.contains(document.activeElement)) || document.activeElement === document.body;
  });

  on("htmx:after:swap", (event) => {
    const context = event.detail.ctx;
    if (context.target?.id === "results") return say(find("#results [data-say]")?.textContent);
    if (context.target?.id !== "live" || context.response?.status >= 500) return undefined;
    say(find("#live [data-say]")?.textContent || find("#live h1")?.textContent);
    if (news && !inside) return undefined; // nobody loses the field in which they type
    find("#live .say").scrollTop = 0;
    if (!types()) (find("#problem") || find("#heading")).focus({ preventScroll: true });
    return undefined;
  });
})();
