//! `stun decode`: what is in these messages, and what is wrong with them?

mod facts;
mod input;
mod integrity;
mod packet;
mod text;

use std::io::{BufRead, BufReader};
use std::path::Path;

use command_line::{BAD, FAINT, Failure, Painted, plain, print, print_json};
use stun_codec::dissect::{Dissection, dissect};

use crate::args::DecodeArgs;

use facts::{ErrorFacts, Facts};
use input::{Given, Input};
use integrity::{Credentials, Verdict};

/// The name of the place where only one message can be.
const COMMAND_LINE: &str = "the command line";

/// Decodes all of them, and says whether all are right.
pub(crate) fn run(args: &DecodeArgs) -> Result<bool, Failure> {
    let credentials = Credentials::of(args)?;
    let (name, reader) = open(&args.input)?;
    let mut input = Input::new(reader);
    let mut count = 0_u64;
    let mut all_right = true;
    loop {
        let cannot = |error| Failure::cannot(format!("{name}: {error}"));
        let Some(mut given) = input.next_message().map_err(cannot)? else { break };
        if name == COMMAND_LINE {
            given.place = None;
        }
        let is_right = if args.json {
            tell_programs(&given, credentials.as_ref())?
        } else {
            tell_people(&given, credentials.as_ref(), count > 0)?
        };
        all_right &= is_right;
        count += 1;
    }
    if count == 0 {
        return Err(Failure::cannot(format!(
            "{name}: no message in it; write each in hexadecimal on a line of its own"
        )));
    }
    Ok(all_right)
}

/// What the messages come from, and its name. A message may stand on the command line itself.
fn open(input: &Path) -> Result<(String, Box<dyn BufRead>), Failure> {
    if input == Path::new("-") {
        return Ok(("stdin".to_owned(), Box::new(BufReader::new(std::io::stdin().lock()))));
    }
    if let Some(line) = input.to_str().filter(|line| text::is_message(line)) {
        let bytes = line.as_bytes().to_vec();
        return Ok((COMMAND_LINE.to_owned(), Box::new(std::io::Cursor::new(bytes))));
    }
    let name = input.display().to_string();
    match std::fs::File::open(input) {
        Ok(file) if file.metadata().is_ok_and(|data| data.is_dir()) => {
            Err(Failure::cannot(format!("{name}: a folder; name a file in it")))
        }
        Ok(file) => Ok((name, Box::new(BufReader::new(file)))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::cannot(format!(
                "{name}: no such file, and no message in hexadecimal: that has 40 digits at least"
            )))
        }
        Err(error) => Err(Failure::cannot(format!("{name}: can't read it: {}", plain(&error)))),
    }
}

fn tell_programs(given: &Given, credentials: Option<&Credentials>) -> Result<bool, Failure> {
    let facts = match &given.bytes {
        Ok(bytes) => Facts::of(bytes, credentials),
        Err(unreadable) => {
            let (kind, offset) = ("not_hexadecimal", unreadable.column);
            Facts::Broken { error: ErrorFacts { kind, offset } }
        }
    };
    print_json(&facts)?;
    Ok(facts.is_right())
}

/// Prints a line for each attribute, with an empty line after the message before.
fn tell_people(
    given: &Given,
    credentials: Option<&Credentials>,
    is_further: bool,
) -> Result<bool, Failure> {
    let mut text = String::new();
    if is_further {
        text.push('\n');
    }
    let place = given.place.as_ref().map(|place| format!("  {FAINT}({place}){FAINT:#}"));
    let place = place.unwrap_or_default();
    let bytes = match &given.bytes {
        Ok(bytes) => bytes,
        Err(unreadable) => {
            let what = format!("! not hexadecimal: {:?}", unreadable.found);
            let column = unreadable.column + 1;
            text.push_str(&format!("{} at character {column}{place}\n", Painted(BAD, what)));
            return print(&text).map(|()| false);
        }
    };
    let dissection = dissect(bytes);
    for (i, line) in dissection.to_string().lines().enumerate() {
        match line.rfind("  ! ").filter(|_| i > 0).and_then(|at| line.split_at_checked(at + 2)) {
            Some((good, bad)) => text.push_str(&format!("{good}{}", Painted(BAD, bad))),
            None => text.push_str(line),
        }
        if i == 0 {
            text.push_str(&place);
        }
        text.push('\n');
    }
    let mut is_right = is_sound(&dissection, bytes);
    if let Some(credentials) = credentials {
        let verdict = credentials.check(bytes);
        is_right &= verdict == Verdict::Right;
        let words = match verdict {
            Verdict::Right => verdict.words().to_owned(),
            Verdict::Wrong | Verdict::Absent => Painted(BAD, verdict.words()).to_string(),
        };
        text.push_str(&format!("        integrity: {words}\n"));
    }
    print(&text)?;
    Ok(is_right)
}

/// Whether nothing is wrong: the framing, the values that count, the FINGERPRINT.
fn is_sound(dissection: &Dissection<'_>, bytes: &[u8]) -> bool {
    dissection.error().is_none()
        && dissection.fields().all(|field| field.error().is_none() || !field.counts())
        && stun_codec::Message::parse(bytes)
            .is_ok_and(|message| message.verify_fingerprint().is_ok())
}
