(function () {
  "use strict";
  const page = JSON.parse(document.getElementById("chart-data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const wide = window.matchMedia("(min-width: 40rem)");
  const PRINT_WIDTH_PX = 660; // what A4 and Letter have between margins
  const PRINT_HEIGHT_PX = 840; // the same, below a caption

  function layoutOf(chart, theme, width) {
    const layout = JSON.parse(JSON.stringify(chart.layout));
    layout.template = page.templates[theme];
    if (!width && !wide.matches) { // labels stand above their rows, legends need more lines
      Object.assign(layout, layout.meta.narrow);
    }
    if (width) {
      layout.width = width;
      layout.autosize = false;
    } else {
      layout.autosize = true;
    }
    return layout;
  }

  function draw(theme, width) {
    for (const chart of page.charts) {
      const place = document.getElementById(chart.id);
      if (place) {
        const data = JSON.parse(JSON.stringify(chart.data));
        const layout = layoutOf(chart, theme, width);
        place.style.zoom = width ? Math.min(1, PRINT_HEIGHT_PX / layout.height) : 1;
        Plotly.react(place, data, layout, page.config);
      }
    }
  }

  function drawForScreen() {
    draw(dark.matches ? "dark" : "light");
  }

  const closed = [];
  document.documentElement.classList.add("scripted");
  drawForScreen();
  for (const details of document.querySelectorAll("figure details")) {
    details.open = false;
  }
  dark.addEventListener("change", drawForScreen);
  wide.addEventListener("change", drawForScreen);
  window.addEventListener("beforeprint", function () {
    for (const details of document.querySelectorAll("details:not([open])")) {
      closed.push(details);
      details.open = true;
    }
    draw("light", PRINT_WIDTH_PX);
  });
  window.addEventListener("afterprint", function () {
    for (const details of closed.splice(0)) {
      details.open = false;
    }
    drawForScreen();
  });
})();
