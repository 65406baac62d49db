// hls.js in Chromium, on the player page of `hls serve`:
//   hls_js.cjs starts ORIGIN NAME PLAYLIST HLS_SEEK   what it fetches first when it starts at t
//   hls_js.cjs live ORIGIN                            a live stream with low latency

const { execFileSync } = require("node:child_process");
const { chromium } = require("playwright-core");

let failed = 0;

function check(holds, name, seen) {
  if (holds) console.log(`ok     ${name}`);
  else {
    failed += 1;
    console.log(`FAILED ${name}: ${JSON.stringify(seen)?.slice(0, 500)}`);
  }
}

// The segments that hold moments, as our index finds them: [start, end, URI, first byte].
function at(program, playlist, moments) {
  const lines = execFileSync(program, [playlist], { input: moments.map((moment) => `${moment}\n`).join("") });
  return String(lines).trimEnd().split("\n").map((line) => {
    const [, start, end, uri, offset] = line.split("\t");
    return uri && { start, end, uri, offset: offset === "-" ? 0 : Number(offset) };
  });
}

function segmentsOf(program, playlist) {
  const segments = [];
  for (let moment = "0"; segments.length < 1000; moment = segments.at(-1).end) {
    const [found] = at(program, playlist, [moment]);
    if (!found) return segments;
    segments.push(found);
  }
  throw new Error("the playlist does not end");
}

const firstByte = (request) => Number(/^bytes=(\d+)-/.exec(request.headers().range ?? "")?.[1] ?? 0);
const nameOf = (request) => new URL(request.url()).pathname.split("/").at(-1);

// What is fetched first of the media, when the player starts at a moment.
async function firstFetch(browser, origin, name, moment, init) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const isMedia = (request) => {
    if (!/\.(ts|m4s|mp4)$/.test(new URL(request.url()).pathname)) return false;
    const isInit = init && nameOf(request) === init.uri && (!init.length || firstByte(request) < init.length);
    return !isInit;
  };
  const first = page.waitForRequest(isMedia, { timeout: 15_000 });
  await page.goto(`${origin}/?playlist=/${name}/index.m3u8&at=${moment}`);
  const request = await first;
  await context.close();
  return { uri: nameOf(request), offset: firstByte(request) };
}

// The initialization section, which is no segment.
function initOf(playlist) {
  const text = require("node:fs").readFileSync(playlist, "utf8");
  const map = /#EXT-X-MAP:URI="([^"]*)"(?:,BYTERANGE="(\d+)@0")?/.exec(text);
  return map && { uri: map[1], length: Number(map[2] ?? 0) };
}

async function starts(browser, origin, name, playlist, program) {
  const segments = segmentsOf(program, playlist);
  check(segments.length > 4, `${name}: ${segments.length} segments`, segments);
  // A millisecond to each side of each start: hls.js adds durations up in floating point, so that
  // where exactly they begin is off by some 1e-15 s there.
  const moments = segments.slice(1).flatMap(({ start, end }) => [
    (Number(start) - 0.001).toFixed(6),
    (Number(start) + 0.001).toFixed(6),
    ((Number(start) + Number(end)) / 2).toFixed(6),
  ]);
  const expected = at(program, playlist, moments);
  const wrong = [];
  for (const [number, moment] of moments.entries()) {
    const seen = await firstFetch(browser, origin, name, moment, initOf(playlist));
    const { uri, offset } = expected[number];
    if (seen.uri !== uri || seen.offset !== offset) wrong.push({ moment, uri, offset, seen });
  }
  check(wrong.length === 0, `${name}: hls.js fetches at(t) first for each of ${moments.length} moments`, wrong);
}

async function live(browser, origin) {
  const page = await browser.newPage();
  const asked = [];
  const refused = [];
  const errors = [];
  page.on("response", (response) => {
    asked.push(response.url().slice(origin.length));
    if (response.status() >= 400) refused.push([response.status(), response.url()]);
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const playing = async () => {
    const [time, latency] = await page.evaluate(() => {
      const fact = [...document.querySelectorAll("dt")].find((name) => name.textContent === "behind the live edge");
      return [document.querySelector("video").currentTime, parseFloat(fact?.nextElementSibling.textContent)];
    });
    return { time, latency };
  };
  await page.goto(`${origin}/?playlist=/master.m3u8`);
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0 && !document.querySelector("video").paused, undefined, { timeout: 20_000 });
  await page.waitForTimeout(3_000);
  asked.length = 0;
  const before = await playing();
  await page.waitForTimeout(10_000);
  const after = await playing();

  const advanced = after.time - before.time;
  check(advanced > 8.5 && advanced < 11.5, `live: in 10 s it plays ${advanced.toFixed(1)} s`, advanced);
  check(after.latency < 4, `live: it is ${after.latency} s behind the live edge`, after);
  const reloads = asked.filter((url) => url.startsWith("/media_0.m3u8"));
  const blocking = reloads.filter((url) => /_HLS_msn=\d+&_HLS_part=\d+/.test(url));
  check(blocking.length >= 15, `live: ${blocking.length} blocking reloads, two or so a second`, reloads.slice(0, 3));
  check(reloads.length === blocking.length, "live: and no other reloads", reloads.filter((url) => !blocking.includes(url)));
  check(blocking.some((url) => url.includes("_HLS_skip=v2")), "live: delta updates are asked for", blocking.slice(0, 3));
  const parts = asked.filter((url) => /^\/chunk-stream0-\d+\.m4s\?part=\d+$/.test(url));
  check(parts.length >= 15, `live: ${parts.length} parts of the picture are fetched`, asked.slice(0, 9));
  check(new Set(parts).size === parts.length, "live: each of them once", parts);
  check(refused.length === 0, "live: nothing is refused", refused);
  check(errors.length === 0, "live: and the page has no errors", errors);
}

(async () => {
  const [what, ...rest] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Root has no sandbox, and nothing but our own page is opened.
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
  try {
    await { starts, live }[what](browser, ...rest);
  } finally {
    await browser.close();
  }
  process.exitCode = failed ? 1 : 0;
})();
