//! The player page at `/`. Its files are part of the program; all that comes from elsewhere is put on
//! the page as text.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use command_line::{Failure, plain};
use hyper::body::Bytes;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use sansio::{Clock, Timestamp};
use serde::Serialize;
use tokio::sync::Mutex;

use super::answer::Answer;
use super::conditions::Validators;
use super::live::etag;
use super::root::Root;

/// Of this version, and of no other content than this.
const CDN: &str = "https://cdn.jsdelivr.net/npm/hls.js@1.7.4/dist/hls.min.js";
const INTEGRITY: &str = "sha384-p9vgU/7IYJWd3I4STrtqxqR/2cAQlhIX7D/HrTnIMEjjcUox165b7se7sxmm3zDg";

/// How old the list of playlists may be.
const CHOICES_AGE: Duration = Duration::from_secs(1);
/// So much of a playlist is looked at.
const MAX_PLAYLIST: u64 = 16 << 20;

const HTML: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: [(&str, &str); 3] = [
    ("/-/player.js", include_str!("page/player.js")),
    ("/-/record.js", include_str!("page/record.js")),
    ("/-/timeline.js", include_str!("page/timeline.js")),
];

#[derive(Debug)]
pub(super) struct Page {
    html: String,
    /// What the page may do.
    policy: HeaderValue,
    hls_js: Option<Bytes>,
    clock: Clock,
    /// The playlists that there are, as they were found last.
    choices: Arc<Mutex<Option<(Timestamp, Bytes)>>>,
}

/// A playlist to choose.
#[derive(Debug, Serialize)]
struct Choice {
    path: String,
    is_multivariant: bool,
    is_live: bool,
}

impl Page {
    /// The page, with hls.js from a file or from the CDN.
    pub(super) fn new(hls_js: Option<&Path>, clock: Clock) -> Result<Self, Failure> {
        let read = |path: &Path| {
            let refuse = |error| Failure::cannot(format!("{}: {}", path.display(), plain(&error)));
            fs::read(path).map(Bytes::from).map_err(refuse)
        };
        let hls_js = hls_js.map(read).transpose()?;
        let (source, host) = match hls_js {
            Some(_) => ("src=\"/-/hls.js\"".to_owned(), ""),
            None => {
                let attributes = "crossorigin=\"anonymous\" referrerpolicy=\"no-referrer\"";
                let source = format!("src=\"{CDN}\" integrity=\"{INTEGRITY}\" {attributes}");
                (source, " https://cdn.jsdelivr.net")
            }
        };
        let policy = format!(
            "default-src 'none'; script-src 'self'{host}; style-src 'self'; img-src 'self' data:; \
             media-src 'self' blob:; worker-src blob:; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::from_str(&policy);
        let policy = policy.map_err(|error| Failure::cannot(error.to_string()))?;
        let html = HTML.replace("HLS_JS", &source);
        Ok(Self { html, policy, hls_js, clock, choices: Arc::default() })
    }

    /// The answer when `path` is one of the page's own.
    pub(super) async fn answer(&self, path: &str, root: &Root) -> Option<Answer> {
        const SCRIPT: &str = "text/javascript; charset=utf-8";
        match path {
            "/" => {
                let validators = Validators::new(etag(self.html.as_bytes()), None);
                Some(
                    Answer::bytes("text/html; charset=utf-8", self.html.clone())
                        .header(CONTENT_SECURITY_POLICY, self.policy.clone())
                        .header(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
                        .validators(validators),
                )
            }
            "/-/style.css" => Some(asset("text/css; charset=utf-8", STYLE)),
            "/-/hls.js" => Some(Answer::bytes(SCRIPT, self.hls_js.clone()?)),
            "/-/playlists.json" => Some(self.choices(root).await),
            _ => {
                let (_, script) = SCRIPTS.iter().find(|(name, _)| *name == path)?;
                Some(asset(SCRIPT, script))
            }
        }
    }

    /// The playlists of the folder, as JSON. However many ask, one looks, and once a second at the most.
    async fn choices(&self, root: &Root) -> Answer {
        let mut known = Arc::clone(&self.choices).lock_owned().await;
        let (root, clock) = (root.clone(), self.clock);
        // Who goes away meanwhile leaves the lock to the looking, so that nobody else begins to look.
        let looking = tokio::task::spawn_blocking(move || {
            let now = clock.now();
            if let Some((when, json)) = &*known
                && now.since(*when) < CHOICES_AGE
            {
                return Some(json.clone());
            }
            let json = Bytes::from(choices(&root)?);
            *known = Some((clock.now(), json.clone()));
            Some(json)
        });
        match looking.await {
            Ok(Some(json)) => Answer::bytes("application/json", json),
            _ => Answer::unavailable("the folder cannot be read"),
        }
    }
}

fn asset(media_type: &'static str, text: &'static str) -> Answer {
    Answer::bytes(media_type, text).validators(Validators::new(etag(text.as_bytes()), None))
}

/// The playlists of the folder, as JSON: those that list others first.
fn choices(root: &Root) -> Option<Vec<u8>> {
    let choice = |path: String| {
        let mut bytes = Vec::new();
        let file = File::open(root.file(&path)?).ok()?;
        file.take(MAX_PLAYLIST).read_to_end(&mut bytes).ok()?;
        let text = str::from_utf8(&bytes).ok()?;
        let is_multivariant = text.contains("#EXT-X-STREAM-INF");
        let is_live = !is_multivariant && !text.contains("#EXT-X-ENDLIST");
        Some(Choice { path, is_multivariant, is_live })
    };
    let mut choices: Vec<Choice> = root.playlists().into_iter().filter_map(choice).collect();
    choices.sort_by_key(|choice| !choice.is_multivariant);
    serde_json::to_vec(&choices).ok()
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn who_asks_for_the_list_and_goes_away_makes_no_second_one_look() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
        let runtime = runtime.unwrap();
        let page = Page::new(None, Clock::start()).unwrap();
        let root = Root::open(&std::env::temp_dir()).unwrap();
        let _inside = runtime.enter();
        // Looking has to wait for this.
        let (go_on, told) = std::sync::mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || told.recv()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(page.choices(&root)).as_mut().poll(&mut context).is_pending());
        assert!(page.choices.try_lock().is_err(), "it is to look, though nobody asks any more");
        go_on.send(()).unwrap();
        runtime.block_on(page.choices(&root));
        assert!(page.choices.try_lock().unwrap().is_some());
    }
}
