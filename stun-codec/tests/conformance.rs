//! Each test that the page on RFC 8489 names is there.

use std::path::Path;

#[test]
fn rfc8489_keeps_its_word() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = package.join("../docs/conformance/rfc8489.md");
    if let Err(nonconformity) = testkit::conformance::check(&page, &[package]) {
        panic!("{nonconformity}");
    }
}
