"use strict";

// So many back-ends are asked at once: a browser keeps few connections to a host.
const AT_ONCE = 4;
const charts = [];

const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();

const readable = (bytes) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let amount = bytes;
  let place = 0;
  while (amount >= 999.5 && place < units.length - 1) {
    amount /= 1024;
    place += 1;
  }
  return `${Number(amount.toPrecision(3))} ${units[place]}`;
};

const bar = (label, values, tone) => ({
  label,
  data: values,
  backgroundColor: colour(tone),
  barPercentage: 0.8,
  categoryPercentage: 1,
});

// What a back-end does not tell is left out, never drawn as nothing.
const drawCapacity = (canvas) => {
  const number = (name) => (canvas.dataset[name] === "" ? null : Number(canvas.dataset[name]));
  const [used, free, allocated] = ["used", "free", "allocated"].map(number);
  if (used === null && free === null && allocated === null) return;
  canvas.dataset.drawn = "yes";
  const ink = colour("dim");
  const longest = Math.max(number("total") ?? 0, (used ?? 0) + (free ?? 0), allocated ?? 0);
  charts.push([
    canvas,
    new Chart(canvas, {
      type: "bar",
      data: {
        labels: ["Space", "Allocated"],
        datasets: [
          bar("Used", [used, null], "used"),
          bar("Free", [free, null], "free"),
          bar("Allocated", [null, allocated], "allocated"),
        ],
      },
      options: {
        animation: false,
        indexAxis: "y",
        maintainAspectRatio: false,
        plugins: {
          legend: { labels: { boxWidth: 12, color: ink }, position: "bottom" },
          tooltip: {
            callbacks: { label: (item) => `${item.dataset.label}: ${readable(item.raw)}` },
          },
        },
        scales: {
          x: {
            border: { display: false },
            grid: { color: colour("edge") },
            max: longest || undefined,
            stacked: true,
            ticks: { callback: readable, color: ink, maxRotation: 0, maxTicksLimit: 5 },
          },
          y: { border: { display: false }, grid: { display: false }, stacked: true, ticks: { color: ink } },
        },
      },
    }),
  ]);
};

const draw = (within) => within.querySelectorAll("canvas[data-chart]").forEach(drawCapacity);

const fetchFigures = async (place) => {
  place.setAttribute("aria-busy", "true");
  const link = place.innerHTML;
  place.textContent = "Asking …";
  try {
    const answer = await fetch(place.dataset.figures);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const card = place.closest(".card");
    const found = page.getElementById(card.id);
    if (!answer.ok || !found) throw new Error(`The service answered ${answer.status}.`);
    card.replaceChildren(...found.childNodes);
    draw(card);
  } catch (error) {
    place.innerHTML = link;
    const said = document.createElement("p");
    said.className = "problem";
    said.textContent = `No figures: ${error.message}`;
    place.prepend(said);
    place.removeAttribute("aria-busy");
  }
};

const fetchAll = async () => {
  const places = [...document.querySelectorAll("[data-figures]")];
  if (!places.length) return;
  const progress = document.getElementById("progress");
  let done = 0;
  const tell = () => {
    progress.textContent = done < places.length ? `Figures of ${done} of ${places.length} back-ends are here.` : "";
  };
  tell();
  const waiting = [...places];
  const work = async () => {
    for (let place = waiting.shift(); place; place = waiting.shift()) {
      await fetchFigures(place);
      done += 1;
      tell();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
};

draw(document);
fetchAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  const drawn = charts.splice(0);
  drawn.forEach(([, chart]) => chart.destroy());
  drawn.filter(([canvas]) => canvas.isConnected).forEach(([canvas]) => drawCapacity(canvas));
});
