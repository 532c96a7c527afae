// The editing forms in the admin: Markdown and page previews, buttons that move rows, picture thumbnails.
(() => {
  "use strict";

  // --- Markdown: the server renders a preview, shortly after the last keystroke -------------------------------------
  const DELAY_MS = 350;
  const timers = new WeakMap();

  async function renderMarkdown(area) {
    const frame = area.closest(".markdown");
    const body = new FormData();
    body.append("text", area.value);
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const text = area.value;
    const response = await fetch(frame.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": token } });
    // The server sanitizes the HTML. A late response for an older text is dropped.
    if (response.ok && text === area.value) frame.querySelector(".markdown-shown").innerHTML = await response.text();
  }

  document.addEventListener("input", (event) => {
    const area = event.target.closest(".markdown textarea");
    if (!area) return;
    clearTimeout(timers.get(area));
    timers.set(area, setTimeout(() => renderMarkdown(area), DELAY_MS));
  });

  // --- Preview of the page: in a frame without scripts, shortly after the last change --------------------------------
  let previewTimer;

  async function updatePreview() {
    const preview = document.querySelector("[data-look]");
    if (!preview) return;
    const form = document.querySelector("#node_form, #procedure_form");
    const body = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const response = await fetch(preview.dataset.look, { method: "POST", body, headers: { "X-CSRFToken": token } });
    if (response.ok || response.status === 422) {
      preview.querySelector("iframe").srcdoc = await response.text();
      preview.hidden = false;
    }
  }

  function schedulePreview() {
    clearTimeout(previewTimer);
    previewTimer = setTimeout(updatePreview, 2 * DELAY_MS);
  }

  window.addEventListener("load", updatePreview);
  for (const name of ["input", "change", "formset:added", "formset:removed"]) document.addEventListener(name, schedulePreview);

  // --- Pictures -----------------------------------------------------------------------------------------------------
  document.addEventListener("change", (event) => {
    const image = event.target.closest(".picture")?.querySelector("img");
    if (!image) return;
    const address = event.target.selectedOptions[0]?.dataset.picture;
    image.hidden = !address;
    if (address) image.src = address;
  });

  // Checked before the form is sent: a file input is empty again when a form comes back with errors.
  const MB = 1024 * 1024;

  function checkPicture(step) {
    const [chosen, upload, alt] = ["picture", "upload", "picture_alt"].map((name) => step.querySelector(`[name$="-${name}"]`));
    if (!upload) return;
    const file = upload.files[0];
    const large = file && file.size > Number(upload.dataset.most);
    upload.setCustomValidity(large ? `The file has ${(file.size / MB).toFixed(1)} MB; at most ${upload.dataset.most / MB} MB are accepted.` : "");
    alt.required = Boolean(file || chosen.value);
  }

  document.addEventListener("change", (event) => {
    const step = event.target.matches('[name$="-picture"], [name$="-upload"]') && event.target.closest(".inline-related");
    if (step) checkPicture(step);
  });

  // The admin's forms have novalidate: these two fields are checked here.
  document.addEventListener("submit", (event) => {
    const fields = [...event.target.querySelectorAll('[name$="-upload"], [name$="-picture_alt"]')];
    const remains = (field) => !field.closest(".inline-related").querySelector('[name$="-DELETE"]:checked');
    const wrong = fields.find((field) => !field.validity.valid && remains(field));
    if (!wrong) return;
    event.preventDefault();
    wrong.reportValidity();
  });

  // --- Order: buttons for the keyboard, on saved and new rows -------------------------------------------------------
  const ROWS = ":is(.inline-related, tr.form-row):not(.empty-form):has(input._reorder_)";
  const rowsOf = (list) => [...list.querySelectorAll(ROWS)];
  const placeOf = (row) => row.querySelector("input._reorder_");

  function number(list) {
    rowsOf(list).forEach((row, place) => {
      placeOf(row).value = place + 1;
    });
    schedulePreview();
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
    // A form with errors lists its rows in saved order: restore the order that was submitted.
    const left = [...rows].sort((a, b) => Number(placeOf(a).value) - Number(placeOf(b).value));
    if (document.querySelector(".errornote")) left.forEach((row, place) => place && left[place - 1].after(row));
    rows.forEach(addButtons);
  }

  window.addEventListener("load", () => {
    document.querySelectorAll("fieldset.sortable").forEach(begin);
    // The link of a fault may lead into a collapsed section; so may the first error of a form.
    const wrong = document.querySelector(".errornote") && document.querySelector("#content-main .errorlist");
    const field = wrong && (document.querySelector("#content-main [aria-invalid=true]") || wrong);
    const target = field || document.getElementById(location.hash.slice(1));
    const folded = target?.closest("details:not([open])");
    if (folded) folded.open = true;
    if (folded || field) target.scrollIntoView({ block: field ? "center" : "start" });
    field?.focus({ preventScroll: true });
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
