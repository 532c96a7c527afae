/* What the maps of the admin and of review share: draw, fit, zoom, select a node and scroll to it. */
(function () {
  "use strict";

  const LARGE = 150; // nodes; from here on, drawing is simplified
  const READABLE = 0.85, SMALLEST = 0.45; // zoom
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /* Converts a laid-out graph (style.js) to Cytoscape's elements. */
  function elements(graph) {
    const nodes = graph.nodes.map((each) => ({ group: "nodes", data: each, position: { x: each.x, y: each.y } }));
    const edges = graph.edges.map((each, number) => (
      { group: "edges", data: { ...each, id: `way ${number}`, source: each.from, target: each.to } }
    ));
    return [...nodes, ...edges];
  }

  /* Draws a laid-out graph in the element `paper`; returns Cytoscape's instance. `tapped` gets each node clicked. */
  function begin(paper, graph, style, tapped) {
    const large = graph.nodes.length >= LARGE;
    const cy = cytoscape({
      container: paper, elements: elements(graph), style, layout: { name: "preset" },
      minZoom: 0.02, maxZoom: 2.5, autoungrabify: true, autounselectify: true, boxSelectionEnabled: false,
      textureOnViewport: large, pixelRatio: large ? 1 : "auto",
    });
    cy.on("tap", "node", (event) => tapped(event.target));
    cy.on("mouseover", "node", () => paper.classList.add("pointing"));
    cy.on("mouseout", "node", () => paper.classList.remove("pointing"));
    fit(cy);
    window.mapDrawing = cy; // for tests
    return cy;
  }

  /* Shows the whole graph, or its beginning if the whole would be too small to read. */
  function fit(cy, all = false) {
    cy.fit(undefined, 24);
    if (all || cy.zoom() > SMALLEST) return;
    const box = cy.elements().boundingBox();
    const first = cy.nodes('[kind = "symptom"]').first();
    const y = first.nonempty() ? first.position("y") : (box.y1 + box.y2) / 2;
    cy.zoom(READABLE);
    cy.pan({ x: 24 - box.x1 * READABLE, y: cy.height() / 2 - y * READABLE });
  }

  /* Zooms as a button says: "in", "out" or "fit". */
  function zoom(cy, how) {
    if (how === "fit") return fit(cy, true);
    const level = cy.zoom() * (how === "in" ? 1.3 : 1 / 1.3);
    return cy.zoom({ level, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  /* Highlights a node and its edges; none if there is no such node. */
  function choose(cy, id) {
    const node = cy.getElementById(id);
    cy.batch(() => {
      cy.elements(".chosen, .near").removeClass("chosen near");
      const shown = node.union(cy.nodes().filter((each) => each.data("of") === id && each.data("as")));
      node.addClass("chosen");
      shown.connectedEdges().addClass("near");
    });
  }

  /* Centres a node unless it is fully in view. */
  function show(cy, id, always = false) {
    const node = cy.getElementById(id);
    const box = node.renderedBoundingBox();
    const inside = box.x1 > 0 && box.y1 > 0 && box.x2 < cy.width() && box.y2 < cy.height();
    if (inside && !always) return;
    cy.stop().animate({ zoom: Math.max(cy.zoom(), READABLE), center: { eles: node } }, { duration: calm.matches ? 0 : 120 });
  }

  window.mapStage = { elements, begin, zoom, choose, show };
})();
