use std::path::PathBuf;

use super::*;

/// A database of its own for each test, which goes away with it.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("hls-store-{name}-{}.db", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        let _ = std::fs::remove_file(&file.0);
        file
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn keep(store: &mut Store, stream: &str, record: Vec<u8>) -> Result<(), Failure> {
    let server = crate::servers::server("a@3-9=https://a.example.com/").unwrap();
    let stored = Stored { record, servers: vec![server] };
    let (end, source) = (Ticks::from_seconds(1), "film.m3u8".to_owned());
    let change = Change { stored, source, segments: 1, end, is_ended: true };
    store.change(stream, |_, _| Ok((Some(change), ())))
}

#[test]
fn what_is_kept_comes_back() {
    let file = File::new("back");
    let mut store = Store::create(&file.0).unwrap();
    keep(&mut store, "b", vec![1; 10_000]).unwrap();
    keep(&mut store, "a", vec![2]).unwrap();
    keep(&mut store, "a", vec![3]).unwrap();
    drop(store);

    let mut store = Store::open(&file.0).unwrap();
    assert_eq!(store.record("a").unwrap(), [3]);
    assert_eq!(store.record("b").unwrap(), [1; 10_000]);
    let streams = store.streams().unwrap();
    let names: Vec<&str> = streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(streams[0].servers[0].last, Some(9));
    assert_eq!(streams[1].bytes, 10_000);
    assert!(store.only_stream().is_err());
    store.remove("b").unwrap();
    assert_eq!(store.only_stream().unwrap(), "a");
    assert!(store.remove("b").unwrap_err().to_string().contains("--list"));
}

#[test]
fn a_change_that_fails_changes_nothing() {
    let file = File::new("fails");
    let mut store = Store::create(&file.0).unwrap();
    keep(&mut store, "a", vec![1]).unwrap();
    let refused: Result<(), Failure> = store.change("a", |stored, _| {
        assert_eq!(stored.unwrap().record, [1]);
        Err(Failure::cannot("no"))
    });
    assert!(refused.is_err());
    assert_eq!(store.record("a").unwrap(), [1]);
}

#[test]
fn a_full_disk_is_an_error_and_the_old_record_stays() {
    let file = File::new("full");
    let mut store = Store::create(&file.0).unwrap();
    keep(&mut store, "a", vec![1; 20_000]).unwrap();
    // SQLite's own disk that is full: no more pages than there are, and a few.
    let pages = store
        .connection
        .pragma_query_value(None, "page_count", |row| row.get::<_, i32>(0))
        .unwrap();
    store.connection.pragma_update(None, "max_page_count", pages + 8).unwrap();
    for size in [60_000, 1_000_000] {
        let failure = keep(&mut store, "a", vec![2; size]).unwrap_err();
        assert!(failure.to_string().contains("the disk is full"), "{failure}");
        assert_eq!(store.record("a").unwrap(), vec![1; 20_000]);
    }
    assert!(keep(&mut store, "b", vec![2; 60_000]).is_err());
    keep(&mut store, "a", vec![3; 21_000]).unwrap();
    drop(store);
    assert_eq!(Store::open(&file.0).unwrap().record("a").unwrap(), vec![3; 21_000]);
}

#[test]
fn other_files_are_left_alone() {
    let file = File::new("other");
    std::fs::write(&file.0, "#EXTM3U\n".repeat(1000)).unwrap();
    for opened in [Store::open(&file.0), Store::create(&file.0)] {
        assert!(opened.unwrap_err().to_string().contains("not a database"));
    }
    std::fs::remove_file(&file.0).unwrap();
    assert!(Store::open(&file.0).unwrap_err().to_string().contains("hls index"));
    Connection::open(&file.0).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let failure = Store::create(&file.0).unwrap_err();
    assert!(failure.to_string().contains("something else"), "{failure}");
    for opened in [Store::open(&std::env::temp_dir()), Store::create(&std::env::temp_dir())] {
        assert!(opened.unwrap_err().to_string().contains("it is a folder"));
    }
}

#[test]
fn a_newer_database_is_refused() {
    let file = File::new("newer");
    let store = Store::create(&file.0).unwrap();
    store.connection.pragma_update(None, "user_version", file::VERSION + 1).unwrap();
    assert!(Store::open(&file.0).unwrap_err().to_string().contains("newer"));
}

#[test]
fn two_programs_wait_for_each_other() {
    let file = File::new("two");
    Store::create(&file.0).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let path = file.0.clone();
            std::thread::spawn(move || {
                let mut store = Store::create(&path).unwrap();
                for _ in 0..5 {
                    keep(&mut store, &format!("stream {number}"), vec![1; 5000]).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(Store::open(&file.0).unwrap().streams().unwrap().len(), 4);
}
