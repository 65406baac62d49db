//! What the command line gets when it is wrong, and when it asks for help.

use std::process::{Command, Stdio};

use crate::program::{STUN, good, refusal, run};

#[test]
fn a_bad_command_line_is_one_line_and_code_2() {
    for args in [
        &[][..],
        &["qery", "localhost"],
        &["query"],
        &["query", "a b"],
        &["query", "stun:localhost", "--tls"],
        &["query", "stuns:localhost", "--tcp"],
        &["query", "localhost", "--insecure"],
        &["query", "turn:localhost"],
        &["serve"],
        &["serve", "--listen", "127.0.0.1:3478"],
        &["decode", "--realm", "x"],
        &["bench", "localhost", "--duration", "1000"],
        &["query", "a\x1b[2J\u{202e}:x"],
    ] {
        let line = refusal(2, args);
        assert!(line.contains("--help`") && !line.contains('\x1b'), "{args:?}: {line:?}");
    }
}

#[test]
fn help_is_on_stdout_without_colours_when_nobody_watches() {
    for command in ["query", "nat", "serve", "decode", "bench"] {
        let help = good(&[command, "--help"]);
        assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
        assert!(!help.contains('\x1b'), "{help:?}");
        assert!(help.lines().all(|line| line.chars().count() <= 110), "{help}");
    }
    assert!(good(&["--version"]).starts_with("stun "));
}

#[test]
fn colours_are_for_terminals_and_no_color_forbids_them() {
    let message = "000100002112a4426162636465666768696a6b";
    let message = format!("{message}6c000000");
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stun"));
        command.args(["decode", &message]).stdin(Stdio::null()).env_remove("NO_COLOR");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1B)
    };
    assert!(!coloured(&[]), "a pipe is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0"), ("NO_COLOR", "1")]));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let message = "000100002112a4426162636465666768696a6b6c";
    STUN.run_unread(&["decode", message]);
    assert_eq!(run(&["decode", message]).status.code(), Some(0));
}
