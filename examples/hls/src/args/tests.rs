use command_line::Asked;

use super::*;

fn read(line: &str) -> Result<Command, String> {
    match command_line::read(line.split(' ').map(Into::into)) {
        Ok(Asked::Run(Cli { command })) => Ok(command),
        Ok(Asked::Text(text)) => Err(text),
        Err(failure) => Err(failure.to_string()),
    }
}

#[test]
fn the_definition_holds_together() {
    <Cli as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn a_seek_goes_ten_seconds_ahead_by_itself() {
    let Ok(Command::Seek(args)) = read("hls seek film.m3u8 --at 11") else { panic!() };
    assert_eq!(args.window.at, Some(Ticks::from_seconds(11)));
    assert_eq!(args.window.ahead, Amount::Time(Ticks::from_seconds(10)));
    assert_eq!(args.window.preroll, Ticks::ZERO);
}

#[test]
fn a_bad_command_line_gets_one_line() {
    for (line, expected) in [
        ("hls", "subcommand"),
        ("hls sek", "seek"),
        ("hls inspect", "FILE|URL"),
        ("hls inspect a b", "'b'"),
        ("hls inspect a --jsn", "--json"),
        ("hls seek a", "--at"),
        ("hls seek a --at -5", "negative"),
        ("hls seek a --at ten", "1:30"),
        ("hls seek a --at 1 --date 2026-01-01T00:00:00Z", "cannot be used with"),
        ("hls seek a --date 2026-02-30T00:00:00Z", "2026-11-22T17:00:00Z"),
        ("hls seek a --at 1 --ahead lots", "3seg"),
        ("hls seek a --at 1 --server x", "NAME=URL"),
        ("hls seek a --db b --at 1", "--db"),
        ("hls seek --stream b --at 1", "--db"),
        ("hls plot a --ahead 10", "--at"),
        ("hls serve a --listen localhost:80", "127.0.0.1:8080"),
        ("hls serve a --max-connections 1", "from 2 to 65536"),
        ("hls index a", "--db"),
        ("hls index --db a", "FILE|URL"),
        ("hls index --db a --list b", "--list"),
    ] {
        let text = read(line).unwrap_err();
        assert!(text.contains(expected), "{line}: {text}");
        assert!(text.contains("--help") && !text.contains('\n'), "{line}: {text}");
        assert!(!text.starts_with("error"), "{line}: {text}");
    }
    assert!(read("hls seek a --at x").unwrap_err().contains("`hls seek --help`"));
}

#[test]
fn every_help_has_examples_and_exit_codes() {
    for command in ["", "inspect", "validate", "seek", "plot", "index", "serve", "fetch"] {
        let text = read(format!("hls {command} --help").replace("  ", " ").as_str()).unwrap_err();
        assert!(text.contains("Examples:") && text.contains("Exit codes:"), "{text}");
    }
    assert!(read("hls -V").unwrap_err().starts_with("hls "));
}
