//! From a file, or from what is pasted, to messages: one after the other, each as soon as it is whole.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, Read as _};

use command_line::plain;
use stun_codec::framing::{MAX_FRAME_LENGTH, Split, split_first};

use super::packet::payload;
use super::text::{self, NotHexadecimal};

/// The longest line: a message of the greatest length, written at length.
const MAX_LINE: u64 = 1 << 20;

/// The most that is read of a binary file.
const MAX_BINARY: u64 = 64 << 20;

/// What was given as a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Given {
    pub(super) bytes: Result<Vec<u8>, NotHexadecimal>,
    /// Where it stands, when there may be several.
    pub(super) place: Option<String>,
}

/// Why no more can be read.
#[derive(Debug)]
pub(super) enum InputError {
    Io(io::Error),
    LongLine {
        line: u64,
    },
    Large,
    /// A file of packets, by the name of its format.
    Capture(&'static str),
    /// The line where it began.
    OpenArray {
        line: u64,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "can't read it: {}", plain(error)),
            Self::LongLine { line } => {
                write!(f, "line {line} has more than {MAX_LINE} bytes, which no message takes")
            }
            Self::Large => write!(f, "more than {} MiB; cut it up", MAX_BINARY >> 20),
            Self::Capture(format) => write!(
                f,
                "a {format} file; take the messages out of it: \
                 tshark -r FILE -Y stun -T fields -e udp.payload | stun decode"
            ),
            Self::OpenArray { line } => write!(f, "the {{ on line {line} is not closed"),
        }
    }
}

/// Reads messages.
pub(super) struct Input<R> {
    reader: R,
    form: Form,
    line: u64,
    assembler: Assembler,
    ready: VecDeque<Given>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Unknown,
    Text,
    Done,
}

impl<R: BufRead> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        let (assembler, ready) = (Assembler::default(), VecDeque::new());
        Self { reader, form: Form::Unknown, line: 0, assembler, ready }
    }

    /// The next message; `None` at the end.
    pub(super) fn next_message(&mut self) -> Result<Option<Given>, InputError> {
        loop {
            if let Some(given) = self.ready.pop_front() {
                return Ok(Some(given));
            }
            match self.form {
                Form::Done => return Ok(None),
                Form::Text => self.read_line()?,
                Form::Unknown => {
                    let start = self.reader.fill_buf().map_err(InputError::Io)?;
                    if is_text(start) {
                        self.form = Form::Text;
                    } else {
                        self.read_binary()?;
                        self.form = Form::Done;
                    }
                }
            }
        }
    }

    fn read_line(&mut self) -> Result<(), InputError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_LINE);
        let length = limited.read_until(b'\n', &mut line).map_err(InputError::Io)?;
        if length == 0 {
            self.form = Form::Done;
            return self.assembler.end(&mut self.ready);
        }
        self.line += 1;
        if length as u64 == MAX_LINE && line.last() != Some(&b'\n') {
            return Err(InputError::LongLine { line: self.line });
        }
        let line = String::from_utf8_lossy(&line);
        self.assembler.take(self.line, line.trim_end_matches(['\n', '\r']), &mut self.ready)
    }

    /// One message, or several one after the other as on a stream.
    fn read_binary(&mut self) -> Result<(), InputError> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_BINARY + 1);
        limited.read_to_end(&mut bytes).map_err(InputError::Io)?;
        if bytes.len() as u64 > MAX_BINARY {
            return Err(InputError::Large);
        }
        match bytes.first_chunk() {
            Some(
                b"\xd4\xc3\xb2\xa1" | b"\xa1\xb2\xc3\xd4" | b"\x4d\x3c\xb2\xa1"
                | b"\xa1\xb2\x3c\x4d",
            ) => {
                return Err(InputError::Capture("pcap"));
            }
            Some(b"\x0a\x0d\x0d\x0a") => return Err(InputError::Capture("pcapng")),
            _ => {}
        }
        let mut rest = &bytes[..];
        while let Ok(Split::Whole { frame, rest: next }) = split_first(rest, MAX_FRAME_LENGTH)
            && (!next.is_empty() || rest.len() < bytes.len())
            && stun_codec::demux::is_stun(frame.bytes)
        {
            let offset = bytes.len() - rest.len();
            let place = Some(format!("at byte {offset}"));
            self.ready.push_back(Given { bytes: Ok(frame.bytes.to_vec()), place });
            rest = next;
            if rest.is_empty() {
                return Ok(());
            }
        }
        let offset = bytes.len() - rest.len();
        let place = (offset > 0).then(|| format!("at byte {offset}"));
        self.ready.push_back(Given { bytes: Ok(payload(rest).to_vec()), place });
        Ok(())
    }
}

/// Text has no control characters but for those that part lines and words.
fn is_text(bytes: &[u8]) -> bool {
    let is_plain = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    bytes.iter().all(is_plain)
}

