/* The map with its traffic: the same drawing as in editing, with widths and colours for what happened. */
(function () {
  "use strict";

  const LINE = 17, WAY_LINE = 14; // px, as in style.js
  const WIDER = 36; // px: a hexagon narrows above and below its middle, and the figures are two lines more
  const THINNEST = 1, WIDEST = 12; // px, of a way
  const room = document.getElementById("map-room");
  if (!room || !window.cytoscape || !window.dagre) return;

  const part = (id) => document.getElementById(id);
  const paper = part("map-drawing"), panel = part("map-panel");
  const face = getComputedStyle(document.body).fontFamily;
  const signs = { error: room.dataset.error, warning: room.dataset.warning };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--map-${name}`).trim();
  let cy, sent;

  const say = (words) => { part("map-said").textContent = words; };
  const node = (id) => cy.getElementById(id);
  const sessions = (number) => `${number} session${number === 1 ? "" : "s"}`;

  /* --- the drawing --- */

  /* Returns what a node says of its traffic, in lines. */
  function figures(each) {
    if (each.reached === undefined) return [];
    if (!each.reached) return ["nobody came"];
    if (each.ended) return [`${each.ended} ended here`];
    return each.left ? [`${each.reached} came`, `${each.left} left, ${each.percent} %`] : [`${each.reached} came`];
  }

  /* Returns the graph as it is drawn: each node with its figures, each way with its sessions and its width. */
  function graphOf(data) {
    const taken = new Map(data.edges.map((edge) => [JSON.stringify([edge.from, edge.to]), edge.sessions]));
    const most = Math.max(1, ...taken.values());
    const graph = mapLook.simplified(data);
    const known = new Map(graph.nodes.map((each) => [each.id, each]));
    mapLook.measure(graph, face);
    for (const each of graph.nodes) {
      const more = figures(each);
      each.words = [each.words, ...more].join("\n");
      each.height += more.length * LINE;
      if (each.kind === "question") each.width += WIDER;
    }
    for (const edge of graph.edges) {
      const to = known.get(edge.to).of || edge.to;
      const number = taken.get(JSON.stringify([edge.from, to])) ?? null;
      edge.sessions = number;
      edge.thick = THINNEST + (WIDEST - THINNEST) * (number || 0) / most;
      if (number === null) continue;
      edge.words = edge.words ? `${edge.words}\n${number}` : String(number);
      edge.width = Math.max(edge.width, 8 * String(number).length + 8);
      edge.height = Math.max(edge.height, 6) + WAY_LINE;
    }
    mapLook.place(graph);
    return graph;
  }

  /* Returns the look of editing, with ours over it; the frame still says what kind of node it is. */
  function style() {
    const losses = [0, 1, 2, 3, 4].map((level) => (
      { selector: `node[level = ${level}][reached > 0]`, style: { "background-color": colour(`loss-${level}`) } }
    ));
    const look = mapLook.style(face, signs);
    const chosen = look.splice(-2); // what is chosen has the last word
    chosen[0].style = { ...chosen[0].style, width: "data(thick)" };
    return [
      ...look,
      ...losses,
      { selector: "node[reached = 0]", style: { "border-style": "dashed", color: colour("quiet"), "background-color": colour("paper") } },
      { selector: "edge[thick]", style: { width: "data(thick)", "arrow-scale": 0.8 } },
      { selector: "edge[sessions = 0]", style: { "line-style": "dashed" } },
      ...chosen,
    ];
  }

  /* --- the panel --- */

  function make(name, words = "", ...inside) {
    const made = document.createElement(name);
    made.textContent = words;
    made.append(...inside);
    return made;
  }

  function link(words, url) {
    const made = make("a", words);
    made.href = url;
    return make("p", "", made);
  }

  function ways(heading, found, other) {
    if (!found.length) return [];
    const list = make("ul");
    for (const edge of found) list.append(make("li", "", make("span", node(edge[other]).data("label")), make("b", edge.sessions)));
    return [make("h3", heading), list];
  }

  /* Returns what happened at a node: the four figures, and their sum below them. */
  function account(each) {
    const list = make("dl");
    const line = (name, number, kind = "line") => {
      const made = make("div", "", make("dt", name), make("dd", number));
      made.className = kind;
      return made;
    };
    list.append(
      line("Moved on", each.moved), line("Ended here", each.ended), line("Left here", each.left),
      line("Still there", each.still), line("Came here", each.reached, "total"),
    );
    return list;
  }

  /* Shows what happened at a node, and where its sessions are. */
  function open(id) {
    const each = node(id).data();
    mapStage.choose(cy, id);
    mapStage.show(cy, id);
    const busy = (edge) => edge.sessions;
    const shown = [make("h2", each.label)];
    if (each.kind === "nowhere") shown.push(make("p", "An answer that leads nowhere."));
    else if (each.kind === "symptom") shown.push(make("p", "A symptom: one of the ways into the wizard. Follow its way to see who came."));
    else if (!each.reached) shown.push(make("p", "Nobody came here."));
    else shown.push(account(each), link("Sessions that stopped here", each.url), link("Those that left here", `${each.url}&status=left`));
    shown.push(...ways("Came from", sent.edges.filter((edge) => edge.to === id && busy(edge)).filter(first), "from"));
    shown.push(...ways("Went on to", sent.edges.filter((edge) => edge.from === id && busy(edge)).filter(first), "to"));
    if (room.dataset.edit && each.key && each.kind !== "symptom") shown.push(link("Edit it on the draft’s map", `${room.dataset.edit}#${encodeURIComponent(id)}`));
    panel.replaceChildren(...shown);
    panel.scrollTop = 0;
    say(each.reached ? `${each.label}: ${sessions(each.reached)} came, ${each.left} left.` : each.label);
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  }

  /* Two ways between the same nodes have one number. */
  function first(edge, place, all) {
    return all.findIndex((other) => other.from === edge.from && other.to === edge.to) === place;
  }

  /* --- what one does --- */

  room.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-zoom]");
    if (pressed && cy) mapStage.zoom(cy, pressed.dataset.zoom);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy && cy.style(style()));

  room.hidden = false;
  async function load() {
    const answer = await fetch(room.dataset.graph, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(`The site answered ${answer.status}.`);
    sent = await answer.json();
    const graph = graphOf(sent);
    // Placing and drawing each take long for a large wizard: the browser has its turn in between.
    await new Promise((go) => { setTimeout(go); });
    cy = mapStage.begin(paper, graph, style(), (target) => open(target.data("of") || target.id()));
    room.dataset.drawn = `${sent.nodes.length} nodes, ${sent.edges.length} ways`;
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted && node(wanted).nonempty()) open(wanted);
  }

  load().catch((mistake) => say(`The map could not be drawn: ${mistake.message} The table below says the same.`));
})();
