(function () {
  "use strict";
  const page = JSON.parse(document.getElementById("chart-data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const wide = window.matchMedia("(min-width: 40rem)");

  function layoutOf(chart) {
    const layout = JSON.parse(JSON.stringify(chart.layout));
    layout.template = page.templates[dark.matches ? "dark" : "light"];
    if (!wide.matches) { // labels stand above their rows, legends need more lines
      Object.assign(layout, layout.meta.narrow);
    }
    layout.autosize = true;
    return layout;
  }

  function draw() {
    for (const chart of page.charts) {
      const place = document.getElementById(chart.id);
      if (place) {
        Plotly.react(place, JSON.parse(JSON.stringify(chart.data)), layoutOf(chart), page.config);
      }
    }
  }

  document.documentElement.classList.add("scripted");
  draw();
  for (const details of document.querySelectorAll("figure details")) {
    details.open = false;
  }
  dark.addEventListener("change", draw);
  wide.addEventListener("change", draw);
})();
