//! `stun decode`: many forms of input, what is printed, and what is wrong.

use serde_json::{Value, json};
use stun_codec::shape::PasswordAlgorithm;
use stun_codec::{Key, MessageBuilder, Method, TransactionId, attr};

use crate::program::{Folder, good, keys, refusal, run, run_with, text};

/// A Binding request with a USERNAME.
const MESSAGE: &str = "000100082112a4424142434445464748494a4b4c000600046161626f";

fn objects(output: &[u8]) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn decoded(input: &[u8]) -> (Option<i32>, Vec<Value>) {
    let output = run_with(&["decode", "--json"], input);
    assert_eq!(text(&output.stderr), "", "{}", String::from_utf8_lossy(input));
    (output.status.code(), objects(&output.stdout))
}

fn expected() -> Value {
    json!({
        "class": "request",
        "method": "binding",
        "transaction_id": "4142434445464748494a4b4c",
        "attributes": [{"type": "0x0006", "name": "USERNAME", "value": "aabo"}],
        "error": null
    })
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn joined(separator: &str, prefix: &str) -> String {
    let pairs: Vec<String> =
        bytes(MESSAGE).iter().map(|byte| format!("{prefix}{byte:02x}")).collect();
    pairs.join(separator)
}

#[test]
fn the_object_is_the_one_that_is_promised() {
    let (code, objects) = decoded(MESSAGE.as_bytes());
    assert_eq!((code, &objects[..]), (Some(0), &[expected()][..]));
    let line = good(&["decode", "--json", MESSAGE]);
    assert_eq!(keys(&line), ["class", "method", "transaction_id", "attributes", "error"]);
    let line = text(&run(&["decode", "--json", &MESSAGE[..54]]).stdout);
    assert_eq!(line, "{\"error\":{\"kind\":\"length_mismatch\",\"offset\":2}}\n");
}

#[test]
fn what_people_paste_is_read() {
    let array = format!(
        "/* Frame (28 bytes) */\nstatic const unsigned char pkt1[28] = {{\n{} /* {{...}} */\n}};\n",
        joined(", ", "0x")
    );
    let short_array = format!("char m[]={{{}}};", joined(",", "0x").replace("0x0", "0x"));
    // What xxd, hexdump -C, tshark -x and tcpdump -x print.
    let xxd = "00000000: 0001 0008 2112 a442 4142 4344 4546 4748  ....!..BABCDEFGH\n\
               00000010: 494a 4b4c 0006 0004 6161 626f            IJKL....aabo\n";
    let hexdump = "00000000  00 01 00 08 21 12 a4 42  41 42 43 44 45 46 47 48  |....!..BABCDEFGH|\n\
                   00000010  49 4a 4b 4c 00 06 00 04  61 61 62 6f              |IJKL....aabo|\n\
                   0000001c\n";
    let wireshark = "0000   00 01 00 08 21 12 a4 42 41 42 43 44 45 46 47 48   ....!..BABCDEFGH\n\
                     0010   49 4a 4b 4c 00 06 00 04 61 61 62 6f               IJKL....aabo\n";
    let tshark = "0000  00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 00   ..............E.\n\
                  0010  00 38 5e 91 40 00 40 11 de 21 7f 00 00 01 7f 00   .8^.@.@..!......\n\
                  0020  00 01 9c 40 0d 96 00 24 fe 37 00 01 00 08 21 12   ...@...$.7....!.\n\
                  0030  a4 42 41 42 43 44 45 46 47 48 49 4a 4b 4c 00 06   .BABCDEFGHIJKL..\n\
                  0040  00 04 61 61 62 6f                                 ..aabo\n";
    let tcpdump = "12:00:00.000000 IP 127.0.0.1.40000 > 127.0.0.1.3478: UDP, length 28\n\
                   \t0x0000:  4500 0038 5e91 4000 4011 de21 7f00 0001\n\
                   \t0x0010:  7f00 0001 9c40 0d96 0024 fe37 0001 0008\n\
                   \t0x0020:  2112 a442 4142 4344 4546 4748 494a 4b4c\n\
                   \t0x0030:  0006 0004 6161 626f\n";
    // The text beside this one looks like hexadecimal.
    let tcpdump_with_text = "\t0x0000:  0001 0008 2112 a442 4142 4344 4546 4748  ....!..BABCDEFGH\n\
                             \t0x0010:  494a 4b4c 0006 0004 6161 626f            aabb ccdd\n";
    for input in [
        MESSAGE,
        &MESSAGE.to_uppercase(),
        &format!("  {MESSAGE}\r\n"),
        &format!("0x{MESSAGE}"),
        &format!("\u{a0}{MESSAGE}"),
        &joined(" ", ""),
        &joined(":", ""),
        &joined(", ", "0x"),
        &format!("\"{}\"", joined("", "\\x")),
        &array,
        &short_array,
        &format!("# a comment\n\n{MESSAGE}\n\n"),
        xxd,
        hexdump,
        wireshark,
        tshark,
        tcpdump,
        tcpdump_with_text,
    ] {
        assert_eq!(decoded(input.as_bytes()), (Some(0), vec![expected()]), "{input}");
    }
    let many = [xxd, wireshark, MESSAGE, "\n", tcpdump, tshark, &array, hexdump].concat();
    assert_eq!(decoded(many.as_bytes()), (Some(0), vec![expected(); 7]));
}

#[test]
fn files_binary_ones_and_the_command_line() {
    let folder = Folder::new("decode");
    let message = bytes(MESSAGE);
    let one = folder.write("one.bin", &message);
    let three = folder.write("three.bin", message.repeat(3));
    let hexadecimal = folder.write("text.hex", format!("{MESSAGE}\n{MESSAGE}\n"));
    for (input, count) in [(one.as_str(), 1), (&three, 3), (&hexadecimal, 2), (MESSAGE, 1)] {
        let output = run(&["decode", "--json", input]);
        assert_eq!(output.status.code(), Some(0), "{input}");
        assert_eq!(objects(&output.stdout), vec![expected(); count], "{input}");
    }
    let words = good(&["decode", &three]);
    assert!(words.contains("(at byte 28)") && words.contains("(at byte 56)"), "{words}");

    let cut = folder.write("cut.bin", &message.repeat(2)[..50]);
    let output = run(&["decode", "--json", &cut]);
    assert_eq!(output.status.code(), Some(1));
    let error = json!({"error": {"kind": "length_mismatch", "offset": 2}});
    assert_eq!(objects(&output.stdout), [expected(), error]);

    let capture = folder.write("packets.pcap", b"\xd4\xc3\xb2\xa1\x02\0\x04\0");
    assert!(refusal(2, &["decode", &capture]).contains("tshark"));
    let absent = folder.path("absent");
    assert!(refusal(2, &["decode", &absent]).contains("no such file"));
    assert!(refusal(2, &["decode", "0001"]).contains("40 digits"));
    assert!(refusal(2, &["decode", "/"]).contains("folder"));
    let empty = folder.write("empty", "\n# nothing\n");
    assert!(refusal(2, &["decode", &empty]).contains("no message"));
    let open = folder.write("open.c", "x = { 0x00,\n0x01\n");
    assert!(refusal(2, &["decode", &open]).contains("line 1 is not closed"));
    let long = folder.write("long", vec![b'0'; 3 << 20]);
    assert!(refusal(2, &["decode", &long]).contains("line 1 has more"));
}

#[test]
fn each_message_has_its_line_and_errors_their_offset() {
    let input = format!("{MESSAGE}\nzz\n{}\n{}\n{MESSAGE}\n", &MESSAGE[..30], "c0".repeat(20));
    let (code, objects) = decoded(input.as_bytes());
    assert_eq!(code, Some(1));
    let error = |kind: &str, offset: u32| json!({"error": {"kind": kind, "offset": offset}});
    assert_eq!(
        objects,
        [
            expected(),
            error("not_hexadecimal", 0),
            error("too_short", 15),
            error("not_stun", 0),
            expected()
        ]
    );
    let output = run_with(&["decode"], input.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let words = text(&output.stdout);
    assert_eq!(words.matches("\n\n").count(), 4, "{words}");
    for expected in [
        "Binding Request, 28 bytes, transaction 4142434445464748494a4b4c  (line 1)\n",
        "    20  USERNAME                  \"aabo\"\n",
        "! not hexadecimal: \"z\" at character 1  (line 2)\n",
        "    15  ! 15 bytes are too few",
        "     0  ! not STUN",
        "(line 5)\n",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    // Past the end, at its offset.
    let past = MESSAGE.replace("00060004", "00060ff4");
    let words = text(&run(&["decode", &past]).stdout);
    assert!(words.contains("\n    20  ! the attribute at offset 20 runs past the end"), "{words}");
    let output = run(&["decode", "--json", &past]);
    assert_eq!(self::objects(&output.stdout), [error("attribute_past_end", 20)]);
}

#[test]
fn what_is_wrong_with_a_value_is_told_where_it_is() {
    // PRIORITY has four bytes, not two; FINGERPRINT is another one.
    let value = "000100082112a4424142434445464748494a4b4c0024000200010000";
    let output = run(&["decode", "--json", value]);
    assert_eq!(output.status.code(), Some(1));
    let [object] = &objects(&output.stdout)[..] else { panic!() };
    assert_eq!(object["error"], Value::Null);
    assert_eq!(object["attributes"][0]["error"], json!({"kind": "length", "offset": 20}));
    assert_eq!(object["attributes"][0]["value"], "0001");
    assert!(text(&run(&["decode", value]).stdout).contains("! wrong length 2"));

    let fingerprint = "000100082112a4424142434445464748494a4b4c8028000400000000";
    let output = run(&["decode", "--json", fingerprint]);
    assert_eq!(output.status.code(), Some(1));
    let [object] = &objects(&output.stdout)[..] else { panic!() };
    assert_eq!(object["error"], json!({"kind": "fingerprint_mismatch", "offset": 20}));
    assert_eq!(object["class"], "request");
}

#[test]
fn values_are_whole_and_harmless() {
    let id = TransactionId::new(*b"ABCDEFGHIJKL");
    let mut buffer = [0; 512];
    let data: Vec<u8> = (0..100).collect();
    let message = MessageBuilder::indication(Method::DATA, id, &mut buffer)
        .put(attr::XOR_PEER_ADDRESS, "192.0.2.1:5000".parse().unwrap())
        .put(attr::DATA, &data)
        .put(attr::SOFTWARE, "\x1b]0;gotcha\x07\u{202e}")
        .finish()
        .unwrap();
    let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (code, objects) = decoded(digits(message).as_bytes());
    assert_eq!(code, Some(0));
    let object = &objects[0];
    assert_eq!((&object["class"], &object["method"]), (&json!("indication"), &json!("data")));
    let value = |i: usize| object["attributes"][i]["value"].as_str().unwrap();
    assert_eq!(value(0), "192.0.2.1:5000");
    assert_eq!(value(1), digits(&data));
    assert_eq!(value(2), "\x1b]0;gotcha\x07\u{202e}");
    let words = good(&["decode", &digits(message)]);
    assert!(words.contains("gotcha"), "{words}");
    let is_harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!words.contains(is_harmful), "{words:?}");
}

#[test]
fn a_password_checks_the_integrity() {
    let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut buffer = [0; 256];
    fn request(buffer: &mut [u8]) -> MessageBuilder<'_> {
        MessageBuilder::request(Method::BINDING, TransactionId::new(*b"ABCDEFGHIJKL"), buffer)
    }
    let check = |message: &str, args: &[&str], verdict: &str| {
        let output = run(&[&["decode", "--json", message], args].concat());
        let objects = objects(&output.stdout);
        assert_eq!(objects[0]["integrity"], verdict, "{args:?}");
        assert_eq!(output.status.code(), Some(i32::from(verdict != "right")), "{args:?}");
        let words = text(&run(&[&["decode", message], args].concat()).stdout);
        assert!(words.contains("integrity: ") && words.contains(verdict), "{words}");
    };
    let short = request(&mut buffer).put(attr::USERNAME, "a:b");
    let short = digits(short.sign(&Key::short_term("pass")).fingerprint().finish().unwrap());
    check(&short, &["--password", "pass"], "right");
    check(&short, &["--password", "word"], "wrong");
    check(&short, &["--password", "pass", "--realm", "r"], "wrong");
    check(MESSAGE, &["--password", "pass"], "absent");

    let long = request(&mut buffer).put(attr::USERNAME, "user").put(attr::REALM, "example.org");
    let key = Key::long_term("user", "example.org", "pass");
    let long = digits(long.sign(&key).finish().unwrap());
    let args = ["--username", "user", "--realm", "example.org", "--password", "pass"];
    check(&long, &args, "right");
    check(&long, &args[2..], "right");
    check(&long, &["--username", "other", "--realm", "example.org", "--password", "pass"], "wrong");

    let key = Key::long_term_with(PasswordAlgorithm::Sha256, "user", "example.org", "pass");
    let named = request(&mut buffer)
        .put(attr::USERNAME, "user")
        .put(attr::PASSWORD_ALGORITHM, PasswordAlgorithm::Sha256.into());
    let named = digits(named.sign_sha256_truncated(&key, 16).finish().unwrap());
    check(&named, &args, "right");
}

/// Any bytes at all: a code that is promised, and never a panic.
#[test]
fn noise_has_no_other_end_than_0_1_or_2() {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let alphabet = b"0123456789abcdefxX:|{}/*\n\n \t#,\\-";
    for round in 0..40 {
        let length = usize::from(next()) * 4;
        let noise: Vec<u8> = (0..length)
            .map(|_| match round % 2 {
                0 => next(),
                _ => alphabet[usize::from(next()) % alphabet.len()],
            })
            .collect();
        let output = run_with(&["decode"], &noise);
        let code = output.status.code().unwrap();
        assert!((0..=2).contains(&code), "{noise:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).lines().count() <= 1);
    }
}

/// Messages that browsers and others have sent, when they are beside this checkout.
#[test]
fn every_real_message_of_the_corpus_is_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/stun/messages.hex");
    let Ok(corpus) = std::fs::read(path) else {
        eprintln!("left out: the corpus of real messages is not beside this checkout");
        return;
    };
    let output = run_with(&["decode", "--json"], &corpus);
    let objects = objects(&output.stdout);
    assert_eq!(
        objects.len(),
        corpus.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).count()
    );
    let is_message = |object: &&Value| object["transaction_id"].is_string();
    assert_eq!(objects.iter().filter(is_message).count(), objects.len());
}
