"use strict";
// What HTML and htmx cannot do: a name for who decides, keys, a picture, and what is said where no page is answered.

document.addEventListener("click", (event) => {
  if (event.target.closest("#keys")) document.getElementById("help").showModal();
  const button = event.target.closest("#who");
  const name = button && prompt(button.title, button.dataset.who);
  if (name && name.trim()) {
    document.cookie = `cdkd_who=${encodeURIComponent(name.trim().slice(0, 200))}; path=/; max-age=31536000; samesite=strict`;
    location.reload();
  }
});

const search = document.querySelector("header form");
function closeHits() {
  document.getElementById("search-hits").textContent = "";
}
search.addEventListener("focusout", (event) => {
  if (!search.contains(event.relatedTarget)) closeHits();
});

function step(by) {
  const links = [...document.querySelectorAll(".items ol a")];
  const now = links.findIndex((link) => link.getAttribute("aria-current"));
  const next = links[now + by];
  if (next) next.click();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog[open]");
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "Escape" && typing && typing.blur) typing.blur();
  if (event.key === "Escape") closeHits();
  if (typing) return;
  if (event.key === "/") {
    event.preventDefault();
    (document.getElementById("link") || document.getElementById("search")).focus();
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  } else {
    const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
    if (!target) return;
    event.preventDefault();
    if (target.tagName === "INPUT") target.focus();
    else target.click();
  }
});

function pictures() {
  for (const box of document.querySelectorAll("[data-picture]")) {
    const picture = JSON.parse(box.dataset.picture);
    box.removeAttribute("data-picture");
    if (picture.nodes.length < 2) {
      box.remove();
      continue;
    }
    const colour = getComputedStyle(document.documentElement);
    const ink = colour.getPropertyValue("--ink").trim();
    const accent = colour.getPropertyValue("--accent").trim();
    cytoscape({
      container: box,
      elements: [
        ...picture.nodes.map((node) => ({ data: { id: node.id, label: node.label } })),
        ...picture.edges.map((edge, number) => ({ data: { id: `edge ${number}`, ...edge } })),
      ],
      style: [
        { selector: "node", style: { label: "data(label)", color: ink, "font-size": 13, "background-color": accent,
          width: 16, height: 16, "text-wrap": "ellipsis", "text-max-width": 120 } },
        { selector: "edge", style: { label: "data(label)", color: ink, "font-size": 10, width: 1, "line-color": ink,
          "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": ink } },
      ],
      layout: { name: "concentric", animate: false, minNodeSpacing: 60, levelWidth: () => 1,
        concentric: (node) => (node.id() === picture.nodes[0].id ? 2 : 1) },
      userZoomingEnabled: false,
      maxZoom: 1.4,
    });
  }
}

function listed() {
  const link = document.querySelector(".items ol a[aria-current]");
  const list = link?.closest("ol");
  if (list) list.scrollTop = link.offsetTop - list.offsetTop - list.clientHeight / 2;
}

function failed() {
  const said = document.getElementById("said");
  if (!said) return;
  said.textContent = said.dataset.failed;
  said.className = "refused";
}
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:before:response", (event) => {
  const kind = event.detail.ctx.response.raw.headers.get("content-type") || "";
  if (kind.startsWith("text/html")) return;
  event.preventDefault(); // else it would take the place of the page, as where the server was started again
  failed();
});

// What somebody typed and has not sent stays where it is, whatever becomes of the page around it.
let typed = new Map();
document.addEventListener("htmx:before:swap", (event) => {
  const { response, sourceElement: form } = event.detail.ctx;
  const sent = response.raw.ok ? form.closest(".ask, .choose") : null;
  const whySent = response.raw.ok && form.getAttribute("hx-include") === "#why";
  const fields = [...document.querySelectorAll("#page input[id]")].filter(
    (field) => field.value && !sent?.contains(field) && !(whySent && field.id === "why"));
  typed = new Map(fields.map((field) => [field.id, field.value]));
});

function giveBack() {
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field && item === itemShown()) field.value = value;
  }
  typed.clear();
}

const itemShown = () => document.querySelector("[data-item]")?.dataset.item.replace(/_again(?=@|$)/, "");
let item = itemShown();

document.addEventListener("htmx:after:swap", () => {
  if (!search.contains(document.activeElement)) closeHits(); // an answer that comes after the focus has left
  pictures();
  listed();
  giveBack();
  const title = document.getElementById("title");
  // What had the focus is no more, or is the field of another item, into which the next key must not go.
  if (title && (document.activeElement === document.body || item !== itemShown())) title.focus();
  item = itemShown();
});
pictures();
listed();
