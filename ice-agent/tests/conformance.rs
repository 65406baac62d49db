//! The conformance pages name files and tests that exist.

use std::path::Path;

#[test]
fn the_pages_keep_their_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["rfc8445", "rfc8838", "rfc8839", "rfc7675"] {
        let page = root.join("../docs/conformance").join(page).with_extension("md");
        match testkit::conformance::check(&page, &[root]) {
            Ok(report) => assert!(report.done > 0 && report.tests > 0, "{}", page.display()),
            Err(problems) => panic!("{problems}"),
        }
    }
}
