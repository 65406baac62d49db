//! What the peers tell each other through signaling: lines of session description, as RFC 8839 §5
//! and RFC 8122 §5 define them.

use ice_agent::{Candidate, Credentials, CredentialsError};

use crate::fingerprint::{Fingerprint, FingerprintError};

/// All that one peer must know of the other to connect to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Description {
    /// Whoever knows them may check paths to that peer.
    pub(crate) credentials: Credentials,
    /// Where that peer may be reached.
    pub(crate) candidates: Vec<Candidate>,
    /// The certificate that it will show; only the sharer has one.
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// Why lines are no description.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum DescriptionError {
    #[error("there is no a=ice-ufrag line")]
    NoUfrag,
    #[error("there is no a=ice-pwd line")]
    NoPassword,
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error("a=fingerprint: {0}")]
    Fingerprint(#[from] FingerprintError),
}

impl Description {
    /// The lines that say it.
    pub(crate) fn to_lines(&self) -> Vec<String> {
        let mut lines = vec![
            "a=ice-options:ice2".to_owned(),
            format!("a=ice-ufrag:{}", self.credentials.ufrag()),
            format!("a=ice-pwd:{}", self.credentials.password()),
        ];
        lines.extend(self.fingerprint.map(|fingerprint| format!("a=fingerprint:{fingerprint}")));
        lines.extend(self.candidates.iter().map(|candidate| format!("a={candidate}")));
        lines.push("a=end-of-candidates".to_owned());
        lines
    }

    /// Reads lines that the other peer has sent. Lines that mean nothing here are passed over.
    pub(crate) fn from_lines(lines: &[String]) -> Result<Self, DescriptionError> {
        let (mut ufrag, mut password, mut fingerprint) = (None, None, None);
        let mut candidates = Vec::new();
        for attribute in lines.iter().filter_map(|line| line.strip_prefix("a=")) {
            match attribute.split_once(':') {
                Some(("ice-ufrag", value)) => ufrag = Some(value),
                Some(("ice-pwd", value)) => password = Some(value),
                Some(("fingerprint", value)) => fingerprint = Some(value.parse()?),
                // A candidate of a kind that is not known here is no reason to give up the others.
                Some(("candidate", _)) => candidates.extend(attribute.parse::<Candidate>()),
                _ => {}
            }
        }
        let ufrag = ufrag.ok_or(DescriptionError::NoUfrag)?;
        let password = password.ok_or(DescriptionError::NoPassword)?;
        Ok(Self { credentials: Credentials::new(ufrag, password)?, candidates, fingerprint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "0123456789012345678901";

    fn description() -> Description {
        let candidate = "candidate:1 1 udp 2130706431 127.1.0.2 5000 typ host";
        Description {
            credentials: Credentials::new("abcd", PASSWORD).unwrap(),
            candidates: vec![candidate.parse().unwrap()],
            fingerprint: Some(Fingerprint::of(b"certificate")),
        }
    }

    fn read(lines: &[&str]) -> Result<Description, DescriptionError> {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        Description::from_lines(&lines)
    }

    #[test]
    fn goes_both_ways() {
        assert_eq!(Description::from_lines(&description().to_lines()), Ok(description()));
    }

    #[test]
    fn unknown_lines_and_candidates_are_passed_over() {
        let mut lines = description().to_lines();
        lines.insert(0, "a=candidate:1 1 udp 2130706431 name.local 5000 typ host".to_owned());
        lines.insert(0, "a=setup:active".to_owned());
        lines.push("v=0".to_owned());
        assert_eq!(Description::from_lines(&lines), Ok(description()));
    }

    #[test]
    fn what_must_be_there_is_asked_for() {
        let password = format!("a=ice-pwd:{PASSWORD}");
        assert_eq!(read(&[&password]), Err(DescriptionError::NoUfrag));
        assert_eq!(read(&["a=ice-ufrag:abcd"]), Err(DescriptionError::NoPassword));
        let short = read(&["a=ice-ufrag:abcd", "a=ice-pwd:short"]);
        assert_eq!(short, Err(CredentialsError::Password.into()));
        let weak = read(&["a=ice-ufrag:abcd", &password, "a=fingerprint:sha-1 00:11"]);
        assert_eq!(weak, Err(FingerprintError::HashFunction.into()));
    }
}
