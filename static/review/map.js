/* The map with its traffic: the drawing of the admin, with widths and colours by what happened. */
(function () {
  "use strict";

  const LINE = 17, WAY_LINE = 14; // px, as in style.js
  const WIDER = 36; // px: a hexagon is narrower above and below its middle, and the figures add two lines
  const MIN_WIDTH = 1, MAX_WIDTH = 12; // px, of an edge
  const room = document.getElementById("map-room");
  if (!room || !window.cytoscape || !window.dagre) return;

  const element = (id) => document.getElementById(id);
  const paper = element("map-drawing"), panel = element("map-panel");
  const face = getComputedStyle(document.body).fontFamily;
  const signs = { error: room.dataset.error, warning: room.dataset.warning };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--map-${name}`).trim();
  let cy, traffic;

  const announce = (text) => { element("map-said").textContent = text; };
  const node = (id) => cy.getElementById(id);
  const sessions = (number) => `${number} session${number === 1 ? "" : "s"}`;

  /* --- the drawing --- */

  /* Returns the lines of a node's traffic. */
  function figures(each) {
    if (each.reached === undefined) return [];
    if (!each.reached) return ["nobody came"];
    if (each.ended) return [`${each.ended} ended here`];
    return each.left ? [`${each.reached} came`, `${each.left} left, ${each.percent} %`] : [`${each.reached} came`];
  }

  /* Returns the graph to draw: each node with its figures, each edge with its sessions and width. */
  function trafficGraph(data) {
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
      edge.thick = MIN_WIDTH + (MAX_WIDTH - MIN_WIDTH) * (number || 0) / most;
      if (number === null) continue;
      edge.words = edge.words ? `${edge.words}\n${number}` : String(number);
      edge.width = Math.max(edge.width, 8 * String(number).length + 8);
      edge.height = Math.max(edge.height, 6) + WAY_LINE;
    }
    mapLook.place(graph);
    return graph;
  }

  /* Returns the admin's style with the traffic's on top; borders still show the kinds of nodes. */
  function style() {
    const losses = [0, 1, 2, 3, 4].map((level) => (
      { selector: `node[level = ${level}][reached > 0]`, style: { "background-color": colour(`loss-${level}`) } }
    ));
    const base = mapLook.style(face, signs);
    const selected = base.splice(-2); // the selection overrides the rest
    selected[0].style = { ...selected[0].style, width: "data(thick)" };
    return [
      ...base,
      ...losses,
      { selector: "node[reached = 0]", style: { "border-style": "dashed", color: colour("quiet"), "background-color": colour("paper") } },
      { selector: "edge[thick]", style: { width: "data(thick)", "arrow-scale": 0.8 } },
      { selector: "edge[sessions = 0]", style: { "line-style": "dashed" } },
      ...selected,
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

  function edgeList(heading, edges, other) {
    if (!edges.length) return [];
    const list = make("ul");
    for (const edge of edges) list.append(make("li", "", make("span", node(edge[other]).data("label")), make("b", edge.sessions)));
    return [make("h3", heading), list];
  }

  /* Returns a node's four figures, and their sum below them. */
  function figureList(each) {
    const list = make("dl");
    const line = (name, number, kind = "line") => {
      const made = make("div", "", make("dt", name), make("dd", number));
      made.className = kind;
      return made;
    };
    list.append(
      line("Moved on", each.moved), line("Ended here", each.ended), line("Left here", each.left),
      line("Still here", each.still), line("Reached", each.reached, "total"),
    );
    return list;
  }

  /* Shows a node's figures and the links to its sessions. */
  function open(id) {
    const each = node(id).data();
    mapStage.choose(cy, id);
    mapStage.show(cy, id);
    const taken = (edge) => edge.sessions;
    const content = [make("h2", each.label)];
    if (each.kind === "nowhere") content.push(make("p", "An answer that leads nowhere."));
    else if (each.kind === "symptom") content.push(make("p", "A symptom: one of the entries to the wizard. Follow its line to see who came."));
    else if (!each.reached) content.push(make("p", "Nobody came here."));
    else content.push(figureList(each), link("Sessions that stopped here", each.url), link("Those that left here", `${each.url}&status=left`));
    content.push(...edgeList("Came from", traffic.edges.filter((edge) => edge.to === id && taken(edge)).filter(isFirstOfPair), "from"));
    content.push(...edgeList("Went on to", traffic.edges.filter((edge) => edge.from === id && taken(edge)).filter(isFirstOfPair), "to"));
    if (room.dataset.edit && each.key && each.kind !== "symptom") content.push(link("Edit it on the draft’s map", `${room.dataset.edit}#${encodeURIComponent(id)}`));
    panel.replaceChildren(...content);
    panel.scrollTop = 0;
    announce(each.reached ? `${each.label}: ${sessions(each.reached)} reached it, ${each.left} left.` : each.label);
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  }

  /* Keeps one of several edges between the same nodes: they share one count. */
  function isFirstOfPair(edge, index, all) {
    return all.findIndex((other) => other.from === edge.from && other.to === edge.to) === index;
  }

  /* --- controls --- */

  room.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-zoom]");
    if (pressed && cy) mapStage.zoom(cy, pressed.dataset.zoom);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy && cy.style(style()));

  room.hidden = false;
  async function load() {
    const response = await fetch(room.dataset.graph, { credentials: "same-origin", cache: "no-store" });
    if (!response.ok || response.redirected) throw new Error(`The site answered ${response.status}.`);
    traffic = await response.json();
    const graph = trafficGraph(traffic);
    // Layout and drawing each take long for a large wizard: let the browser respond in between.
    await new Promise((resolve) => { setTimeout(resolve); });
    cy = mapStage.begin(paper, graph, style(), (target) => open(target.data("of") || target.id()));
    room.dataset.drawn = `${traffic.nodes.length} nodes, ${traffic.edges.length} ways`;
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted && node(wanted).nonempty()) open(wanted);
  }

  load().catch((error) => announce(`The map could not be drawn: ${error.message} The table below has the same figures.`));
})();
