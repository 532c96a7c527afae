/* The map: draws the draft, opens a node's panel or form beside it, and redraws after each change. */
(function () {
  "use strict";

  const room = document.getElementById("map-room");
  if (!room || !window.cytoscape || !window.dagre) return;

  const byId = (id) => document.getElementById(id);
  const [layout, drawing, panel, formPanel, frame] = ["map-beside", "map-drawing", "map-panel", "map-form", "map-frame"].map(byId);
  const wide = matchMedia("(min-width: 768px)");
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const signs = { error: room.dataset.error, warning: room.dataset.warning };
  let cy, drawnGraph, selected = "", pickingForm = null, drawQueue = Promise.resolve(), dirty = false, loads = 0, lastRequest = 0;

  const announce = (text) => { byId("map-said").textContent = text; };
  const node = (id) => cy.getElementById(id);

  /* --- requests --- */

  async function ask(url, options = {}) {
    const headers = { "HX-Request": "true" };
    const answer = await fetch(url, { headers, credentials: "same-origin", cache: "no-store", ...options });
    if (answer.redirected && new URL(answer.url).pathname.includes("/login/")) location.reload();
    if (!answer.ok) throw new Error(`The site answered ${answer.status}.`);
    return answer;
  }

  /* Runs a function that sends requests, and announces a failure. */
  async function attempt(work) {
    try {
      await work();
    } catch (error) {
      announce(`That did not work: ${error.message} Reload the page and try again.`);
    }
  }

  /* --- the drawing --- */

  /* Draws graphs one after another. The selected node keeps its place on the screen. */
  function draw(sent) {
    drawQueue = drawQueue.catch(() => {}).then(() => drawNow(sent));
    return drawQueue;
  }

  async function drawNow(sent) {
    byId("map-outline").innerHTML = outlineOf(sent.list);
    const graph = mapLook.simplified(sent);
    const faults = graph.nodes.map((each) => [each.id, each.fault || "", each.url]);
    const now = JSON.stringify([graph.nodes.map((each) => [each.id, each.kind, each.label]), graph.edges]);
    if (now !== drawnGraph) {
      mapLook.measure(graph, fontFamily);
      mapLook.place(graph);
      // Layout and drawing each take long for a large wizard: yield to the browser in between.
      await new Promise((go) => { setTimeout(go); });
      if (!cy) begin(graph);
      else replace(graph);
      drawnGraph = now;
    }
    for (const [id, fault, url] of faults) node(id).data({ fault, url });
    choose(node(selected).nonempty() ? selected : "");
    room.dataset.drawn = `${sent.nodes.length} nodes, ${sent.edges.length} edges`;
  }

  function begin(graph) {
    cy = mapStage.begin(drawing, graph, mapLook.style(fontFamily, signs), nodeTapped);
    for (const tool of room.querySelectorAll(".map-tools [disabled]")) tool.disabled = false; // now there is a graph
  }

  function replace(graph) {
    const before = node(selected).nonempty() ? { ...node(selected).renderedPosition() } : null;
    const known = new Map(graph.nodes.map((each) => [each.id, each]));
    cy.batch(() => {
      cy.edges().remove();
      cy.nodes().filter((each) => !known.has(each.id())).remove();
      for (const each of mapStage.elements(graph)) {
        if (each.group === "nodes" && node(each.data.id).nonempty()) {
          node(each.data.id).data(each.data).position(each.position);
        } else {
          cy.add(each);
        }
      }
    });
    if (before && known.has(selected)) {
      const after = node(selected).renderedPosition();
      cy.panBy({ x: before.x - after.x, y: before.y - after.y });
    }
  }

  function choose(id) {
    selected = id;
    mapStage.choose(cy, id);
  }

  const show = (id, always) => mapStage.show(cy, id, always);

  function nodeTapped(target) {
    const id = target.data("of") || target.id();
    if (pickingForm) return pickTarget(target.data("kind") === "nowhere" ? "" : id);
    return open(id);
  }

  /* --- the panel --- */

  function fill(html) {
    panel.innerHTML = html;
    panel.scrollTop = 0;
    for (const button of panel.querySelectorAll("[data-pick]")) button.hidden = false;
    const shown = panel.querySelector("[data-shown]");
    return shown ? shown.dataset.shown : "";
  }

  /* Opens the panel of a node, and its form if a form is open. */
  function open(id, focus = false) {
    return attempt(async () => {
      if (!confirmLeave()) return;
      const number = ++lastRequest;
      choose(id);
      show(id);
      const html = await (await ask(node(id).data("url"))).text();
      if (number !== lastRequest) return; // another node was selected meanwhile
      fill(html);
      history.replaceState(null, "", `#${encodeURIComponent(id)}`);
      announce("");
      const form = panel.querySelector("[data-beside]");
      if (!formPanel.hidden) form ? openForm(form) : closeForm();
      if (focus) panel.focus({ preventScroll: true });
    });
  }

  /* Fetches and draws the graph; reloads the panel unless it is `fresh`. */
  async function refresh(fresh = false) {
    await draw(await (await ask(room.dataset.graph)).json());
    if (!selected && !fresh) fill(await (await ask(room.dataset.map)).text());
    else if (!fresh) fill(await (await ask(node(selected).data("url"))).text());
  }

  function send(form) {
    return attempt(async () => {
      const button = form.querySelector("[type=submit]");
      button.disabled = true;
      stopPicking();
      const answer = await ask(form.action, { method: "POST", body: new FormData(form) });
      const before = selected;
      selected = fill(await answer.text());
      await refresh(true);
      if (!selected) closeForm();
      if (selected && selected !== before) show(selected);
      panel.focus({ preventScroll: true });
    });
  }

  /* --- picking an edge's target on the map --- */

  function startPicking(form) {
    pickingForm = form;
    room.classList.add("picking");
    announce("Click the node it should lead to. Press Escape to cancel.");
  }

  function stopPicking() {
    pickingForm = null;
    room.classList.remove("picking");
    announce("");
  }

  function pickTarget(id) {
    const field = pickingForm.elements.target;
    field.value = id;
    if (id && field.value === id) send(pickingForm);
    else announce("Nothing can lead to a symptom. Click a node, or press Escape.");
  }

  /* --- the form beside the map --- */

  function confirmLeave() {
    return !dirty || window.confirm("The form has unsaved changes. Leave it?");
  }

  function openForm(link, field = "") {
    dirty = false;
    loads = 0;
    frame.title = `The form of “${panel.querySelector("h2").textContent}”`;
    byId("map-form-tab").href = link.href;
    frame.src = link.dataset.beside + field;
    formPanel.hidden = false;
    panel.hidden = true;
    setSplit(true);
  }

  function closeForm() {
    dirty = false;
    frame.removeAttribute("src");
    formPanel.hidden = true;
    panel.hidden = false;
    setSplit(false);
  }

  /* Makes room for the form, or takes it back; the selected node stays visible. */
  function setSplit(on) {
    if (layout.classList.toggle("with-form", on) === (layout.dataset.split === "on")) return;
    layout.dataset.split = on ? "on" : "";
    cy.resize();
    if (selected) show(selected, on);
  }

  /* The form was loaded, or has reloaded after a save, which may have changed the graph. */
  function formLoaded() {
    const inner = frame.contentDocument;
    if (formPanel.hidden || !inner || inner.URL === "about:blank") return;
    dirty = false;
    inner.addEventListener("input", () => { dirty = true; });
    inner.addEventListener("submit", () => { dirty = false; });
    for (const link of inner.querySelectorAll('a[href]:not([href^="#"], .related-widget-wrapper-link)')) {
      link.target = "_blank";
    }
    loads += 1;
    if (loads > 1) attempt(() => refresh());
  }

  /* --- finding --- */

  let last = "";

  function search(word) {
    const wanted = word.trim().toLowerCase();
    const real = cy.nodes("[?key]").toArray();
    const ranked = [
      (each) => each.data("label").toLowerCase() === wanted || each.data("key") === wanted,
      (each) => each.data("label").toLowerCase().includes(wanted) || each.data("key").includes(wanted),
      (each) => each.outgoers("edge").some((edge) => (edge.data("labels") || []).some((label) => label.toLowerCase().includes(wanted))),
    ].map((fits) => real.filter(fits)).find((found) => found.length) || [];
    if (!wanted || !ranked.length) return announce(wanted ? `Nothing found for “${word.trim()}”.` : "");
    const next = ranked[(ranked.findIndex((each) => each.id() === last) + 1) % ranked.length];
    last = next.id();
    return open(last).then(() => {
      if (selected !== last) return;
      show(last, true);
      announce(ranked.length > 1 ? `${ranked.length} found. Press Enter for the next.` : "");
    });
  }

  /* Returns the new outline's HTML with the same branches open as now. */
  function outlineOf(html) {
    const opened = [...byId("map-outline").querySelectorAll("details[open] > summary")].map((each) => each.textContent);
    const made = document.createElement("template");
    made.innerHTML = html;
    for (const each of made.content.querySelectorAll("details")) {
      each.open = opened.includes(each.querySelector("summary").textContent) || each.open;
    }
    return made.innerHTML;
  }

  /* --- events --- */

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || !cy) return;
    const target = cy.nodes("[?key]").filter((each) => each.data("url") === link.getAttribute("href")).first();
    if (target.empty()) return;
    event.preventDefault();
    if (!room.contains(link)) room.scrollIntoView({ block: "start" });
    open(target.id(), true);
  });
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("[data-beside], .panel-faults a");
    const pick = event.target.closest("[data-pick]");
    const form = panel.querySelector("[data-beside]");
    if (pick) startPicking(pick.form);
    if (!link || !form || link.pathname !== form.pathname || !wide.matches || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openForm(form, link.hash);
  });
  panel.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-change]")) return;
    event.preventDefault();
    send(event.target);
  });
  byId("map-find").addEventListener("submit", (event) => {
    event.preventDefault();
    search(byId("map-word").value);
  });
  byId("map-form-close").addEventListener("click", () => confirmLeave() && closeForm());
  frame.addEventListener("load", formLoaded);
  room.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-zoom]");
    if (pressed && cy) mapStage.zoom(cy, pressed.dataset.zoom);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pickingForm) stopPicking();
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  const recolour = () => cy && cy.style(mapLook.style(fontFamily, signs));
  new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);

  room.hidden = false;
  attempt(async () => {
    await refresh(true);
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted && node(wanted).nonempty()) await open(wanted);
  });
})();
