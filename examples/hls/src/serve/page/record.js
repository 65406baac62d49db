// What hls.js has fetched, from the events that it sends.

const MAX_REQUESTS = 200;

export class Record {
  constructor() {
    this.began = performance.now();
    this.requests = []; // the newest first
    this.count = 0;
    this.bytes = 0;
    this.details = null; // the playlist that is played, as hls.js has parsed it
    this.states = new Map(); // of segments and parts, by their keys
  }

  // Listens to a player; `changed` is called when there is something new to show.
  listen(hls, changed) {
    const { Events } = window.Hls;
    const on = (event, handle) =>
      hls.on(event, (_, data) => {
        handle(data);
        changed();
      });
    on(Events.MANIFEST_LOADED, (data) => this.add("playlist", data.url, data.stats));
    on(Events.LEVEL_LOADED, (data) => {
      this.add("playlist", data.networkDetails?.responseURL || data.details.url, data.stats);
      this.details = data.details;
    });
    on(Events.LEVEL_UPDATED, (data) => (this.details = data.details));
    on(Events.AUDIO_TRACK_LOADED, (data) => this.add("playlist", data.details.url, data.stats));
    on(Events.FRAG_LOADING, ({ frag, part }) => this.mark(frag, part, "loading"));
    on(Events.FRAG_LOADED, ({ frag, part }) => {
      this.mark(frag, part, "fetched");
      const range = (part || frag).byteRange;
      const uri = (part || frag).url + (range?.length ? `  [${range[0]}–${range[1] - 1}]` : "");
      const kind = frag.sn === "initSegment" ? "init" : part ? "part" : "segment";
      this.add(frag.type === "audio" ? `audio ${kind}` : kind, uri, (part || frag).stats);
    });
    on(Events.FRAG_LOAD_EMERGENCY_ABORTED, ({ frag, part }) => this.mark(frag, part, undefined));
    on(Events.KEY_LOADED, ({ frag }) => this.add("key", frag.decryptdata?.uri ?? "", null));
    on(Events.ERROR, (data) => {
      if (data.frag) this.mark(data.frag, data.part, "failed");
      this.add(data.details, data.url || data.frag?.url || "", null, true);
    });
  }

  mark(frag, part, state) {
    if (frag.sn === "initSegment" || frag.type !== "main") return;
    this.states.set(keyOf(frag.sn, part?.index), state);
  }

  add(what, uri, stats, isBad = false) {
    const bytes = stats?.total || stats?.loaded || 0;
    const took = stats ? stats.loading.end - stats.loading.start : null;
    this.count += 1;
    this.bytes += bytes;
    const at = (performance.now() - this.began) / 1000;
    this.requests.unshift({ at, what, uri: shorten(uri), bytes, took, isBad });
    this.requests.length = Math.min(this.requests.length, MAX_REQUESTS);
  }

  // The state of a segment, or of one of its parts.
  stateOf(sequence, part) {
    return this.states.get(keyOf(sequence, part));
  }
}

const keyOf = (sequence, part) => (part === undefined ? `${sequence}` : `${sequence}/${part}`);

// Without the server's name, when that is this one.
function shorten(uri) {
  return uri.startsWith(location.origin) ? uri.slice(location.origin.length) : uri;
}
