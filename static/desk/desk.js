// The desk's keyboard shortcuts and focus handling. Every page works without this script.
(() => {
  "use strict";

  const find = (selector, within = document) => within.querySelector(selector);
  const on = (name, listener) => document.addEventListener(name, listener);
  const FIELDS = "input, textarea, select, [contenteditable]";

  /** A text in "localStorage", or in "sessionStorage" for this tab only; empty if the browser stores nothing. */
  const stored = (storage, name) => ({
    get: () => { try { return window[storage].getItem(name) || ""; } catch { return ""; } },
    set: (text) => { try { window[storage].setItem(name, text); } catch { /* for this page only */ } },
  });
  const keysOff = stored("localStorage", "desk keys off");
  let off = keysOff.get() === "yes";

  /** Announce a text in the page's status region. */
  const announce = (text) => { find("#status").textContent = (text || "").trim().replace(/\s+/g, " "); };

  // Keys ------------------------------------------------------------------------------------------------------------
  // Each control names its key in aria-keyshortcuts. If two share a key, a visible field takes precedence.

  const controlFor = (key) => {
    const controls = [...document.querySelectorAll("[aria-keyshortcuts]")];
    const usable = controls.filter((each) => each.getAttribute("aria-keyshortcuts") === key && !each.disabled && each.checkVisibility());
    return usable.find((each) => each.matches(FIELDS)) || usable[0];
  };

  on("keydown", (event) => {
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (event.defaultPrevented || event.isComposing) return;
    const field = event.target.closest?.(FIELDS);
    if (field) return handleFieldKey(event, field);
    if (modified || event.repeat || off && event.key !== "?" || find("dialog[open]")) return;
    const control = controlFor(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!control) return;
    event.preventDefault();
    if (control.matches(FIELDS)) control.focus();
    else if (!find("#live button.htmx-request")) control.click(); // one request at a time
  });

  const handleFieldKey = (event, field) => {
    if (event.key === "Escape") field.blur();
    if (event.key === "/" && field.id === "q" && !field.value && !off) event.preventDefault(); // the search already has the focus
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

  // The arrow keys move between the results.
  on("keydown", (event) => {
    const result = event.target.closest?.("#results button");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!result || !step) return;
    const results = [...document.querySelectorAll("#results button")];
    event.preventDefault();
    (results[results.indexOf(result) + step] || find("#caller")).focus();
  });

  // The dialog with the shortcuts --------------------------------------------------------------------------------------

  const dialog = find("#keys");
  const toggle = find("[data-keys-off]", dialog);
  const labelToggle = () => { toggle.textContent = off ? "Turn shortcuts on" : "Turn shortcuts off"; };

  document.querySelectorAll("[data-keys-help]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  });
  toggle.addEventListener("click", () => {
    off = !off;
    keysOff.set(off ? "yes" : "");
    labelToggle();
  });
  labelToggle();

  // A click outside an open drop-down closes it.
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
  // Once a request has saved the note, its text is removed from the field; text typed meanwhile stays. An unsaved note
  // survives a reload or a visit to another call in this tab; signing out deletes it.

  const words = find("#words");
  const unsaved = stored("sessionStorage", `note ${location.pathname.split("/")[2]}`);
  if (words && !words.value) words.value = unsaved.get();
  words?.addEventListener("input", () => unsaved.set(words.value));
  find(".who form").addEventListener("submit", () => { try { sessionStorage.clear(); } catch { /* nothing is stored */ } });

  let sentNote = ""; // the note in the current request
  let focusWhenSent = null;

  const sendsNote = (context) => (context.sourceElement?.form || context.sourceElement)?.id === "note";
  on("htmx:before:request", (event) => {
    if (!sendsNote(event.detail.ctx)) return;
    sentNote = words.value;
    focusWhenSent = document.activeElement;
  });
  on("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const saved = ctx.response.status < 400 && (ctx.hx.redirect || "/desk/").startsWith("/desk/"); // not to the sign-in
    if (!sendsNote(ctx) || !saved || !words.value.startsWith(sentNote)) return;
    words.setRangeText("", 0, sentNote.length);
    unsaved.set(words.value);
  });

  /** Whether the user moved to a field, or kept typing in the note, during the request: the focus stays there. */
  const isTyping = () => {
    const field = document.activeElement;
    return field.matches(FIELDS) && (field !== focusWhenSent || field === words && words.value && words.value !== sentNote);
  };

  // After a move ---------------------------------------------------------------------------------------------------------

  let focusWasInside = false; // in the part that is swapped
  let isUpdate = false; // the swap comes from polling

  on("htmx:before:swap", (event) => {
    isUpdate = Boolean(event.detail.ctx.sourceElement?.matches("[data-news]")); // the element is gone after the swap
    focusWasInside = Boolean(find("#live")?.contains(document.activeElement)) || document.activeElement === document.body;
  });

  on("htmx:after:swap", (event) => {
    const context = event.detail.ctx;
    if (context.target?.id === "results") return announce(find("#results [data-say]")?.textContent);
    if (context.target?.id !== "live" || context.response?.status >= 500) return undefined;
    announce(find("#live [data-say]")?.textContent || find("#live h1")?.textContent);
    if (isUpdate && !focusWasInside) return undefined; // an update must not take the focus from a field
    find("#live .say").scrollTop = 0;
    if (!isTyping()) (find("#problem") || find("#heading")).focus({ preventScroll: true });
    return undefined;
  });
})();
