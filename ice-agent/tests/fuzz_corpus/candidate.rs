//! Reading a candidate line and printing it again.

use ice_agent::Candidate;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let candidate: Candidate = match text.parse() {
        Ok(candidate) => candidate,
        Err(error) => {
            assert!(!format!("{error}").is_empty());
            return;
        }
    };
    assert!((1..=256).contains(&candidate.component.value()));
    assert!(!candidate.foundation.as_str().is_empty());
    let line = candidate.to_string();
    assert_eq!(line.parse(), Ok(candidate), "{line}");
}
