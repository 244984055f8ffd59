// A line drawn around points of the map picks them; a click picks what lies near one. Both go into the address.
"use strict";

(() => {
  const STEP = 5; // units of the picture between two corners
  const MOST = 40;
  const SMALL = 8;
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const root = document.documentElement;
  let drawn = null;

  function place(svg, event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const box = svg.viewBox.baseVal;
    return [Math.min(Math.max(at.x, 0), box.width), Math.min(Math.max(at.y, 0), box.y + box.height)].map(Math.round);
  }

  // The page as it is with other values in the address: its parts are replaced, or all of it is loaded.
  async function go(changes) {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
    try {
      await refresh(address.href);
    } catch (problem) {
      location.reload();
    }
  }

  function drop() {
    drawn?.path.remove();
    drawn = null;
  }

  document.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest?.("svg.map");
    if (!svg || event.button !== 0 || event.pointerType === "touch" && !root.classList.contains("finger")) return;
    event.preventDefault();
    svg.closest("[tabindex]")?.focus({ preventScroll: true });
    drop();
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("class", "lasso");
    svg.append(path);
    drawn = { svg, path, corners: [place(svg, event)], pointer: event.pointerId };
    svg.setPointerCapture(event.pointerId);
  });

  document.addEventListener("pointermove", (event) => {
    if (!drawn || event.pointerId !== drawn.pointer) return;
    const corner = place(drawn.svg, event);
    const [x, y] = drawn.corners.at(-1);
    if (Math.hypot(corner[0] - x, corner[1] - y) < STEP) return;
    drawn.corners.push(corner);
    drawn.path.setAttribute("d", `M${drawn.corners.map((one) => one.join(" ")).join("L")}Z`);
  });

  document.addEventListener("pointerup", (event) => {
    if (!drawn || event.pointerId !== drawn.pointer) return;
    const { corners } = drawn;
    drop();
    const wide = (axis) => Math.max(...corners.map((one) => one[axis])) - Math.min(...corners.map((one) => one[axis]));
    if (corners.length < 3 || wide(0) < SMALL && wide(1) < SMALL) {
      const row = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-row]")?.dataset.row;
      if (row) go({ near: row, area: null });
      return;
    }
    const every = Math.ceil(corners.length / MOST);
    const kept = corners.filter((_, at) => at % every === 0);
    go({ area: kept.map((one) => one.join("-")).join("_"), near: null });
  });

  document.addEventListener("pointercancel", drop);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(); });

  root.classList.add("draws");
  for (const hint of document.querySelectorAll("[data-lasso]")) {
    hint.hidden = false;
    const finger = hint.querySelector("button");
    finger.hidden = !matchMedia("(any-pointer: coarse)").matches;
    finger.addEventListener("click", () => {
      finger.setAttribute("aria-pressed", String(root.classList.toggle("finger")));
    });
  }
})();
