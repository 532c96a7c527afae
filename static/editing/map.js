/* The map: draws the draft, opens a node's panel or form beside it, and follows what is changed there. */
(function () {
  "use strict";

  const room = document.getElementById("map-room");
  if (!room || !window.cytoscape || !window.dagre) return;

  const part = (id) => document.getElementById(id);
  const [beside, paper, panel, formSide, frame] = ["map-beside", "map-drawing", "map-panel", "map-form", "map-frame"].map(part);
  const wide = matchMedia("(min-width: 768px)");
  const face = getComputedStyle(document.body).fontFamily;
  const signs = { error: room.dataset.error, warning: room.dataset.warning };
  let cy, shape, chosen = "", picking = null, drawn = Promise.resolve(), typed = false, loads = 0, asked = 0;

  const say = (words) => { part("map-said").textContent = words; };
  const node = (id) => cy.getElementById(id);

  /* --- talking to the site --- */

  async function ask(url, options = {}) {
    const headers = { "HX-Request": "true" };
    const answer = await fetch(url, { headers, credentials: "same-origin", cache: "no-store", ...options });
    if (answer.redirected && new URL(answer.url).pathname.includes("/login/")) location.reload();
    if (!answer.ok) throw new Error(`The site answered ${answer.status}.`);
    return answer;
  }

  /* Runs something that asks the site; says so where that failed. */
  async function attempt(work) {
    try {
      await work();
    } catch (mistake) {
      say(`That did not work: ${mistake.message} Reload the page and look again.`);
    }
  }

  /* --- the drawing --- */

  /* Takes over a graph as the site sent it, one after another. What is chosen stays where it is on the screen. */
  function draw(sent) {
    drawn = drawn.catch(() => {}).then(() => drawNow(sent));
    return drawn;
  }

  async function drawNow(sent) {
    part("map-outline").innerHTML = outlineOf(sent.list);
    const graph = mapLook.simplified(sent);
    const faults = graph.nodes.map((each) => [each.id, each.fault || "", each.url]);
    const now = JSON.stringify([graph.nodes.map((each) => [each.id, each.kind, each.label]), graph.edges]);
    if (now !== shape) {
      mapLook.measure(graph, face);
      mapLook.place(graph);
      // Placing and drawing each take long for a large wizard: the browser has its turn in between.
      await new Promise((go) => { setTimeout(go); });
      if (!cy) begin(graph);
      else replace(graph);
      shape = now;
    }
    for (const [id, fault, url] of faults) node(id).data({ fault, url });
    choose(node(chosen).nonempty() ? chosen : "");
    room.dataset.drawn = `${sent.nodes.length} nodes, ${sent.edges.length} ways`;
  }

  function begin(graph) {
    cy = mapStage.begin(paper, graph, mapLook.style(face, signs), tapped);
    for (const tool of room.querySelectorAll(".map-tools [disabled]")) tool.disabled = false; // there is something to find
  }

  function replace(graph) {
    const before = node(chosen).nonempty() ? { ...node(chosen).renderedPosition() } : null;
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
    if (before && known.has(chosen)) {
      const after = node(chosen).renderedPosition();
      cy.panBy({ x: before.x - after.x, y: before.y - after.y });
    }
  }

  function choose(id) {
    chosen = id;
    mapStage.choose(cy, id);
  }

  const show = (id, always) => mapStage.show(cy, id, always);

  function tapped(target) {
    const id = target.data("of") || target.id();
    if (picking) return pointAt(target.data("kind") === "nowhere" ? "" : id);
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

  /* Opens the panel of a node; its form too, where a form stands beside the map. */
  function open(id, focus = false) {
    return attempt(async () => {
      if (!mayLeave()) return;
      const number = ++asked;
      choose(id);
      show(id);
      const html = await (await ask(node(id).data("url"))).text();
      if (number !== asked) return; // another one was chosen meanwhile
      fill(html);
      history.replaceState(null, "", `#${encodeURIComponent(id)}`);
      say("");
      const form = panel.querySelector("[data-beside]");
      if (!formSide.hidden) form ? openForm(form) : closeForm();
      if (focus) panel.focus({ preventScroll: true });
    });
  }

  /* Draws what the site holds now, and fills the panel again where its node is still there. */
  async function follow(fresh = false) {
    await draw(await (await ask(room.dataset.graph)).json());
    if (!chosen && !fresh) fill(await (await ask(room.dataset.map)).text());
    else if (!fresh) fill(await (await ask(node(chosen).data("url"))).text());
  }

  function send(form) {
    return attempt(async () => {
      const button = form.querySelector("[type=submit]");
      button.disabled = true;
      stopPicking();
      const answer = await ask(form.action, { method: "POST", body: new FormData(form) });
      const before = chosen;
      chosen = fill(await answer.text());
      await follow(true);
      if (!chosen) closeForm();
      if (chosen && chosen !== before) show(chosen);
      panel.focus({ preventScroll: true });
    });
  }

  /* --- pointing at the node that a way is to lead to --- */

  function startPicking(form) {
    picking = form;
    room.classList.add("picking");
    say("Click the node that it is to lead to. Escape stops.");
  }

  function stopPicking() {
    picking = null;
    room.classList.remove("picking");
    say("");
  }

  function pointAt(id) {
    const field = picking.elements.target;
    field.value = id;
    if (id && field.value === id) send(picking);
    else say("A way leads to a node, not to a symptom. Click another one, or press Escape.");
  }

  /* --- the form beside the map --- */

  function mayLeave() {
    return !typed || window.confirm("The form has changes that are not saved. Leave it?");
  }

  function openForm(link, field = "") {
    typed = false;
    loads = 0;
    frame.title = `The form of “${panel.querySelector("h2").textContent}”`;
    part("map-form-tab").href = link.href;
    frame.src = link.dataset.beside + field;
    formSide.hidden = false;
    panel.hidden = true;
    split(true);
  }

  function closeForm() {
    typed = false;
    frame.removeAttribute("src");
    formSide.hidden = true;
    panel.hidden = false;
    split(false);
  }

  /* Gives the form its room, or takes it back; the chosen node stays in sight. */
  function split(on) {
    if (beside.classList.toggle("with-form", on) === (beside.dataset.split === "on")) return;
    beside.dataset.split = on ? "on" : "";
    cy.resize();
    if (chosen) show(chosen, on);
  }

  /* The form is there, or is back with its answer: whatever it saved, the map follows. */
  function formLoaded() {
    const inner = frame.contentDocument;
    if (formSide.hidden || !inner || inner.URL === "about:blank") return;
    typed = false;
    inner.addEventListener("input", () => { typed = true; });
    inner.addEventListener("submit", () => { typed = false; });
    for (const link of inner.querySelectorAll('a[href]:not([href^="#"], .related-widget-wrapper-link)')) {
      link.target = "_blank";
    }
    loads += 1;
    if (loads > 1) attempt(() => follow());
  }

  /* --- finding --- */

  let last = "";

  function find(word) {
    const wanted = word.trim().toLowerCase();
    const real = cy.nodes("[?key]").toArray();
    const ranked = [
      (each) => each.data("label").toLowerCase() === wanted || each.data("key") === wanted,
      (each) => each.data("label").toLowerCase().includes(wanted) || each.data("key").includes(wanted),
      (each) => each.outgoers("edge").some((way) => (way.data("labels") || []).some((label) => label.toLowerCase().includes(wanted))),
    ].map((fits) => real.filter(fits)).find((found) => found.length) || [];
    if (!wanted || !ranked.length) return say(wanted ? `Nothing here says “${word.trim()}”.` : "");
    const next = ranked[(ranked.findIndex((each) => each.id() === last) + 1) % ranked.length];
    last = next.id();
    return open(last).then(() => {
      if (chosen !== last) return;
      show(last, true);
      say(ranked.length > 1 ? `${ranked.length} found. Enter goes on to the next.` : "");
    });
  }

  /* Returns the new list's HTML with the parts open that are open now. */
  function outlineOf(html) {
    const opened = [...part("map-outline").querySelectorAll("details[open] > summary")].map((each) => each.textContent);
    const made = document.createElement("template");
    made.innerHTML = html;
    for (const each of made.content.querySelectorAll("details")) {
      each.open = opened.includes(each.querySelector("summary").textContent) || each.open;
    }
    return made.innerHTML;
  }

  /* --- what one does --- */

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
  part("map-find").addEventListener("submit", (event) => {
    event.preventDefault();
    find(part("map-word").value);
  });
  part("map-form-close").addEventListener("click", () => mayLeave() && closeForm());
  frame.addEventListener("load", formLoaded);
  room.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-zoom]");
    if (pressed && cy) mapStage.zoom(cy, pressed.dataset.zoom);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && picking) stopPicking();
  });
  window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

  const recolour = () => cy && cy.style(mapLook.style(face, signs));
  new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);

  room.hidden = false;
  attempt(async () => {
    await follow(true);
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted && node(wanted).nonempty()) await open(wanted);
  });
})();
