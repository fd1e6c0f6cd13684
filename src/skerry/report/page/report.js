"use strict";
(() => {
  // Tables: numbers by value, names as people count them; what is missing is last in either order.
  const compare = (a, b, kind) =>
    kind === "number" ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });

  const sort = (heading) => {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const turn = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heading.parentElement.cells) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", turn > 0 ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, value: row.cells[column].dataset.v }));
    rows.sort((a, b) => {
      if (a.value === undefined || b.value === undefined) return (a.value === undefined) - (b.value === undefined);
      return turn * compare(a.value, b.value, heading.dataset.kind);
    });
    table.tBodies[0].append(...rows.map(({ row }) => row));
  };
  for (const button of document.querySelectorAll("button.sort")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }

  const only = document.getElementById("only");
  only.addEventListener("change", () => {
    for (const row of document.querySelectorAll("table.sortable tbody tr")) {
      row.hidden = only.value !== "" && row.dataset.round !== only.value;
    }
  });

  // Pictures, large: the same beam in other rounds is at hand, for two rounds are told apart by going to and fro.
  const box = document.getElementById("box");
  const image = document.getElementById("box-image");
  const stage = box.querySelector(".stage");
  const shots = [...document.querySelectorAll("button.shot")];
  const view = { shot: null, scale: 1, fit: 1, x: 0, y: 0 };

  const place = () => {
    image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  };
  const fit = () => {
    const { clientWidth: width, clientHeight: height } = stage;
    const across = image.naturalWidth || 1;
    const down = image.naturalHeight || 1;
    view.scale = view.fit = Math.min(width / across, height / down);
    view.x = (width - across * view.scale) / 2;
    view.y = (height - down * view.scale) / 2;
    place();
  };
  const zoom = (factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) => {
    const scale = Math.min(Math.max(view.scale * factor, view.fit / 2), view.fit * 40);
    view.x = x - ((x - view.x) * scale) / view.scale;
    view.y = y - ((y - view.y) * scale) / view.scale;
    view.scale = scale;
    place();
  };

  const sameAs = (shot, key) => shots.filter((other) => other.dataset[key] === shot.dataset[key]);
  const beside = (step, key) => {
    const row = sameAs(view.shot, key);
    return row[row.indexOf(view.shot) + step];
  };
  const neighbours = {
    left: () => beside(-1, "round"), right: () => beside(1, "round"),
    down: () => beside(-1, "target"), up: () => beside(1, "target"),
  };
  const show = (shot, keepView) => {
    view.shot = shot;
    const source = shot.querySelector("img");
    const before = [image.naturalWidth, image.naturalHeight];
    image.src = source.src;
    image.alt = source.alt;
    document.getElementById("box-title").textContent = shot.getAttribute("aria-label").replace(/^Open (.*) large$/, "$1");
    document.getElementById("box-caption").textContent = shot.dataset.caption;
    for (const [name, find] of Object.entries(neighbours)) {
      box.querySelector(`[data-do="${name}"]`).disabled = !find();
    }
    image.decode().catch(() => {}).then(() => {
      if (!keepView || before[0] !== image.naturalWidth || before[1] !== image.naturalHeight) fit();
    });
  };
  const open = (shot) => {
    box.showModal();
    box.querySelector("[data-do=close]").focus();
    show(shot, false);
  };
  const act = (what) => {
    if (what === "close") box.close();
    else if (what === "in") zoom(1.5);
    else if (what === "out") zoom(1 / 1.5);
    else if (what === "fit") fit();
    else {
      const next = neighbours[what]();
      if (next) show(next, what === "up" || what === "down");
    }
  };

  for (const shot of shots) shot.addEventListener("click", () => open(shot));
  for (const link of document.querySelectorAll("button.open")) {
    link.addEventListener("click", () => open(document.getElementById(link.dataset.opens)));
  }
  for (const button of box.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => act(button.dataset.do));
  }
  const keys = {
    ArrowLeft: "left", ArrowRight: "right", ArrowDown: "down", ArrowUp: "up", "+": "in", "=": "in", "-": "out", 0: "fit",
  };
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    act(keys[event.key]);
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top } = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), event.clientX - left, event.clientY - top);
  }, { passive: false });
  stage.addEventListener("dblclick", fit);
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (!stage.hasPointerCapture(event.pointerId)) return;
    view.x += event.movementX;
    view.y += event.movementY;
    place();
  });
  addEventListener("resize", () => box.open && fit());

  // Paper shows all there is.
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
