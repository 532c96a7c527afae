/* The map's style and layout: colours from map.css, sizes from the text, positions and edges from dagre. */
(function () {
  "use strict";

  const FONT = 13, LINE = 17, WAY_FONT = 11, WAY_LINE = 14, MOST_LINES = 4;
  const MANY = 150; // nodes
  const DOOR = 12; // px that an edge runs straight at both of its nodes
  const SHAPES = {
    symptom: { shape: "round-tag", wide: 200, words: 138, high: 20, aside: -16 },
    question: { shape: "round-hexagon", wide: 204, words: 150, high: 24 },
    diagnosis: { shape: "cut-rectangle", wide: 180, words: 156, high: 22 },
    procedure: { shape: "round-rectangle", wide: 172, words: 152, high: 20 },
    solved: { shape: "ellipse", wide: 200, words: 136, high: 34, sign: "✓ " },
    unsolved: { shape: "ellipse", wide: 200, words: 136, high: 34, sign: "↗ " },
    advice: { shape: "ellipse", wide: 200, words: 136, high: 34, sign: "i  " },
    outcome: { shape: "ellipse", wide: 200, words: 136, high: 34 },
    nowhere: { shape: "round-rectangle", wide: 128, words: 116, high: 12 },
    elsewhere: { shape: "round-rectangle", wide: 150, words: 136, high: 12, sign: "⇢ ", most: 2 },
  };
  const BUSY = 2; // a node with more incoming edges is drawn once; other edges to it end in a reference
  const ENDS = new Set(["solved", "unsolved", "advice", "outcome"]);
  const pen = document.createElement("canvas").getContext("2d");

  /* Wraps text to lines of at most `width` px in the pen's font; the last ends in … if text is cut. */
  function lines(words, width, most = MOST_LINES) {
    const found = [];
    for (const word of words.split(/\s+/)) {
      const longer = found.length ? `${found[found.length - 1]} ${word}` : word;
      if (found.length && pen.measureText(longer).width <= width) found[found.length - 1] = longer;
      else found.push(word);
    }
    if (found.length <= most) return found;
    found.length = most;
    found[most - 1] += " …";
    return found;
  }

  /* Returns the edges that close a cycle, in a depth-first walk from the start of the list. */
  function backwards(edges) {
    const out = new Map(), state = new Map(), back = new Set();
    for (const edge of edges) out.set(edge.from, [...(out.get(edge.from) || []), edge]);
    for (const start of out.keys()) {
      const path = state.has(start) ? [] : [[start, 0]];
      while (path.length) {
        const here = path[path.length - 1];
        const edge = (out.get(here[0]) || [])[here[1]++];
        state.set(here[0], edge ? "open" : "left");
        if (!edge) path.pop();
        else if (state.get(edge.to) === "open") back.add(edge);
        else if (!state.has(edge.to)) path.push([edge.to, 0]);
      }
    }
    return back;
  }

  /* Returns the graph to draw: one line for all edges between two nodes, and no long lines to busy nodes. */
  function simplified(graph) {
    const together = new Map();
    for (const edge of graph.edges) {
      const name = JSON.stringify([edge.from, edge.to]);
      if (!together.has(name)) together.set(name, { from: edge.from, to: edge.to, labels: new Set() });
      if (edge.label) together.get(name).labels.add(edge.label);
    }
    const edges = [...together.values()];
    const many = new Map(), led = new Set(), known = new Map(graph.nodes.map((each) => [each.id, each]));
    for (const edge of edges) many.set(edge.to, (many.get(edge.to) || 0) + 1);
    const back = backwards(edges);
    const nodes = graph.nodes.map((each) => ({ ...each }));
    edges.forEach((edge, number) => {
      const to = known.get(edge.to);
      const busy = many.get(edge.to) > (ENDS.has(to.kind) ? 1 : BUSY);
      if ((led.has(edge.to) && busy) || back.has(edge)) {
        const { label, url } = to;
        edge.to = `elsewhere ${number}`;
        nodes.push({ id: edge.to, key: "", kind: "elsewhere", as: to.kind, of: to.id, label, url, fault: "" });
      }
      led.add(edge.to);
    });
    return { nodes, edges: edges.map((edge) => ({ ...edge, labels: [...edge.labels] })) };
  }

  /* Sets the wrapped text, width and height of each node, and of each edge's label. */
  function measure(graph, face) {
    for (const node of graph.nodes) {
      const form = SHAPES[node.kind];
      pen.font = form.high > 12 ? `600 ${FONT}px ${face}` : `${WAY_FONT}px ${face}`;
      const written = lines((form.sign || "") + node.label, form.words, form.most);
      Object.assign(node, { words: written.join("\n"), width: form.wide, height: written.length * LINE + form.high });
    }
    pen.font = `${WAY_FONT}px ${face}`;
    for (const edge of graph.edges) {
      const written = edge.labels.flatMap((label) => lines(edge.labels.length > 1 ? `• ${label}` : label, 120, 3));
      const widths = written.map((line) => pen.measureText(line).width);
      Object.assign(edge, {
        words: written.join("\n"),
        width: written.length ? Math.max(...widths) + 8 : 0,
        height: written.length ? written.length * WAY_LINE + 6 : 0,
      });
    }
  }

  /* Lays the graph out with dagre: x and y of each node, bends and label position of each edge. */
  function place(graph) {
    const plan = new dagre.graphlib.Graph({ multigraph: true });
    const ranker = graph.nodes.length > MANY ? "tight-tree" : "network-simplex"; // a quarter of the time, nearly as good
    plan.setGraph({ rankdir: "LR", nodesep: 20, edgesep: 12, ranksep: 34, ranker, acyclicer: "greedy" });
    for (const node of graph.nodes) plan.setNode(node.id, { width: node.width, height: node.height });
    graph.edges.forEach((edge, number) => {
      plan.setEdge(edge.from, edge.to, { width: edge.width, height: edge.height, labelpos: "c" }, String(number));
    });
    dagre.layout(plan);
    for (const node of graph.nodes) Object.assign(node, plan.node(node.id));
    graph.edges.forEach((edge, number) => {
      const found = plan.edge(edge.from, edge.to, String(number));
      bend(edge, found, plan.node(edge.from), plan.node(edge.to));
    });
  }

  /* Keeps an edge horizontal behind its label, so that it bends only between the columns. */
  function level(point, edge, found) {
    if (!edge.words || Math.abs(point.x - found.x) > 1) return [point];
    return [{ x: found.x - edge.width / 2, y: found.y }, { x: found.x + edge.width / 2, y: found.y }];
  }

  /* Converts dagre's points to Cytoscape's: distance along the straight line, and distance from it. */
  function bend(edge, found, from, to) {
    const points = found.points.slice(1, -1).flatMap((point) => level(point, edge, found));
    if (to.x > from.x) {
      points.unshift({ x: from.x + from.width / 2 + DOOR, y: from.y });
      points.push({ x: to.x - to.width / 2 - DOOR, y: to.y });
    }
    const across = { x: to.x - from.x, y: to.y - from.y };
    const length = Math.hypot(across.x, across.y) || 1;
    edge.weights = points.map((p) => ((p.x - from.x) * across.x + (p.y - from.y) * across.y) / (length * length));
    edge.distances = points.map((p) => ((p.y - from.y) * across.x - (p.x - from.x) * across.y) / length);
    const half = points.length / 2;
    const middle = points.length % 2 ? points[Math.floor(half)] : {
      x: (points[half - 1].x + points[half].x) / 2, y: (points[half - 1].y + points[half].y) / 2,
    };
    edge.aside = edge.words ? { x: found.x - middle.x, y: found.y - middle.y } : { x: 0, y: 0 };
  }

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--map-${name}`).trim();
  }

  /* Returns Cytoscape's style sheet in the colours of the current theme. */
  function style(face, signs) {
    const kinds = Object.entries(SHAPES).map(([kind, form]) => ({
      selector: `node[kind = "${kind}"]`,
      style: { shape: form.shape, "text-margin-x": form.aside || 0 },
    }));
    const colours = Object.keys(SHAPES).filter((kind) => kind !== "elsewhere").map((kind) => ({
      selector: `node[kind = "${kind}"], node[as = "${kind}"]`,
      style: { "border-color": colour(`${kind}-line`), "background-color": colour(`${kind}-fill`) },
    }));
    const faults = ["error", "warning"].map((level) => ({
      selector: `node[fault = "${level}"]`,
      style: {
        "border-color": colour(level), "border-width": 4, "background-image": signs[level],
        "background-width": 24, "background-height": 24, "background-clip": "none", "bounds-expansion": 14,
        "background-position-x": "100%", "background-position-y": "0%", "background-offset-x": 6,
        "background-offset-y": -8, "background-image-containment": "over",
      },
    }));
    return [
      {
        selector: "node",
        style: {
          width: "data(width)", height: "data(height)", label: "data(words)", "border-width": 2,
          color: colour("words"), "font-family": face, "font-size": FONT, "font-weight": 600, "line-height": 1.3,
          "text-wrap": "wrap", "text-max-width": 1000, "text-valign": "center", "text-halign": "center",
          "min-zoomed-font-size": 5, "overlay-opacity": 0,
        },
      },
      ...kinds,
      {
        selector: 'node[kind = "nowhere"], node[kind = "elsewhere"]',
        style: { "border-style": "dashed", "border-width": 1, "font-weight": 400, "font-size": WAY_FONT, "line-height": 1.2 },
      },
      ...colours,
      ...faults,
      {
        selector: "edge",
        style: {
          width: 1.5, "line-color": colour("way"), "target-arrow-color": colour("way"), "target-arrow-shape": "triangle",
          "arrow-scale": 1, "curve-style": "round-segments", "segment-radii": 16, "edge-distances": "node-position",
          "segment-weights": (edge) => edge.data("weights"), "segment-distances": (edge) => edge.data("distances"),
          label: "data(words)", color: colour("way-words"), "font-family": face, "font-size": WAY_FONT,
          "text-wrap": "wrap", "text-max-width": 1000, "line-height": 1.2, "min-zoomed-font-size": 6,
          "text-background-color": colour("paper"), "text-background-opacity": 0.9, "text-background-padding": 2,
          "text-margin-x": (edge) => edge.data("aside").x, "text-margin-y": (edge) => edge.data("aside").y,
          "overlay-opacity": 0,
        },
      },
      {
        selector: "edge.near",
        style: { width: 3, "line-color": colour("chosen"), "target-arrow-color": colour("chosen"), color: colour("words"), "z-index": 5 },
      },
      {
        selector: "node.chosen",
        style: { "outline-width": 4, "outline-color": colour("chosen"), "outline-offset": 3, "z-index": 9 },
      },
    ];
  }

  window.mapLook = { simplified, measure, place, style };
})();
