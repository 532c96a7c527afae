// The editing forms in the admin: Markdown shown as it will look, rows moved by buttons, the chosen picture.
(() => {
  "use strict";

  // --- Markdown: ask the server how it will look, a moment after the last key ---------------------------------------
  const PAUSE = 350;
  const waiting = new WeakMap();

  async function show(area) {
    const frame = area.closest(".markdown");
    const body = new FormData();
    body.append("text", area.value);
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const sent = area.value;
    const answer = await fetch(frame.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": token } });
    // The server has cleaned what it answers. A slower answer to an older text is dropped.
    if (answer.ok && sent === area.value) frame.querySelector(".markdown-shown").innerHTML = await answer.text();
  }

  document.addEventListener("input", (event) => {
    const area = event.target.closest(".markdown textarea");
    if (!area) return;
    clearTimeout(waiting.get(area));
    waiting.set(area, setTimeout(() => show(area), PAUSE));
  });

  // --- The page as the form would make it: in a frame without scripts, a moment after the last change ----------------
  let looking;

  async function showLook() {
    const look = document.querySelector("[data-look]");
    if (!look) return;
    const form = document.querySelector("#node_form, #procedure_form");
    const body = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(look.dataset.look, { method: "POST", body, headers: { "X-CSRFToken": token } });
    if (answer.ok || answer.status === 422) {
      look.querySelector("iframe").srcdoc = await answer.text();
      look.hidden = false;
    }
  }

  function lookSoon() {
    clearTimeout(looking);
    looking = setTimeout(showLook, 2 * PAUSE);
  }

  window.addEventListener("load", showLook);
  for (const name of ["input", "change", "formset:added", "formset:removed"]) document.addEventListener(name, lookSoon);

  // --- Pictures -----------------------------------------------------------------------------------------------------
  document.addEventListener("change", (event) => {
    const image = event.target.closest(".picture")?.querySelector("img");
    if (!image) return;
    const address = event.target.selectedOptions[0]?.dataset.picture;
    image.hidden = !address;
    if (address) image.src = address;
  });

  // --- Order: buttons that a keyboard reaches, for saved and for new rows -------------------------------------------
  const ROWS = ":is(.inline-related, tr.form-row):not(.empty-form):has(input._reorder_)";
  const rowsOf = (list) => [...list.querySelectorAll(ROWS)];
  const placeOf = (row) => row.querySelector("input._reorder_");

  function number(list) {
    rowsOf(list).forEach((row, place) => {
      placeOf(row).value = place + 1;
    });
    lookSoon();
  }

  function move(row, by, button) {
    const list = row.closest("fieldset.sortable");
    const rows = rowsOf(list);
    const other = rows[rows.indexOf(row) + by];
    if (!other) return;
    other[by < 0 ? "before" : "after"](row);
    number(list);
    button.focus();
  }

  function addButtons(row) {
    row.querySelector(".sort")?.remove();
    const corner = document.createElement("span");
    corner.className = "sort";
    (row.querySelector("h3") || row.querySelector("td:last-child")).append(corner);
    const buttons = [["Move up", -1], ["Move down", 1]].map(([words, by]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = by < 0 ? "move-up" : "move-down";
      button.setAttribute("aria-label", words);
      button.title = words;
      button.addEventListener("click", () => move(row, by, button));
      return button;
    });
    corner.append(...buttons);
  }

  function begin(list) {
    const rows = rowsOf(list);
    // A form that comes back with an error lists its rows as they were saved: put them as they were left.
    const left = [...rows].sort((a, b) => Number(placeOf(a).value) - Number(placeOf(b).value));
    if (document.querySelector(".errornote")) left.forEach((row, place) => place && left[place - 1].after(row));
    rows.forEach(addButtons);
  }

  window.addEventListener("load", () => {
    document.querySelectorAll("fieldset.sortable").forEach(begin);
    // A link from a fault may lead into a part that is folded.
    const target = document.getElementById(location.hash.slice(1));
    const folded = target?.closest("details:not([open])");
    if (folded) {
      folded.open = true;
      target.scrollIntoView();
    }
  });

  document.addEventListener("formset:added", (event) => {
    const list = event.target.closest("fieldset.sortable");
    if (!list) return;
    addButtons(event.target);
    number(list);
  });

  document.addEventListener("drop", (event) => {
    const list = event.target.closest?.("fieldset.sortable");
    if (list) setTimeout(() => number(list));
  });
})();
