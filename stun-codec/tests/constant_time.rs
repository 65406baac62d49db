//! Comparing a MAC takes the same time wherever it is wrong (attack S11). Wall time on a shared core
//! could not show that; two things can. No source compares a MAC where it is made but by the one
//! function that is made for it: this reads the text, and does not follow a MAC into functions that
//! it is handed to. And valgrind counts the same instructions for each wrong MAC of a message, which
//! it does wherever the comparison takes place.

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId, attr};

// What the sources say.

/// A file below `src`, without comments and tests.
struct Source {
    path: PathBuf,
    code: String,
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                let code = code_of(&fs::read_to_string(&path).expect("a source"));
                sources.push(Source { path, code });
            }
        }
    }
    sources
}

/// What stands before the tests, without comments.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// What computes a MAC of a message, or of a nonce. A maker that has another name from now on must
/// be named here: the test wants to see each of them.
const MAKERS: [&str; 4] = [".integrity(", ".integrity_sha256(", ".hmac_sha256(", ".mac("];

/// Comparisons whose time depends on what they compare.
const COMPARISONS: [&str; 13] = [
    "==",
    "!=",
    ".eq(",
    ".ne(",
    ".cmp(",
    ".partial_cmp(",
    ".starts_with(",
    ".ends_with(",
    ".contains(",
    ".strip_prefix(",
    ".strip_suffix(",
    "assert_eq!",
    "matches!",
];

/// The conditions in `code` that hold a comparison of a MAC: of what a maker returns, or of a
/// variable that it was assigned to, by another way than by its length.
fn leaks(code: &str) -> Vec<&str> {
    let conditions: Vec<&str> = code
        .split([';', '{', '}'])
        .flat_map(|statement| statement.split("&&"))
        .flat_map(|part| part.split("||"))
        .map(|part| part.split_once(" = ").map_or(part, |(_, assigned)| assigned).trim())
        .collect();
    let names: BTreeSet<&str> = code
        .split([';', '{', '}'])
        .filter(|statement| MAKERS.iter().any(|maker| statement.contains(maker)))
        .filter(|statement| !statement.contains("equal("))
        .filter_map(|statement| statement.trim().strip_prefix("let "))
        .map(|binding| binding.trim_start_matches("mut "))
        .filter_map(|binding| binding.split(|c: char| !(c.is_alphanumeric() || c == '_')).next())
        .collect();
    let holds_mac = |condition: &str| {
        let makes = MAKERS.iter().any(|maker| condition.contains(maker));
        makes || names.iter().any(|name| mentions(condition, name))
    };
    conditions
        .into_iter()
        .filter(|condition| COMPARISONS.iter().any(|comparison| condition.contains(comparison)))
        .filter(|condition| holds_mac(condition))
        .collect()
}

/// Whether `name` stands in `condition` as itself, and not for its length.
fn mentions(condition: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    condition.match_indices(name).any(|(at, _)| {
        let behind = &condition[at + name.len()..];
        let is_whole = !condition[..at].ends_with(is_part) && !behind.starts_with(is_part);
        is_whole && !behind.starts_with(".len()")
    })
}

#[test]
fn s11_one_function_compares_in_constant_time_and_all_use_it() {
    let sources = sources();
    let with = |text: &str| -> Vec<&Source> {
        sources.iter().filter(|source| source.code.contains(text)).collect()
    };
    // There is one call of `subtle`'s comparison, and one file that knows of it.
    let calls: usize = sources.iter().map(|source| source.code.matches(".ct_eq(").count()).sum();
    assert_eq!(calls, 1, "one comparison, used everywhere");
    let knowing = with("subtle");
    assert_eq!(knowing.len(), 1);
    assert!(knowing[0].path.ends_with("integrity.rs") && knowing[0].code.contains(".ct_eq("));
    // Whoever makes a MAC writes it into a message, or compares it by that function.
    for maker in MAKERS {
        assert!(!with(maker).is_empty(), "nobody calls {maker}");
    }
    let makers: BTreeSet<&Path> =
        MAKERS.iter().flat_map(|maker| with(maker)).map(|source| &*source.path).collect();
    for source in &sources {
        let leaks = leaks(&source.code);
        assert!(leaks.is_empty(), "{}: {leaks:#?}", source.path.display());
        if makers.contains(&*source.path) {
            let has = |text| source.code.contains(text);
            assert!(has("equal(") || has("copy_from_slice("), "{}", source.path.display());
        }
    }
}

