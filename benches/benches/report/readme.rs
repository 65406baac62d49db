//! README.md, whose tables the programs write.

use std::path::Path;

/// Puts `table` between the markers of `name`. Only `cargo bench` writes: without its argument the
/// table is printed.
pub(crate) fn write(name: &str, table: &str) {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("{table}");
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&file).expect("README.md is there");
    let (begin, end) = (format!("<!-- table {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = text.split_once(&begin).expect("the marker is there");
    let (_, after) = rest.split_once(&end).expect("the marker is there");
    let text = format!("{before}{begin}\n{table}\n{end}{after}");
    std::fs::write(&file, text).expect("README.md can be written");
}
