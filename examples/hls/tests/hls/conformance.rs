use std::path::Path;

#[test]
fn the_conformance_page_keeps_its_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("../../docs/conformance/hls_origin.md");
    let report = testkit::conformance::check(&page, &[root]).unwrap_or_else(|e| panic!("{e}"));
    assert!(report.done > 30, "{} requirements done", report.done);
}
