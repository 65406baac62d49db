//! Is a message's integrity right, for these credentials?

use command_line::Failure;
use stun_codec::auth::prepare;
use stun_codec::shape::PasswordAlgorithm;
use stun_codec::{Key, Message, attr};

use crate::args::DecodeArgs;

/// What the user knows.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    password: String,
    /// The realm of long-term ones.
    realm: Option<String>,
    /// The message's own, without it.
    username: Option<String>,
}

/// What came of the check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    Absent,
}

impl Verdict {
    /// For programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Absent => "absent",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "! wrong: another password, or the message was changed",
            Self::Absent => "! absent: nobody vouches for this message",
        }
    }
}

impl Credentials {
    pub(super) fn of(args: &DecodeArgs) -> Result<Option<Self>, Failure> {
        let Some(password) = &args.password else { return Ok(None) };
        let prepare = |what: &str, text: &str| {
            let prepared = prepare::opaque_string(text);
            let prepared = prepared.map(std::borrow::Cow::into_owned);
            prepared.map_err(|error| Failure::cannot(format!("{what}: {error}")))
        };
        let optional = |what, text: &Option<String>| {
            text.as_deref().map(|text| prepare(what, text)).transpose()
        };
        Ok(Some(Self {
            password: prepare("--password", password)?,
            realm: optional("--realm", &args.realm)?,
            username: optional("--username", &args.username)?,
        }))
    }

    pub(super) fn check(&self, bytes: &[u8]) -> Verdict {
        let Ok(message) = Message::parse(bytes) else { return Verdict::Wrong };
        if !message.has_integrity() {
            return Verdict::Absent;
        }
        match self.key(&message).map(|key| message.verify_truncated(&key, 16)) {
            Some(Ok(_)) => Verdict::Right,
            _ => Verdict::Wrong,
        }
    }

    fn key(&self, message: &Message<'_>) -> Option<Key> {
        let Some(realm) = &self.realm else { return Some(Key::short_term(&self.password)) };
        let named = message.get(attr::USERNAME).ok().flatten();
        let username = self.username.as_deref().or(named)?;
        let algorithm = message.get(attr::PASSWORD_ALGORITHM).ok().flatten();
        let algorithm = match algorithm {
            Some(algorithm) => algorithm.known()?,
            None => PasswordAlgorithm::Md5,
        };
        Some(Key::long_term_with(algorithm, username, realm, &self.password))
    }
}
