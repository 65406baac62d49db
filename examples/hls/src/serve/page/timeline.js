// Draws the stream: its segments and parts, what was fetched of them, what is buffered, the playhead.

const SVG = "http://www.w3.org/2000/svg";
const AROUND = 60; // seconds in the detailed strip
const MAX_DRAWN = 400; // segments that are drawn one by one

export class Timeline {
  constructor(element, video) {
    this.element = element;
    this.video = video;
    element.addEventListener("click", (event) => this.seek(event));
  }

  draw(record) {
    const { details } = record;
    if (!details?.fragments.length) {
      this.element.replaceChildren(Object.assign(document.createElement("p"), { textContent: "Nothing is loaded yet." }));
      return;
    }
    const from = details.fragments[0].start;
    const to = Math.max(details.edge, from + 1);
    const strips = [[from, to]];
    if (to - from > AROUND * 1.5) {
      const start = Math.min(Math.max(this.video.currentTime - AROUND / 2, from), to - AROUND);
      strips.push([start, start + AROUND]);
    }
    const pictures = strips.map(([start, end], number) =>
      this.strip(record, start, end, number === 0 ? strips[1] : undefined),
    );
    this.element.replaceChildren(...pictures);
  }

  strip(record, from, to, view) {
    const width = Math.max(this.element.clientWidth, 200);
    const x = (time) => ((Math.min(Math.max(time, from), to) - from) / (to - from)) * width;
    const svg = make("svg", { viewBox: `0 0 ${width} 74`, height: 74 });
    Object.assign(svg.dataset, { from, to });
    const block = (start, end, y, height, kind, attributes = {}) => {
      const [left, right] = [x(start), x(end)];
      const size = { x: left, y, width: Math.max(right - left, 1), height };
      return svg.appendChild(make("rect", { ...size, class: kind, ...attributes }));
    };

    this.segments(record, from, to, x, svg, block);
    for (let number = 0; number < this.video.buffered.length; number++) {
      const [start, end] = [this.video.buffered.start(number), this.video.buffered.end(number)];
      if (end > from && start < to) block(start, end, 49, 4, "buffered", { rx: 2 });
    }
    if (view) block(view[0], view[1], 10, 44, "view", { rx: 4 });
    this.ticks(from, to, x, svg, width);
    const now = this.video.currentTime;
    if (now >= from && now <= to) {
      const at = x(now);
      svg.append(
        make("rect", { x: at - 1, y: 6, width: 2, height: 50, class: "playhead" }),
        make("circle", { cx: at, cy: 6, r: 4, class: "playhead" }),
      );
    }
    return svg;
  }

  segments(record, from, to, x, svg, block) {
    const { details } = record;
    const shown = details.fragments.filter((frag) => frag.end > from && frag.start < to);
    if (shown.length > MAX_DRAWN) {
      block(from, to, 14, 32, "listed", { rx: 4 });
      for (const frag of shown) {
        const state = record.stateOf(frag.sn);
        if (state) block(frag.start, frag.end, 14, 32, state);
      }
      return;
    }
    for (const frag of shown) {
      const kind = record.stateOf(frag.sn) ?? "listed";
      const rect = block(frag.start, frag.end, 14, 32, `segment ${kind}`, { rx: 4 });
      rect.append(title(`${frag.relurl}\n[${fixed(frag.start)} s, ${fixed(frag.end)} s)`));
      if (frag.cc !== shown[0].cc && frag.cc !== shown[shown.indexOf(frag) - 1]?.cc) {
        const at = x(frag.start);
        svg.append(make("line", { x1: at, x2: at, y1: 8, y2: 54, class: "cut" }));
      }
    }
    for (const part of details.partList ?? []) {
      if (part.end <= from || part.start >= to) continue;
      const state = record.stateOf(part.fragment.sn, part.index);
      if (!state && part.fragment.sn <= details.endSN) continue;
      const rect = block(part.start, part.end, 14, 32, `segment ${state ?? "listed"}`, { rx: 4 });
      rect.append(title(`${part.relurl}\n[${fixed(part.start)} s, ${fixed(part.end)} s)`));
    }
    for (const frag of shown) {
      if (x(frag.end) - x(frag.start) <= 34) continue;
      const middle = (frag.start + frag.end) / 2;
      const parts = (details.partList ?? []).filter((part) => part.fragment.sn === frag.sn);
      const under = parts.find((part) => part.start <= middle && middle < part.end);
      const isFetched = [record.stateOf(frag.sn), under && record.stateOf(frag.sn, under.index)].includes("fetched");
      const name = make("text", { x: x(middle), y: 34, class: isFetched ? "name on" : "name" });
      svg.appendChild(name).textContent = frag.sn;
    }
  }

  ticks(from, to, x, svg, width) {
    const least = ((to - from) / width) * 80;
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600].find((step) => step >= least) ?? 86400;
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const at = Math.min(Math.max(x(time), 12), width - 12);
      svg.appendChild(make("text", { x: at, y: 70, class: "tick" })).textContent = clock(time);
    }
  }

  seek(event) {
    const svg = event.target.closest("svg");
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    const [from, to] = [Number(svg.dataset.from), Number(svg.dataset.to)];
    this.video.currentTime = from + ((event.clientX - box.left) / box.width) * (to - from);
  }
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function title(text) {
  const element = document.createElementNS(SVG, "title");
  element.textContent = text;
  return element;
}

const fixed = (time) => String(Math.round(time * 1000) / 1000);

// 71 is 1:11.
export function clock(time) {
  const whole = Math.max(Math.floor(time), 0);
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}
