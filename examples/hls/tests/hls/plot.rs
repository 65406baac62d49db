use crate::program::{FILM, Folder, RICH, hls, live, refusal, text};

/// Follows the elements of `svg` from the first to the last, as XML has them: each one that begins
/// ends, and nothing stands in a text that could begin another. Gives the names of the elements.
fn elements(svg: &str) -> Vec<String> {
    let (mut open, mut names) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>') || open.last().is_some_and(|name| name == "style"));
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        names.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
    names
}

#[test]
fn the_picture_shows_segments_and_the_window() {
    let folder = Folder::new("plot-film");
    let film = folder.write("film.m3u8", FILM);
    let svg = text(&["plot", &film, "--at", "10.5"]);
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""));
    elements(&svg);
    for words in [
        "class=\"held\"",
        ">Segment_3.mp4<",
        "to fetch: 1 segment, 10 s to 13 s",
        ">10.5 s<",
        "prefers-color-scheme: dark",
        "10.5 s is in segment 2, Segment_3.mp4",
    ] {
        assert!(svg.contains(words), "{words:?} is not in\n{svg}");
    }
    assert_eq!(svg.matches("class=\"segment").count(), 3 + 1, "two, and one of two in the legend");
    assert!(!svg.contains("href") && !svg.contains("url(http"), "it needs nothing else");
}

#[test]
fn everything_has_its_mark() {
    let folder = Folder::new("plot-rich");
    let rich = folder.write("rich.m3u8", RICH);
    let svg = text(&["plot", &rich, "--at", "6", "--ahead", "20"]);
    elements(&svg);
    for words in [
        "class=\"gap\"",
        "class=\"key k0\"",
        "AES-128 · key1.bin",
        "class=\"break\"",
        "discontinuity before segment 3",
        "class=\"part independent\"",
        "class=\"part\"",
        "live",
        "media sequence number 103",
        "class=\"fetch\"",
        "2026-11-22T18:00:00.000Z",
        "First",
    ] {
        assert!(svg.contains(words), "{words:?} is not in\n{svg}");
    }
}

#[test]
fn h20_words_of_others_are_no_markup() {
    let folder = Folder::new("plot-h20");
    let script = "<script>alert(1)</script>\"'><image href=x>&amp;";
    let playlist = format!(
        "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"\n#EXTINF:5,{script}\n{script}\n\
         #EXTINF:5,\n]]></style>.ts\n",
        script.replace('"', "")
    );
    let file = folder.write("<script>.m3u8", playlist);
    let svg = text(&["plot", &file, "--at", "1"]);
    let names = elements(&svg);
    assert!(!names.iter().any(|name| name == "script" || name == "image"), "{names:?}");
    assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn one_segment_and_a_hundred_thousand_are_both_drawn() {
    let folder = Folder::new("plot-many");
    let one = folder.write("one.m3u8", "#EXTM3U\n#EXTINF:0.5,\na.ts\n");
    elements(&text(&["plot", &one]));

    let mut many = live(0, 100_000);
    many = many.replace(
        "#EXTINF:2,\nlive50000.ts",
        "#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:2,\nlive50000.ts",
    );
    let many = folder.write("many.m3u8", many);
    let svg = text(&["plot", &many, "--at", "27:46:40", "--ahead", "10"]);
    elements(&svg);
    assert!(svg.len() < 300_000, "{}", svg.len());
    for words in ["100,000 segments", "class=\"longest\"", "class=\"break\"", "class=\"gap-mark\""]
    {
        assert!(svg.contains(words), "{words:?} is missing");
    }
    assert!(svg.contains(">live50000.ts<"), "those around the moment are shown");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = Folder::new("plot-out");
    let film = folder.write("film.m3u8", FILM);
    let out = folder.write("film.svg", "former");
    assert_eq!(text(&["plot", &film, "-o", &out]), "");
    elements(&std::fs::read_to_string(&out).unwrap());
    assert_eq!(std::fs::read_dir(folder.folder()).unwrap().count(), 2, "nothing is left behind");
    for out in [folder.path("no/such/folder.svg"), folder.path("")] {
        assert!(refusal(2, &["plot", &film, "-o", &out]).contains("-o"));
    }
    assert!(refusal(1, &["plot", &film, "--at", "13", "-o", &out]).contains("below 13"));
    let none = folder.write("none.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n");
    assert!(refusal(1, &["plot", &none]).contains("no segments"));
    let still = folder.write("still.m3u8", "#EXTM3U\n#EXTINF:0,\na\n");
    assert!(!hls(&["plot", &still]).status.success());
}
