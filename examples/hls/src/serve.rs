//! `hls serve`: an origin for what is in a folder, live as it grows.

mod answer;
mod conditions;
mod encoding;
mod files;
mod live;
mod page;
mod patience;
mod places;
mod range;
mod request_log;
mod root;

use std::convert::Infallible;
use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use command_line::{Failure, plain};
use hyper::body::Incoming;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    HOST, HeaderValue, RANGE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use sansio::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use self::answer::{Answer, Body};
use self::live::{Live, Waiter};
use self::page::Page;
use self::patience::Patience;
use self::places::Places;
use self::request_log::{Entry, Log};
use self::root::Root;
use crate::args::ServeArgs;

/// How long a client may take to send a request, or to think of the next one.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A client that takes nothing for so long is given up.
const STALLED: Duration = Duration::from_secs(60);
/// The most that the head of a request may have.
const MAX_HEAD: usize = 32 << 10;
/// How long answers that are under way may take when the server is to end.
const GRACE: Duration = Duration::from_secs(5);

/// What is served.
#[derive(Debug)]
struct Site {
    root: Root,
    page: Page,
    live: Option<Live>,
    clock: Clock,
    log: Log,
}

/// Does what the arguments say, until it is told to end.
pub(crate) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let root = Root::open(&args.folder)?;
    let clock = Clock::start();
    let page = Page::new(args.hls_js.as_deref(), clock)?;
    let parts = args.low_latency.then_some(args.part);
    // Whoever waits leaves half of the connections to those who fetch.
    let seats = Places::new(args.max_connections / 2);
    let watch = || Live::watch(root.clone(), parts, seats, clock);
    let live = (args.live || args.low_latency).then(watch);
    let log = Log::start();
    let site = Arc::new(Site { root, page, live, clock, log: log.clone() });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| cannot("start", &error))?;
    let served = runtime.block_on(serve(site, args));
    runtime.shutdown_background();
    log.flush();
    served
}

async fn serve(site: Arc<Site>, args: &ServeArgs) -> Result<(), Failure> {
    let refuse = |error: io::Error| cannot(&format!("listen on {}", args.listen), &error);
    let listener = TcpListener::bind(args.listen).await.map_err(refuse)?;
    let address = listener.local_addr().map_err(refuse)?;
    let mut ended = std::pin::pin!(told_to_end()?);
    // Nobody need read it.
    let _ = writeln!(io::stdout(), "serving {} on http://{address}/", args.folder.display());

    let (stop, stopped) = watch::channel(false);
    let open = GracefulShutdown::new();
    let places = Places::new(args.max_connections);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, mostly: that passes when others end.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(place) = places.take(peer.ip()).map(Arc::new) else {
            turn_away(stream);
            continue;
        };
        // Small answers shall not wait for more to come.
        let _ = stream.set_nodelay(true);
        let (site, stopped) = (Arc::clone(&site), stopped.clone());
        let service = service_fn(move |request| {
            let (site, stopped) = (Arc::clone(&site), stopped.clone());
            async move { Ok::<_, Infallible>(site.respond(request, peer, stopped).await) }
        });
        let stream = Patience::new(stream, STALLED, Arc::clone(&place));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(REQUEST_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let connection = open.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                // A client that went away, or wrote no HTTP: hyper has answered what can be answered.
                _ = connection => {}
                () = place.is_wanted() => {}
            }
        });
    }
    drop(listener);
    // Those who wait for a live stream are sent away; downloads may end.
    let _ = stop.send(true);
    let _ = tokio::time::timeout(GRACE, open.shutdown()).await;
    Ok(())
}

/// Tells a client that has the most connections itself that there is none for it.
fn turn_away(stream: TcpStream) {
    const LINE: &str = "you have too many connections\n";
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{LINE}",
        LINE.len()
    );
    // It fits into what the system keeps for an empty connection.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(answer.as_bytes());
    }
}

impl Site {
    async fn respond(
        &self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
        stopped: watch::Receiver<bool>,
    ) -> hyper::Response<Body> {
        let entry = Entry::new(self.log.clone(), self.clock, peer, &request);
        if request.method() == Method::HEAD {
            // Ranges are GET's (RFC 9110 §14.2).
            request.headers_mut().remove(RANGE);
        }
        let answer = match *request.method() {
            _ if !names_one_host(&request) => {
                Answer::text(StatusCode::BAD_REQUEST, "not one Host, as HTTP/1.1 has it")
            }
            Method::GET | Method::HEAD => {
                self.find(&request, Waiter { peer: peer.ip(), stopped }).await
            }
            Method::OPTIONS => preflight(),
            _ => Answer::text(StatusCode::METHOD_NOT_ALLOWED, "only GET, HEAD and OPTIONS")
                .header(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS")),
        };
        answer.finish(request.method() == Method::HEAD, entry)
    }

    async fn find(&self, request: &Request<Incoming>, waiter: Waiter) -> Answer {
        let path = request.uri().path();
        if let Some(answer) = self.page.answer(path, &self.root).await {
            return answer.matching(request.headers());
        }
        let Some(path) = root::clean(path) else { return Answer::not_found() };
        let query = request.uri().query().unwrap_or_default();
        if let Some(live) = &self.live
            && let Some(answer) = live.answer(&path, query, request.headers(), waiter).await
        {
            return answer;
        }
        files::answer(&self.root, &path, request.headers()).await
    }
}

/// RFC 9112 §3.2: who leaves it open which host is meant may be understood otherwise by a proxy.
fn names_one_host<B>(request: &Request<B>) -> bool {
    let hosts = request.headers().get_all(HOST).iter().count();
    hosts == 1 || hosts == 0 && request.version() < Version::HTTP_11
}

/// What a browser asks before it lets a page of another origin ask.
fn preflight() -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
        .header(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"))
        .header(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(
                "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, \
                 Cache-Control",
            ),
        )
        .header(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"))
}

/// Ends with SIGINT or SIGTERM.
#[cfg(unix)]
fn told_to_end() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let refuse = |error: io::Error| cannot("wait for signals", &error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refuse)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(refuse)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends with Ctrl-C.
#[cfg(not(unix))]
fn told_to_end() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn cannot(what: &str, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => "; is it running already? give another --listen",
        _ => "",
    };
    Failure::cannot(format!("can't {what}: {}{advice}", plain(error)))
}
