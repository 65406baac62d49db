use crate::program::{FILM, Folder, HLS, hls, program, refusal, text};

#[test]
fn help_and_version_are_answers() {
    let help = text(&["--help"]);
    for word in ["inspect", "validate", "seek", "plot", "index", "Examples:", "Exit codes:"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    assert_eq!(text(&["--version"]), format!("hls {}\n", env!("CARGO_PKG_VERSION")));
    assert!(text(&["seek", "--help"]).contains("hls seek film.m3u8 --at 11"));
}

#[test]
fn a_bad_command_line_gets_one_line() {
    for (args, words) in [
        (&[][..], "subcommand"),
        (&["sek"], "seek"),
        (&["seek", "film.m3u8"], "--at"),
        (&["seek", "film.m3u8", "--at", "-1"], "negative"),
        (&["seek", "film.m3u8", "--at", "NaN"], "1:30"),
        (&["index", "film.m3u8"], "--db"),
    ] {
        let line = refusal(2, args);
        assert!(line.contains(words) && line.contains("--help"), "{args:?}: {line}");
    }
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let folder = Folder::new("colours");
    let film = folder.write("film.m3u8", FILM);
    let run = |name: &str, value: &str| {
        program().env(name, value).args(["inspect", &film]).output().unwrap().stdout
    };
    assert!(run("CLICOLOR_FORCE", "1").contains(&0x1b));
    assert!(!run("NO_COLOR", "1").contains(&0x1b));
    assert!(!hls(&["inspect", &film]).stdout.contains(&0x1b), "a pipe is no terminal");
}

#[test]
fn nothing_breaks_when_nobody_listens() {
    let folder = Folder::new("nobody");
    let film = folder.write("film.m3u8", FILM);
    for command in ["inspect", "validate", "plot"] {
        HLS.run_unread(&[command, &film]);
    }
}
