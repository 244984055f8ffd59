// Live pages, filters without a click, keys. Without it every page works the same, one click slower.
"use strict";

const TICK_MS = 2000;
const WAIT_MS = 250;
const SHARP = 2; // pixels of a PNG for one of the page

// Replace what a page marks as its parts by those of the same page as it is now, if that is still wanted.
async function refresh(address, wanted = () => true) {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!wanted()) return;
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (!other || part.contains(document.activeElement) && part.matches("form") && part.querySelector(":checked")) continue;
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    const across = [...part.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    const held = place(part);
    part.replaceChildren(...[...other.childNodes].map((node) => document.importNode(node, true)));
    part.querySelectorAll("details").forEach((one, at) => { if (at < open.length) one.open = open[at]; });
    part.querySelectorAll(".wide").forEach((one, at) => { one.scrollLeft = across[at] ?? 0; });
    if (held) part.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }
  const now = new URLSearchParams(location.search);
  document.querySelectorAll("input[data-kept]").forEach((one) => { one.value = now.get(one.name) ?? ""; });
  Object.assign(document.body.dataset, fresh.body.dataset);
  live();
}

function place(part) {
  const now = document.activeElement;
  return part.contains(now) && now.matches("a[href]") ? now.getAttribute("href") : null;
}

// A run that goes on, or an index that is being made: ask now and then whether there is something new.
let asking = false;
function live() {
  const { live: address, status } = document.body.dataset;
  if (asking || !address || status && status !== "running") return;
  asking = true;
  const said = document.querySelector(".live");
  const tick = async () => {
    if (!document.hidden) {
      try {
        const now = await (await fetch(document.body.dataset.live, { credentials: "same-origin", cache: "no-store" })).json();
        if (now.stamp !== document.body.dataset.stamp) {
          await refresh(location.href);
          said.hidden = false;
          said.textContent = `updated ${new Date().toLocaleTimeString()}`;
        }
        if (now.status && now.status !== "running") {
          asking = false;
          return;
        }
      } catch (problem) {
        said.hidden = false;
        said.textContent = "the server does not answer";
      }
    }
    setTimeout(tick, TICK_MS);
  };
  setTimeout(tick, TICK_MS);
}

// Filters act while one types, and the address follows. Of all forms of the page the last one counts: what was typed
// in another is in its `data-kept` fields by then, and an answer that comes late is dropped.
let waiting = 0;
let last = 0;

function keep(form) {
  const fields = [...form.elements].filter((one) => one.name && !("kept" in one.dataset));
  for (const one of fields) {
    const others = document.querySelectorAll(`input[data-kept][name="${CSS.escape(one.name)}"]`);
    others.forEach((other) => { if (other.form !== form) other.value = one.value; });
  }
}

function instant(form) {
  const act = async () => {
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const address = `${form.getAttribute("action")}?${asked}`;
    const mine = ++last;
    history.replaceState(null, "", address);
    try {
      await refresh(address, () => mine === last);
    } catch (problem) {
      if (mine === last) form.submit();
    }
  };
  const soon = () => {
    keep(form);
    clearTimeout(waiting);
    waiting = setTimeout(act, WAIT_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    act();
  });
}

function step(by) {
  const links = [...document.querySelectorAll("main tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
  if (!links.length) return;
  const row = document.activeElement.closest?.("tbody tr");
  const at = links.findIndex((link) => row && row.contains(link));
  const next = links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function follow(relation) {
  document.querySelector(`a[rel~="${relation}"]`)?.click();
}

// On the page of a row or a call: to its neighbour in the list; else from line to line of a table.
function turn(by) {
  if (document.querySelector("[data-turn]")) follow(by > 0 ? "next" : "prev");
  else step(by);
}

function note() {
  const line = document.querySelector("[data-note]");
  if (!line) return false;
  line.focus();
  line.select();
  return true;
}

function help() {
  const keys = document.getElementById("keys");
  keys.open = !keys.open;
  if (keys.open) keys.querySelector("summary").focus();
}

// A picture's file drawn onto a canvas: no program on the server draws SVG.
async function png(button) {
  const answer = await fetch(button.dataset.png, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const name = /filename="([^"]+)\.svg"/.exec(answer.headers.get("Content-Disposition"));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SHARP * image.naturalWidth;
  canvas.height = SHARP * image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const link = document.createElement("a");
  link.href = canvas.toDataURL("image/png");
  link.download = `${name ? name[1] : "picture"}.png`;
  link.click();
}

const KEYS = {
  "/": () => document.querySelector('input[type="search"]')?.focus(),
  "?": help,
  j: () => turn(1),
  k: () => turn(-1),
  n: () => note() || follow("next"),
  p: () => follow("prev"),
  u: () => follow("up"),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, select, textarea");
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat && !KEYS[event.key]) return;
  const verdict = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (verdict) {
    event.preventDefault();
    verdict.click();
    return;
  }
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
document.documentElement.classList.add("js");
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-png]");
  if (button) png(button).catch(() => { button.textContent = "PNG: could not be made"; });
});
document.querySelectorAll("form[data-instant]").forEach(instant);
live();
