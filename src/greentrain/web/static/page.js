// What the page does better with JavaScript: results while typing, names from the whole catalogue, copying, live runs.
(function () {
  "use strict";
  const PAUSE_MS = 350;
  const LIVE_MS = 2000;
  const form = document.getElementById("inputs");

  function addCopyButtons(place) {
    for (const item of place.querySelectorAll(".copied")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy: " + (item.getAttribute("aria-label") || item.textContent));
      button.addEventListener("click", async function () {
        const text = item.href || item.textContent;
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = "Copied";
        } catch (error) {
          const range = document.createRange();
          range.selectNodeContents(item);
          window.getSelection().removeAllRanges();
          window.getSelection().addRange(range);
          button.textContent = "Selected";
        }
        window.setTimeout(function () { button.textContent = "Copy"; }, 2000);
      });
      item.after(button);
    }
  }

  async function loaded(address, signal) {
    const answer = await fetch(address, { headers: { "X-Part": "result" }, signal: signal, cache: "no-store" });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function queryOf(fields) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(fields)) {
      if (value.trim()) {
        query.set(name, value.trim());
      }
    }
    return query.toString();
  }

  function recomputeWhileTyping() {
    let timer = 0;
    let controller = null;
    let shown = queryOf(form);
    const base = form.action.split("#")[0];

    async function recompute() {
      const query = queryOf(form);
      if (query === shown) {
        return;
      }
      shown = query;
      if (controller) {
        controller.abort();
      }
      controller = new AbortController();
      const place = document.getElementById("result");
      place.classList.add("busy");
      try {
        const page = await loaded(query ? base + "?" + query : base, controller.signal);
        const open = [...place.querySelectorAll("details[open] > summary")].map((one) => one.textContent);
        const fresh = page.getElementById("result");
        for (const summary of fresh.querySelectorAll("details > summary")) {
          summary.parentElement.open = open.includes(summary.textContent);
        }
        place.replaceChildren(...fresh.childNodes);
        for (const field of form.querySelectorAll(".field")) {
          const its = page.querySelector('[data-field="' + field.dataset.field + '"]');
          const input = field.querySelector("input, select");
          field.querySelector(".error").textContent = its.querySelector(".error").textContent;
          for (const name of ["aria-invalid", "aria-describedby"]) {
            const value = its.querySelector("input, select").getAttribute(name);
            value === null ? input.removeAttribute(name) : input.setAttribute(name, value);
          }
        }
        addCopyButtons(place);
        document.title = page.title;
        history.replaceState(null, "", query ? "?" + query : base);
        const title = place.querySelector("h2");
        const best = place.querySelector(".amount.main .value");
        document.getElementById("said").textContent = [title, best].filter(Boolean)
          .map((one) => one.textContent.trim().replace(/\s+/g, " ")).join(": ");
        place.classList.remove("busy");
      } catch (error) {
        if (error.name !== "AbortError") {
          place.classList.remove("busy");
        }
      }
    }

    form.addEventListener("input", function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(recompute, PAUSE_MS);
    });
    form.addEventListener("submit", function (event) {
      for (const input of form.querySelectorAll("input, select")) {
        input.disabled = !input.value.trim(); // blank fields stay out of the address
      }
      window.setTimeout(function () {
        for (const input of form.querySelectorAll("input, select")) {
          input.disabled = false;
        }
      }, 0);
    });
  }

  function offerNames() {
    for (const input of form.querySelectorAll("[data-offers]")) {
      const names = document.getElementById(input.dataset.offers);
      const usual = names && [...names.children];
      let asked = "";
      input.addEventListener("input", async function () {
        const word = input.value.trim();
        if (!names || word.length < 2) {
          if (usual) {
            names.replaceChildren(...usual);
          }
          return;
        }
        asked = word;
        const base = form.action.split("#")[0];
        const answer = await fetch(base + "names/" + input.dataset.offers + "?q=" + encodeURIComponent(word));
        const found = answer.ok ? (await answer.json()).names : [];
        if (asked === word) {
          names.replaceChildren(...found.map(function (name) {
            const option = document.createElement("option");
            option.value = name;
            return option;
          }));
        }
      });
    }
  }

  function followLiveRuns() {
    window.setInterval(async function () {
      if (document.hidden || !document.querySelector("[data-live]")) {
        return;
      }
      try {
        const page = await loaded(location.href);
        for (const place of document.querySelectorAll("[data-live]")) {
          const fresh = page.querySelector('[data-live="' + place.dataset.live + '"]');
          if (fresh) {
            place.replaceChildren(...fresh.childNodes);
          } else {
            location.reload();
          }
        }
      } catch (error) {
        // the service has stopped: what is there stays
      }
    }, LIVE_MS);
  }

  addCopyButtons(document);
  if (form) {
    recomputeWhileTyping();
    offerNames();
    const fault = document.getElementById("fault");
    if (fault) {
      fault.focus();
    }
  }
  if (document.querySelector("[data-live]")) {
    followLiveRuns();
  }
})();
