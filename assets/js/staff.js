// What the pages for staff do beyond forms and links. Everything here is a comfort: each page works without it.
(() => {
  "use strict";

  const EVERY = 30_000; // milliseconds between two renewals of what is live
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const on = (name, act) => document.addEventListener(name, act);

  // The reader's time zone ----------------------------------------------------------------------------------------

  const tellZone = () => {
    const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "");
    if (!zone || document.cookie.split("; ").includes(`zone=${zone}`)) return;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };

  // Charts, drawn from the tables below them -----------------------------------------------------------------------

  const drawn = new Map(); // canvas -> chart
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const number = (cell) => {
    const value = Number.parseFloat(cell.dataset.value ?? cell.textContent.replaceAll(",", ""));
    return Number.isNaN(value) ? null : value;
  };

  /** Draws a line with a letter at each row that has a mark: what happened on that day. */
  const marks = (rows) => ({
    id: "marks",
    afterDatasetsDraw: ({ ctx, chartArea, scales }) => {
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour("amber");
      ctx.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
      ctx.textAlign = "center";
      ctx.setLineDash([4, 3]);
      rows.forEach((row, place) => {
        if (!find("[data-mark]", row)?.textContent.trim()) return;
        const x = scales.x.getPixelForValue(place);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        ctx.fillText("▼", x, chartArea.top - 3);
      });
      ctx.restore();
    },
  });

  const series = (table, rows) => all("thead [data-colour]", table).map((head) => {
    const ink = colour(head.dataset.colour);
    return {
      label: head.textContent.trim(),
      data: rows.map((row) => number(row.cells[head.cellIndex])),
      borderColor: table.dataset.chart === "line" ? ink : colour("card"), // a thin gap between what is stacked
      backgroundColor: ink,
      borderWidth: table.dataset.chart === "line" ? 2 : { top: 1 },
      pointRadius: rows.length > 45 ? 0 : 2,
      maxBarThickness: 36,
    };
  });

  const options = (table, rows) => {
    const stacked = "stacked" in table.dataset;
    const ticks = { color: colour("muted"), precision: 0, maxRotation: 0, autoSkipPadding: 12 };
    const scale = (name) => ({
      stacked,
      ticks,
      grid: { color: colour("line"), display: name === "y" },
      title: { display: Boolean(table.dataset[name]), text: table.dataset[name], color: colour("muted") },
    });
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      layout: { padding: { top: 16 } },
      scales: { x: scale("x"), y: { ...scale("y"), beginAtZero: true } },
      plugins: {
        legend: { labels: { color: colour("ink"), boxWidth: 12, boxHeight: 12 } },
        tooltip: {
          callbacks: {
            title: ([item]) => rows[item.dataIndex].cells[0].textContent.trim(),
            footer: ([item]) => find("[data-mark]", rows[item.dataIndex])?.textContent.trim() || "",
          },
        },
      },
    };
  };

  const draw = (table) => {
    const figure = table.closest(".chart");
    const rows = all("tbody tr", table);
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Chart: ${find("figcaption", figure).textContent.trim()} The table below has its figures.`);
    find(".canvas", figure).replaceChildren(canvas);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    drawn.set(canvas, new Chart(canvas, {
      type: table.dataset.chart,
      data: {
        labels: rows.map((row) => row.cells[0].dataset.short || row.cells[0].textContent.trim()),
        datasets: series(table, rows),
      },
      options: options(table, rows),
      plugins: [marks(rows)],
    }));
    table.dataset.drawn = "";
  };

  const drawAll = (again = false) => {
    for (const [canvas, chart] of drawn) {
      if (canvas.isConnected && !again) continue;
      chart.destroy();
      drawn.delete(canvas);
    }
    if (typeof Chart === "undefined") return;
    all(`.chart table[data-chart]${again ? "" : ":not([data-drawn])"}`).forEach(draw);
  };

  dark.addEventListener("change", () => drawAll(true));

  // What is live renews itself while somebody looks ------------------------------------------------------------------

  let last = Date.now();
  let paused = false;

  const refresh = () => {
    if (paused || document.visibilityState !== "visible" || Date.now() - last < EVERY - 1000) return;
    last = Date.now();
    document.body.dispatchEvent(new CustomEvent("refresh"));
  };

  setInterval(refresh, EVERY);
  on("visibilitychange", refresh);

  all("[data-live]").forEach((line) => { line.hidden = false; });
  on("click", (event) => {
    const button = event.target.closest("[data-pause]");
    if (!button) return;
    paused = !paused;
    button.textContent = paused ? "Renew them again" : "Stop";
    find("span", button.parentElement).textContent = paused
      ? "These figures stay as they are."
      : "These figures renew themselves every 30 seconds.";
    if (!paused) refresh();
  });

  const isRefresh = (context) => context?.sourceEvent?.type === "refresh";

  // Not under the reader's hands: a part with the focus in it, or with something unfolded, stays as it is.
  on("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const part = ctx.sourceElement;
    if (isRefresh(ctx) && (part.contains(document.activeElement) || find("details[open]", part))) event.preventDefault();
  });

  // A whole page came where a part was asked for: take its part with the same id, if any. Otherwise (signed out, say)
  // go where that page is; what renews itself only says that it is not renewed any more.
  on("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (!/^\s*<!doctype/i.test(ctx.text) || ctx.target === document.body || ctx.response.status >= 500) return;
    if (ctx.target.id && ctx.text.includes(` id="${ctx.target.id}"`)) {
      ctx.select = `#${ctx.target.id}>*`;
      return;
    }
    event.preventDefault();
    if (isRefresh(ctx)) {
      find("#status").textContent = "These figures are no longer renewed. Reload the page.";
      all("[data-as-of]").forEach((word) => { word.textContent = "No longer renewed. Reload the page."; });
    } else {
      location.assign(ctx.response.raw.url);
    }
  });

  on("htmx:after:swap", () => drawAll());

  // A second press while the first is on its way is the same press.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".htmx-request")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  tellZone();
  drawAll();
  find("#problem")?.focus({ preventScroll: true });
})();
