// Live pages, filters without a click, keys. Without it every page works the same, one click slower.
"use strict";

const TICK_MS = 2000;
const WAIT_MS = 250;

// Replace what a page marks as its parts by those of the same page as it is now.
async function refresh(address) {
  const answer = await fetch(address, { credentials: "omit", cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
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
        const now = await (await fetch(document.body.dataset.live, { credentials: "omit", cache: "no-store" })).json();
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

// Filters act while one types, and the address follows.
function instant(form) {
  let waiting = 0;
  let last = 0;
  const act = async () => {
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const address = `${form.getAttribute("action")}?${asked}`;
    const mine = ++last;
    history.replaceState(null, "", address);
    try {
      await refresh(address);
    } catch (problem) {
      if (mine === last) form.submit();
    }
  };
  const soon = () => {
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

const KEYS = {
  "/": () => document.querySelector('input[type="search"]')?.focus(),
  j: () => step(1),
  k: () => step(-1),
  n: () => follow("next"),
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
document.querySelectorAll("form[data-instant]").forEach(instant);
live();
