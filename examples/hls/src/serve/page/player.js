// The page: which playlist, the player, and what is shown of it. /?playlist=/film.m3u8&at=11 begins
// with that playlist, there. Whatever comes from elsewhere is put on the page as text.

import { Record } from "/-/record.js";
import { Timeline, clock } from "/-/timeline.js";

const byId = (id) => document.getElementById(id);
const [video, choice, notice] = ["video", "choice", "notice"].map(byId);
const asked = new URLSearchParams(location.search);
const timeline = new Timeline(byId("timeline"), video);
let hls = null;
let record = new Record();
let isStale = true;

function tell(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

async function start() {
  let playlists = [];
  try {
    playlists = await (await fetch("/-/playlists.json")).json();
  } catch {
    tell("The server does not answer. Is hls serve still running?");
    return;
  }
  for (const { path, is_multivariant } of playlists) {
    const label = path.slice(1) + (is_multivariant ? "  (multivariant)" : "");
    choice.append(new Option(label, path));
  }
  if (playlists.length === 0) {
    tell("There is no playlist in this folder yet: no name ends with .m3u8.");
    return;
  }
  const wanted = playlists.find(({ path }) => path === asked.get("playlist"));
  choice.value = (wanted ?? playlists[0]).path;
  play(choice.value, Number(asked.get("at") ?? -1));
}

function play(path, at) {
  hls?.destroy();
  record = new Record();
  tell("");
  const url = path.split("/").map(encodeURIComponent).join("/");
  if (!window.Hls) {
    tell("hls.js could not be loaded from its CDN. Start the server with --hls-js FILE, as hls.min.js of the npm package hls.js.");
    return;
  }
  if (!window.Hls.isSupported()) {
    video.src = url; // Safari on a phone plays it alone.
    return;
  }
  hls = new window.Hls({ lowLatencyMode: true, startPosition: at });
  record.listen(hls, () => (isStale = true));
  hls.on(window.Hls.Events.ERROR, (_, data) => {
    if (data.fatal) tell(`It cannot be played: ${data.details}${data.url ? ` (${data.url})` : ""}`);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  isStale = true;
}

function facts() {
  const { details } = record;
  const isLive = details?.live ?? false;
  byId("badge").hidden = !isLive;
  const rows = [["position", `${clock(video.currentTime)}${isLive || !details ? "" : ` of ${clock(details.edge)}`}`]];
  if (video.buffered.length) {
    const ahead = video.buffered.end(video.buffered.length - 1) - video.currentTime;
    rows.push(["buffered ahead", `${Math.max(ahead, 0).toFixed(1)} s`]);
  }
  if (isLive && Number.isFinite(hls?.latency)) {
    rows.push(["behind the live edge", `${hls.latency.toFixed(2)} s`]);
  }
  if (video.videoWidth) rows.push(["picture", `${video.videoWidth} × ${video.videoHeight}`]);
  if (details) {
    rows.push(["segments listed", String(details.fragments.length)]);
    rows.push(["target duration", `${details.targetduration} s`]);
    if (details.partTarget) rows.push(["part target", `${details.partTarget} s`]);
  }
  rows.push(["requests", String(record.count)], ["fetched", size(record.bytes)]);
  byId("facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [text("dt", name), text("dd", value)]),
  );
}

function requests() {
  const shown = record.requests.length;
  byId("total").textContent = shown < record.count ? `the latest ${shown} of ${record.count}` : `${shown}`;
  const rows = record.requests.map(({ at, what, uri, bytes, took, isBad }) => {
    const row = document.createElement("tr");
    row.classList.toggle("bad", isBad);
    const cells = [
      text("td", at.toFixed(2), "number"),
      text("td", what),
      text("td", uri, "wide"),
      text("td", bytes ? bytes.toLocaleString("en") : "", "number"),
      text("td", took === null ? "" : `${Math.round(took)} ms`, "number"),
    ];
    cells[2].title = uri;
    row.append(...cells);
    return row;
  });
  byId("requests").replaceChildren(...rows);
}

function text(name, content, className = "") {
  return Object.assign(document.createElement(name), { textContent: content, className });
}

function size(bytes) {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

choice.addEventListener("change", () => play(choice.value, -1));
addEventListener("resize", () => timeline.draw(record));
setInterval(() => {
  facts();
  timeline.draw(record);
  if (isStale) requests();
  isStale = false;
}, 250);
facts();
await start();