/// Puts messages together from lines.
#[derive(Debug, Default)]
struct Assembler {
    dump: Option<Dump>,
    array: Option<Array>,
    is_in_comment: bool,
}

/// A dump with offsets. The last line waits for the next one, whose offset tells its length.
#[derive(Debug)]
struct Dump {
    line: u64,
    bytes: Vec<u8>,
    last: String,
}

/// An array of C whose brace is not closed yet.
#[derive(Debug)]
struct Array {
    line: u64,
    text: String,
}

impl Assembler {
    fn take(
        &mut self,
        number: u64,
        line: &str,
        ready: &mut VecDeque<Given>,
    ) -> Result<(), InputError> {
        // Before comments: the text beside a dump may look like one.
        if self.array.is_none()
            && !self.is_in_comment
            && let Some((offset, rest)) = text::dump_line(line)
        {
            self.take_dump_line(number, offset, rest, ready);
            return Ok(());
        }
        let is_end = self.is_end_of_dump(line);
        self.close_dump(ready);
        if is_end {
            return Ok(());
        }
        let line = self.without_comments(line);
        if let Some(array) = &mut self.array {
            let (inside, is_closed) = match line.split_once('}') {
                Some((inside, _)) => (inside, true),
                None => (line.as_str(), false),
            };
            array.text.push_str(inside);
            array.text.push(' ');
            if array.text.len() as u64 > MAX_LINE {
                return Err(InputError::LongLine { line: number });
            }
            if is_closed {
                self.close_array(ready);
            }
            return Ok(());
        }
        if line.trim().is_empty() || is_caption(&line) {
            return Ok(());
        }
        if let Some((_, inside)) = line.split_once('{') {
            self.array = Some(Array { line: number, text: String::new() });
            return self.take(number, inside, ready);
        }
        ready.push_back(given(number, &line));
        Ok(())
    }

    /// The end of the text.
    fn end(&mut self, ready: &mut VecDeque<Given>) -> Result<(), InputError> {
        self.close_dump(ready);
        match &self.array {
            Some(array) => Err(InputError::OpenArray { line: array.line }),
            None => Ok(()),
        }
    }

    fn take_dump_line(
        &mut self,
        number: u64,
        offset: usize,
        rest: &str,
        ready: &mut VecDeque<Given>,
    ) {
        if let Some(dump) = &mut self.dump {
            let expected =
                offset.checked_sub(dump.bytes.len()).filter(|most| (1..=256).contains(most));
            if let Some(most) = expected {
                let last = text::dumped(&dump.last, most);
                dump.bytes.extend(last);
            }
            if expected.is_some() && dump.bytes.len() == offset && offset <= MAX_FRAME_LENGTH {
                rest.clone_into(&mut dump.last);
                return;
            }
        }
        self.close_dump(ready);
        self.dump = Some(Dump { line: number, bytes: Vec::new(), last: rest.to_owned() });
    }

    /// Whether the line is nothing but the offset at which the dump ends, as hexdump has it.
    fn is_end_of_dump(&self, line: &str) -> bool {
        let Some(dump) = &self.dump else { return false };
        let length = dump.bytes.len() + text::dumped(&dump.last, usize::MAX).len();
        usize::from_str_radix(line.trim(), 16) == Ok(length)
    }

    fn close_dump(&mut self, ready: &mut VecDeque<Given>) {
        let Some(Dump { line, mut bytes, last }) = self.dump.take() else { return };
        bytes.extend(text::dumped(&last, usize::MAX));
        let place = Some(format!("line {line}"));
        ready.push_back(Given { bytes: Ok(payload(&bytes).to_vec()), place });
    }

    fn close_array(&mut self, ready: &mut VecDeque<Given>) {
        if let Some(Array { line, text }) = self.array.take() {
            ready.push_back(given(line, &text));
        }
    }

    /// The line without comments of C, of which one may go on over several lines.
    fn without_comments(&mut self, line: &str) -> String {
        let mut text = String::new();
        let mut rest = line;
        loop {
            if self.is_in_comment {
                match rest.split_once("*/") {
                    Some((_, after)) => rest = after,
                    None => return text,
                }
                self.is_in_comment = false;
            }
            match rest.split_once("/*") {
                Some((before, after)) => {
                    text.push_str(before);
                    rest = after;
                    self.is_in_comment = true;
                }
                None => {
                    text.push_str(rest.split_once("//").map_or(rest, |(before, _)| before));
                    return text;
                }
            }
        }
    }
}

fn given(line: u64, text: &str) -> Given {
    Given { bytes: text::bytes(text), place: Some(format!("line {line}")) }
}

/// Comments, and what tcpdump writes above a dump.
fn is_caption(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.contains(" IP ") || line.contains(" IP6 ")
}
