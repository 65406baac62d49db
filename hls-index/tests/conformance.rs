//! Each file and each test that `docs/conformance/hls.md` names is there.

use std::path::Path;

#[test]
fn the_conformance_page_keeps_its_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("../docs/conformance/hls.md");
    let report = testkit::conformance::check(&page, &[root]).unwrap_or_else(|e| panic!("{e}"));
    println!(
        "{} requirements done, {} not, by {} tests",
        report.done, report.not_done, report.tests
    );
}