#[test]
fn s11_the_source_check_finds_what_it_looks_for() {
    let leaky = [
        "if key.integrity(&head, tail) == *value { return }",
        "let right = value.len() == 20 && key.integrity(&head, tail)[..] != *value;",
        "let mac = key.integrity_sha256(&head, tail); if other || mac[..value.len()] == *value { a() }",
        "let mut code = self.mac(time); code[0] = 1; let right = code.starts_with(value);",
        "let mac = key.integrity(head, tail);\nassert_eq!(mac, value);",
    ];
    for code in leaky {
        assert_eq!(leaks(code).len(), 1, "{code}");
    }
    let sound = [
        "let mac = key.integrity(&head, tail); if offset != 0 && equal(&mac, value) { a() }",
        "let mac = key.integrity(&head, tail); if mac.len() == value.len() { equal(&mac, value) }",
        "let right = value.len() == 20 && equal(&key.integrity(&head, tail), value); if right == a { b() }",
        "let mac = key.integrity(&head, tail); let machine = 1; if machine == 2 { a() }",
        "// key.integrity(&head, tail) == value\nlet a = 1;",
    ];
    for code in sound {
        assert_eq!(leaks(&code_of(code)), [""; 0], "{code}");
    }
}

// What the processor does.

/// Whether this is the process whose instructions valgrind counts.
const COUNTED: &str = "THALWEG_COUNTED";

/// What is done once before counting begins: it finds out what the processor can do.
const WARM_UP: usize = 1;

/// Messages that end in a MAC of some length, each as often as the MAC has bytes with one of them
/// wrong, and once with all.
fn forgeries(key: &Key) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let id = TransactionId::new([1; 12]);
    let builder = |buffer| {
        MessageBuilder::request(Method::BINDING, id, buffer).put(attr::USERNAME, "evtj:h6vY")
    };
    let [mut a, mut b, mut c] = [[0; 128]; 3];
    let sha1 = builder(&mut a).sign(key).finish().expect("it fits");
    let sha256 = builder(&mut b).sign_sha256(key).finish().expect("it fits");
    let both = builder(&mut c).sign(key).sign_sha256(key).finish().expect("it fits");
    [("SHA-1", sha1, 20), ("SHA-256", sha256, 32), ("both", both, 32)]
        .map(|(name, message, length)| {
            let start = message.len() - length;
            let wrong = |at: std::ops::Range<usize>| {
                let mut forgery = message.to_vec();
                forgery[at].iter_mut().for_each(|byte| *byte ^= 0x10);
                forgery
            };
            let one = (start..message.len()).map(|at| wrong(at..at + 1));
            (name, one.chain([wrong(start..message.len())]).collect())
        })
        .to_vec()
}

#[inline(never)]
fn counted_verify(message: &Message<'_>, key: &Key) -> bool {
    black_box(message).verify(black_box(key)).is_ok()
}

/// What must not be: it stops at the first byte that differs.
#[inline(never)]
fn counted_early_exit(a: &[u8], b: &[u8]) -> bool {
    black_box(a).iter().zip(black_box(b)).all(|(a, b)| black_box(*a) == *b)
}

#[test]
fn no_forgery_verifies() {
    let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
    for (name, forgeries) in forgeries(&key) {
        let forgeries = [&forgeries[..WARM_UP], &forgeries[..]].concat();
        for (at, forgery) in forgeries.iter().enumerate() {
            let message = Message::parse(forgery).expect("well-formed");
            assert!(!counted_verify(&message, &key), "{name}: {at}");
        }
    }
    let zeros = [0; 20];
    for at in 0..20 {
        let mut other = zeros;
        other[at] = 1;
        assert!(!counted_early_exit(&zeros, &other));
    }
}

#[test]
fn s11_each_wrong_mac_costs_the_same_instructions() {
    if std::env::var_os(COUNTED).is_some() {
        return;
    }
    let Some(counts) = count("no_forgery_verifies", &["counted_verify", "counted_early_exit"])
    else {
        let _ = writeln!(std::io::stderr(), "LEFT OUT: no valgrind that counts instructions");
        return;
    };
    let mut counts = &counts[..];
    for (name, forgeries) in forgeries(&Key::short_term("any")) {
        let (of_these, rest) = counts.split_at(WARM_UP + forgeries.len());
        counts = rest;
        let different: BTreeSet<u64> = of_these[WARM_UP..].iter().copied().collect();
        assert_eq!(different.len(), 1, "{name}: {of_these:?}");
        assert!(different.first() > Some(&1000), "a hash takes more: {different:?}");
    }
    // The comparison that stops early shows that a difference would be seen.
    assert_eq!(counts.len(), 20);
    assert!(counts.is_sorted_by(|earlier, later| earlier < later), "{counts:?}");
}

/// Runs a test of this program under valgrind. How many instructions each call of the `functions`
/// took, in order; `None` when there is no valgrind.
fn count(test: &str, functions: &[&str]) -> Option<Vec<u64>> {
    let folder = std::env::temp_dir().join(format!("constant-time-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for counts");
    let out = folder.join("counts");
    let program = std::env::current_exe().expect("this program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted_*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .args(functions.iter().map(|function| format!("--dump-after=*{function}*")))
        .arg(program)
        .args(["--exact", test, "--test-threads=1"])
        .env(COUNTED, "1")
        .output();
    let output = output.ok()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let counts = (1..)
        .map_while(|number| {
            let text = fs::read_to_string(folder.join(format!("counts.{number}"))).ok()?;
            let total = text.lines().find_map(|line| line.strip_prefix("totals: "))?;
            Some(total.trim().parse().expect("a number"))
        })
        .collect();
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    Some(counts)
}
